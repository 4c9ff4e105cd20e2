"""Runs of days: when they start, what breaks them, and what begins them anew (domain page, section 5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.values.edtf import Days
from steppe.domain.values.history import Crossing
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit, paper, pursued, standing

MINE = deposit()


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def right(occurred: str, kind: str = "exploration", **data: Any) -> Event:
    return made("rights.granted", occurred, right=kind, **data)


def building_since(*events: Event) -> Days | None:
    """Where the run of days that lets one build started, as the flag not-building tells it."""
    return _start_of("not-building", *events)


def idle_since(*events: Event) -> Days | None:
    """Where the run of days on which nothing but rights to explore is held started."""
    return _start_of("idle-right", *events)


def _start_of(flag: str, *events: Event) -> Days | None:
    starts = [raised.start for raised in standing([MINE, *events], flag, "2030-01-01")]
    return Days(starts[0].earliest, starts[0].latest) if starts and starts[0] is not None else None


def days(earliest: str | None, latest: str) -> Days:
    return Days(date.fromisoformat(earliest) if earliest else None, date.fromisoformat(latest))


AGREED = made("equity.agreed", "2020-01-10")


def test_a_run_starts_at_the_first_of_the_rows_that_bound_what_held() -> None:
    loan = made("loan.signed", "2020-02-02", lender_kind="mdb")
    assert building_since(AGREED, loan) == days("2020-01-10", "2020-01-10")
    # A coarser row may have been the first: [min of earliest, min of latest].
    assert building_since(AGREED, made("loan.signed", "2020", lender_kind="mdb")) == days("2020-01-01", "2020-01-10")


def test_a_run_goes_on_while_anything_that_counts_holds_and_begins_anew_after_a_gap() -> None:
    loan = made("loan.signed", "2020-02-02", lender_kind="mdb")
    sold = made("contract.terminated", "2021-01-01", leg="equity")
    assert building_since(paper("2019-01-01"), AGREED, loan, sold) == days("2020-01-10", "2020-01-10")
    nothing = made("contract.terminated", "2021-02-02", leg="debt")
    again = made("equity.agreed", "2022-03-03")
    assert building_since(paper("2019-01-01"), AGREED, loan, sold, nothing, again) == days("2022-03-03", "2022-03-03")


def test_what_is_replaced_on_one_day_leaves_no_gap() -> None:
    ended, replaced = made("contract.terminated", "2021-01-01"), made("loan.signed", "2021-01-01", lender_kind="eca")
    assert building_since(AGREED, ended, replaced) == days("2020-01-10", "2020-01-10")


def test_the_rows_of_the_later_days_of_a_run_are_among_those_of_which_the_first_counts() -> None:
    vague = made("works.awarded", "2018/2020-06-06")
    assert building_since(AGREED, vague) == days("2018-01-01", "2020-01-10")
    unknown = made("works.awarded", "../2020-06-06")
    assert building_since(AGREED, unknown) == days(None, "2020-01-10")


@pytest.mark.parametrize("permit", ["planning", "construction"])
def test_a_permit_to_plan_or_build_lets_one_build_and_others_do_not(permit: str) -> None:
    assert building_since(made("permit.granted", "2020-01-10", permit=permit)) == days("2020-01-10", "2020-01-10")
    assert building_since(made("permit.granted", "2020-01-10", permit="environmental")) is None


def test_leg_and_permit_are_of_one_run() -> None:
    permit = made("permit.granted", "2019-05-05", permit="planning", expires_on="2020-12-31")
    assert building_since(permit, AGREED) == days("2019-05-05", "2019-05-05")
    lapsed = made("permit.lapsed", "2020-01-05")
    assert building_since(permit, lapsed, AGREED) == days("2020-01-10", "2020-01-10")


def test_a_new_phase_begins_its_runs_afresh_also_on_the_day_on_which_the_last_ended() -> None:
    # The end is drawn in front of the new leg by its earliest day.
    left = made("investor.withdrew", "2021/2021-06-01")
    again = made("equity.agreed", "2021-06-01")
    assert building_since(AGREED, left, again) == days("2021-06-01", "2021-06-01")


def test_nothing_but_rights_to_explore_runs_from_the_grant() -> None:
    assert idle_since(right("2020-01-10")) == days("2020-01-10", "2020-01-10")
    assert idle_since(right("2020"), right("2020-03-03")) == days("2020-01-01", "2020-03-03")
    assert idle_since(right("2020-01-10"), AGREED) is None
    assert idle_since(right("2020-01-10", "mining")) is None


def test_a_run_that_an_ending_began_starts_at_the_ending_and_not_before_what_was_left() -> None:
    mining = right("2019-01-01", "mining")
    lost = made("rights.revoked", "2022-02-02", right="mining")
    assert idle_since(right("2020-01-10"), mining, lost) == days("2022-02-02", "2022-02-02")
    vague = made("rights.revoked", "2021/2022-02-02", right="mining")
    assert idle_since(right("2020-01-10"), mining, vague) == days("2021-01-01", "2022-02-02")
    bounded = made("rights.revoked", "../2022-02-02", right="mining")
    assert idle_since(right("2020-01-10"), mining, bounded) == days("2020-01-10", "2022-02-02")


def test_a_right_that_is_amended_into_one_to_explore_runs_from_the_amendment() -> None:
    change = made("rights.amended", "2021-05-05", right="exploration", amends={"source": "/desk", "id": "alpha-rights.granted-2020-01-10"})  # fmt: skip
    assert idle_since(right("2020-01-10", "mining"), change) == days("2021-05-05", "2021-05-05")


def crossings(*events: Event) -> list[Crossing]:
    """The runs in which alpha holds equity or rights, as rivals see them."""
    return [run for run in portfolio([MINE, *events]).histories["north"].crossings if run.scope == "asset"]


def test_who_loses_what_counts_and_binds_again_in_a_later_phase_wins_anew() -> None:
    left, again = made("investor.withdrew", "2021-01-01"), made("equity.agreed", "2022-02-02")
    assert [run.on.isoformat() for run in crossings(AGREED, left, again)] == ["2020-01-10", "2022-02-02"]


def test_a_winning_run_is_of_one_phase_also_where_the_next_begins_on_the_day_of_the_end() -> None:
    left, again = made("investor.withdrew", "2021/2021-06-01"), made("equity.agreed", "2021-06-01")
    runs = crossings(AGREED, left, again)
    assert [(run.on.isoformat(), run.held_until.isoformat()) for run in runs] == [
        ("2020-01-10", "2021-06-01"),
        ("2021-06-01", "9999-12-31"),
    ]
    assert runs[1].event == again.reference


def test_an_offtake_or_a_setback_makes_no_run_of_days_to_build() -> None:
    assert building_since(made("offtake.signed", "2020-01-10", commodity="tin")) is None
    assert building_since(event("setback.reported", "2020-01-10", kind="price")) is None
