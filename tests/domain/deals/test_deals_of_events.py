"""Whose deal an event belongs to, what speaks of the project, and who pursues (domain page, section 1)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.values.levels import Level
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import child, deal_on, deposit, judged, of_project, on, paper, pursued, turns


def named(*parties: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"party": party, "role": role} for party, role in parties]


def test_the_deal_is_the_declared_one_else_the_first_pursuer_by_role() -> None:
    parties = named(("gov", "host"), ("bank", "financier"), ("late", "investor"), ("later", "investor"))
    assert event("loan.signed", "2020", deal="x", parties=parties).deal == "x"
    assert event("loan.signed", "2020", deal=None, parties=parties).deal == "late"
    assert event("loan.signed", "2020", deal=None, parties=parties[:2]).deal == "bank"
    assert event("loan.signed", "2020", deal=None, parties=parties[:1]).deal is None


@pytest.mark.parametrize(
    ("roles", "first"),
    [
        (["donor", "offtaker", "contractor", "financier", "investor"], "investor"),
        (["donor", "offtaker", "contractor", "financier"], "financier"),
        (["donor", "offtaker", "contractor"], "contractor"),
        (["donor", "offtaker"], "offtaker"),
        (["donor"], "donor"),
        (["host", "regulator", "seller", "bidder", "adviser"], None),
    ],
)
def test_roles_pursue_in_the_order_of_the_page_and_hosts_sellers_and_advisers_do_not(
    roles: list[str], first: str | None
) -> None:
    assert event("works.awarded", "2020", deal=None, parties=named(*((role, role) for role in roles))).deal == first


@pytest.mark.parametrize("name", ["project.suspended", "project.cancelled", "hold.placed", "hold.lifted"])
def test_project_and_hold_rows_concern_a_deal_only_when_they_name_it(name: str) -> None:
    assert event(name, "2020", deal=None, parties=named(("alpha", "investor"))).deal is None
    assert event(name, "2020", deal="alpha").deal == "alpha"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("intent.announced", {"kind": "talks"}),
        ("study.completed", {"kind": "feasibility"}),
        ("rights.granted", {"right": "mining"}),
        ("construction.started", {}),
    ],
)
def test_what_speaks_of_the_project_gives_no_deal_a_level_and_starts_no_clock(name: str, data: dict[str, Any]) -> None:
    talks = pursued("intent.announced", "2019-01-01", "alpha", kind="talks")
    judgement = judged([deposit(), talks, event(name, "2020-01-01", deal=None, **data)], "2020-01-01")
    (state,) = judgement.deals
    assert (state.level, state.legs, state.memorandum, state.step) == (Level.ANNOUNCED, (), None, None)


def test_a_hosts_own_title_binds_nobody() -> None:
    title = event("rights.granted", "2020-01-01", deal=None, right="mining", parties=named(("gov", "host")))
    judgement = judged([deposit(), title], "2020-01-01")
    assert (judgement.deals, of_project(judgement).level) == ((), Level.IDENTIFIED)


def test_a_rival_on_the_same_project_is_another_deal() -> None:
    judgement = judged([deposit(), paper("2020-01-01"), paper("2021-01-01", "beta")], "2021-01-01")
    assert [(state.deal, state.phase) for state in judgement.deals] == [("alpha", 1), ("beta", 1)]


def test_the_same_slug_in_another_project_is_another_deal() -> None:
    elsewhere = [deposit("south"), on("south", pursued("equity.closed", "2021-01-01", "alpha"))]
    assert deal_on([deposit(), paper("2020-01-01"), *elsewhere], "2022-01-01").level == Level.MEMORANDUM


def test_the_pursuers_are_all_parties_of_the_highest_pursuing_role_in_events_with_a_level() -> None:
    first = event("loan.signed", "2020-01-01", parties=named(("bank", "financier"), ("builder", "contractor")))
    assert deal_on([deposit(), first], "2020-01-01").pursuers == ("bank",)
    second = event("equity.agreed", "2020-02-02", parties=named(("alpha", "investor")))
    third = event("memorandum.signed", "2020-03-03", instrument="mou", parties=named(("beta", "investor")))
    assert deal_on([deposit(), first, second, third], "2020-03-03").pursuers == ("alpha", "beta")
    news = event("setback.reported", "2020-04-04", kind="price", parties=named(("gamma", "investor")))
    stopped = event("production.suspended", "2020-05-05", parties=named(("gamma", "investor")))
    assert deal_on([deposit(), first, second, third, news, stopped], "2020-05-05").pursuers == ("alpha", "beta")
    halted = event("construction.suspended", "2020-06-06", parties=named(("gamma", "investor")))
    assert deal_on([deposit(), first, halted], "2020-06-06").pursuers == ("gamma",)


def test_the_next_phase_has_its_own_pursuers() -> None:
    log = [deposit(), paper("2020-01-01"), event("investor.withdrew", "2021-01-01")]
    again = event("memorandum.signed", "2022-01-01", instrument="mou", parties=named(("beta", "investor")))
    assert deal_on([*log, again], "2022-01-01").pursuers == ("beta",)


@pytest.mark.parametrize("closed_by", ["beta", "ring-b"])
def test_a_group_is_the_ultimate_parent_and_a_ring_of_parents_is_one_group(closed_by: str) -> None:
    """The win of one's own group displaces nobody."""
    chain = [child("alpha", "middle"), child("middle", "top"), child("beta", "top")]
    ring = [child("alpha", "ring-a"), child("ring-a", "ring-b"), child("ring-b", "ring-a")]
    log = [deposit(), paper("2020-01-01"), pursued("equity.agreed", "2021-01-01", closed_by)]
    assert turns([*log, *(chain if closed_by == "beta" else ring)], "displaced") == {}
    assert turns(log, "displaced") != {}


def test_umbrellas_and_programmes_are_in_no_market_and_a_project_is_always_in_its_own() -> None:
    win = pursued("equity.agreed", "2021-01-01", "beta")
    assert turns([deposit(kind="umbrella"), paper("2020-01-01"), win], "displaced") == {"2021-01-01": "alert"}
    crowding = [pursued("loan.signed", "2021-02-02", "gamma", lender_kind="eca")]
    assert turns([deposit(kind="umbrella"), paper("2020-01-01"), win, *crowding], "crowded") == {}
    bare = deposit(commodities=[])
    assert "2021-02-02" in turns([bare, paper("2020-01-01"), win, *crowding], "crowded")
