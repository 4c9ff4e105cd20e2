"""What is shown beside the level, of a deal and of the project, and whom a row concerns (domain page, sections 3, 4, 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import judge
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit, judged, of_project, paper, pursued

DAY = date(2021, 6, 1)
SUSPENDED = event("project.suspended", "2020-06-01", deal=None)


def _paper(deal: str, occurred: str) -> Event:
    return event("memorandum.signed", occurred, id=f"{deal}-{occurred}", deal=deal, instrument="mou")


def _overlays(*events: Event) -> dict[str, tuple[str, ...]]:
    return {state.deal: state.overlays for state in judge("north", events, DAY).deals}


def _of_project(*events: Event, as_of: str = "2021-06-01") -> tuple[str, ...]:
    return of_project(judged([deposit(), *events], as_of)).overlays


def test_a_suspended_project_suspends_the_deal_that_begins_later() -> None:
    assert _overlays(_paper("alpha", "2020-01-01"), SUSPENDED, _paper("beta", "2021-01-01")) == {
        "alpha": ("suspended",),
        "beta": ("suspended",),
    }


def test_a_later_start_of_its_own_ends_the_suspension_of_a_deal_and_of_no_other() -> None:
    begun = [_paper("alpha", "2020-01-01"), _paper("beta", "2020-01-02"), SUSPENDED]
    by_name = event("project.suspended", "2020-07-01", deal="alpha")
    built = event("construction.started", "2021-01-01", deal="alpha")
    assert _overlays(*begun, by_name, built) == {"alpha": (), "beta": ("suspended",)}
    assert _overlays(*begun, event("construction.started", "2021-01-01", deal=None))["alpha"] == ("suspended",)


def test_a_deal_resumes_alone_while_the_project_stays_suspended() -> None:
    resumed = event("project.resumed", "2021-01-01", deal="alpha")
    log = [_paper("alpha", "2020-01-01"), _paper("beta", "2020-01-02"), SUSPENDED, resumed]
    assert _overlays(*log) == {"alpha": (), "beta": ("suspended",)}
    assert _of_project(*log) == ("suspended",)


def test_a_deal_suspended_by_name_is_resumed_by_name_or_with_the_whole_project() -> None:
    begun = [_paper("alpha", "2020-01-01"), event("project.suspended", "2020-06-01", deal="alpha")]
    assert _overlays(*begun) == {"alpha": ("suspended",)}
    assert _of_project(*begun) == ("suspended",)  # all its living deals are
    assert _of_project(*begun, _paper("beta", "2020-01-02")) == ()
    assert _overlays(*begun, event("project.resumed", "2021-01-01", deal="alpha")) == {"alpha": ()}
    assert _overlays(*begun, event("project.resumed", "2021-01-01", deal=None)) == {"alpha": ()}


@pytest.mark.parametrize("name", ["construction.suspended", "production.suspended"])
def test_a_stop_on_the_ground_suspends_the_project_and_no_deal(name: str) -> None:
    log = [_paper("alpha", "2020-01-01"), event("construction.started", "2020-02-02", deal=None)]
    stopped = event(name, "2020-06-01", deal=None)
    assert (_overlays(*log, stopped), _of_project(*log, stopped)) == ({"alpha": ()}, ("suspended",))


def test_a_project_shows_suspended_while_any_suspension_stands() -> None:
    log = [event("construction.suspended", "2020-05-05", deal=None), SUSPENDED]
    assert _of_project(*log, event("project.resumed", "2021-01-01", deal=None)) == ("suspended",)
    assert _of_project(*log, event("construction.started", "2021-01-01", deal=None)) == ()


def test_a_withdrawal_that_names_only_the_host_ends_the_deal() -> None:
    parties = [{"party": "gov", "role": "host"}]
    left = event("investor.withdrew", "2021-01-01", parties=parties, by="host")
    signed = event("memorandum.signed", "2020-01-01", instrument="mou", parties=[{"party": "inv", "role": "investor"}])
    assert _overlays(signed, left) == {"alpha": ("withdrawn",)}


def test_a_hold_older_than_the_first_deal_shows_nothing_that_came_under_it() -> None:
    held = event("hold.placed", "2020-01-01", deal=None)
    paper = _paper("alpha", "2018-01-01/2021-01-01")
    assert judge("north", [paper, held], DAY).flags == judge("north", [held, paper], DAY).flags == ()


@pytest.mark.parametrize("name", ["project.cancelled", "project.completed", "project.retired"])
def test_an_end_of_the_project_is_shown_until_a_later_row_with_a_level_or_a_physical_one(name: str) -> None:
    ended, overlay = event(name, "2020-06-01", deal=None), (name.removeprefix("project."),)
    assert _of_project(ended) == overlay
    assert _of_project(ended, event("setback.reported", "2021-01-01", deal=None, kind="price")) == overlay
    assert _of_project(ended, event("review.confirmed", "2021-01-01", deal=None)) == overlay
    again: list[tuple[str, str | None, dict[str, Any]]] = [
        ("intent.announced", None, {"kind": "talks"}),
        ("memorandum.signed", "beta", {"instrument": "mou"}),
        ("production.resumed", None, {}),
    ]
    for row, deal, data in again:
        assert _of_project(ended, event(row, "2021-01-01", deal=deal, **data)) == ()


@pytest.mark.parametrize(
    "name", ["project.cancelled", "project.completed", "project.retired", "project.suspended", "hold.placed"]
)
def test_a_row_that_names_a_deal_shows_on_the_deal_only(name: str) -> None:
    log = [_paper("alpha", "2020-01-01"), _paper("beta", "2020-01-02"), event(name, "2020-06-01", deal="alpha")]
    assert _of_project(*log) == ()
    assert _overlays(*log)["beta"] == ()
    assert len(_overlays(*log)["alpha"]) == 1


def test_a_project_is_presumed_dead_when_its_headline_is_certainly_that() -> None:
    vague = [paper("2018"), paper("2020-06-06", "beta")]
    assert _of_project(*vague, as_of="2021-12-30") == ()
    assert _of_project(*vague, as_of="2021-12-31") == ("presumed-dead",)
    built = event("construction.started", "2021-01-01", deal=None)
    assert _of_project(*vague, built, as_of="2021-12-31") == ()


def test_what_was_inferred_is_never_mixed_with_what_was_asserted() -> None:
    log = [deposit(), paper("2015-01-01"), event("project.cancelled", "2020-01-01", deal="alpha")]
    (state,) = judged(log, "2021-01-01").deals
    assert (state.overlays, state.ended_how) == (("cancelled",), "cancelled")
    (dead,) = judged(log[:2], "2021-01-01").deals
    assert (dead.overlays, dead.ended_how, dead.level is not None) == (("presumed-dead",), None, True)


ENDS_OF_THE_ONLY_DEAL = {
    "exited": [pursued("equity.agreed", "2020-01-01", "alpha"), pursued("equity.exited", "2021-01-01", "alpha")],
    "terminated": [pursued("equity.closed", "2020-01-01", "alpha"), pursued("contract.terminated", "2021-01-01", "alpha")],
    "withdrawn": [paper("2020-01-01"), pursued("investor.withdrew", "2021-01-01", "alpha")],
    "cancelled": [paper("2020-01-01"), event("project.cancelled", "2021-01-01", deal="alpha")],
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS_OF_THE_ONLY_DEAL)
def test_a_project_that_nobody_pursues_any_more_shows_how_the_last_of_its_deals_ended(how: str) -> None:
    log = ENDS_OF_THE_ONLY_DEAL[how]
    assert (_of_project(*log), _overlays(*log)["alpha"]) == ((how,), (how,))
    assert _of_project(*log, _paper("beta", "2021-02-02")) == ()
    assert _of_project(*log, event("construction.started", "2021-02-02", deal=None)) == ()


def test_a_lapsed_paper_is_shown_on_its_deal_only() -> None:
    log = [paper("2020-01-01"), pursued("memorandum.lapsed", "2021-01-01", "alpha")]
    assert (_of_project(*log), _overlays(*log)["alpha"]) == ((), ("lapsed",))


def test_a_hold_on_a_deal_that_begins_later_shows_nothing_that_came_under_it() -> None:
    held = event("hold.placed", "2020-01-01", deal="alpha")
    assert judge("north", [_paper("alpha", "2018-01-01/2021-01-01"), held], DAY).flags == ()


def test_a_deal_that_was_freed_and_is_held_again_shows_what_stood_on_the_day_of_its_own_hold() -> None:
    held = event("hold.placed", "2020-02-01", deal=None)
    freed = event("hold.lifted", "2021-02-01", deal="alpha")
    again = event("hold.placed", "2021-03-01", deal="alpha")
    flags = judge("north", [_paper("alpha", "2020-01-01"), held, freed, again], DAY).flags
    assert [(flag.flag, flag.on_hold) for flag in flags] == [("memorandum-only", True)]


def test_a_deal_that_was_freed_is_held_by_a_later_hold_alone() -> None:
    held = event("hold.placed", "2020-02-01", id="long", deal=None, until="2025-01-01")
    freed = event("hold.lifted", "2020-03-01", deal="alpha")
    again = event("hold.placed", "2020-04-01", id="short", deal=None, until="2021-01-01")
    assert _overlays(_paper("alpha", "2021-05-31"), held, freed, again) == {"alpha": ()}


def test_whoever_suspends_or_resumes_construction_pursues_the_deal() -> None:
    for name in ("construction.suspended", "construction.resumed"):
        halted = event(name, "2020-01-01", parties=[{"party": "inv", "role": "investor"}])
        assert [state.pursuers for state in judge("north", [halted], DAY).deals] == [("inv",)]


def test_of_several_ends_a_project_shows_the_newest_until_a_later_step() -> None:
    over = [event("project.completed", "2020-01-01", deal=None), event("project.cancelled", "2020-02-01", deal=None)]
    assert of_project(judge("north", over, DAY)).overlays == ("cancelled",)
    assert of_project(judge("north", [*over, _paper("alpha", "2020-03-01")], DAY)).overlays == ()


def test_a_deal_that_was_freed_counts_a_new_hold_of_all_from_its_first_day() -> None:
    held = event("hold.placed", "2020-02-01", id="first", deal=None)
    freed = event("hold.lifted", "2021-02-01", id="freed", deal="alpha")
    # On the day of the new hold the old one is lifted, so that the project is held without a break.
    lifted = event("hold.lifted", "2021-01-01/2021-03-01", id="lifted", deal=None)
    again = event("hold.placed", "2021-03-01", id="again", deal=None)
    flags = judge("north", [_paper("alpha", "2020-01-01"), held, freed, lifted, again], DAY).flags
    assert [(flag.flag, flag.on_hold) for flag in flags] == [("memorandum-only", True)]


NOT_LISTED = event("review.confirmed", "2020-06-01", deal=None, finding="not-listed")


def test_a_project_is_delisted_after_a_review_that_did_not_find_it_on_the_list() -> None:
    listed = _paper("alpha", "2020-01-01")
    assert _of_project(listed, NOT_LISTED, as_of="2020-12-31") == ("delisted",)
    assert _of_project(listed, NOT_LISTED, as_of="2020-05-31") == ()


@pytest.mark.parametrize(
    ("name", "deal", "data", "shown"),
    [
        ("review.confirmed", None, {}, False),
        ("review.confirmed", None, {"finding": "nothing-new"}, False),
        ("setback.reported", None, {"kind": "price"}, False),
        ("study.started", "beta", {"kind": "survey"}, False),
        ("project.amended", None, {"name": "North"}, True),
        ("hold.lifted", None, {}, True),
        ("review.confirmed", None, {"finding": "not-listed"}, True),
    ],
)
def test_it_stays_delisted_until_news_or_a_review_that_found_nothing_new(
    name: str, deal: str | None, data: dict[str, Any], shown: bool
) -> None:
    later = event(name, "2020-09-09", deal=deal, **data)
    assert ("delisted" in _of_project(_paper("alpha", "2020-01-01"), NOT_LISTED, later, as_of="2020-12-31")) is shown


def test_an_ended_deal_shows_a_hold_beside_how_it_ended() -> None:
    left = pursued("investor.withdrew", "2020-06-01", "alpha")
    assert _overlays(paper("2020-01-01"), left, event("hold.placed", "2020-07-01", deal=None)) == {
        "alpha": ("on-hold", "withdrawn")
    }


def test_a_project_that_stands_on_the_ground_does_not_show_how_its_last_deal_ended() -> None:
    built = event("production.started", "2019-01-01", deal=None, phase="commercial")
    left = [paper("2020-01-01"), pursued("investor.withdrew", "2020-06-01", "alpha")]
    assert _of_project(built, *left) == ()
    assert _of_project(built, *left, event("project.retired", "2020-07-01", deal=None)) == ("retired", "withdrawn")
