"""Days, what is known less exactly about them, and months counted on the calendar (sections 2 and 5)."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

NEVER = date.max
_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?~?", re.ASCII)

Bounds = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Span:
    """The days within which something happened; without an earliest day it sorts before every day."""

    earliest: date | None
    latest: date

    def as_list(self) -> list[str | None]:
        """Both ends as the cases spell them."""
        return [None if self.earliest is None else self.earliest.isoformat(), self.latest.isoformat()]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a clock starts, and the events at which it does."""

    earliest: date | None
    latest: date
    ids: tuple[str, ...] = ()

    def as_list(self) -> list[str | None]:
        """Both ends as the cases spell them."""
        return Span(self.earliest, self.latest).as_list()


def on(day: date) -> Span:
    """One day exactly."""
    return Span(day, day)


def bounds(text: str) -> Bounds:
    """Both ends of an EDTF text, None where open or unknown; ValueError if it is none (section 2)."""
    if text == "unknown":
        return None, None
    if "/" not in text:
        return _point(text)
    begin, end = text.split("/", 1)
    earliest = None if begin == ".." else _point(begin)[0]
    latest = None if end == ".." else _point(end)[1]
    if earliest is None and latest is None:
        raise ValueError(f"{text} says nothing")
    if earliest is not None and latest is not None and earliest > latest:
        raise ValueError(f"{text} ends before it begins")
    return earliest, latest


def _point(text: str) -> tuple[date, date]:
    match = _POINT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text} is no date")
    year, month, day = match.groups()
    if day is not None:
        exact = date(int(year), int(month), int(day))
        return exact, exact
    if month is not None:
        first = date(int(year), int(month), 1)
        return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return date(int(year), 1, 1), date(int(year), 12, 31)


def is_edtf(text: object) -> bool:
    """Whether a value is a text that `bounds` can read."""
    if not isinstance(text, str):
        return False
    try:
        bounds(text)
    except ValueError:
        return False
    return True


def latest_day(text: object) -> date | None:
    """The day that counts of `expires_on`, `until`, `ends_on` and the like: the latest, None if open (section 2)."""
    return bounds(text)[1] if isinstance(text, str) else None


def is_plan(text: str, known_day: date) -> bool:
    """Whether the earliest day is more than one day after the known day: a plan, not a fact (section 2)."""
    earliest = bounds(text)[0]
    return earliest is not None and earliest > known_day + timedelta(days=1)


def occurred(text: str, known_day: date) -> Span:
    """The days of an event: an open end is the known day, the latest never after it, but within the grace (section 2)."""
    earliest, latest = bounds(text)
    latest = known_day if latest is None else min(latest, known_day)
    if earliest is not None and earliest > latest:
        latest = earliest
    return Span(earliest, latest)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, at most the last one of that month (section 5)."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if year > date.max.year:
        return NEVER
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_days(day: date, days: int) -> date:
    """A day some days later, the last of the calendar if there is none."""
    return NEVER if (NEVER - day).days < days else day + timedelta(days=days)


def months_between(start: date, day: date) -> int:
    """How many months have passed, at least: the greatest number that, added to the start, is not after the day."""
    months = (day.year - start.year) * 12 + day.month - start.month
    while months > 0 and add_months(start, months) > day:
        months -= 1
    return max(months, 0)


def ages(start: Start | Span, day: date) -> list[int | None]:
    """The age in months, [at least, at most or None] (section 5)."""
    return [months_between(start.latest, day), None if start.earliest is None else months_between(start.earliest, day)]


def first_of(starts: Iterable[Start]) -> Start:
    """The first of several starts: [min of earliest, min of latest] (section 5)."""
    several = list(starts)
    open_start = any(start.earliest is None for start in several)
    earliest = None if open_start else min(start.earliest for start in several if start.earliest is not None)
    return _told_by(several, earliest, min(start.latest for start in several))


def last_of(starts: Iterable[Start]) -> Start:
    """The latest of several starts: [max of earliest, max of latest] (section 5)."""
    several = list(starts)
    earliest = max((start.earliest for start in several if start.earliest is not None), default=None)
    return _told_by(several, earliest, max(start.latest for start in several))


def _told_by(several: list[Start], earliest: date | None, latest: date) -> Start:
    ids = [ref for start in several if start.earliest == earliest or start.latest == latest for ref in start.ids]
    return Start(earliest, latest, tuple(dict.fromkeys(ids)))


def possible_from(start: Start, months: int) -> date:
    """The day from which a clock may have run so long; without an earliest day not before it certainly has."""
    return certain_from(start, months) if start.earliest is None else add_months(start.earliest, months)


def certain_from(start: Start, months: int) -> date:
    """The day from which a clock has certainly run so long."""
    return add_months(start.latest, months)
