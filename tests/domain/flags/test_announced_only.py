"""announced-only: said and said again, and nothing on paper (domain page, sections 5 and 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, paper, pursued, said, the, turns

FLAG = "announced-only"
MINE = deposit()


def made(name: str, occurred: str, **data: Any) -> Event:
    return pursued(name, occurred, "alpha", **data)


def talks(occurred: str) -> Event:
    return made("intent.announced", occurred, kind="talks")


def test_it_is_a_watch_after_24_months_of_talk_and_stagnant_after_48() -> None:
    assert turns([MINE, talks("2020-02-29")], FLAG) == {"2022-02-28": "watch", "2024-02-29": "stagnant"}


def test_a_pledge_starts_it_like_talk() -> None:
    pledge = made("pledge.announced", "2020-01-10", amount={"value": "5", "currency": "USD"})
    assert turns([MINE, pledge], FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}


def test_it_counts_from_the_first_announcement_of_the_phase_however_often_it_is_repeated() -> None:
    log = [MINE, talks("2020-01-10"), talks("2021-12-12"), talks("2023-01-01")]
    assert turns(log, FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}
    flag = the(log, FLAG, "2023-06-10")
    assert (flag.count, flag.evidence, flag.clock) == (3, (log[1].reference,), "announcement")
    assert said(log, FLAG, "2023-06-10") == "3 announcements in 41 months, nothing on paper."


def test_a_year_makes_it_possible_before_it_is_certain_and_an_open_start_does_not() -> None:
    assert turns([MINE, talks("2020")], FLAG) == {
        "2022-01-01": "possible watch",
        "2022-12-31": "watch",
        "2024-01-01": "possible stagnant",
        "2024-12-31": "stagnant",
    }
    assert turns([MINE, talks("../2020-12-31")], FLAG) == {"2022-12-31": "watch", "2024-12-31": "stagnant"}


@pytest.mark.parametrize(
    "step",
    [
        paper("2022-06-06"),
        made("memorandum.signed", "2022-06-06", instrument="treaty"),
        made("termsheet.signed", "2022-06-06", instrument="heads"),
        made("study.started", "2022-06-06", kind="survey"),
        made("permit.applied", "2022-06-06"),
        made("finance.approved", "2022-06-06"),
        made("equity.agreed", "2022-06-06"),
        made("construction.started", "2022-06-06"),
        made("production.suspended", "2022-06-06"),
        made("investor.withdrew", "2022-06-06"),
    ],
    ids=lambda step: f"{step.kind.name} {step.data.get('instrument', '')}",
)
def test_any_row_above_an_announcement_a_leg_or_an_end_stops_it(step: Event) -> None:
    assert turns([MINE, talks("2020-01-10"), step], FLAG) == {"2022-01-10": "watch", "2022-06-06": NOTHING}


@pytest.mark.parametrize(
    "news",
    [
        made("setback.reported", "2021-06-06", kind="price"),
        made("milestone.planned", "2021-06-06", milestone="x", planned_on="2030"),
        made("permit.refused", "2021-06-06"),
        made("exploration.reported", "2021-06-06"),
        pursued("equity.agreed", "2021-06-06", "beta"),
        event("study.started", "2021-06-06", deal=None, kind="survey"),
    ],
    ids=lambda news: str(news.kind.name),
)
def test_news_and_the_steps_of_others_do_not_stop_it(news: Event) -> None:
    assert turns([MINE, talks("2020-01-10"), news], FLAG) == {"2022-01-10": "watch", "2024-01-10": "stagnant"}


def test_a_deal_that_was_on_paper_first_is_not_told_as_announced_only() -> None:
    assert turns([MINE, paper("2019-01-01"), talks("2020-01-10")], FLAG) == {}


def test_the_next_phase_begins_it_afresh() -> None:
    left = made("investor.withdrew", "2021-01-01")
    log = [MINE, paper("2019-01-01"), left, talks("2022-02-02")]
    assert turns(log, FLAG) == {"2024-02-02": "watch", "2026-02-02": "stagnant"}


def test_it_says_what_comes_next() -> None:
    flag = the([MINE, talks("2020-01-10")], FLAG, "2023-01-01")
    assert (flag.severity, flag.threshold_months, flag.since) == ("watch", 24, date(2022, 1, 10))
    assert (flag.next_severity, flag.next_on) == ("stagnant", date(2024, 1, 10))


def test_a_treaty_ends_it() -> None:
    treaty = paper("2021-01-01", instrument="treaty")
    assert turns([deposit(), talks("2020-01-01")], "announced-only") != {}
    assert turns([deposit(), talks("2020-01-01"), treaty], "announced-only") == {}
