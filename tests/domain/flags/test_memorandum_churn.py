"""memorandum-churn: paper after paper, and nothing binding (domain page, section 6)."""

from __future__ import annotations

from datetime import date

from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import NOTHING, deposit, paper, pursued, said, the, turns

FLAG = "memorandum-churn"
ORIGINAL = {"source": "/desk", "id": "alpha-memorandum.signed-2020-01-10"}
FIRST, THIRD = paper("2020-01-10"), paper("2020-05-31")
SECOND = pursued("memorandum.renewed", "2020-03-03", "alpha", renews=ORIGINAL)
TERMS = pursued("termsheet.signed", "2020-04-04", "alpha", instrument="exclusivity")


def test_the_third_paper_makes_it_on_its_day_at_any_age() -> None:
    assert turns([deposit(), FIRST, SECOND], FLAG) == {}
    assert turns([deposit(), FIRST, SECOND, THIRD], FLAG) == {"2020-05-31": "watch"}


def test_renewals_and_term_sheets_are_papers_too() -> None:
    assert turns([deposit(), FIRST, SECOND, TERMS], FLAG) == {"2020-04-04": "watch"}


def test_papers_with_the_same_latest_day_count_once() -> None:
    terms = pursued("termsheet.signed", "2020-01-10", "alpha", instrument="heads")
    month_end = pursued("termsheet.signed", "2020-01/2020-01-10", "alpha", instrument="heads")
    assert turns([deposit(), FIRST, terms, month_end, SECOND], FLAG) == {}
    assert turns([deposit(), FIRST, terms, SECOND, THIRD], FLAG) == {"2020-05-31": "watch"}


def test_a_paper_that_is_part_of_another_document_is_not_counted_again() -> None:
    part = paper("2020-05-31", part_of=ORIGINAL)
    assert turns([deposit(), FIRST, SECOND, part], FLAG) == {}


def test_a_treaty_is_no_such_paper() -> None:
    assert turns([deposit(), FIRST, SECOND, paper("2020-05-31", instrument="treaty")], FLAG) == {}


def test_papers_of_other_deals_are_not_counted() -> None:
    assert turns([deposit(), FIRST, SECOND, paper("2020-05-31", "beta")], FLAG) == {}


def test_an_imprecise_paper_counts_from_its_latest_day_and_is_certain() -> None:
    assert turns([deposit(), FIRST, SECOND, paper("2020")], FLAG) == {"2020-12-31": "watch"}
    assert turns([deposit(), FIRST, SECOND, paper("../2020-08-08")], FLAG) == {"2020-08-08": "watch"}


def test_a_valid_leg_clears_it_and_its_loss_brings_it_back() -> None:
    agreed = pursued("equity.agreed", "2021-05-05", "alpha", conditional=True, long_stop="2021-09")
    assert turns([deposit(), FIRST, SECOND, THIRD, agreed], FLAG) == {
        "2020-05-31": "watch",
        "2021-05-05": NOTHING,
        "2021-09-30": "watch",
    }


def test_the_end_of_the_phase_clears_it_and_the_next_phase_counts_afresh() -> None:
    left = pursued("investor.withdrew", "2021-05-05", "alpha")
    log = [deposit(), FIRST, SECOND, THIRD, left, paper("2021-06-01"), paper("2021-07-01")]
    assert turns(log, FLAG) == {"2020-05-31": "watch", "2021-05-05": NOTHING}
    assert turns([*log, paper("2021-08-01")], FLAG)["2021-08-01"] == "watch"


def test_it_names_every_paper_and_counts_months_from_the_first() -> None:
    log = [deposit(), FIRST, SECOND, THIRD]
    flag = the(log, FLAG, "2021-01-10")
    assert flag.evidence == (FIRST.reference, SECOND.reference, THIRD.reference)
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2020, 5, 31), date(2020, 5, 31), None)
    assert (flag.clock, flag.count, flag.threshold_months) == ("memorandum", 3, None)
    assert said(log, FLAG, "2021-01-10") == "3 memoranda one after another, nothing binding in 12 months."


def test_it_does_not_depend_on_the_lapse_of_a_paper() -> None:
    lapsed = event("memorandum.lapsed", "2020-02-02")
    assert turns([deposit(), FIRST, lapsed, SECOND, THIRD], FLAG) == {"2020-05-31": "watch"}
