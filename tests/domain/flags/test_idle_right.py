"""idle-right: all that binds is a right to explore, and nobody works on it (domain page, section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, paper, pursued, said, the, turns

FLAG = "idle-right"
MINE = deposit()


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def right(occurred: str, kind: str = "exploration", **data: Any) -> Event:
    return made("rights.granted", occurred, right=kind, **data)


RIGHT = right("2020-01-10")


def test_it_is_a_watch_after_24_months_without_work_and_stagnant_after_48() -> None:
    assert turns([MINE, right("2020-02-29")], FLAG) == {"2022-02-28": "watch", "2024-02-29": "stagnant"}


def test_a_year_makes_it_possible_before_it_is_certain() -> None:
    assert turns([MINE, right("2020")], FLAG) == {
        "2022-01-01": "possible watch",
        "2022-12-31": "watch",
        "2024-01-01": "possible stagnant",
        "2024-12-31": "stagnant",
    }


@pytest.mark.parametrize("other", ["mining", "concession", "land"])
def test_another_right_beside_it_is_more_than_exploration(other: str) -> None:
    assert turns([MINE, RIGHT, right("2020-02-02", other)], FLAG) == {}


@pytest.mark.parametrize("name", ["equity.agreed", "loan.signed", "works.awarded", "offtake.signed"])
def test_any_other_leg_ends_the_question(name: str) -> None:
    bound = made(name, "2023-01-01", commodity="tin")
    assert turns([MINE, RIGHT, bound], FLAG) == {"2022-01-10": "watch", "2023-01-01": NOTHING}


@pytest.mark.parametrize(
    "work",
    [
        made("exploration.reported", "2021-06-06"),
        made("study.started", "2021-06-06", kind="survey"),
        made("study.completed", "2021-06-06", kind="survey"),
        made("permit.applied", "2021-06-06"),
        made("permit.refused", "2021-06-06"),
        made("permit.lapsed", "2021-06-06"),
        made("production.suspended", "2021-06-06"),
        event("exploration.reported", "2021-06-06", deal=None),
        event("study.started", "2021-06-06", deal=None, kind="survey"),
    ],
    ids=lambda work: f"{work.kind.name} {work.deal}",
)
def test_work_that_the_deal_hears_of_begins_it_anew(work: Event) -> None:
    assert turns([MINE, RIGHT, work], FLAG) == {"2023-06-06": "watch", "2025-06-06": "stagnant"}


@pytest.mark.parametrize(
    "word",
    [
        made("intent.announced", "2021-06-06", kind="talks"),
        made("setback.reported", "2021-06-06", kind="price"),
        made("milestone.planned", "2021-06-06", milestone="x", planned_on="2030"),
        paper("2021-06-06"),
        pursued("exploration.reported", "2021-06-06", "beta"),
    ],
    ids=lambda word: f"{word.kind.name} {word.deal}",
)
def test_a_word_a_paper_and_the_work_of_others_do_not(word: Event) -> None:
    assert turns([MINE, RIGHT, word], FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}


def test_a_renewal_on_the_day_on_which_the_right_runs_out_goes_on() -> None:
    first = right("2020-01-10", ends_on="2022-12-31")
    again = right("2023-01-01")
    log = [MINE, first, again]
    assert turns(log, FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}
    # Without the renewal there is nothing left of the deal, which ends.
    assert turns(log[:2], FLAG) == {"2022-01-10": "watch", "2023-01-01": NOTHING}


def test_work_before_the_run_does_not_count_against_it() -> None:
    survey = made("study.started", "2015-05-05", kind="survey")
    assert turns([MINE, survey, RIGHT], FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}


def test_it_names_its_rights_and_what_comes_next() -> None:
    log = [MINE, RIGHT, right("2020-03-03")]
    flag = the(log, FLAG, "2023-01-10")
    assert (flag.severity, flag.clock, flag.threshold_months) == ("watch", "work", 24)
    assert flag.evidence == (RIGHT.reference, log[2].reference)
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2024, 1, 10))
    assert said(log, FLAG, "2023-01-10") == "Nothing but a right to explore, and no work told for 36 months."
    ending = [MINE, right("2020-01-10", ends_on="2023-06-30")]
    assert the(ending, FLAG, "2023-01-10").next_on is None
