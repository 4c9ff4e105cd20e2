"""What is the first paper of a deal, and from which days its months are reckoned (domain page, section 9)."""

from __future__ import annotations

from datetime import date

from steppe.domain.measures.conversion import (
    Standing,
    conversion,
    first_papers,
    papers_in_order,
    phases_by,
    pursuers_of,
    without_repeats,
)
from steppe.domain.values.states import Start
from tests.domain.event_logs import event

DAY = date(2026, 1, 1)
OPEN_DEAL = Standing(since=date(2018, 1, 1), phase=1)


def test_the_first_paper_is_that_of_the_earliest_latest_day_that_counts_by_then() -> None:
    early, late = event("memorandum.signed", "2018-05-01"), event("termsheet.signed", "2020-01-01", instrument="heads")
    roughly = event("memorandum.renewed", "2018")
    other = event("memorandum.signed", "2019-01-01", deal="beta")
    assert first_papers(papers_in_order([late, roughly, other, early]), DAY) == {"alpha": early, "beta": other}
    assert first_papers(papers_in_order([late, early]), date(2018, 4, 30)) == {}


def test_a_part_of_a_document_is_a_paper_and_a_treaty_is_none() -> None:
    part = event("memorandum.signed", "2019-01-01", part_of={"source": "/desk", "id": "whole"})
    treaty = event("memorandum.signed", "2018-01-01", instrument="treaty")
    assert first_papers(papers_in_order([treaty, part]), DAY) == {"alpha": part}


def test_a_paper_without_an_earliest_day_has_no_range_of_its_own() -> None:
    year = conversion("alpha", event("memorandum.signed", "2018"), [OPEN_DEAL], DAY)
    assert (year.outcome, year.months, year.months_most) == ("open", 84, 96)
    by = conversion("alpha", event("memorandum.signed", "../2018-12-31"), [OPEN_DEAL], DAY)
    assert (by.months, by.months_most) == (84, 84)


def test_those_who_pursue_by_a_paper_are_of_the_highest_role_that_it_names() -> None:
    parties = [{"party": "sumitomo", "role": "investor"}, {"party": "adb", "role": "financier"}]
    assert pursuers_of(event("memorandum.signed", "2018", parties=parties)) == ("sumitomo",)
    assert pursuers_of(event("memorandum.signed", "2018", parties=parties[1:])) == ("adb",)


def test_of_each_phase_counts_how_it_stood_last_by_the_day() -> None:
    days = [date(2018, 1, 1), date(2019, 1, 1), date(2020, 1, 1), date(2021, 1, 1)]
    bound = Start(earliest=days[1], latest=days[1])
    paper, again = Standing(since=days[0], phase=1), Standing(since=days[1], phase=1)
    signed = Standing(since=days[2], phase=1, bound=bound, valid=True)
    second = Standing(since=days[3], phase=2)
    changes = without_repeats([paper, again, signed, second])
    assert changes == (paper, signed, second), "what says the same from another day on is left out"
    assert phases_by(changes, days[1]) == [paper]
    assert phases_by(changes, days[3]) == [signed, second]
    assert phases_by(changes, date(2017, 12, 31)) == []
