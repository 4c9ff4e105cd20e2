"""Retractions that are known before what they retract (section 7): the first registration is known always."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import of_project


def _known(made: Event, day: int) -> Event:
    return replace(made, known=datetime(2020, 1, day, tzinfo=UTC))


def _commodities(*events: Event, day: int) -> tuple[str, ...]:
    at = datetime(2020, 1, day, 12, tzinfo=UTC)
    return of_project(portfolio(events, at).judged("north", at.date())).commodities


def test_a_registration_that_was_retracted_before_it_was_known_is_not_the_first() -> None:
    wrong = _known(event("project.registered", "2019", id="wrong", deal=None, commodities=["gold"]), 20)
    right = _known(event("project.registered", "2019", id="right", deal=None, commodities=["tungsten"]), 25)
    target = {"source": wrong.source, "id": wrong.id}
    retracted = _known(event("event.retracted", "2020-01-10", deal=None, target=target), 10)
    news = _known(event("setback.reported", "2020-01-01", deal=None, kind="legal"), 1)
    assert _commodities(wrong, right, retracted, news, day=9) == ("gold",)
    assert _commodities(wrong, right, retracted, news, day=11) == ("tungsten",)
