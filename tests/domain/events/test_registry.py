"""What is registered of projects and parties, from when on and as known when (domain page, sections 7 and 8)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from steppe.domain.analysis.portfolio import Portfolio, portfolio
from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import child, deposit, judged, of_project, on, paper, pursued, turns


def registered(id: str, reported: str, **data: Any) -> Event:
    what = {"country": "KZ", "commodities": ["tungsten"], "sector": "mining", "kind": "deposit"}
    return event("project.registered", reported, id=id, deal=None, reported=reported, **{**what, **data})


def amended(occurred: str, *, reported: str = "2026-01-01", **data: Any) -> Event:
    return event("project.amended", occurred, id=f"amended-{occurred}", deal=None, reported=reported, **data)


def as_known(known_at: str, *events: Event, recorded: bool = False) -> Portfolio:
    return portfolio(events, datetime.fromisoformat(known_at).replace(tzinfo=UTC), recorded=recorded)


def country(events: list[Event], as_of: str) -> str | None:
    # A project is there from its first event on (section 8): an old one, so that only the registration is asked about.
    long_ago = paper("1890", reported="1890-12-31")
    return of_project(judged([*events, long_ago], as_of)).country


def test_the_first_registration_holds_from_ever_and_is_known_always() -> None:
    first = registered("first", "2026-01-01", country="KZ")
    assert country([first], "1900-01-01") == "KZ"
    then = as_known("2010-01-01", first, paper("2009-01-01", reported="2009-01-01"))
    assert of_project(then.judged("north", date(2010, 1, 1))).country == "KZ"


def test_the_first_is_first_by_known_time_and_a_second_is_an_amendment_from_its_day() -> None:
    late, early = registered("a", "2022-02-02", country="UZ"), registered("b", "2020-01-01", country="KZ")
    for log in ([late, early], [early, late]):
        assert (country(log, "2022-02-01"), country(log, "2022-02-02")) == ("KZ", "UZ")


def test_when_the_first_registration_is_retracted_the_next_is_first() -> None:
    early, late = registered("b", "2020-01-01", country="KZ"), registered("a", "2022-02-02", country="UZ")
    target = {"source": "/desk", "id": "b"}
    back = event("event.retracted", "2023-01-01", deal=None, reported="2023-01-01", target=target)
    assert country([early, late, back], "2010-01-01") == "UZ"


def test_an_amendment_holds_from_the_day_it_names_else_from_the_day_on_which_it_occurred() -> None:
    first = registered("first", "2020-01-01")
    assert [country([first, amended("2022-02-02", country="UZ")], day) for day in ("2022-02-01", "2022-02-02")] == ["KZ", "UZ"]  # fmt: skip
    backdated = amended("2022-02-02", country="UZ", **{"from": "2015-05"})
    assert [country([first, backdated], day) for day in ("2015-04-30", "2015-05-01")] == ["KZ", "UZ"]
    ahead = amended("2022-02-02", country="UZ", **{"from": "2030"})
    assert [country([first, ahead], day) for day in ("2029-12-31", "2030-01-01")] == ["KZ", "UZ"]
    ever = amended("2022-02-02", country="UZ", **{"from": "../2015"})
    assert country([first, ever], "1900-01-01") == "UZ"


def test_amendments_obey_known_at() -> None:
    first, change = registered("first", "2020-01-01"), amended("2015-01-01", reported="2021-06-01", country="UZ")
    as_of = date(2020, 6, 1)
    assert of_project(as_known("2021-05-31", first, change).judged("north", as_of)).country == "KZ"
    assert of_project(as_known("2021-06-01", first, change).judged("north", as_of)).country == "UZ"


def test_what_an_amendment_leaves_out_stays() -> None:
    log = [registered("first", "2020-01-01"), amended("2022-02-02", kind="plant")]
    judgement = of_project(judged(log, "2023-01-01"))
    assert (judgement.kind, judgement.country, judgement.commodities) == ("plant", "KZ", ("tungsten",))


def test_parents_are_read_on_the_day_of_the_event_concerned() -> None:
    win = pursued("equity.agreed", "2021-05-05", "beta")
    log = [deposit(), paper("2020-01-01"), win, child("beta", "holding")]

    def bought(day: str) -> Event:
        return on(
            "party:beta", event("party.amended", "2025-01-01", deal=None, party="beta", parent="alpha", **{"from": day})
        )

    assert turns([*log, bought("2021-05-06")], "displaced") == {"2021-05-05": "alert"}
    assert turns([*log, bought("2021-05-05")], "displaced") == {}


def test_everything_else_is_read_on_the_day_that_is_judged() -> None:
    bound = pursued("equity.agreed", "2020-01-01", "alpha")
    change = amended("2021-01-01", required_legs=["debt"])
    log = [deposit(), bound, change]
    assert [of_project(judged(log, day)).level.label for day in ("2020-12-31", "2021-01-01")] == [
        "bound",
        "partly-bound",
    ]


def test_what_comes_next_reckons_with_what_is_registered_on_the_day_that_is_judged() -> None:
    """An amendment that holds from a later day is news of that day."""
    moved = amended("2020-01-01", sector="mining", **{"from": "2023-05-05"})
    log = [deposit(sector="energy"), paper("2020-01-15"), moved]
    changes = turns(log, "memorandum-only")
    assert changes["2023-05-05"] == "presumed-dead"
    (flag,) = [flag for flag in judged(log, "2023-01-01").flags if flag.flag == "memorandum-only"]
    assert (flag.next_severity, flag.next_on) == ("presumed-dead", date(2024, 1, 15))
