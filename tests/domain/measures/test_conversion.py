"""What is the first paper of a deal, and from which days its months are reckoned (domain page, section 9)."""

from __future__ import annotations

from datetime import date

from steppe.domain.measures.conversion import conversion, first_papers, pursuers_of
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState
from tests.domain.event_logs import event

DAY = date(2026, 1, 1)
OPEN_DEAL = DealState(deal="alpha", phase=1, level=Level.MEMORANDUM, highest_level=Level.MEMORANDUM)


def test_the_first_paper_is_that_of_the_earliest_latest_day_that_counts_by_then() -> None:
    early, late = event("memorandum.signed", "2018-05-01"), event("termsheet.signed", "2020-01-01", instrument="heads")
    roughly = event("memorandum.renewed", "2018")
    other = event("memorandum.signed", "2019-01-01", deal="beta")
    assert first_papers([late, roughly, other, early], DAY) == {"alpha": early, "beta": other}
    assert first_papers([late, early], date(2018, 4, 30)) == {}


def test_a_part_of_a_document_is_a_paper_and_a_treaty_is_none() -> None:
    part = event("memorandum.signed", "2019-01-01", part_of={"source": "/desk", "id": "whole"})
    treaty = event("memorandum.signed", "2018-01-01", instrument="treaty")
    assert first_papers([treaty, part], DAY) == {"alpha": part}


def test_a_paper_without_an_earliest_day_has_no_range_of_its_own() -> None:
    year = conversion(event("memorandum.signed", "2018"), [OPEN_DEAL], DAY)
    assert (year.outcome, year.months, year.months_most) == ("open", 84, 96)
    by = conversion(event("memorandum.signed", "../2018-12-31"), [OPEN_DEAL], DAY)
    assert (by.months, by.months_most) == (84, 84)


def test_those_who_pursue_by_a_paper_are_of_the_highest_role_that_it_names() -> None:
    parties = [{"party": "sumitomo", "role": "investor"}, {"party": "adb", "role": "financier"}]
    assert pursuers_of(event("memorandum.signed", "2018", parties=parties)) == ("sumitomo",)
    assert pursuers_of(event("memorandum.signed", "2018", parties=parties[1:])) == ("adb",)
