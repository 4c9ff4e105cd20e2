"""What holds for any log: order, repeats and the day of reading cannot matter."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.events import Event
from steppe.domain.fold import history, judge
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


def _turning(told: History) -> list[date]:
    days = {span.valid_from for spans in (told.projects, told.deals, told.flags) for span in spans} - {EVER}
    return sorted(days | {day - timedelta(days=1) for day in days})
