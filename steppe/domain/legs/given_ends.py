"""Ends that events give (`until`, `ends_on`, `expires_on`, `long_stop`): their latest day counts, both ends are told (section 2)."""

from __future__ import annotations

from datetime import date, timedelta

from steppe.domain.values import edtf
from steppe.domain.values.edtf import Days
from steppe.domain.values.months import add_months
from steppe.domain.values.states import Start


def given_end(text: str | None) -> Start | None:
    """The interval of an EDTF text of an end, by whose latest day one reckons; None: absent, open or unknown."""
    if text is None:
        return None
    days = edtf.parse(text)
    if days.latest is None:
        return None
    return Start(earliest=days.earliest, latest=days.latest, given=_unless_said(text, days.earliest, days.latest))


def day_after(end: Start) -> Start:
    """The day after an end, by which what lasted through it is over; told as the end where that is no full day.

    The end must not be the last day of the calendar.
    """
    earliest = None if end.earliest is None else end.earliest + timedelta(days=1)
    given = end.given
    if given is None and end.earliest != end.latest:
        given = edtf.text_of(Days(end.earliest, end.latest))
    return Start(earliest=earliest, latest=end.latest + timedelta(days=1), given=given)


def months_after(start: Start, months: int) -> Start:
    """The interval in which what began in one is so many months old, told as roughly: 2014 and three years are 2017."""
    earliest = None if start.earliest is None else add_months(start.earliest, months)
    latest = add_months(start.latest, months)
    text = start.given or edtf.text_of(Days(start.earliest, start.latest))
    return Start(
        earliest=earliest, latest=latest, given=_unless_said(edtf.months_later(text, months), earliest, latest)
    )


def not_before(end: Start, begin: date | None) -> Start:
    """An end without the days before what it ends began."""
    if begin is None or end.earliest is None or not end.earliest < begin <= end.latest:
        return end
    return Start(earliest=begin, latest=end.latest, given=end.given or edtf.text_of(Days(end.earliest, end.latest)))


def _unless_said(text: str, earliest: date | None, latest: date) -> str | None:
    """The text, where the two days do not say the same."""
    return None if text == edtf.text_of(Days(earliest, latest)) else text
