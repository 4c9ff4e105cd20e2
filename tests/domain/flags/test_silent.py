"""silent: nothing was heard, good or bad (domain page, sections 5 and 6)."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, held, paper, pursued, said, the, turns

FLAG = "silent"
MINE = deposit()


@pytest.mark.parametrize(
    ("heard", "watch"),
    [("2020-03-15", "2022-03-15"), ("2020-02-29", "2022-02-28"), ("2020-08-31", "2022-08-31")],
)
def test_it_is_a_watch_24_months_after_the_last_event(heard: str, watch: str) -> None:
    assert turns([MINE, paper(heard)], FLAG) == {watch: "watch"}


def test_a_year_makes_it_possible_before_it_is_certain() -> None:
    assert turns([MINE, paper("2020")], FLAG) == {"2022-01-01": "possible watch", "2022-12-31": "watch"}


def test_without_an_earliest_day_it_is_possible_only_when_certain() -> None:
    assert turns([MINE, paper("../2020-03-15")], FLAG) == {"2022-03-15": "watch"}


def test_of_several_events_the_latest_counts_at_both_ends() -> None:
    vague = pursued("intent.announced", "2019-06/2020-12-31", "alpha", kind="talks")
    log = [MINE, paper("2020-03-15"), vague]
    assert turns(log, FLAG) == {"2022-03-15": "possible watch", "2022-12-31": "watch"}


@pytest.mark.parametrize(
    "heard",
    [
        pursued("setback.reported", "2021-05-31", "alpha", kind="price"),
        pursued("memorandum.lapsed", "2021-05-31", "alpha"),
        pursued("milestone.planned", "2021-05-31", "alpha", milestone="start", planned_on="2030"),
        pursued("memorandum.signed", "2021-05-31", "alpha", instrument="treaty"),
        event("intent.announced", "2021-05-31", deal=None, kind="statement"),
        event("construction.suspended", "2021-05-31", deal=None),
        event("project.suspended", "2021-05-31", deal=None),
        event("rights.granted", "2021-05-31", deal=None, right="land"),
    ],
    ids=lambda heard: str(heard.id),
)
def test_any_word_of_the_deal_or_of_the_project_breaks_the_silence(heard: Event) -> None:
    assert turns([MINE, paper("2020-03-15"), heard], FLAG) == {"2023-05-31": "watch"}


@pytest.mark.parametrize(
    "unheard",
    [
        event("review.confirmed", "2021-05-31", deal=None),
        event("review.confirmed", "2021-05-31"),
        event("project.amended", "2021-05-31", deal=None, name="North"),
        pursued("equity.agreed", "2021-05-31", "beta"),
        event("project.suspended", "2021-05-31", deal="beta"),
    ],
    ids=lambda unheard: str(unheard.id),
)
def test_rows_about_the_record_and_a_rival_do_not(unheard: Event) -> None:
    assert turns([MINE, paper("2020-03-15"), unheard], FLAG) == {"2022-03-15": "watch"}


def test_a_bound_deal_and_one_that_builds_fall_silent_too_but_a_producing_one_does_not() -> None:
    assert turns([MINE, pursued("equity.closed", "2020-03-15", "alpha")], FLAG) == {"2022-03-15": "watch"}
    assert turns([MINE, pursued("production.started", "2020-03-15", "alpha")], FLAG) == {"2022-03-15": "watch"}
    assert turns([MINE, pursued("production.started", "2020-03-15", "alpha", phase="commercial")], FLAG) == {}


def test_when_production_stops_it_may_fall_silent() -> None:
    log = [
        MINE, pursued("production.started", "2020-03-15", "alpha", phase="commercial"),
        pursued("production.suspended", "2020-06-30", "alpha"),
    ]  # fmt: skip
    assert turns(log, FLAG) == {"2022-06-30": "watch"}


def test_a_word_clears_it_and_so_does_the_end() -> None:
    heard = pursued("intent.announced", "2022-05-05", "alpha", kind="talks")
    left = pursued("investor.withdrew", "2024-08-08", "alpha")
    assert turns([MINE, paper("2020-03-15"), heard, left], FLAG) == {
        "2022-03-15": "watch",
        "2022-05-05": NOTHING,
        "2024-05-05": "watch",
        "2024-08-08": NOTHING,
    }


def test_a_deal_of_which_only_bad_news_is_known_is_below_announced_and_not_flagged() -> None:
    assert turns([MINE, pursued("setback.reported", "2020-03-15", "alpha", kind="price")], FLAG) == {}


def test_it_names_the_last_word_and_the_months_since() -> None:
    talks = pursued("intent.announced", "2020-06-30", "alpha", kind="talks")
    log = [MINE, paper("2020-03-15"), talks]
    flag = the(log, FLAG, "2022-12-30")
    assert (flag.evidence, flag.clock, flag.threshold_months) == ((talks.reference,), "silence", 24)
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2022, 6, 30), date(2022, 6, 30), None)
    assert said(log, FLAG, "2022-12-30") == "Nothing heard for 30 months."


def test_a_hold_is_no_word_and_ages_run_on_in_it() -> None:
    log = [MINE, paper("2020-03-15"), held("2021-12-31", until="2022-06-01")]
    assert turns(log, FLAG) == {"2022-06-01": "watch"}
    assert said(log, FLAG, "2022-06-15") == "Nothing heard for 27 months."
