"""A pledge announces, and a withdrawn one may leave nothing (domain page, sections 3 and 4)."""

from __future__ import annotations

from typing import Any

from steppe.domain.events.event import Event
from steppe.domain.values.levels import Level
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, paper, pursued

END = "2024-01-01"
AMOUNT = {"value": "1000", "currency": "USD"}


def pledged(occurred: str, **data: Any) -> Event:
    return pursued("pledge.announced", occurred, "alpha", amount=AMOUNT, **data)


def taken_back(occurred: str, of: Event | None = None) -> Event:
    ends = {} if of is None else {"ends": {"source": of.source, "id": of.id}}
    return pursued("pledge.withdrawn", occurred, "alpha", **ends)


def ended(*events: Event) -> tuple[str | None, str | None]:
    state = deal_on([deposit(), *events], END)
    return (state.ended_on.isoformat() if state.ended_on else None, state.ended_how)


ONE, TWO = pledged("2020-01-01"), pledged("2020-02-02")


def test_a_pledge_announces_and_is_no_paper() -> None:
    state = deal_on([deposit(), ONE], END)
    assert (state.level, state.papers, state.memorandum, state.legs) == (Level.ANNOUNCED, 0, None, ())
    assert state.announcement_runs


def test_a_deal_of_which_no_pledge_is_left_ends_as_withdrawn() -> None:
    assert ended(ONE, taken_back("2021-01-01")) == ("2021-01-01", "withdrawn")
    assert ended(ONE, TWO, taken_back("2021-01-01")) == ("2021-01-01", "withdrawn")
    assert ended(ONE, TWO, taken_back("2021-01-01", ONE)) == (None, None)
    assert ended(ONE, TWO, taken_back("2021-01-01", ONE), taken_back("2021-02-02", TWO)) == ("2021-02-02", "withdrawn")


def test_a_deal_with_anything_else_of_a_level_lives_on() -> None:
    assert ended(ONE, paper("2020-03-03"), taken_back("2021-01-01")) == (None, None)
    talks = pursued("intent.announced", "2020-03-03", "alpha", kind="talks")
    assert ended(ONE, talks, taken_back("2021-01-01")) == (None, None)
    setback = pursued("setback.reported", "2020-03-03", "alpha", kind="price")
    assert ended(ONE, setback, taken_back("2021-01-01")) == ("2021-01-01", "withdrawn")


def test_a_withdrawal_that_fits_no_pledge_ends_nothing() -> None:
    assert ended(ONE, taken_back("2021-01-01", paper("2019-01-01"))) == (None, None)
    assert ended(paper("2020-01-01"), taken_back("2021-01-01")) == (None, None)


def test_a_pledge_after_the_end_opens_the_next_phase() -> None:
    state = deal_on([deposit(), ONE, taken_back("2021-01-01"), pledged("2022-01-01")], END)
    assert (state.phase, state.level, state.ended_on) == (2, Level.ANNOUNCED, None)


def test_a_withdrawal_changes_no_level() -> None:
    state = deal_on([deposit(), ONE, paper("2020-03-03"), taken_back("2021-01-01")], END)
    assert (state.level, state.highest_level) == (Level.MEMORANDUM, Level.MEMORANDUM)


def test_a_pledge_and_its_withdrawal_that_name_no_deal_are_of_the_first_pursuer() -> None:
    donor = [{"party": "fund", "role": "donor"}]
    rows = [
        event("pledge.announced", "2020-01-01", deal=None, parties=donor, amount=AMOUNT),
        event("pledge.withdrawn", "2021-01-01", deal=None, parties=donor),
    ]
    assert deal_on([deposit(), *rows], END, "fund").ended_how == "withdrawn"
