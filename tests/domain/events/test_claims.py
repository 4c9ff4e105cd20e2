"""Claims that may be one: two sources, one deal and leg, overlapping days, other amounts, and no `part_of` between them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.claims import Claim, claim_of, may_be_one

KNOWN = date(2026, 11, 22)


def claim(
    source: str = "/a", value: str = "100", occurred: str = "2021-01-01", name: str = "grant.committed", **data: Any
) -> Claim:
    fields = {
        "occurred": occurred,
        "parties": [{"party": "unido", "role": "donor"}],
        "amount": {"value": value, "currency": "USD"},
    }
    made = claim_of(name=name, source=source, id="g1", subject="north", data={**fields, **data}, known_day=KNOWN)
    assert made is not None
    return made


def test_two_sources_with_other_amounts_on_one_day_may_be_one() -> None:
    assert may_be_one(claim("/a"), claim("/b", "250"))
    assert may_be_one(claim("/a", occurred="2021"), claim("/b", "250", occurred="2021-07/.."))
    assert may_be_one(claim("/a", occurred="unknown"), claim("/b", "250"))


@pytest.mark.parametrize(
    ("why", "other"),
    [
        ("one source", claim("/a", "250")),
        ("the same amount", claim("/b", "100.00")),
        ("another day", claim("/b", "250", occurred="2021-01-02")),
        ("another deal", claim("/b", "250", deal="other")),
        ("another currency", claim("/b", amount={"value": "250", "currency": "EUR"})),
        ("another leg", claim("/b", "250", name="loan.signed")),
        ("part of it", claim("/b", "250", part_of={"source": "/a", "id": "g1"})),
    ],
)
def test_what_is_told_apart_is_not(why: str, other: Claim) -> None:
    assert not may_be_one(claim("/a"), other)
    assert not may_be_one(other, claim("/a"))


def test_two_parts_of_one_document_are_two() -> None:
    document = {"source": "/x", "id": "y"}
    assert not may_be_one(claim("/a", part_of=document), claim("/b", "250", part_of=document))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("memorandum.signed", {}),
        ("funds.disbursed", {}),
        ("grant.committed", {"amount": {"value": "1", "currency": "USD", "of": "project-cost"}}),
    ],
)
def test_what_states_no_money_that_binds_is_no_claim(name: str, data: dict[str, Any]) -> None:
    fields = {"occurred": "2021", "amount": {"value": "1", "currency": "USD"}, **data}
    assert claim_of(name=name, source="/a", id="1", subject="north", data=fields, known_day=KNOWN) is None
