"""partly-bound: something binds, and a required leg does not follow (domain page, section 6)."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.events.event import Event
from steppe.domain.values.states import Start
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deal_on, deposit, held, pursued, said, standing, the, turns

FLAG = "partly-bound"
REQUIRED = ["equity", "offtake"]
MINE = deposit(required_legs=REQUIRED)
BOUND = pursued("equity.agreed", "2020-08-31", "alpha")


def requires(occurred: str, *legs: str) -> Event:
    return event("project.amended", occurred, deal=None, required_legs=list(legs))


def test_the_watch_comes_at_the_clamped_end_of_the_month_and_not_the_day_before() -> None:
    log = [MINE, BOUND]
    assert standing(log, FLAG, "2022-02-27") == []
    flag = the(log, FLAG, "2022-02-28")
    assert (flag.missing, flag.threshold_months) == (("offtake",), 18)


@pytest.mark.parametrize(
    ("bound", "watch"), [("2020-02-29", "2021-08-29"), ("2022-08-31", "2024-02-29"), ("2020-03-15", "2021-09-15")]
)
def test_it_is_a_watch_18_months_after_the_first_leg(bound: str, watch: str) -> None:
    assert turns([MINE, pursued("equity.agreed", bound, "alpha")], FLAG) == {watch: "watch"}


def test_a_year_makes_it_possible_before_it_is_certain_and_an_open_start_does_not() -> None:
    year = pursued("equity.agreed", "2020", "alpha")
    assert turns([MINE, year], FLAG) == {"2021-07-01": "possible watch", "2022-06-30": "watch"}
    assert turns([MINE, pursued("equity.agreed", "../2020-12-31", "alpha")], FLAG) == {"2022-06-30": "watch"}


def test_the_missing_leg_clears_it_and_another_leg_does_not() -> None:
    loan = pursued("loan.signed", "2022-04-04", "alpha", lender_kind="mdb")
    offtake = pursued("offtake.signed", "2022-05-05", "alpha", commodity="tungsten")
    assert turns([MINE, BOUND, loan], FLAG) == {"2022-02-28": "watch"}
    assert turns([MINE, BOUND, loan, offtake], FLAG) == {"2022-02-28": "watch", "2022-05-05": NOTHING}


def test_a_deal_under_construction_is_not_flagged_for_a_missing_leg_which_it_still_lists() -> None:
    log = [MINE, BOUND, pursued("construction.started", "2021-01-10", "alpha")]
    assert standing(log, FLAG, "2024-01-01") == []
    assert deal_on(log, "2024-01-01").missing_legs == ("offtake",)
    assert turns([*log, pursued("construction.suspended", "2023-03-03", "alpha")], FLAG) == {"2023-03-03": "watch"}


def test_a_financed_deal_is_flagged_all_the_same() -> None:
    financed = pursued("finance.closed", "2020-09-09", "alpha")
    assert turns([MINE, BOUND, financed], FLAG) == {"2022-02-28": "watch"}


def test_nothing_is_missing_where_nothing_is_required() -> None:
    assert standing([deposit(), BOUND], FLAG, "2024-01-01") == []


def test_the_first_leg_of_the_present_run_counts_whichever_it_was() -> None:
    right = pursued("rights.granted", "2020-03-15", "alpha", right="mining")
    log = [MINE, right, BOUND, pursued("rights.revoked", "2021-01-01", "alpha")]
    assert turns(log, FLAG) == {"2021-09-15": "watch"}


def test_a_broken_run_begins_again() -> None:
    lost = pursued("contract.terminated", "2021-01-01", "alpha")
    again = pursued("equity.agreed", "2021-03-03", "alpha")
    assert turns([MINE, BOUND, lost, again], FLAG) == {"2022-09-03": "watch"}


def test_a_leg_that_binds_on_the_day_on_which_the_last_ceases_does_not_break_the_run() -> None:
    lost = pursued("contract.terminated", "2021-01-01", "alpha", leg="equity")
    right = pursued("rights.granted", "2021-01-01", "alpha", right="land")
    assert turns([MINE, BOUND, lost, right], FLAG) == {"2022-02-28": "watch"}


def test_a_required_leg_that_was_held_and_lost_is_missing_since_the_run_of_legs_began() -> None:
    offtake = pursued("offtake.signed", "2020-09-01", "alpha", commodity="tungsten")
    ended = pursued("offtake.ended", "2023-05-05", "alpha")
    assert turns([MINE, BOUND, offtake, ended], FLAG) == {"2023-05-05": "watch"}


def test_a_leg_that_is_required_later_is_missing_from_then_on() -> None:
    log = [deposit(required_legs=["equity"]), BOUND, requires("2021-05-31", *REQUIRED)]
    assert turns(log, FLAG) == {"2022-11-30": "watch"}


def test_a_leg_that_was_not_required_for_a_while_is_missing_since_it_is_again() -> None:
    log = [MINE, BOUND, requires("2021-01-01", "equity"), requires("2021-05-31", *REQUIRED)]
    assert turns(log, FLAG) == {"2022-11-30": "watch"}


def test_of_several_missing_legs_the_one_required_for_longest_counts_and_all_are_named() -> None:
    log = [MINE, BOUND, requires("2021-12-31", "debt", *REQUIRED)]
    assert turns(log, FLAG) == {"2022-02-28": "watch"}
    assert said(log, FLAG, "2022-03-01") == "Bound in part: debt and offtake missing for 18 months."


def test_an_inferred_unknown_leg_fills_no_required_leg_and_a_disbursed_one_does() -> None:
    mine = deposit(required_legs=["debt"])
    localised = pursued("processing.localised", "2020-03-15", "alpha", step="metal")
    paid = pursued("funds.disbursed", "2020-03-15", "alpha")
    assert turns([mine, localised], FLAG) == {"2021-09-15": "watch"}
    assert turns([mine, paid], FLAG) == {}


def test_the_end_of_the_deal_clears_it_and_the_next_phase_counts_afresh() -> None:
    left = pursued("investor.withdrew", "2022-05-05", "alpha")
    again = pursued("equity.agreed", "2022-06-30", "alpha")
    assert turns([MINE, BOUND, left, again], FLAG) == {
        "2022-02-28": "watch",
        "2022-05-05": NOTHING,
        "2023-12-30": "watch",
    }


def test_it_names_what_binds_and_what_is_missing() -> None:
    log = [MINE, BOUND, pursued("rights.granted", "2020-09-09", "alpha", right="mining")]
    flag = the(log, FLAG, "2022-03-31")
    assert flag.evidence == (BOUND.reference, "/desk#alpha-rights.granted-2020-09-09")
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2022, 2, 28), date(2022, 2, 28), None)
    assert (flag.severity, flag.clock) == ("watch", "required-leg")
    assert said(log, FLAG, "2022-03-31") == "Bound in part: offtake missing for 19 months."


def test_in_a_hold_it_does_not_come_and_the_missing_leg_clears_it_at_once() -> None:
    assert turns([MINE, BOUND, held("2022-01-01", until="2022-06-01")], FLAG) == {"2022-06-01": "watch"}
    offtake = pursued("offtake.signed", "2022-05-05", "alpha", commodity="tungsten")
    log = [MINE, BOUND, held("2022-03-01", until="2022-06-01"), offtake]
    assert turns(log, FLAG) == {"2022-02-28": "watch", "2022-05-05": NOTHING}


def test_each_missing_leg_has_a_clock_of_its_own_and_the_first_to_come_counts() -> None:
    undated = pursued("equity.agreed", "../2020-08-31", "alpha")
    later = event("project.amended", "2020-03-01", deal=None, required_legs=[*REQUIRED, "works"])
    log = [deposit(required_legs=REQUIRED), undated]
    assert standing(log, FLAG, "2021-09-01") == []
    (flag,) = standing([*log, later], FLAG, "2021-09-01")
    assert (flag.certainty, flag.missing) == ("possible", ("offtake", "works"))
    assert flag.start == Start(earliest=date(2020, 3, 1), latest=date(2020, 8, 31))
