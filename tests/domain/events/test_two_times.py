"""When an event occurred and when it was known, and in which order events are folded (domain page, section 2)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from steppe.domain.events.event import Event, interpret
from tests.domain.event_logs import event
from tests.domain.flags.portfolio_by_hand import deal_on, deposit, paper, pursued


def days(occurred: str, reported: str) -> tuple[str | None, str]:
    """Both ends of the interval of an event that was reported on a day."""
    made = event("memorandum.signed", occurred, reported=reported, instrument="mou")
    return (made.earliest.isoformat() if made.earliest else None, made.latest.isoformat())


def recorded(instant: datetime, **data: str) -> Event:
    return interpret(source="/desk", id="x", subject="north", name="review.confirmed", recorded=instant, data=data)


@pytest.mark.parametrize(
    ("occurred", "reported", "interval"),
    [
        ("2011", "2012-01-01", ("2011-01-01", "2011-12-31")),
        ("2011-07~", "2012-01-01", ("2011-07-01", "2011-07-31")),
        ("2026", "2026-03-05", ("2026-01-01", "2026-03-05")),
        ("2026-03", "2026-03-05", ("2026-03-01", "2026-03-05")),
        ("2020-05/..", "2026-03-05", ("2020-05-01", "2026-03-05")),
        ("unknown", "2026-03-05", (None, "2026-03-05")),
        ("../2020", "2026-03-05", (None, "2020-12-31")),
        ("../2030", "2026-03-05", (None, "2026-03-05")),
        ("2020/2030", "2026-03-05", ("2020-01-01", "2026-03-05")),
    ],
)
def test_the_latest_day_is_never_after_the_known_day(
    occurred: str, reported: str, interval: tuple[str | None, str]
) -> None:
    assert days(occurred, reported) == interval


@pytest.mark.parametrize("occurred", ["2026-03-06", "2026-03-06/..", "2026-03-06/2026-04"])
def test_within_the_day_of_grace_the_latest_day_is_the_earliest(occurred: str) -> None:
    assert days(occurred, "2026-03-05") == ("2026-03-06", "2026-03-06")


def test_it_is_known_at_midnight_utc_of_the_reported_day_else_when_it_was_recorded() -> None:
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert recorded(noon, occurred="2020").known == noon
    event_read = recorded(noon, occurred="2020", reported="2021-02-03")
    assert event_read.known == datetime(2021, 2, 3, tzinfo=UTC)
    assert (event_read.known_by(recorded=False), event_read.known_by(recorded=True)) == (event_read.known, noon)


def test_days_are_utc_whatever_the_zone_of_the_recorder() -> None:
    early = datetime(2026, 3, 6, 3, tzinfo=timezone(timedelta(hours=5)))
    assert recorded(early).latest == date(2026, 3, 5)


def test_a_row_about_the_record_occurs_on_the_day_it_was_known_unless_it_says_otherwise() -> None:
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert (recorded(noon).earliest, recorded(noon).latest) == (date(2026, 3, 5), date(2026, 3, 5))
    assert recorded(noon, reported="2021-02-03").latest == date(2021, 2, 3)
    assert recorded(noon, occurred="2019-01").latest == date(2019, 1, 31)


def test_intervals_do_not_depend_on_the_day_of_recording_when_one_was_reported() -> None:
    data = {"occurred": "2021", "reported": "2021-06-01"}
    first, second = (recorded(datetime(year, 1, 1, tzinfo=UTC), **data) for year in (2022, 2026))
    assert (first.earliest, first.latest) == (second.earliest, second.latest) == (date(2021, 1, 1), date(2021, 6, 1))


def test_events_are_folded_by_latest_then_earliest_day_then_precedence_then_source_then_id() -> None:
    right = [
        event("works.awarded", "2020-01-01"),
        event("works.awarded", "../2020-12-31"),  # an open start sorts before every day
        event("works.awarded", "2020"),
        event("memorandum.signed", "2020-12-31", id="z", instrument="mou"),
        event("memorandum.renewed", "2020-12-31", id="a"),
        event("works.awarded", "2020-12-31", id="b"),
        event("works.awarded", "2020-12-31", id="c"),
        event("memorandum.signed", "2021-01-01", instrument="mou"),
    ]
    shuffled = random.Random(7).sample(right, len(right))
    assert sorted(shuffled, key=lambda made: made.order) == right


def test_an_event_counts_from_its_latest_day_on() -> None:
    log = [deposit(), pursued("intent.announced", "2019-01-01", "alpha", kind="talks"), paper("2020")]
    assert deal_on(log, "2020-12-30").level != deal_on(log, "2020-12-31").level
    bound = [*log, pursued("equity.agreed", "2021-03", "alpha")]
    assert not deal_on(bound, "2021-03-30").legs
    assert deal_on(bound, "2021-03-31").legs[0].since == date(2021, 3, 31)


@pytest.mark.parametrize(("ends_on", "gone"), [("2021-06", "2021-07-01"), ("2021", "2022-01-01"), ("../2021-06-15", "2021-06-16")])  # fmt: skip
def test_of_an_end_the_latest_day_counts(ends_on: str, gone: str) -> None:
    sold = pursued("offtake.signed", "2020-01-01", "alpha", commodity="tungsten", ends_on=ends_on)
    (leg,) = deal_on([deposit(), sold], "2026-01-01").legs
    assert leg.ended_on == date.fromisoformat(gone)


def test_of_a_beginning_the_earliest_day_counts() -> None:
    amended = event("project.amended", "2025-05-05", deal=None, required_legs=["debt"], **{"from": "2021"})
    bound = pursued("equity.agreed", "2020-01-01", "alpha")
    assert deal_on([deposit(), bound, amended], "2020-12-31").missing_legs == ()
    assert deal_on([deposit(), bound, amended], "2021-01-01").missing_legs == ("debt",)
