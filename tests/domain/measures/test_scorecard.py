"""What a scorecard counts as bound since the papers of a forum (domain page, section 9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from steppe.domain.events.event import Event
from steppe.domain.measures.scorecard import scorecard, values
from tests.domain.event_logs import event


def loan(occurred: str, value: str, part_of: str | None = None) -> Event:
    whole: dict[str, Any] = {"part_of": {"source": "/desk", "id": part_of}} if part_of else {}
    return event("loan.signed", occurred, id=f"loan-{occurred}", amount={"value": value, "currency": "USD"}, **whole)


PAPER = event(
    "memorandum.signed", "2019-01-01", forum="summit", instrument="mou", amount={"value": "200", "currency": "USD"}
)


def bound(*events: Event, elsewhere: Event | None = None) -> Decimal:
    stated = {} if elsewhere is None else {"north": {(elsewhere.source, elsewhere.id)}}
    days = {"summit": date(2019, 1, 1)}
    card = scorecard(days, {"north": [PAPER, *events]}, {}, date(2026, 1, 1), stated_elsewhere=stated)
    (value,) = values(card.papers)
    return value.bound


def test_what_is_part_of_a_document_from_before_the_paper_or_of_another_project_is_not_bound_since() -> None:
    again = loan("2020-01-01", "100", part_of="loan-2018-01-01")
    assert bound(loan("2018-01-01", "100"), again, loan("2021-01-01", "30")) == 30
    assert bound(again, loan("2021-01-01", "30"), elsewhere=loan("2018-01-01", "100")) == 30
    assert bound(again, loan("2021-01-01", "30")) == 130
