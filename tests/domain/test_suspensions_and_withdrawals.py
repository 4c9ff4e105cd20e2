"""Whom a suspension, a withdrawal and a hold concern (sections 3, 4 and 6), also when the deal begins later."""

from __future__ import annotations

from datetime import date

from steppe.domain.events import Event
from steppe.domain.fold import judge
from tests.domain.event_logs import event

DAY = date(2021, 6, 1)
SUSPENDED = event("project.suspended", "2020-06-01", deal=None)


def _paper(deal: str, occurred: str) -> Event:
    return event("memorandum.signed", occurred, id=f"{deal}-{occurred}", deal=deal, instrument="mou")


def _overlays(*events: Event) -> dict[str, tuple[str, ...]]:
    return {state.deal: state.overlays for state in judge("north", events, DAY).deals}


def test_a_suspended_project_suspends_the_deal_that_begins_later() -> None:
    assert _overlays(_paper("alpha", "2020-01-01"), SUSPENDED, _paper("beta", "2021-01-01")) == {
        "alpha": ("suspended",),
        "beta": ("suspended",),
    }


def test_building_again_ends_the_suspension_of_the_deals_but_not_of_one_that_was_suspended_by_name() -> None:
    begun = [_paper("alpha", "2020-01-01"), _paper("beta", "2020-01-02"), SUSPENDED]
    by_name = event("project.suspended", "2020-07-01", deal="beta")
    built = event("construction.started", "2021-01-01", deal=None)
    assert _overlays(*begun, by_name, built) == {"alpha": (), "beta": ("suspended",)}


def test_a_deal_resumes_alone_while_the_project_stays_suspended() -> None:
    resumed = event("project.resumed", "2021-01-01", deal="alpha")
    found = _overlays(_paper("alpha", "2020-01-01"), _paper("beta", "2020-01-02"), SUSPENDED, resumed)
    assert found == {"alpha": (), "beta": ("suspended",)}


def test_a_withdrawal_that_names_only_the_host_ends_the_deal() -> None:
    parties = [{"party": "gov", "role": "host"}]
    left = event("investor.withdrew", "2021-01-01", parties=parties, by="host")
    signed = event("memorandum.signed", "2020-01-01", instrument="mou", parties=[{"party": "inv", "role": "investor"}])
    assert _overlays(signed, left) == {"alpha": ("withdrawn",)}


def test_a_hold_older_than_the_first_deal_shows_nothing_that_came_under_it() -> None:
    held = event("hold.placed", "2020-01-01", deal=None)
    paper = _paper("alpha", "2018-01-01/2021-01-01")
    assert judge("north", [paper, held], DAY).flags == judge("north", [held, paper], DAY).flags == ()


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


def test_a_project_shows_that_it_was_cancelled_and_completed_until_a_later_step() -> None:
    over = [event("project.completed", "2020-01-01", deal=None), event("project.cancelled", "2020-02-01", deal=None)]
    assert judge("north", over, DAY).project.overlays == ("cancelled", "completed")
    assert judge("north", [*over, _paper("alpha", "2020-03-01")], DAY).project.overlays == ()


def test_a_deal_that_was_freed_counts_a_new_hold_of_all_from_its_first_day() -> None:
    held = event("hold.placed", "2020-02-01", id="first", deal=None)
    freed = event("hold.lifted", "2021-02-01", id="freed", deal="alpha")
    # On the day of the new hold the old one is lifted, so that the project is held without a break.
    lifted = event("hold.lifted", "2021-01-01/2021-03-01", id="lifted", deal=None)
    again = event("hold.placed", "2021-03-01", id="again", deal=None)
    flags = judge("north", [_paper("alpha", "2020-01-01"), held, freed, lifted, again], DAY).flags
    assert [(flag.flag, flag.on_hold) for flag in flags] == [("memorandum-only", True)]
