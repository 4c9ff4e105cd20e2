"""What holds for the whole judgement of any log: order, repeats, the day of reading and later news cannot matter."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steppe.domain.events import Event, interpret
from steppe.domain.history import EVER
from steppe.domain.portfolio import Portfolio, portfolio
from steppe.domain.validation import faults_of
from tests.domain.event_logs import wire_data

_thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_PROJECTS = ("north", "south")
_known_days = st.integers(0, 2500).map(lambda days: datetime(2016, 1, 1, tzinfo=UTC) + timedelta(days=days))


@st.composite
def portfolios(draw: st.DrawFn) -> list[Event]:
    """Two projects in one market, two parties that may be a group, events of any kind and corrections of them."""
    log = [_registered(project, draw(st.sampled_from(["mining", "energy"]))) for project in _PROJECTS]
    if draw(st.booleans()):
        log.append(
            _made("party:beta", "b", "party.registered", draw(_known_days), {"party": "beta", "parent": "alpha"})
        )
    for number in range(draw(st.integers(0, 10))):
        name, data = draw(wire_data())
        subject, recorded = draw(st.sampled_from(_PROJECTS)), draw(_known_days)
        if not faults_of(name, data, recorded.date(), closed=False):
            log.append(_made(subject, str(number), name, recorded, data))
    for number in range(draw(st.integers(0, 4))):
        log.append(draw(_about(log, f"c{number}")))
    return log


@st.composite
def _about(draw: st.DrawFn, log: list[Event], id: str) -> Event:
    target = draw(st.sampled_from(log))
    aimed: dict[str, Any] = {"target": {"source": target.source, "id": target.id}}
    name = draw(st.sampled_from(["event.corrected", "event.reclassified", "event.retracted"]))
    if name != "event.retracted":
        aimed["changes"] = draw(
            st.sampled_from(
                [
                    {"occurred": "2017-03"},
                    {"parties": [{"party": "beta", "role": "investor"}]},
                    {"note": None},
                    {"deal": "x"},
                ]
            )
        )
    if name == "event.reclassified":
        aimed["name"] = draw(st.sampled_from(["memorandum.signed", "equity.agreed", "setback.reported"]))
    return _made(target.subject, id, name, draw(_known_days), aimed)


def _registered(project: str, sector: str) -> Event:
    data = {"name": project, "country": "KZ", "commodities": ["tungsten"], "sector": sector, "kind": "deposit"}
    return _made(project, "registered", "project.registered", datetime(2015, 1, 1, tzinfo=UTC), data)


def _made(subject: str, id: str, name: str, recorded: datetime, data: dict[str, Any]) -> Event:
    return interpret(source="/desk", id=id, subject=subject, name=name, recorded=recorded, data=data)


@_thorough
@given(portfolios(), st.randoms(use_true_random=False))
def test_any_order_and_any_repeats_give_the_same_portfolio(log: list[Event], chance: random.Random) -> None:
    """Domain page, sections 2 and 7."""
    shuffled = log + chance.sample(log, len(log) // 2)
    chance.shuffle(shuffled)
    first, second = portfolio(log), portfolio(shuffled)
    assert first.histories == second.histories
    assert first.rivalries == second.rivalries
    assert {key: record.readings for key, record in first.records.items()} == {
        key: record.readings for key, record in second.records.items()
    }


@_thorough
@given(portfolios(), _known_days)
def test_what_was_known_then_does_not_change_when_later_events_arrive(log: list[Event], known_at: datetime) -> None:
    """Domain page, section 8: a closed past. The first registration of a key is known always (section 7)."""
    by_then = [event for event in log if event.known <= known_at or event.kind.name.endswith(".registered")]
    then, now = portfolio(by_then, known_at), portfolio(log, known_at)
    assert then.histories == now.histories
    assert then.rivalries == now.rivalries


@_thorough
@given(portfolios())
def test_reading_the_flags_of_the_market_at_a_day_equals_judging_what_had_occurred_by_then(log: list[Event]) -> None:
    """Decision 6: spans, not snapshots, for displaced and crowded too."""
    found = portfolio(log)
    effective = [event for record in found.records.values() for event in record.events]
    for day in _turning(found):
        afresh = portfolio([event for event in effective if event.latest <= day or event.kind.is_registry])
        for project in found.histories:
            if project in afresh.histories:
                assert found.judged(project, day) == afresh.judged(project, day), (project, day)


def _turning(found: Portfolio) -> list[date]:
    days = {
        span.valid_from
        for rivalry in found.rivalries.values()
        for spans in (rivalry.flags, rivalry.co_investments)
        for span in spans
    } - {EVER}
    return sorted(days | {day - timedelta(days=1) for day in days})
