"""The project's headline, and that the deals' own flags stand beside it (domain page, section 6)."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deposit, held, judged, of_project, on, paper, pursued

PAPER = paper("2020-03-15")


def headline(*events: Event, as_of: str = "2022-01-01", sector: str = "energy") -> tuple[str, str, str] | None:
    """Severity, certainty and the day since when."""
    judgement = of_project(judged([deposit(sector=sector), *events], as_of)).headline
    return (judgement.severity, judgement.certainty, judgement.since.isoformat()) if judgement else None


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2021-03-14", None),
        ("2021-03-15", ("watch", "certain", "2021-03-15")),
        ("2022-03-15", ("stagnant", "certain", "2022-03-15")),
        ("2024-03-15", ("presumed-dead", "certain", "2024-03-15")),
    ],
)
def test_a_project_with_nothing_but_paper_has_the_severity_of_its_deal(
    as_of: str, expected: tuple[str, str, str] | None
) -> None:
    assert headline(PAPER, as_of=as_of) == expected


def test_its_severity_is_the_highest_of_its_deals_and_certain_if_one_of_those_is() -> None:
    younger, vague = paper("2021-01-15", "beta"), paper("2020", "gamma")
    assert headline(PAPER, younger) == ("watch", "certain", "2021-03-15")
    assert headline(PAPER, younger, vague) == ("stagnant", "possible", "2022-01-01")
    assert headline(PAPER, vague, as_of="2022-03-15") == ("stagnant", "certain", "2022-01-01")


@pytest.mark.parametrize(
    "other",
    [
        pursued("rights.granted", "2021-06-06", "beta", right="exploration"),
        event("construction.started", "2021-06-06", deal=None),
        event("production.started", "2021-06-06", deal=None),
        pursued("equity.agreed", "2021-06-06", "alpha"),
    ],
    ids=lambda other: str(other.id),
)
def test_a_living_deal_above_the_line_or_anything_on_the_ground_takes_it_away(other: Event) -> None:
    assert headline(PAPER, other, as_of="2021-06-05") is not None
    assert headline(PAPER, other) is None


def test_an_ended_deal_above_the_line_does_not() -> None:
    gone = [pursued("equity.agreed", "2021-02-02", "beta"), pursued("investor.withdrew", "2021-06-06", "beta")]
    assert headline(PAPER, *gone) == ("watch", "certain", "2021-06-06")


def test_a_suspended_construction_leaves_it_and_a_deal_that_was_only_announced_makes_none() -> None:
    stopped = [event("construction.started", "2020-01-01", deal=None), event("construction.suspended", "2020-02-02", deal=None)]  # fmt: skip
    assert headline(PAPER, *stopped) is not None
    assert headline(pursued("intent.announced", "2010-01-01", "alpha", kind="talks")) is None


def test_the_deals_own_flags_are_listed_whatever_the_headline() -> None:
    rival = pursued("equity.agreed", "2021-06-06", "beta")
    judgement = judged([deposit(), PAPER, rival], "2022-01-01")
    assert of_project(judgement).headline is None
    assert [(flag.flag, flag.deal) for flag in judgement.flags if flag.flag == "memorandum-only"] == [
        ("memorandum-only", "alpha")
    ]


def test_in_a_hold_it_shows_what_its_deals_show() -> None:
    assert headline(PAPER, held("2021-06-06"), as_of="2023-01-01") == ("watch", "certain", "2021-03-15")


def test_busy_for_31_months_and_bound_to_nothing_is_a_high_memorandum_clock_beside_a_low_silence() -> None:
    busy = pursued("intent.announced", "2022-09-15", "alpha", kind="talks")
    judgement = judged([deposit(), PAPER, busy], "2022-10-15")
    (state,) = judgement.deals
    assert state.memorandum is not None
    assert state.silence is not None
    assert (state.memorandum.latest.isoformat(), state.silence.latest.isoformat()) == ("2020-03-15", "2022-09-15")
    assert {flag.flag for flag in judgement.flags} == {"memorandum-only"}


def test_aliases_and_ids_judge_nothing() -> None:
    named: dict[str, Any] = {
        "aliases": [{"name": "Солтүстік", "language": "kk"}],
        "ids": [{"scheme": "gem", "id": "G100"}],
    }
    party = on("party:alpha", event("party.registered", "2008-01-01", deal=None, party="alpha"))
    known_too = on("party:alpha", event("party.registered", "2008-01-01", deal=None, party="alpha", **named))
    plainly = judged([deposit(), party, PAPER], "2022-05-05")
    assert judged([deposit(**named), known_too, PAPER], "2022-05-05").flags == plainly.flags
    assert judged([deposit(**named), known_too, PAPER], "2022-05-05").deals == plainly.deals
    assert plainly.flags


def test_of_deals_bound_on_one_day_the_first_is_told_whatever_the_order_of_a_set() -> None:
    """Section 5: of starts of one day that say it otherwise the first counts, in the order of events; a set has another each time."""
    keys = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    log = [
        event("offtake.signed", given, id=f"{number}", deal=key, commodity="tungsten")
        for number, (key, given) in enumerate(zip(keys, ["../2019-05-31~", *["../2019-05-31"] * 7], strict=True))
    ]
    assert of_project(judged([deposit(), *log], "2030-01-01")).bound_on_given == "../2019-05-31~"
