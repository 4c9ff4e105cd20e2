"""Where a project's events do not fit together: money taken off nobody knows which leg, references that lead to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.analysis.doubtful_claims import Doubt, doubts
from steppe.domain.events.corrections import apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order
from tests.domain.event_logs import event

AMOUNT = {"value": "50", "currency": "USD"}
BANK = [{"party": "bank", "role": "financier"}]
NOWHERE = {"source": "/desk", "id": "typo"}


def doubts_of(*events: Event, as_of: str = "2026-11-22") -> list[Doubt]:
    read = apply_corrections(events)
    return list(doubts(in_fold_order(read.events), read.by_identity, date.fromisoformat(as_of)))


def naming(id: str) -> dict[str, str]:
    return {"source": "/desk", "id": id}


LOAN = event("loan.signed", "2020-01-01", id="loan", amount=AMOUNT)
SHARES = event("equity.agreed", "2020-01-01", id="shares", amount=AMOUNT)
PAPER = event("memorandum.signed", "2019-01-01", id="paper", instrument="mou")
MINING = event("rights.granted", "2019-01-01", id="right", right="mining")
PLEDGE = event("pledge.announced", "2019-01-01", id="pledge", amount=AMOUNT)
BUYER = event("offtake.signed", "2019-01-01", id="buyer", commodity="tungsten")


def test_money_taken_off_without_a_leg_where_two_may_be_meant_is_listed() -> None:
    reduced = event("commitment.reduced", "2021-01-01", id="less", parties=BANK, amount={**AMOUNT, "value": "10"})
    (doubt,) = doubts_of(LOAN, SHARES, reduced)
    assert (doubt.kind, doubt.deal, doubt.leg, doubt.currency, doubt.of) == (
        "leg-not-named", "alpha", "debt", "USD", "committed",
    )  # fmt: skip
    assert (
        doubt.because
        == "leg is missing: debt and equity have a sum; it is taken off debt, as the parties would have it"
    )
    assert doubts_of(LOAN, SHARES, reduced, as_of="2020-12-31") == []
    assert doubts_of(LOAN, reduced) == doubts_of(SHARES, reduced) == []
    reduction = event("commitment.reduced", "2021-01-01", id="less", leg="equity", amount={**AMOUNT, "value": "10"})
    assert doubts_of(LOAN, SHARES, reduction) == []


def test_of_many_claims_on_one_leg_the_first_pairs_come_by_deal_and_place_before_everything_else() -> None:
    claims = [
        replace(
            event("loan.signed", "2020-01-01", id=f"{n}", deal=deal, amount={**AMOUNT, "value": f"{n}"}),
            source=f"/{deal}/{n}",
        )
        for deal in ("beta", "alpha")
        for n in range(1, 5)
    ]
    listed = doubts_of(*claims, event("loan.signed", "2020-01-01", id="row", deal="alpha", part_of=NOWHERE))
    assert [(doubt.kind, doubt.deal, *(event.id for event in doubt.events)) for doubt in listed] == [
        ("may-be-one", deal, f"{earlier}", f"{later}")
        for deal in ("alpha", "beta")
        for later in range(2, 5)
        for earlier in range(1, later)
    ] + [("dangling-reference", "alpha", "row")]


COST = event("memorandum.signed", "2020-01-01", instrument="mou", amount={**AMOUNT, "of": "project-cost"})
FIRST_DAY = date(2020, 1, 1)
spans_of_days = st.tuples(st.none() | st.integers(0, 60), st.integers(0, 12))
costs = st.tuples(spans_of_days, st.sampled_from("abc"), st.sampled_from(("10", "20")), st.sampled_from(("USD", "EUR")))


def _cost(number: int, days: tuple[int | None, int], source: str, value: str, currency: str) -> Event:
    begin, length = days
    first = None if begin is None else FIRST_DAY + timedelta(days=begin)
    amount = {"value": value, "currency": currency, "of": "project-cost"}
    named = replace(COST, source=f"/{source}", id=f"{number}", data={**COST.data, "amount": amount})
    return named.dated(first, (first or FIRST_DAY) + timedelta(days=length))


def _groups_by_definition(events: Sequence[Event]) -> list[list[Event]]:
    groups: list[list[Event]] = []
    for figure in events:
        begin = figure.earliest or date.min
        together = [
            group
            for group in groups
            if any(begin <= other.latest and (other.earliest or date.min) <= figure.latest for other in group)
        ]
        if together:
            together[0].append(figure)
        else:
            groups.append([figure])
    return groups


@given(st.lists(costs, max_size=40))
def test_each_figure_stands_beside_the_first_figures_that_share_one_of_its_days(
    drawn: list[tuple[tuple[int | None, int], str, str, str]],
) -> None:
    in_order = [_cost(number, *cost) for number, cost in enumerate(drawn)]
    expected = [
        (currency, tuple(group))
        for currency in ("EUR", "USD")
        for group in _groups_by_definition([cost for cost in in_order if cost.data["amount"]["currency"] == currency])
        if len({cost.source for cost in group}) > 1 and len({cost.data["amount"]["value"] for cost in group}) > 1
    ]
    listed = [doubt for doubt in doubts(in_order, (), date(2026, 11, 22)) if doubt.kind == "figures-differ"]
    by_place = sorted(expected, key=lambda group: (group[0], group[1][-1].order))
    assert [(doubt.currency, doubt.events) for doubt in listed] == by_place


def test_parts_that_go_round_are_told_from_those_that_lead_into_the_circle() -> None:
    whole_of = {"a": "b", "b": "c", "c": "b", "d": "d2", "d2": "nowhere"}
    rows = [event("loan.signed", "2020-01-01", id=part, part_of=naming(whole)) for part, whole in whole_of.items()]
    because = {doubt.events[0].id: doubt.because for doubt in doubts_of(*rows)}
    circle = "part_of goes round: none of these documents is counted"
    assert because == {"b": circle, "c": circle, "d2": "part_of names no event of this project"}


def test_the_same_holds_of_what_came_back() -> None:
    paid = [event("funds.disbursed", "2020-06-01", id=leg, leg=leg, amount=AMOUNT) for leg in ("debt", "grant")]
    returned = event("funds.returned", "2021-01-01", id="back", amount={**AMOUNT, "value": "10"})
    (doubt,) = doubts_of(*paid, returned)
    assert (doubt.kind, doubt.leg, doubt.of) == ("leg-not-named", "debt", "disbursed")


@pytest.mark.parametrize(
    ("name", "field", "data"),
    [
        ("loan.signed", "part_of", {}),
        ("memorandum.renewed", "renews", {}),
        ("pledge.announced", "repeats", {"amount": AMOUNT}),
        ("pledge.withdrawn", "ends", {}),
        ("rights.amended", "amends", {"ends_on": "2030"}),
        ("rights.revoked", "ends", {}),
        ("offtake.amended", "amends", {"volume": 5}),
        ("offtake.ended", "ends", {}),
        ("equity.exited", "ends", {}),
        ("contract.terminated", "ends", {}),
    ],
)
def test_a_reference_to_nothing_is_listed_with_what_it_names(name: str, field: str, data: dict[str, Any]) -> None:
    fields: dict[str, Any] = {field: NOWHERE, **data}
    row = event(name, "2022-01-01", id="row", **fields)
    (doubt,) = doubts_of(row)
    assert (doubt.kind, doubt.deal, doubt.leg, doubt.currency) == ("dangling-reference", "alpha", None, None)
    assert (doubt.events, doubt.names) == ((row,), "/desk#typo")
    assert doubt.because == f"{field} names no event of this project"
    assert doubts_of(row, as_of="2021-12-31") == []


@pytest.mark.parametrize(
    ("row", "target"),
    [
        (event("loan.signed", "2022-01-01", part_of=naming("paper")), PAPER),
        (event("memorandum.renewed", "2022-01-01", renews=naming("paper")), PAPER),
        (event("pledge.announced", "2022-01-01", amount=AMOUNT, repeats=naming("pledge")), PLEDGE),
        (event("pledge.withdrawn", "2022-01-01", ends=naming("pledge")), PLEDGE),
        (event("rights.amended", "2022-01-01", amends=naming("right"), ends_on="2030"), MINING),
        (event("rights.revoked", "2022-01-01", deal=None, ends=naming("right")), MINING),
        (event("offtake.amended", "2022-01-01", amends=naming("buyer"), volume=5), BUYER),
        (event("offtake.ended", "2022-01-01", ends=naming("buyer")), BUYER),
        (event("equity.exited", "2022-01-01", ends=naming("shares")), SHARES),
        (event("contract.terminated", "2022-01-01", ends=naming("loan"), leg="debt"), LOAN),
    ],
)
def test_a_reference_that_does_something_is_not(row: Event, target: Event) -> None:
    assert doubts_of(row, target) == []


@pytest.mark.parametrize(
    ("row", "target", "because"),
    [
        (event("offtake.ended", "2022-01-01", ends=naming("loan")), LOAN, "ends names a loan.signed of which this offtake.ended cannot speak"),
        (event("contract.terminated", "2022-01-01", ends=naming("loan"), leg="equity"), LOAN, "ends names a loan.signed of which this contract.terminated cannot speak"),
        (event("contract.terminated", "2022-01-01", ends=naming("paper")), PAPER, "ends names a memorandum.signed of which this contract.terminated cannot speak"),
        (event("pledge.withdrawn", "2022-01-01", ends=naming("paper")), PAPER, "ends names a memorandum.signed of which this pledge.withdrawn cannot speak"),
        (event("memorandum.renewed", "2022-01-01", renews=naming("loan")), LOAN, "renews names a loan.signed of which this memorandum.renewed cannot speak"),
        (event("contract.terminated", "2022-01-01", deal="beta", ends=naming("loan")), LOAN, "ends names an event of the deal alpha, and the row is of beta"),
        (event("contract.terminated", "2019-01-01", ends=naming("loan")), LOAN, "ends names an event that counts later than the row"),
    ],
)  # fmt: skip
def test_what_a_row_cannot_speak_of_is_listed_with_the_reason(row: Event, target: Event, because: str) -> None:
    (doubt,) = doubts_of(row, target)
    assert (doubt.kind, doubt.because) == ("dangling-reference", because)


def test_what_was_retracted_is_named_as_such() -> None:
    gone = event("event.retracted", "2022-01-01", deal=None, target=naming("loan"))
    (doubt,) = doubts_of(LOAN, gone, event("contract.terminated", "2022-01-01", ends=naming("loan")))
    assert doubt.because == "ends names an event that was retracted"


def test_documents_that_are_part_of_each_other_are_listed() -> None:
    ring = [
        event("loan.signed", "2020-01-01", id=one, amount=AMOUNT, part_of=naming(other))
        for one, other in ("ab", "bc", "ca")
    ]
    assert [doubt.because for doubt in doubts_of(*ring)] == [
        "part_of goes round: none of these documents is counted"
    ] * 3
    into_ring = event("loan.signed", "2020-01-01", id="d", part_of=naming("a"))
    assert len(doubts_of(*ring, into_ring)) == 3


def test_a_field_that_the_new_name_of_an_event_lacks_is_ignored() -> None:
    renewal = event("memorandum.renewed", "2022-01-01", id="again", instrument="mou", renews=NOWHERE)
    reclassified = event(
        "event.reclassified", "2022-02-01", deal=None, target=naming("again"), name="memorandum.signed"
    )
    assert doubts_of(renewal, reclassified) == []


def test_a_field_that_an_event_does_not_have_is_ignored_whatever_another_producer_put_there() -> None:
    for value in (NOWHERE, naming("loan"), "typo"):
        fields: dict[str, Any] = {"instrument": "mou", "ends": value}
        assert doubts_of(LOAN, event("memorandum.signed", "2022-01-01", **fields)) == []
