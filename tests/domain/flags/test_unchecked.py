"""unchecked: nobody looked, whether anything happened or not (domain page, section 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steppe.domain.events.event import Event
from steppe.domain.fold.looks import looks_of
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
    recorded_on,
    said,
    standing,
    the,
    turns,
)

FLAG = "unchecked"
MINE = recorded_on("2020-01-01", deposit())
SIGNED = recorded_on("2020-03-15", paper("2020-03-15"))


@pytest.mark.parametrize(
    ("recorded", "notice"),
    [
        ("2020-03-15", "2020-09-15"),
        ("2021-08-31", "2022-02-28"),
        ("2023-08-31", "2024-02-29"),
        ("2020-02-29", "2020-08-29"),
    ],
)
def test_it_is_noticed_6_months_after_the_latest_row_was_recorded(recorded: str, notice: str) -> None:
    log = [recorded_on(recorded, made) for made in (deposit(), paper("2019-03-15"))]
    assert turns(log, FLAG) == {notice: "notice"}


@pytest.mark.parametrize("occurred", ["2019", "../2019-12-31", "2018/2020-01-01", "2019-05-05"])
def test_the_day_of_the_event_is_nothing_to_it_so_it_is_always_certain(occurred: str) -> None:
    assert turns([MINE, recorded_on("2020-12-31", paper(occurred))], FLAG)["2021-06-30"] == "notice"


def test_before_the_first_row_was_recorded_there_is_no_such_flag() -> None:
    log = [recorded_on("2024-05-05", made) for made in (deposit(), paper("2010-03-15"))]
    assert turns(log, FLAG) == {"2024-11-05": "notice"}


@pytest.mark.parametrize(
    "row",
    [
        event("review.confirmed", "2020-06-30", deal=None),
        event("review.confirmed", "2020-06-30", deal="beta"),
        event("project.amended", "2020-06-30", deal=None, name="North", **{"from": "2015"}),
        held("2020-06-30", deal="beta", until="2020-08-15"),
        freed("2020-06-30"),
        pursued("setback.reported", "2012", "alpha", kind="legal"),
        event("intent.announced", "2020-06-30", deal=None, kind="statement"),
        pursued("setback.reported", "2020-06-30", "beta", kind="legal"),
    ],
    ids=lambda row: str(row.id),
)
def test_a_row_of_whatever_kind_was_a_look_on_the_day_it_was_recorded(row: Event) -> None:
    assert turns([MINE, SIGNED, recorded_on("2020-07-31", row)], FLAG) == {"2021-01-31": "notice"}


@pytest.mark.parametrize(
    "row",
    [
        on("south", event("review.confirmed", "2020-07-31", deal=None)),
        child("alpha", "alpha-group", "2020-07-31"),
    ],
    ids=["a look at another project", "a registered party"],
)
def test_what_concerns_others_was_no_look(row: Event) -> None:
    assert turns([MINE, SIGNED, recorded_on("2020-07-31", row)], FLAG) == {"2020-09-15": "notice"}


@pytest.mark.parametrize("name", ["event.corrected", "event.retracted"])
def test_a_correction_was_a_look_whatever_became_of_its_row(name: str) -> None:
    setback = recorded_on("2020-04-04", pursued("setback.reported", "2020-04-04", "alpha", kind="legal"))
    target = {"source": setback.source, "id": setback.id}
    data: dict[str, Any] = {"target": target}
    if name == "event.corrected":
        data["changes"] = {"note": "checked"}
    row = recorded_on("2020-07-31", event(name, "2020-07-31", deal=None, **data))
    assert turns([MINE, SIGNED, setback, row], FLAG) == {"2021-01-31": "notice"}


def test_a_row_that_was_retracted_was_a_look_all_the_same() -> None:
    setback = recorded_on("2020-04-04", pursued("setback.reported", "2020-04-04", "alpha", kind="legal"))
    target = {"source": setback.source, "id": setback.id}
    back = recorded_on("2020-04-05", event("event.retracted", "2020-04-05", deal=None, target=target))
    assert turns([MINE, SIGNED, setback, back], FLAG) == {"2020-10-05": "notice"}


def test_a_look_clears_it_and_it_comes_again() -> None:
    look = recorded_on("2020-10-10", event("review.confirmed", "2020-10-10", deal=None))
    assert turns([MINE, SIGNED, look], FLAG) == {"2020-09-15": "notice", "2020-10-10": NOTHING, "2021-04-10": "notice"}


def test_a_producing_mine_needs_no_look_and_an_ended_deal_none() -> None:
    produced = recorded_on("2020-08-08", pursued("production.started", "2020-08-08", "alpha", phase="commercial"))
    assert turns([MINE, SIGNED, produced], FLAG) == {}
    left = recorded_on("2020-08-08", pursued("investor.withdrew", "2021-10-10", "alpha"))
    assert turns([MINE, SIGNED, left], FLAG) == {"2021-02-08": "notice", "2021-10-10": NOTHING}


def test_it_names_the_rows_of_the_last_look_and_the_months_since() -> None:
    look = recorded_on("2020-05-05", event("review.confirmed", "2020-05-05", deal=None))
    log = [MINE, SIGNED, look]
    flag = the(log, FLAG, "2021-01-05")
    assert (flag.severity, flag.evidence, flag.clock) == ("notice", (look.reference,), "look")
    assert (flag.since, flag.certain_on, flag.next_on) == (date(2020, 11, 5), date(2020, 11, 5), None)
    assert flag.threshold_months == 6
    assert said(log, FLAG, "2021-01-05") == "Nobody looked for 8 months."


def test_looks_are_those_that_were_known_whatever_clock_is_insisted_on() -> None:
    back_filled = recorded_on(
        "2020-07-31", event("setback.reported", "2012-01-01", kind="price", reported="2012-02-02")
    )
    known_at = SIGNED.recorded
    assert [look.on for look in looks_of([MINE, SIGNED, back_filled], known_at)] == [date(2020, 7, 31)]
    by_record = looks_of([MINE, SIGNED, back_filled], known_at, recorded=True)
    assert [look.on for look in by_record] == [date(2020, 1, 1), date(2020, 3, 15)]


def test_in_a_hold_nothing_is_noticed_that_did_not_stand_and_what_eases_shows_at_once() -> None:
    holding = recorded_on("2020-07-31", held("2020-07-31", until="2021-06-01"))
    assert turns([MINE, SIGNED, holding], FLAG) == {"2021-06-01": "notice"}
    standing_before = [MINE, SIGNED, recorded_on("2020-10-10", held("2020-09-20"))]
    assert turns(standing_before, FLAG) == {"2020-09-15": "notice", "2020-10-10": NOTHING, "2021-04-10": "notice"}
    assert [flag.on_hold for flag in standing(standing_before, FLAG, "2020-09-20")] == [True]
