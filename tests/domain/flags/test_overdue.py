"""overdue: a planned day went by, and nothing that would meet the plan is told (domain page, section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, paper, pursued, said, standing, the
from tests.domain.flags.portfolio_by_hand import turns as turns_of

FLAG = "overdue"
MINE = deposit()
PAPER = paper("2018-01-01")


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def plan(planned_on: str, milestone: str = "first-ore", occurred: str = "2019-01-01", **data: Any) -> Event:
    return made("milestone.planned", occurred, milestone=milestone, planned_on=planned_on, **data)


def turns(*events: Event, deal: str | None = "alpha") -> dict[str, str]:
    return turns_of([MINE, *events], FLAG, deal=deal)


LATE = {"2020-06-30": "watch", "2021-03-31": "stagnant"}


def test_it_is_a_watch_3_months_after_the_planned_day_and_stagnant_after_12() -> None:
    assert turns(PAPER, plan("2020-03-31")) == LATE


def test_the_clock_starts_in_the_interval_of_the_planned_day() -> None:
    assert turns(PAPER, plan("2020")) == {
        "2020-04-01": "possible watch",
        "2021-01-01": "possible stagnant",
        "2021-12-31": "stagnant",
    }
    assert turns(PAPER, plan("../2020-03-31")) == LATE


def test_a_plan_without_a_last_day_is_never_late() -> None:
    assert turns(PAPER, plan("2020/..")) == turns(PAPER, plan("unknown")) == {}


def test_the_plan_in_force_is_the_last_in_fold_order() -> None:
    assert turns(PAPER, plan("2020-03-31"), plan("2022-03-31", occurred="2020-05-05")) == {
        "2022-06-30": "watch",
        "2023-03-31": "stagnant",
    }
    later = plan("2022-03-31", occurred="2020-08-08")
    assert turns(PAPER, plan("2020-03-31"), later)["2020-08-08"] == NOTHING
    assert turns(PAPER, plan("2022-03-31"), plan("2020-03-31", occurred="2019-02-02")) == LATE


@pytest.mark.parametrize("day", ["2018-06-06", "2020-02-02", "2020-08-08"])
def test_a_plan_is_met_at_whatever_time_by_a_row_of_that_name(day: str) -> None:
    met = made("milestone.met", day, milestone="first-ore")
    expected = {"2020-06-30": "watch", day: NOTHING} if day > "2020-06-30" else {}
    assert turns(PAPER, plan("2020-03-31"), met) == expected
    assert turns(PAPER, plan("2020-03-31"), made("milestone.met", day, milestone="smelter")) == LATE


STANDS_FOR: list[tuple[str, str, dict[str, Any]]] = [
    ("construction-start", "construction.started", {}),
    ("construction-end", "construction.completed", {}),
    ("first-output", "production.started", {}),
    ("first-output", "production.started", {"phase": "commercial"}),
    ("production-start", "production.started", {"phase": "commercial"}),
    ("financial-close", "finance.closed", {}),
    ("final-investment-decision", "investment.decided", {}),
    ("equity", "equity.agreed", {}),
    ("equity", "equity.closed", {}),
    ("offtake", "offtake.signed", {"commodity": "tin"}),
    ("feasibility-study", "study.completed", {"kind": "feasibility"}),
    ("rights", "rights.granted", {"right": "land"}),
    ("permit", "permit.granted", {"permit": "other"}),
]


@pytest.mark.parametrize(("milestone", "name", "data"), STANDS_FOR, ids=[f"{m} {n}" for m, n, _ in STANDS_FOR])
def test_the_row_that_the_name_stands_for_meets_the_plan(milestone: str, name: str, data: dict[str, Any]) -> None:
    assert turns(PAPER, plan("2020-03-31", milestone), made(name, "2020-02-02", **data)) == {}
    assert turns(PAPER, plan("2020-03-31"), made(name, "2020-02-02", **data)) == LATE


@pytest.mark.parametrize(
    ("milestone", "name", "data"),
    [
        ("production-start", "production.started", {}),
        ("production-start", "production.started", {"phase": "trial"}),
        ("feasibility-study", "study.completed", {"kind": "scoping"}),
        ("feasibility-study", "study.started", {"kind": "feasibility"}),
        ("construction-start", "construction.completed", {}),
        ("permit", "permit.applied", {"permit": "planning"}),
    ],
)
def test_a_row_of_another_kind_does_not(milestone: str, name: str, data: dict[str, Any]) -> None:
    assert turns(PAPER, plan("2020-03-31", milestone), made(name, "2020-02-02", **data)) == LATE


def test_with_a_part_a_plan_is_met_by_a_row_of_that_part_and_without_by_any() -> None:
    of_part = plan("2020-03-31", "construction-start", part="unit-1")
    assert turns(PAPER, of_part, made("construction.started", "2020-02-02", part="unit-1")) == {}
    assert turns(PAPER, of_part, made("construction.started", "2020-02-02", part="unit-2")) == LATE
    assert turns(PAPER, of_part, made("construction.started", "2020-02-02")) == LATE
    whole = plan("2020-03-31", "construction-start")
    assert turns(PAPER, whole, made("construction.started", "2020-02-02", part="unit-2")) == {}


def test_plans_of_two_parts_stand_beside_each_other() -> None:
    one, other = plan("2020-03-31", part="unit-1"), plan("2022-03-31", part="unit-2", occurred="2019-02-02")
    assert turns(PAPER, one, other) == LATE


def test_a_row_that_speaks_of_the_project_meets_the_plan_of_a_deal_and_one_of_another_deal_does_not() -> None:
    planned_start = plan("2020-03-31", "construction-start")
    assert turns(PAPER, planned_start, event("construction.started", "2020-02-02", deal=None)) == {}
    assert turns(PAPER, planned_start, pursued("construction.started", "2020-02-02", "beta")) == LATE


def test_a_plan_of_the_project_is_met_by_anybody_and_its_flag_is_the_projects() -> None:
    of_project = event(
        "milestone.planned", "2019-01-01", deal=None, milestone="construction-start", planned_on="2020-03-31"
    )
    assert turns(PAPER, of_project, deal=None) == LATE
    assert turns(PAPER, of_project) == {}
    assert turns(PAPER, of_project, pursued("construction.started", "2020-02-02", "beta"), deal=None) == {}


def test_the_flag_of_the_project_stands_while_a_deal_lives_or_none_ever_was() -> None:
    of_project = event("milestone.planned", "2019-01-01", deal=None, milestone="x", planned_on="2020-03-31")
    assert turns(of_project, deal=None) == LATE
    left = made("investor.withdrew", "2020-08-08")
    assert turns(PAPER, of_project, left, deal=None) == {"2020-06-30": "watch", "2020-08-08": NOTHING}
    over = event("project.cancelled", "2020-08-08", deal=None)
    assert turns(of_project, over, deal=None) == {"2020-06-30": "watch", "2020-08-08": NOTHING}


@pytest.mark.parametrize("kind", ["exploration", "supply", "programme", "umbrella"])
def test_it_is_asked_whatever_the_kind_of_the_project(kind: str) -> None:
    log = [deposit(kind=kind), PAPER, plan("2020-03-31")]
    assert turns_of(log, FLAG) == LATE


def test_plans_are_of_their_phase_the_day_of_its_first_step_included() -> None:
    before, same_day = plan("2020-03-31", occurred="2017-12-31"), plan("2020-03-31", occurred="2018-01-01")
    assert turns(PAPER, before) == {}
    assert turns(PAPER, same_day) == LATE
    left = made("investor.withdrew", "2019-05-05")
    assert turns(PAPER, plan("2020-03-31"), left, paper("2019-06-06")) == {}


def test_what_met_a_plan_in_an_earlier_phase_meets_none_of_the_next() -> None:
    met, left = made("milestone.met", "2018-03-03", milestone="first-ore"), made("investor.withdrew", "2018-05-05")
    assert turns(PAPER, met, left, paper("2018-06-06"), plan("2020-03-31")) == LATE


def test_of_several_the_first_to_reach_a_severity_counts_and_all_are_named() -> None:
    log = [MINE, PAPER, plan("2020-03-31", "first-ore"), plan("2020-05-31", "smelter", occurred="2019-02-02")]
    assert turns_of(log, FLAG) == LATE
    alone, both = the(log, FLAG, "2020-07-01"), the(log, FLAG, "2020-08-31")
    assert (alone.milestones, alone.evidence) == (("first-ore",), (log[2].reference,))
    assert both.milestones == ("first-ore", "smelter")
    assert said(log, FLAG, "2020-09-30").startswith("first-ore and smelter were planned, the first for 31 March 2020")
    met = made("milestone.met", "2020-10-01", milestone="first-ore")
    assert turns_of([*log, met], FLAG) == {"2020-06-30": "watch", "2021-05-31": "stagnant"}


def test_it_says_its_clock_and_what_comes_next() -> None:
    flag = the([MINE, PAPER, plan("2020-03-31")], FLAG, "2020-07-01")
    assert (flag.clock, flag.threshold_months, flag.severity) == ("plan", 3, "watch")
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2021, 3, 31))
    assert standing([MINE, plan("2020-03-31")], FLAG, "2020-07-01") == []
