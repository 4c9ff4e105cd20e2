"""not-building: bound for long, and nothing stirs on the ground (domain page, section 6)."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, freed, held, pursued, said, standing, the, turns

FLAG = "not-building"
MINE = deposit()
BOUND = pursued("equity.agreed", "2018-02-28", "alpha")


def test_the_watch_comes_on_the_day_and_not_the_day_before() -> None:
    assert standing([MINE, BOUND], FLAG, "2020-02-27") == []
    flag = the([MINE, BOUND], FLAG, "2020-02-28")
    assert (flag.severity, flag.since.isoformat(), flag.threshold_months) == ("watch", "2020-02-28", 24)


def test_a_leap_day_counts_to_the_end_of_its_month() -> None:
    assert turns([MINE, pursued("equity.agreed", "2020-02-29", "alpha")], FLAG) == {"2022-02-28": "watch"}


def test_a_year_makes_it_possible_before_it_is_certain_and_an_open_start_does_not() -> None:
    year = pursued("loan.signed", "2020", "alpha", lender_kind="mdb")
    assert turns([MINE, year], FLAG) == {"2022-01-01": "possible watch", "2022-12-31": "watch"}
    assert turns([MINE, pursued("equity.agreed", "../2020-12-31", "alpha")], FLAG) == {"2022-12-31": "watch"}


@pytest.mark.parametrize(
    "stirred",
    [
        pursued("construction.started", "2019-01-10", "alpha"),
        pursued("processing.localised", "2019-01-10", "alpha", step="concentrate"),
        pursued("construction.started", "2019-01-10", "beta"),
        event("construction.started", "2019-01-10", deal=None),
        event("production.started", "2019-01-10", deal=None),
        event("construction.suspended", "2019-01-10", deal=None),
        pursued("construction.started", "2018-02-28", "alpha"),
    ],
    ids=lambda stirred: str(stirred.id),
)
def test_anything_physical_since_the_run_began_ends_the_question_whoever_did_it(stirred: Event) -> None:
    assert turns([MINE, BOUND, stirred], FLAG) == {}


def test_building_that_was_begun_and_suspended_was_building_all_the_same() -> None:
    begun = [
        MINE, BOUND,
        pursued("construction.started", "2019-01-10", "alpha"),
        pursued("construction.suspended", "2019-06-10", "alpha"),
    ]  # fmt: skip
    assert standing(begun, FLAG, "2024-01-01") == []


def test_what_was_done_before_the_run_and_stands_no_more_does_not_count() -> None:
    old = [
        event("construction.started", "2015-01-10", deal=None),
        event("construction.suspended", "2016-01-10", deal=None),
    ]
    assert turns([MINE, *old, BOUND], FLAG) == {"2020-02-28": "watch"}
    assert turns([MINE, *old[:1], BOUND], FLAG) == {}


def test_a_suspended_project_counts_as_none() -> None:
    old = [event("construction.started", "2015-01-10", deal=None), event("project.suspended", "2019-05-05", deal=None)]
    assert turns([MINE, *old, BOUND], FLAG) == {"2020-02-28": "watch"}


def test_money_alone_is_no_building() -> None:
    paid = [MINE, BOUND, pursued("funds.disbursed", "2019-01-10", "alpha")]
    assert len(standing(paid, FLAG, "2020-02-28")) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [("offtake.signed", {"commodity": "tungsten"}), ("rights.granted", {"right": "exploration"})],
)
def test_an_offtake_and_a_right_to_explore_oblige_nobody_to_build(name: str, data: dict[str, str]) -> None:
    assert standing([MINE, pursued(name, "2018-02-28", "alpha", **data)], FLAG, "2024-01-01") == []


def test_only_the_legs_that_let_one_build_make_the_run() -> None:
    offtake = pursued("offtake.signed", "2015-01-01", "alpha", commodity="tungsten")
    assert turns([MINE, offtake, BOUND], FLAG) == {"2020-02-28": "watch"}
    log = [MINE, offtake, BOUND, pursued("contract.terminated", "2019-01-01", "alpha", leg="equity")]
    again = pursued("works.awarded", "2019-03-03", "alpha")
    assert turns([*log, again], FLAG) == {"2021-03-03": "watch"}


@pytest.mark.parametrize("kind", ["deposit", "plant", "corridor"])
def test_it_is_asked_of_what_is_built(kind: str) -> None:
    assert turns([deposit(kind=kind), BOUND], FLAG) == {"2020-02-28": "watch"}


@pytest.mark.parametrize("kind", ["exploration", "supply", "corporate", "programme", "umbrella"])
def test_only_what_is_built_can_be_not_built(kind: str) -> None:
    assert turns([deposit(kind=kind), BOUND], FLAG) == {}


def test_the_kind_is_read_on_the_day_that_is_judged() -> None:
    grown = event("project.amended", "2021-05-05", deal=None, kind="deposit")
    assert turns([deposit(kind="exploration"), BOUND, grown], FLAG) == {"2021-05-05": "watch"}


def test_a_condition_that_nobody_cures_stands_without_a_long_stop_and_is_told_here() -> None:
    assert turns([MINE, pursued("equity.agreed", "2018-02-28", "alpha", conditional=True)], FLAG) == {
        "2020-02-28": "watch"
    }


def test_the_first_shovel_clears_it_and_so_does_the_loss_of_the_leg() -> None:
    begun = pursued("construction.started", "2021-01-10", "alpha")
    assert turns([MINE, BOUND, begun], FLAG) == {"2020-02-28": "watch", "2021-01-10": NOTHING}
    lost = pursued("contract.terminated", "2021-01-10", "alpha")
    assert turns([MINE, BOUND, lost], FLAG) == {"2020-02-28": "watch", "2021-01-10": NOTHING}


def test_it_names_what_binds_and_the_months_since() -> None:
    offtake = pursued("offtake.signed", "2018-05-05", "alpha", commodity="tungsten")
    log = [MINE, BOUND, offtake]
    flag = the(log, FLAG, "2021-01-28")
    assert (flag.evidence, flag.clock) == ((BOUND.reference,), "delivery")
    assert (flag.certain_on, flag.next_on) == (date(2020, 2, 28), None)
    assert said(log, FLAG, "2021-01-28") == "Bound or permitted for 35 months, and nothing was begun on the ground."


def test_in_a_hold_it_does_not_come_until_it_is_lifted() -> None:
    assert turns([MINE, BOUND, held("2020-01-01"), freed("2020-09-09")], FLAG) == {"2020-09-09": "watch"}
