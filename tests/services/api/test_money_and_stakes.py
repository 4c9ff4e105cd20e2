"""Which amounts are summed, as what and how (domain page, section 3). Pure: no database is asked."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.views.money_and_stakes import money, offtakes, stakes
from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, pursued


def paid(name: str, occurred: str, value: str, *, data: dict[str, Any] | None = None, **amount: str) -> Event:
    said = {"value": value, "currency": "USD", **amount}
    return pursued(name, occurred, "alpha", amount=said, **(data or {}))


def sums(*events: Event) -> list[tuple[str | None, str, str, str, str]]:
    """Deal, leg, currency, committed and disbursed."""
    return [(row["deal"], row["leg"], row["currency"], row["committed"], row["disbursed"]) for row in money(events)]


def test_increments_add_up_for_each_deal_leg_and_currency() -> None:
    log = [
        paid("equity.agreed", "2020-01-01", "10"),
        paid("equity.closed", "2020-02-02", "0.50", semantics="increment"),
        paid("equity.closed", "2020-03-03", "7", currency="EUR"),
        paid("loan.signed", "2020-04-04", "100"),
    ]
    assert sums(*log) == [
        ("alpha", "debt", "USD", "100", "0"),
        ("alpha", "equity", "EUR", "7", "0"),
        ("alpha", "equity", "USD", "10.50", "0"),
    ]


def test_a_disbursement_adds_to_what_was_disbursed() -> None:
    log = [paid("loan.signed", "2020-01-01", "100"), paid("funds.disbursed", "2020-02-02", "30"), paid("funds.disbursed", "2020-03-03", "5")]  # fmt: skip
    assert sums(*log) == [("alpha", "debt", "USD", "100", "35")]


def test_a_total_replaces_the_sum_and_increments_go_on_from_it() -> None:
    log = [
        paid("loan.signed", "2020-01-01", "100"),
        paid("loan.signed", "2020-02-02", "80", semantics="total"),
        paid("loan.signed", "2020-03-03", "5"),
    ]
    assert sums(*log) == [("alpha", "debt", "USD", "85", "0")]


@pytest.mark.parametrize(
    ("of", "summed"), [("price", True), ("leg", True), ("project-cost", False), ("portfolio", False), ("claim", False)]
)
def test_only_prices_and_legs_are_summed(of: str, summed: bool) -> None:
    assert bool(sums(paid("equity.agreed", "2020-01-01", "10", of=of))) is summed


@pytest.mark.parametrize("name", ["memorandum.signed", "intent.announced", "finance.approved", "termsheet.signed"])
def test_what_stands_on_paper_is_never_committed(name: str) -> None:
    assert sums(paid(name, "2020-01-01", "10")) == []


def test_a_part_of_another_document_is_not_counted_again() -> None:
    loan = paid("loan.signed", "2020-01-01", "100")
    part = {"part_of": {"source": loan.source, "id": loan.id}}
    assert sums(loan, paid("loan.signed", "2020-02-02", "100", data=part)) == [("alpha", "debt", "USD", "100", "0")]
    contract = pursued("offtake.signed", "2020-01-01", "alpha", commodity="tungsten", volume=5)
    again = pursued("offtake.signed", "2020-02-02", "alpha", commodity="tungsten", volume=5, part_of={"source": contract.source, "id": contract.id})  # fmt: skip
    log = [contract, again]
    state = deal_on([deposit(), *log], "2021-01-01")
    assert [row["event"] for row in offtakes(log, [state])] == [contract.reference]
    assert [leg.leg for leg in state.legs] == ["offtake", "offtake"]


def test_a_part_of_what_is_not_there_counts() -> None:
    part = {"part_of": {"source": "/desk", "id": "typo"}}
    assert sums(paid("loan.signed", "2020-01-01", "50", data=part)) == [("alpha", "debt", "USD", "50", "0")]
    log = [pursued("offtake.signed", "2020-01-01", "alpha", commodity="tungsten", volume=5, **part)]
    (row,) = offtakes(log, [deal_on([deposit(), *log], "2021-01-01")])
    assert (row["volume"], row["valid"]) == (5, True)


def test_a_part_counts_where_the_whole_states_nothing() -> None:
    whole = pursued("loan.signed", "2020-01-01", "alpha")
    part = {"part_of": {"source": whole.source, "id": whole.id}}
    assert sums(whole, paid("loan.signed", "2020-02-02", "50", data=part)) == [("alpha", "debt", "USD", "50", "0")]


def test_a_partys_stake_is_its_holding_afterwards_and_the_events_own_is_the_share_that_moved() -> None:
    holding = [{"party": "a", "role": "investor", "stake_percent": 60}]
    log = [
        event("equity.agreed", "2020-01-01", parties=holding, stake_percent=10),
        event("equity.exited", "2021-01-01", parties=[{"party": "a", "role": "investor"}], stake_percent=25),
    ]
    (share,) = stakes(log, [deal_on([deposit(), *log], "2022-01-01")])
    assert (share["party"], share["stake_percent"]) == ("a", 35.0)
