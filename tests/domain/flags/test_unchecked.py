"""unchecked: nobody looked, whether anything happened or not (domain page, section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from steppe.domain.events.event import Event
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import (
    NOTHING,
    child,
    deposit,
    freed,
    held,
    on,
    paper,
    pursued,
    said,
    the,
    turns,
)

FLAG = "unchecked"
MINE = deposit()


@pytest.mark.parametrize(
    ("looked", "notice"),
    [
        ("2020-03-15", "2020-09-15"),
        ("2021-08-31", "2022-02-28"),
        ("2023-08-31", "2024-02-29"),
        ("2020-02-29", "2020-08-29"),
    ],
)
def test_it_is_noticed_6_months_after_the_last_look(looked: str, notice: str) -> None:
    assert turns([MINE, paper(looked)], FLAG) == {notice: "notice"}


@pytest.mark.parametrize("looked", ["2020", "../2020-12-31", "2018/2020"])
def test_it_counts_from_the_latest_day_so_it_is_always_certain(looked: str) -> None:
    assert turns([MINE, paper(looked)], FLAG) == {"2021-06-30": "notice"}


@pytest.mark.parametrize(
    "look",
    [
        event("review.confirmed", "2020-07-31", deal=None),
        event("review.confirmed", "2020-07-31", deal="beta"),
        event("project.amended", "2020-07-31", deal=None, name="North", **{"from": "2015"}),
        held("2020-07-31", deal="beta", until="2020-08-15"),
        freed("2020-07-31"),
        pursued("setback.reported", "2020-07-31", "alpha", kind="legal"),
        event("intent.announced", "2020-07-31", deal=None, kind="statement"),
    ],
    ids=lambda look: str(look.id),
)
def test_any_row_about_the_record_of_the_project_and_any_word_that_is_heard_was_a_look(look: Event) -> None:
    assert turns([MINE, paper("2020-03-15"), look], FLAG) == {"2021-01-31": "notice"}


@pytest.mark.parametrize(
    "look",
    [
        pursued("setback.reported", "2020-07-31", "beta", kind="legal"),
        on("south", event("review.confirmed", "2020-07-31", deal=None)),
        child("alpha", "alpha-group", "2020-07-31"),
    ],
    ids=["a rival's news", "a look at another project", "a registered party"],
)
def test_what_concerns_others_was_no_look(look: Event) -> None:
    assert turns([MINE, paper("2020-03-15"), look], FLAG) == {"2020-09-15": "notice"}


def test_a_correction_was_no_look() -> None:
    signed = paper("2020-03-15")
    target = {"source": signed.source, "id": signed.id}
    note = event("event.corrected", "2020-07-31", deal=None, target=target, changes={"note": "checked"})
    assert turns([MINE, signed, note], FLAG) == {"2020-09-15": "notice"}


def test_a_look_clears_it_and_it_comes_again() -> None:
    look = event("review.confirmed", "2020-10-10", deal=None)
    assert turns([MINE, paper("2020-03-15"), look], FLAG) == {
        "2020-09-15": "notice",
        "2020-10-10": NOTHING,
        "2021-04-10": "notice",
    }


def test_a_producing_mine_needs_no_look_and_an_ended_deal_none() -> None:
    produced = pursued("production.started", "2020-08-08", "alpha", phase="commercial")
    assert turns([MINE, paper("2020-03-15"), produced], FLAG) == {}
    left = pursued("investor.withdrew", "2020-10-10", "alpha")
    assert turns([MINE, paper("2020-03-15"), left], FLAG) == {"2020-09-15": "notice", "2020-10-10": NOTHING}


def test_a_registration_without_a_date_was_a_look_on_the_day_it_was_known() -> None:
    undated = replace(MINE, earliest=date(2020, 7, 31), latest=date(2020, 7, 31))
    assert turns([undated, paper("2020-03-15")], FLAG) == {"2021-01-31": "notice"}


def test_it_names_the_last_look_and_the_months_since() -> None:
    look = event("review.confirmed", "2020-05-05", deal=None)
    log = [MINE, paper("2020-03-15"), look]
    flag = the(log, FLAG, "2021-01-05")
    assert (flag.severity, flag.evidence, flag.clock) == ("notice", (look.reference,), "look")
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2020, 11, 5), date(2020, 11, 5), None)
    assert flag.threshold_months == 6
    assert said(log, FLAG, "2021-01-05") == "Nobody looked for 8 months."


def test_to_place_a_hold_is_a_look_and_in_it_nothing_is_noticed_that_did_not_stand() -> None:
    log = [MINE, paper("2020-03-15"), held("2020-07-31", until="2021-06-01")]
    assert turns(log, FLAG) == {"2021-06-01": "notice"}
    standing_before = [MINE, paper("2020-03-15"), held("2020-10-10", deal="beta")]
    assert turns(standing_before, FLAG) == {"2020-09-15": "notice", "2020-10-10": NOTHING, "2021-04-10": "notice"}
