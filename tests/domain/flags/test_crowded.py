"""crowded: several other groups were bound in the market of late (domain page, section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import (
    NOTHING,
    child,
    deposit,
    freed,
    held,
    on,
    paper,
    pursued,
    said,
    the,
    turns,
)

FLAG = "crowded"
HERE, THERE = deposit(), deposit("south")
PAPER = paper("2020-01-10")
BETA = pursued("equity.agreed", "2020-08-31", "beta")
GAMMA = on("south", pursued("loan.signed", "2021-03-15", "gamma", lender_kind="eca"))
LOG = [HERE, THERE, PAPER, BETA, GAMMA]


def test_the_second_group_makes_it_and_it_ends_the_day_after_the_older_win_is_24_months_old() -> None:
    assert turns(LOG[:4], FLAG) == {}
    assert turns(LOG, FLAG) == {"2021-03-15": "notice", "2022-09-01": NOTHING}


def test_24_months_clamp_to_the_end_of_the_month() -> None:
    leap = pursued("equity.agreed", "2020-02-29", "beta")
    assert turns([HERE, THERE, PAPER, leap, GAMMA], FLAG) == {"2021-03-15": "notice", "2022-03-01": NOTHING}


def test_a_win_counts_from_its_latest_day_and_is_certain() -> None:
    vague = on("south", pursued("works.awarded", "2021", "gamma"))
    assert turns([HERE, THERE, PAPER, BETA, vague], FLAG) == {"2021-12-31": "notice", "2022-09-01": NOTHING}
    open_start = on("south", pursued("works.awarded", "../2021-06-06", "gamma"))
    assert turns([HERE, THERE, PAPER, BETA, open_start], FLAG) == {"2021-06-06": "notice", "2022-09-01": NOTHING}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("offtake.signed", {"commodity": "tungsten"}),
        ("guarantee.issued", {}),
        ("grant.committed", {}),
        ("rights.granted", {"right": "exploration"}),
        ("funds.disbursed", {}),
        ("construction.started", {}),
    ],
)
def test_any_leg_crowds(name: str, data: dict[str, Any]) -> None:
    win = pursued(name, "2021-03-15", "gamma", **data)
    assert turns([HERE, PAPER, BETA, win], FLAG) == {"2021-03-15": "notice", "2022-09-01": NOTHING}


def test_the_win_may_be_older_than_the_first_step_of_the_crowded() -> None:
    late = paper("2021-06-06")
    assert turns([HERE, THERE, late, BETA, GAMMA], FLAG) == {"2021-06-06": "notice", "2022-09-01": NOTHING}


def test_whoever_was_bound_at_the_time_is_crowded_once_below_the_line() -> None:
    agreed = pursued("equity.agreed", "2020-05-05", "alpha", conditional=True, long_stop="2021-12-31")
    assert turns([*LOG, agreed], FLAG) == {"2021-12-31": "notice", "2022-09-01": NOTHING}


def test_groups_are_counted_and_not_wins() -> None:
    same = on("south", pursued("loan.signed", "2021-03-15", "beta-metals", lender_kind="eca"))
    assert turns([HERE, THERE, PAPER, BETA, same, child("beta-metals", "beta")], FLAG) == {}
    assert turns([HERE, THERE, PAPER, BETA, same], FLAG) != {}


def test_two_groups_that_win_together_are_two() -> None:
    assert turns([HERE, PAPER, pursued("equity.agreed", "2020-08-31", "beta", "gamma")], FLAG) == {
        "2020-08-31": "notice",
        "2022-09-01": NOTHING,
    }


def test_a_deal_in_which_the_own_group_has_a_part_does_not_crowd() -> None:
    together = on("south", pursued("loan.signed", "2021-03-15", "gamma", "alpha-metals", lender_kind="eca"))
    log = [HERE, THERE, PAPER, BETA, together]
    assert turns([*log, child("alpha-metals", "alpha")], FLAG) == {}
    assert turns(log, FLAG) != {}


def test_who_is_one_group_is_read_on_the_day_of_the_win() -> None:
    def bought(day: str) -> Event:
        amended = event("party.amended", day, deal=None, party="beta", parent="alpha")
        return on("party:beta", amended)

    assert turns([*LOG, bought("2020-08-31")], FLAG) == {}
    assert turns([*LOG, bought("2020-09-01")], FLAG) == turns(LOG, FLAG)


def test_the_own_deals_in_the_market_do_not_crowd() -> None:
    own = on("south", pursued("equity.agreed", "2021-03-15", "alpha"))
    assert turns([HERE, THERE, PAPER, BETA, own], FLAG) == {}


@pytest.mark.parametrize("role", ["financier", "donor"])
def test_deals_of_financiers_and_donors_neither_crowd_nor_are_crowded(role: str) -> None:
    theirs = event("loan.signed", "2021-03-15", deal="gamma", lender_kind="oda", parties=[{"party": "gamma", "role": role}])  # fmt: skip
    assert turns([HERE, PAPER, BETA, theirs], FLAG) == {}
    crowded = event("memorandum.signed", "2020-01-10", instrument="mou", parties=[{"party": "alpha", "role": role}])
    assert turns([HERE, THERE, crowded, BETA, GAMMA], FLAG) == {}


def test_a_deal_of_nobody_named_does_not_crowd() -> None:
    nobodys = event("rights.granted", "2021-03-15", deal="gamma", right="land")
    assert turns([HERE, PAPER, BETA, nobodys], FLAG) == {}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({}, {"country": "UZ"}),
        ({}, {"commodities": ["gold"]}),
        ({}, {"sector": "energy"}),
        ({"sector": "energy"}, {}),
        ({"kind": "umbrella"}, {}),
        ({}, {"kind": "programme"}),
    ],
)
def test_only_a_shared_market_of_mining_or_processing_crowds(here: dict[str, Any], there: dict[str, Any]) -> None:
    assert turns([deposit(**here), deposit("south", **there), PAPER, BETA, GAMMA], FLAG) == {}


def test_in_processing_the_own_project_crowds_too() -> None:
    gamma = pursued("works.awarded", "2021-03-15", "gamma")
    assert turns([deposit(sector="processing"), PAPER, BETA, gamma], FLAG) != {}


@pytest.mark.parametrize(
    "end",
    [
        on("south", pursued("contract.terminated", "2021-06-06", "gamma")),
        pursued("investor.withdrew", "2021-06-06", "beta"),
        pursued("equity.agreed", "2021-06-06", "alpha"),
        pursued("investor.withdrew", "2021-06-06", "alpha"),
        on("south", event("project.amended", "2021-06-06", deal=None, commodities=["gold"])),
    ],
    ids=lambda end: f"{end.subject}#{end.id}",
)
def test_it_clears_when_a_leg_is_lost_or_the_crowded_binds_or_ends_or_the_market_is_left(end: Event) -> None:
    assert turns([*LOG, end], FLAG) == {"2021-03-15": "notice", "2021-06-06": NOTHING}


def test_it_is_a_notice_that_is_certain_and_names_the_groups() -> None:
    flag = the(LOG, FLAG, "2021-06-06")
    assert (flag.severity, flag.certainty, flag.threshold_months) == ("notice", "certain", 24)
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2021, 3, 15), date(2021, 3, 15), None)
    assert (flag.evidence, flag.groups) == ((BETA.reference, GAMMA.reference), ("beta", "gamma"))
    assert said(LOG, FLAG, "2021-06-06") == "2 other groups were bound in this market of late: beta, gamma."


def test_in_a_hold_it_does_not_come_and_after_it_only_what_is_still_so() -> None:
    assert turns([*LOG, held("2021-01-01", until="2022-01-01")], FLAG) == {
        "2022-01-01": "notice",
        "2022-09-01": NOTHING,
    }
    assert turns([*LOG, held("2021-01-01"), freed("2022-10-10")], FLAG) == {}
    standing = [*LOG, held("2021-06-06")]
    assert turns(standing, FLAG) == {"2021-03-15": "notice", "2022-09-01": NOTHING}
