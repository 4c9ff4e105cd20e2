"""Who holds a leg, who leaves it, and when it goes with the last of them (domain page, section 4, holders)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit

END = "2026-01-01"


def holding(role: str, *parties: str, **stakes: float) -> list[dict[str, Any]]:
    """Parties in one role; those with a stake named by it."""
    named = [{"party": party, "role": role} for party in parties]
    return [*named, *({"party": party, "role": role, "stake_percent": stake} for party, stake in stakes.items())]


def agreed(*parties: str, **stakes: float) -> Event:
    return event("equity.agreed", "2018-01-01", parties=holding("investor", *parties, **stakes))


def exited(occurred: str, *parties: str, given_up: float | None = None, **left: float) -> Event:
    share: dict[str, Any] = {} if given_up is None else {"stake_percent": given_up}
    return event("equity.exited", occurred, parties=holding("investor", *parties, **left), **share)


def bought(occurred: str, *parties: str, **data: Any) -> Event:
    return event("offtake.signed", occurred, commodity="tungsten", parties=holding("offtaker", *parties), **data)


def holders(*events: Event) -> list[tuple[str, ...] | None]:
    """Who holds each leg at the end; None for one that has ceased."""
    return [leg.holders if leg.valid else None for leg in deal_on([deposit(), *events], END).legs]


def test_investors_hold_the_equity_and_offtakers_the_offtake() -> None:
    mixed = [{"party": "a", "role": "investor"}, {"party": "b", "role": "offtaker"}, {"party": "gov", "role": "seller"}]
    equity = event("equity.agreed", "2018-01-01", parties=mixed)
    offtake = event("offtake.signed", "2018-01-02", parties=mixed, commodity="tungsten")
    assert holders(equity, offtake) == [("a",), ("b",)]


def test_the_named_investor_leaves_and_the_leg_goes_with_the_last() -> None:
    assert holders(agreed("a", "b"), exited("2019-01-01", "a")) == [("b",)]
    assert holders(agreed("a", "b"), exited("2019-01-01", "a"), exited("2020-01-01", "b")) == [None]


def test_an_exit_that_names_nobody_takes_out_all() -> None:
    assert holders(agreed("a", "b"), exited("2019-01-01")) == [None]


def test_who_never_held_leaves_nothing_behind() -> None:
    assert holders(agreed("a", "b"), exited("2019-01-01", "c")) == [("a", "b")]


def test_a_share_given_up_leaves_the_holder_in_while_anything_is_left() -> None:
    assert holders(agreed(a=51), exited("2019-01-01", "a", given_up=30)) == [("a",)]
    assert holders(agreed(a=51), exited("2019-01-01", "a", given_up=51)) == [None]
    assert holders(agreed(a=51), exited("2019-01-01", "a", given_up=60)) == [None]


def test_what_was_given_up_before_counts() -> None:
    first = exited("2019-01-01", "a", given_up=30)
    assert holders(agreed(a=51), first, exited("2020-01-01", "a", given_up=20)) == [("a",)]
    assert holders(agreed(a=51), first, exited("2020-01-01", "a", given_up=21)) == [None]


def test_while_the_holding_is_unknown_the_holder_stays() -> None:
    assert holders(agreed("a"), exited("2019-01-01", "a", given_up=51)) == [("a",)]
    assert holders(agreed("b", a=51), exited("2019-01-01", "a", "b", given_up=100)) == [("a", "b")]


def test_where_nobody_is_named_as_holder_a_part_given_up_leaves_the_leg_and_a_whole_exit_ends_it() -> None:
    assert holders(agreed(), exited("2019-01-01", given_up=10)) == [()]
    assert holders(agreed(), exited("2019-01-01", "a", given_up=10)) == [()]
    assert holders(agreed(), exited("2019-01-01")) == [None]
    assert holders(agreed(), exited("2019-01-01", "a")) == [None]


def test_the_holding_after_the_exit_may_be_stated_instead() -> None:
    assert holders(agreed(a=51), exited("2019-01-01", a=20)) == [("a",)]
    assert holders(agreed(a=51), exited("2019-01-01", a=0)) == [None]
    stated = exited("2019-01-01", a=20)
    assert holders(agreed("a"), stated, exited("2020-01-01", "a", given_up=20)) == [None]


@pytest.mark.parametrize(
    "told",
    [
        event("memorandum.signed", "2018-06-01", instrument="mou", parties=holding("investor", a=20)),
        event("equity.closed", "2018-06-01", parties=holding("investor", a=20), stake_percent=20),
    ],
    ids=["in a paper", "at the closing"],
)
def test_a_holding_is_known_from_any_event_of_the_deal_that_states_it(told: Event) -> None:
    remaining = holders(agreed("a"), told, exited("2019-01-01", "a", given_up=20))
    assert set(remaining) == {None}


def test_the_share_that_moved_is_not_the_holding() -> None:
    moved = event("equity.agreed", "2018-01-01", parties=holding("investor", "a"), stake_percent=51)
    assert holders(moved, exited("2019-01-01", "a", given_up=51)) == [("a",)]


def test_several_leavers_are_compared_with_their_sum_and_what_is_left_counts_as_each_ones() -> None:
    both = agreed(a=30, b=20)
    assert holders(both, exited("2019-01-01", "a", "b", given_up=50)) == [None]
    partly = exited("2019-01-01", "a", "b", given_up=40)
    assert holders(both, partly) == [("a", "b")]
    assert holders(both, partly, exited("2020-01-01", "a", given_up=10)) == [("b",)]


def test_an_exit_concerns_every_equity_leg_of_the_deal_and_no_other() -> None:
    closed = event("equity.closed", "2018-06-01", parties=holding("investor", "a"))
    right = event("rights.granted", "2018-07-01", right="mining", parties=holding("investor", "a"))
    assert holders(agreed("a"), closed, right, exited("2019-01-01", "a")) == [None, None, ()]


def test_an_offtake_ends_for_the_offtakers_named() -> None:
    legs = [bought("2018-01-01", "x", "y"), bought("2018-02-02", "z")]
    assert holders(*legs, event("offtake.ended", "2019-01-01", parties=holding("offtaker", "x"))) == [("y",), ("z",)]
    assert holders(*legs, event("offtake.ended", "2019-01-01", parties=holding("offtaker", "z"))) == [("x", "y"), None]
    assert holders(*legs, event("offtake.ended", "2019-01-01")) == [None, None]


def test_an_amendment_concerns_the_offtake_it_names_else_those_of_the_offtakers_named_else_all() -> None:
    legs = [bought("2018-01-05", "x", ends_on="2025"), bought("2018-02-02", "z", ends_on="2025")]

    def valid(amendment: Event) -> list[bool]:
        _, *offtakes = holders(agreed("a"), *legs, amendment)
        return [held is not None for held in offtakes]

    longer = {"ends_on": "2030"}
    target = {"source": "/desk", "id": legs[1].id}
    assert valid(event("offtake.amended", "2020-01-01", amends=target, **longer)) == [False, True]
    assert valid(event("offtake.amended", "2020-01-01", parties=holding("offtaker", "x"), **longer)) == [True, False]
    assert valid(event("offtake.amended", "2020-01-01", **longer)) == [True, True]
    assert valid(event("offtake.amended", "2020-01-01", volume=5)) == [False, False]
