"""displaced: another group got the asset, or its like in the same market (domain page, section 6)."""

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
    judged,
    on,
    paper,
    pursued,
    said,
    standing,
    the,
    turns,
)

FLAG = "displaced"
MINE, OTHER = deposit(), deposit("south")
PAPER = paper("2020-01-10")
WON = pursued("equity.agreed", "2021-05-05", "beta")

BINDING: dict[str, dict[str, Any]] = {
    "rights.granted": {"right": "mining"},
    "offtake.signed": {"commodity": "tungsten"},
    "equity.agreed": {},
    "equity.closed": {},
    "loan.signed": {"lender_kind": "eca"},
    "grant.committed": {},
    "guarantee.issued": {},
    "works.awarded": {},
    "finance.closed": {},
    "construction.started": {},
    "funds.disbursed": {},
}


def by(party: str, role: str, name: str = "equity.agreed", occurred: str = "2021-05-05", **data: Any) -> Event:
    """A win that is pursued in another role than that of investor."""
    return event(name, occurred, deal=party, parties=[{"party": party, "role": role}], **data)


def displaced_by(name: str, *log: Event) -> bool:
    win = pursued(name, "2021-05-05", "beta", **BINDING[name])
    return bool(turns([*log, PAPER, win], FLAG))


@pytest.mark.parametrize("name", BINDING)
def test_on_the_asset_equity_or_rights_displace_and_an_unknown_leg_of_investors_counts_as_rights(name: str) -> None:
    expected = name in ("rights.granted", "equity.agreed", "equity.closed", "construction.started")
    assert displaced_by(name, MINE) is expected


@pytest.mark.parametrize("kind", ["plant", "corridor"])
def test_on_a_plant_or_corridor_works_displace_too(kind: str) -> None:
    plant = deposit(kind=kind)
    assert displaced_by("works.awarded", plant)
    assert displaced_by("rights.granted", plant)
    assert not displaced_by("offtake.signed", plant)


@pytest.mark.parametrize("name", BINDING)
def test_in_the_market_equity_rights_or_offtake_displace(name: str) -> None:
    win = on("south", pursued(name, "2021-05-05", "beta", **BINDING[name]))
    expected = name in ("rights.granted", "offtake.signed", "equity.agreed", "equity.closed", "construction.started")
    assert bool(turns([MINE, OTHER, PAPER, win], FLAG)) is expected


@pytest.mark.parametrize(
    ("here", "there", "shared"),
    [
        ({}, {}, True),
        ({"sector": "processing"}, {}, True),
        ({"commodities": ["tin", "tungsten"]}, {"commodities": ["gold", "tungsten"]}, True),
        ({}, {"country": "UZ"}, False),
        ({}, {"commodities": ["gold"]}, False),
        ({}, {"sector": "energy"}, False),
        ({"sector": "energy"}, {}, False),
        ({"sector": "transport"}, {"sector": "transport"}, False),
        ({}, {"kind": "umbrella"}, False),
        ({"kind": "programme"}, {}, False),
    ],
)
def test_a_market_is_a_country_and_a_commodity_of_two_projects_of_mining_or_processing(
    here: dict[str, Any], there: dict[str, Any], shared: bool
) -> None:
    log = [deposit(**here), deposit("south", **there), PAPER, on("south", WON)]
    assert bool(turns(log, FLAG)) is shared


def test_on_the_asset_the_sector_does_not_matter() -> None:
    assert turns([deposit(sector="energy"), PAPER, WON], FLAG) == {"2021-05-05": "alert"}


def test_in_the_market_the_win_must_come_strictly_after_the_first_memorandum() -> None:
    def log(won: str) -> list[Event]:
        win = on("south", pursued("equity.agreed", won, "beta"))
        return [MINE, OTHER, PAPER, win]

    assert standing(log("2020-01-09"), FLAG, "2021-01-01") == []
    assert standing(log("2020-01-10"), FLAG, "2021-01-01") == []
    flag = the(log("2020-01-11"), FLAG, "2021-01-01")
    assert (flag.tier, flag.since.isoformat(), flag.groups) == ("market", "2020-01-11", ("beta",))


def test_in_the_market_a_deal_without_a_memorandum_is_not_displaced_and_on_the_asset_it_is() -> None:
    talks = pursued("intent.announced", "2020-01-10", "alpha", kind="talks")
    treaty = paper("2020-01-10", instrument="treaty")
    for step in (talks, treaty):
        assert turns([MINE, OTHER, step, on("south", WON)], FLAG) == {}
        assert turns([MINE, step, WON], FLAG) == {"2021-05-05": "alert"}


def test_on_the_asset_the_first_step_may_fall_on_the_same_day_and_not_later() -> None:
    assert turns([MINE, PAPER, pursued("equity.agreed", "2020-01-10", "beta")], FLAG) == {"2020-01-10": "alert"}
    assert turns([MINE, PAPER, pursued("equity.agreed", "2020-01-09", "beta")], FLAG) == {}


def test_a_win_counts_on_its_latest_day() -> None:
    assert turns([MINE, PAPER, pursued("equity.agreed", "2021", "beta")], FLAG) == {"2021-12-31": "alert"}
    assert turns([MINE, PAPER, pursued("equity.agreed", "../2021-05-05", "beta")], FLAG) == {"2021-05-05": "alert"}


def test_two_that_bind_on_one_day_displace_neither() -> None:
    log = [MINE, PAPER, pursued("equity.agreed", "2021-05-05", "alpha"), WON]
    assert standing(log, FLAG, "2022-01-01") == []


def test_whoever_was_bound_on_the_day_of_the_win_is_not_displaced_by_it_later() -> None:
    log = [
        MINE, PAPER,
        pursued("rights.granted", "2020-06-01", "alpha", right="mining"),
        WON,
        pursued("rights.revoked", "2022-01-01", "alpha"),
    ]  # fmt: skip
    assert standing(log, "memorandum-only", "2022-01-01") != []
    assert standing(log, FLAG, "2022-01-01") == []


def test_whoever_was_displaced_and_binds_is_free_and_is_displaced_again_when_it_loses_the_leg() -> None:
    agreed = pursued("equity.agreed", "2021-08-08", "alpha", conditional=True, long_stop="2021-12-31")
    assert turns([MINE, PAPER, WON, agreed], FLAG) == {
        "2021-05-05": "alert",
        "2021-08-08": NOTHING,
        "2021-12-31": "alert",
    }


def test_the_next_phase_of_a_displaced_deal_is_not_displaced_by_the_old_win() -> None:
    left = pursued("investor.withdrew", "2021-08-08", "alpha")
    assert turns([MINE, PAPER, WON, left, paper("2021-09-09")], FLAG) == {"2021-05-05": "alert", "2021-08-08": NOTHING}


@pytest.mark.parametrize(
    ("end", "day"),
    [
        (pursued("contract.terminated", "2022-06-06", "beta"), "2022-06-06"),
        (pursued("investor.withdrew", "2022-06-06", "beta"), "2022-06-06"),
        (pursued("equity.exited", "2022", "beta"), "2022-12-31"),
    ],
    ids=lambda value: str(getattr(value, "id", value)),
)
def test_it_clears_when_the_winner_no_longer_holds_the_leg(end: Event, day: str) -> None:
    assert turns([MINE, PAPER, WON, end], FLAG) == {"2021-05-05": "alert", day: NOTHING}


def test_it_clears_by_itself_when_the_long_stop_of_the_winner_passes() -> None:
    won = pursued("equity.agreed", "2021-05-05", "beta", conditional=True, long_stop="2022-02")
    assert turns([MINE, PAPER, won], FLAG) == {"2021-05-05": "alert", "2022-02-28": NOTHING}


def test_who_bound_something_else_before_wins_on_the_day_that_it_takes_what_counts() -> None:
    right = pursued("rights.granted", "2019-05-05", "beta", right="mining")
    assert turns([MINE, right, PAPER, WON], FLAG) == {}
    loan = pursued("loan.signed", "2021-02-02", "beta", lender_kind="eca")
    assert turns([MINE, PAPER, loan, WON], FLAG) == {"2021-05-05": "alert"}


def test_who_lost_what_counts_and_takes_it_again_wins_anew() -> None:
    loan = pursued("loan.signed", "2019-02-02", "beta", lender_kind="eca")
    right = pursued("rights.granted", "2019-05-05", "beta", right="mining")
    lost = pursued("rights.revoked", "2020-05-05", "beta")
    assert turns([MINE, loan, right, lost, PAPER, WON], FLAG) == {"2021-05-05": "alert"}
    kept = pursued("rights.granted", "2020-05-05", "beta", right="land")
    assert turns([MINE, loan, right, lost, kept, PAPER, WON], FLAG) == {}


def test_of_the_rows_of_the_winning_day_the_first_in_fold_order_that_counts_is_the_winning_event() -> None:
    loan = pursued("loan.signed", "2021-05-05", "beta", lender_kind="eca")
    offtake = pursued("offtake.signed", "2021-05-05", "beta", commodity="tungsten")
    assert the([MINE, PAPER, loan, WON], FLAG, "2021-05-05").evidence == (WON.reference,)
    assert the([MINE, PAPER, offtake, WON], FLAG, "2021-05-05").evidence == (WON.reference,)
    right = pursued("rights.granted", "2021-05-05", "beta", right="land")
    assert the([MINE, PAPER, right, WON], FLAG, "2021-05-05").evidence == (right.reference,)


def test_in_its_next_phase_a_rival_crosses_the_line_again() -> None:
    before = [pursued("equity.agreed", "2019-05-05", "beta"), pursued("investor.withdrew", "2020-05-05", "beta")]
    assert turns([MINE, *before, PAPER, WON], FLAG) == {"2021-05-05": "alert"}


def test_a_rivals_memorandum_never_displaces_and_neither_does_money_to_come() -> None:
    approved = pursued("finance.approved", "2021-06-06", "beta")
    assert turns([MINE, PAPER, paper("2021-05-05", "beta"), approved], FLAG) == {}


def test_a_win_of_the_same_group_displaces_nobody_and_is_no_co_investment() -> None:
    log = [MINE, child("alpha-mining", "alpha"), PAPER, pursued("equity.agreed", "2021-05-05", "alpha-mining")]
    assert standing(log, FLAG, "2021-05-05") == []
    assert judged(log, "2021-05-05").co_investors == {}
    stranger = [log[0], *log[2:]]
    assert [flag.tier for flag in standing(stranger, FLAG, "2021-05-05")] == ["asset"]


def test_groups_are_those_of_the_day_of_the_win() -> None:
    bought_later = child("beta", "alpha", "2022-02-02")
    amended = on("party:beta", event("party.amended", "2022-02-02", deal=None, party="beta", parent="alpha"))
    assert turns([MINE, amended, PAPER, WON], FLAG) == {"2021-05-05": "alert"}
    assert turns([MINE, bought_later, PAPER, WON], FLAG) == {}  # a registration holds from ever


def test_a_win_in_which_the_own_group_has_a_part_is_a_co_investment() -> None:
    together = pursued("equity.agreed", "2021-05-05", "beta", "alpha-mining")
    log = [MINE, child("alpha-mining", "alpha"), PAPER, together]
    assert standing(log, FLAG, "2021-06-01") == []
    assert judged(log, "2021-06-01").co_investors == {"alpha": (together.reference,)}
    assert judged(log, "2021-05-04").co_investors == {}


def test_the_winners_are_the_investors_of_the_event_and_not_its_sellers() -> None:
    parties = [{"party": "beta", "role": "investor"}, {"party": "alpha", "role": "seller"}]
    sold = event("equity.agreed", "2021-05-05", deal="beta", parties=parties)
    assert the([MINE, PAPER, sold], FLAG, "2021-05-05").groups == ("beta",)


def test_where_the_event_names_no_investor_the_pursuers_of_its_deal_are_the_winners() -> None:
    granted = event("rights.granted", "2021-05-05", deal="beta", right="mining")
    log = [MINE, PAPER, paper("2020-02-02", "beta"), granted]
    assert the(log, FLAG, "2021-05-05").groups == ("beta",)
    assert turns([MINE, PAPER, granted], FLAG) == {}  # pursued by nobody named


@pytest.mark.parametrize(("role", "displaces"), [("contractor", True), ("offtaker", True), ("financier", False), ("donor", False)])  # fmt: skip
def test_deals_of_financiers_and_donors_neither_displace_nor_are_displaced(role: str, displaces: bool) -> None:
    assert bool(turns([MINE, PAPER, by("beta", role)], FLAG)) is displaces
    theirs = by("alpha", role, "memorandum.signed", "2020-01-10", instrument="mou")
    assert bool(turns([MINE, theirs, WON], FLAG)) is displaces


def test_a_deal_of_nobody_named_is_not_displaced() -> None:
    assert turns([MINE, event("memorandum.signed", "2020-01-10", instrument="mou"), WON], FLAG) == {}


def test_one_flag_has_all_causes_the_asset_first() -> None:
    in_market = on("south", pursued("offtake.signed", "2020-05-05", "gamma", commodity="tungsten"))
    log = [MINE, OTHER, PAPER, in_market, WON]
    before, after = the(log, FLAG, "2021-05-04"), the(log, FLAG, "2021-05-05")
    assert (before.tier, before.evidence) == ("market", (in_market.reference,))
    assert (after.tier, after.evidence) == ("asset", (WON.reference, in_market.reference))
    assert (after.since, after.count, after.groups) == (date(2020, 5, 5), 2, ("beta", "gamma"))
    freed_asset = [*log, pursued("investor.withdrew", "2022-02-02", "beta")]
    assert the(freed_asset, FLAG, "2022-02-02").tier == "market"


def test_a_project_that_leaves_the_market_displaces_no_more() -> None:
    moved = on("south", event("project.amended", "2022-02-02", deal=None, commodities=["gold"]))
    assert turns([MINE, OTHER, PAPER, on("south", WON), moved], FLAG) == {"2021-05-05": "alert", "2022-02-02": NOTHING}


def test_it_is_an_alert_that_is_certain_and_says_who_got_what() -> None:
    log = [MINE, PAPER, WON]
    flag = the(log, FLAG, "2021-06-06")
    assert (flag.severity, flag.certainty, flag.certain_severity) == ("alert", "certain", "alert")
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2021, 5, 5), date(2021, 5, 5), None)
    assert (flag.clock, flag.start, flag.threshold_months) == (None, None, None)
    assert said(log, FLAG, "2021-06-06") == "Overtaken: beta got this asset while this deal was on paper."
    market = [MINE, OTHER, PAPER, on("south", WON)]
    assert said(market, FLAG, "2021-06-06") == "Overtaken: beta got the same market while this deal was on paper."


def test_in_a_hold_a_new_cause_joins_the_old_ones_and_what_ends_shows_at_once() -> None:
    second = on("south", pursued("equity.agreed", "2021-08-08", "gamma"))
    lost = [pursued("investor.withdrew", "2021-09-09", "beta"), on("south", pursued("investor.withdrew", "2021-10-10", "gamma"))]  # fmt: skip
    log = [MINE, OTHER, PAPER, WON, held("2021-06-06"), second, *lost, freed("2022-01-01")]
    assert turns(log, FLAG) == {"2021-05-05": "alert", "2021-10-10": NOTHING}
    assert the(log, FLAG, "2021-08-08").groups == ("beta", "gamma")
    assert said(log, FLAG, "2021-08-08").endswith(" On hold.")


def test_a_deal_of_which_nothing_was_left_is_in_another_phase_when_it_is_back_on_paper() -> None:
    lost = [
        pursued("rights.granted", "2020-01-10", "alpha", right="mining"),
        pursued("rights.revoked", "2020-06-01", "alpha"),
    ]
    taken = pursued("rights.granted", "2021-01-16", "beta", right="mining")
    back = paper("2021-04-16")
    assert turns([MINE, *lost, taken, back], FLAG) == {}
    talks = pursued("intent.announced", "2019-12-12", "alpha", kind="talks")
    assert turns([MINE, talks, *lost, taken, back], FLAG) == {"2021-01-16": "alert"}
