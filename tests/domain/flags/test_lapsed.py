"""lapsed: the paper ran out, and nothing binding followed (domain page, section 6)."""

from __future__ import annotations

from datetime import date

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import (
    NOTHING,
    deal_on,
    deposit,
    freed,
    held,
    paper,
    pursued,
    said,
    the,
    turns,
)

FLAG = "lapsed"
MINE = deposit()
EXPIRING = paper("2020-03-15", expires_on="2021-03-15")


@pytest.mark.parametrize(
    ("expires_on", "watch"),
    [
        ("2021-03-15", "2021-06-13"),
        ("2020-11-30", "2021-02-28"),
        ("2020-12-01", "2021-03-01"),
        ("2023-12-01", "2024-02-29"),
        ("2021-02", "2021-05-29"),
        ("2021", "2022-03-31"),
        ("2020-06/2021-03-15", "2021-06-13"),
    ],
)
def test_it_is_a_watch_90_days_after_the_latest_day_on_which_the_paper_may_have_run_out(
    expires_on: str, watch: str
) -> None:
    assert turns([MINE, paper("2020-03-15", expires_on=expires_on)], FLAG) == {watch: "watch"}


@pytest.mark.parametrize("expires_on", ["2021-03-15/..", "unknown"])
def test_an_open_end_never_comes(expires_on: str) -> None:
    assert turns([MINE, paper("2020-03-15", expires_on=expires_on)], FLAG) == {}


def test_a_paper_that_names_no_end_does_not_run_out() -> None:
    assert turns([MINE, paper("2020-03-15")], FLAG) == {}


def test_a_declared_lapse_is_a_watch_on_its_day() -> None:
    declared = event("memorandum.lapsed", "2020-05-31")
    assert turns([MINE, paper("2020-03-15"), declared], FLAG) == {"2020-05-31": "watch"}
    vague = event("memorandum.lapsed", "2020")
    assert turns([MINE, paper("2020-03-15"), vague], FLAG) == {"2020-12-31": "watch"}


@pytest.mark.parametrize(
    "later",
    [
        paper("2021-08-08"),
        pursued("memorandum.renewed", "2021-08-08", "alpha", renews={"source": "/desk", "id": EXPIRING.id}),
        pursued("termsheet.signed", "2021-08-08", "alpha", instrument="heads"),
    ],
    ids=lambda later: str(later.id),
)
def test_a_later_paper_clears_it_whether_declared_or_run_out(later: Event) -> None:
    log = [MINE, EXPIRING, later]
    assert turns(log, FLAG) == {"2021-06-13": "watch", "2021-08-08": NOTHING}
    declared = [MINE, paper("2020-03-15"), event("memorandum.lapsed", "2021-01-01"), later]
    assert turns(declared, FLAG) == {"2021-01-01": "watch", "2021-08-08": NOTHING}


def test_a_treaty_is_no_later_paper_and_does_not_run_out() -> None:
    treaty = paper("2021-08-08", instrument="treaty", expires_on="2022-01-01")
    assert turns([MINE, EXPIRING, treaty], FLAG) == {"2021-06-13": "watch"}
    assert turns([MINE, treaty], FLAG) == {}


def test_only_the_end_of_the_newest_paper_counts() -> None:
    newer = paper("2020-06-01", expires_on="2020-12-31")
    assert turns([MINE, EXPIRING, newer], FLAG) == {"2021-03-31": "watch"}
    assert turns([MINE, EXPIRING, paper("2020-06-01")], FLAG) == {}


def test_the_paper_of_a_bound_deal_does_not_lapse_until_the_leg_is_lost() -> None:
    agreed = pursued("equity.agreed", "2021-01-01", "alpha", conditional=True, long_stop="2022-01-31")
    assert turns([MINE, EXPIRING, agreed], FLAG) == {"2022-01-31": "watch"}
    assert turns([MINE, EXPIRING, pursued("equity.agreed", "2021-08-08", "alpha")], FLAG) == {
        "2021-06-13": "watch",
        "2021-08-08": NOTHING,
    }


def test_the_end_of_the_deal_clears_it() -> None:
    left = pursued("investor.withdrew", "2021-08-08", "alpha")
    assert turns([MINE, EXPIRING, left], FLAG) == {"2021-06-13": "watch", "2021-08-08": NOTHING}
    again = pursued("intent.announced", "2021-09-09", "alpha", kind="talks")
    assert turns([MINE, EXPIRING, left, again], FLAG) == {"2021-06-13": "watch", "2021-08-08": NOTHING}


def test_it_names_the_paper_and_its_day_and_shows_as_an_overlay_without_changing_the_level() -> None:
    log = [MINE, EXPIRING]
    flag = the(log, FLAG, "2022-01-01")
    assert (flag.severity, flag.certainty, flag.evidence) == ("watch", "certain", (EXPIRING.reference,))
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2021, 6, 13), date(2021, 6, 13), None)
    assert (flag.clock, flag.start, flag.expired_on) == (None, None, date(2021, 3, 15))
    assert said(log, FLAG, "2022-01-01") == "The paper ran out on 15 March 2021, and nothing binding followed."
    before, after = deal_on(log, "2021-06-12"), deal_on(log, "2021-06-13")
    assert (before.overlays, after.overlays) == ((), ("lapsed",))
    assert before.level == after.level


def test_a_declaration_names_itself() -> None:
    declared = event("memorandum.lapsed", "2020-05-31")
    log = [MINE, EXPIRING, declared]
    assert the(log, FLAG, "2020-06-01").evidence == (declared.reference,)
    assert said(log, FLAG, "2020-06-01") == "The paper ran out on 31 May 2020, and nothing binding followed."


def test_in_a_hold_neither_flag_nor_overlay_comes_and_a_renewal_clears_at_once() -> None:
    log = [MINE, EXPIRING, held("2021-05-05"), freed("2021-09-09")]
    assert turns(log, FLAG) == {"2021-09-09": "watch"}
    assert deal_on(log, "2021-07-07").overlays == ("on-hold",)
    renewed = [MINE, EXPIRING, held("2021-07-07"), paper("2021-08-08")]
    assert turns(renewed, FLAG) == {"2021-06-13": "watch", "2021-08-08": NOTHING}
