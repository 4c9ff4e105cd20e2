"""What holds for any log: order, repeats and the day of reading cannot matter."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.events import Event
from steppe.domain.fold import history, judge, live
from steppe.domain.history import EVER, FOREVER, History, cut
from tests.domain.event_logs import logs

_thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_thorough
@given(logs, st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_give_the_same_history(log: list[Event], chance: random.Random) -> None:
    """Domain page, section 2: the fold never depends on arrival."""
    shuffled = log + chance.sample(log, len(log) // 2)
    chance.shuffle(shuffled)
    assert history("north", shuffled) == history("north", log)


@_thorough
@given(logs)
def test_reading_the_spans_at_a_day_equals_judging_afresh_at_that_day(log: list[Event]) -> None:
    """Decision 6: spans, not snapshots."""
    told = history("north", log)
    for day in _turning(told):
        assert cut(told, day) == judge("north", log, day), day


@_thorough
@given(logs)
def test_spans_of_one_key_follow_each_other_without_overlap(log: list[Event]) -> None:
    told = history("north", log)
    for before, after in zip(told.projects, told.projects[1:], strict=False):
        assert before.valid_to == after.valid_from
    assert told.projects[0].valid_from == EVER
    assert told.projects[-1].valid_to == FOREVER
    for spans in (told.deals, told.flags):
        for span in spans:
            assert span.valid_from < span.valid_to


@_thorough
@given(logs, st.data())
def test_a_life_that_goes_on_equals_one_judged_afresh_however_the_log_is_cut(
    log: list[Event], data: st.DataObject
) -> None:
    """Decision 5: replay of all == step by step; what comes out of order, or is registered, makes one begin afresh."""
    seen, life = [], live("north", [])
    while log:
        some = data.draw(st.integers(1, len(log)))
        more, log = log[:some], log[some:]
        seen += more
        life = life.gone_on(more) or live("north", seen)
        assert life.history() == history("north", seen)


@_thorough
@given(logs)
def test_going_on_changes_nothing_that_ended_before_and_not_the_life_it_came_from(log: list[Event]) -> None:
    """Only what ends on or after `changed_from` need be written again."""
    ordered = sorted(log, key=lambda event: event.order)
    half = len(ordered) // 2
    life = live("north", ordered[:half])
    before = life.history()
    grown = life.gone_on(ordered[half:])
    assert life.history() == before
    if grown is not None:
        assert grown.history() == history("north", ordered)
        assert _ended_by(before, grown.changed_from) == _ended_by(grown.history(), grown.changed_from)


def _ended_by(told: History, day: date) -> list[object]:
    return [span for spans in (told.projects, told.deals, told.flags) for span in spans if span.valid_to < day]


def _turning(told: History) -> list[date]:
    days = {span.valid_from for spans in (told.projects, told.deals, told.flags) for span in spans} - {EVER}
    return sorted(days | {day - timedelta(days=1) for day in days})
