"""The EDTF subset of the domain page, section 2: text to an interval of days."""

from __future__ import annotations

import calendar
import re
from datetime import date
from functools import lru_cache

from steppe.domain.values.date_advice import advice, plainly
from steppe.domain.values.months import add_months
from steppe.domain.values.value_class import value_class

_SHORTEST_MONTH_DAYS = 28
_YEAR_LENGTH, _MONTH_LENGTH = len("2011"), len("2011-07")
_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?~?", re.ASCII)


class EdtfError(ValueError):
    """The text is not in the EDTF subset; the message says what is wrong and what is allowed."""


@value_class(frozen=True, slots=True)
class Days:
    """An interval of days, both ends included; None is an open end."""

    earliest: date | None
    latest: date | None


def parse(text: str) -> Days:
    """The interval of `2011`, `2011-07`, `2011-07-05`, each with `~`, of `A/B`, `../B`, `A/..` or `unknown`.

    Raises EdtfError, which says what to write instead where that can be guessed. `~` is allowed and widens nothing.
    """
    try:
        return _read(text)
    except EdtfError as error:
        instead = _instead(text)
        raise EdtfError(f"{text[:40]!r} {instead}" if instead else str(error)) from None


def _instead(text: str) -> str | None:
    plain = plainly(text)
    if plain == text:
        return advice(text)
    try:
        _read(plain)
    except EdtfError:  # spaces are not all that is wrong
        return advice(text)
    return f"has spaces or signs of another script; write {plain}"


# An event is read several times on its way, and logs repeat their days. Only texts that are right are remembered, and these are short.
@lru_cache(maxsize=16_384)
def _read(text: str) -> Days:
    if text == "unknown":
        return Days(None, None)
    start, slash, end = text.partition("/")
    if not slash:
        return Days(*_point(text))
    if start == end == "..":
        raise EdtfError("open at both ends; say unknown")
    earliest = None if start == ".." else _point(start)[0]
    latest = None if end == ".." else _point(end)[1]
    if earliest and latest and earliest > latest:
        raise EdtfError(f"{text!r} runs backwards")
    return Days(earliest, latest)


@value_class(frozen=True, slots=True)
class GivenInterval:
    """A date as somebody gave it: points of a year, month or day. `first` and `last` are equal for a single point.

    None is an open end, both are None for `unknown`. `approximate`: it, or one of its ends, had a `~`.
    """

    first: str | None
    last: str | None
    approximate: bool = False


def given_interval(text: str) -> GivenInterval:
    """The parts of an EDTF text that `parse` reads."""
    start, slash, end = text.replace("~", "").partition("/")
    if text == "unknown":
        return GivenInterval(None, None)
    return GivenInterval(
        None if start == ".." else start, None if end == ".." else end if slash else start, "~" in text
    )


def months_later(text: str, months: int) -> str:
    """The text that is so many months later, and as rough: `2014~` and 36 are `2017~`, `../2014-08` and 6 `../2015-02`."""
    if text == "unknown":
        return text
    start, slash, end = text.partition("/")
    first, last = _point_later(start, months, 0), _point_later(end if slash else start, months, 1)
    return first if first == last and not slash else f"{first}/{last}"


def _point_later(text: str, months: int, end: int) -> str:
    """One end of a point, that many months later, as rough as the point; a year and some months become a month."""
    if text == "..":
        return text
    plain = text.removesuffix("~")
    length = _MONTH_LENGTH if len(plain) == _YEAR_LENGTH and months % 12 else len(plain)
    return add_months(_point(plain)[end], months).isoformat()[:length] + text[len(plain) :]


def text_of(days: Days) -> str:
    """The shortest text of an interval: a year, a month, a day, `A/B`, `../B`, `A/..` or `unknown`."""
    first, last = days.earliest, days.latest
    if first is None or last is None:
        if first is None and last is None:
            return "unknown"
        return f"../{last}" if first is None else f"{first}/.."
    if first == last:
        return first.isoformat()
    if first.day == 1 and last.day >= _SHORTEST_MONTH_DAYS:
        if (first.month, last.month, last.day) == (1, 12, 31) and first.year == last.year:
            return f"{first:%Y}"
        if (first.year, first.month) == (last.year, last.month) and last.day == calendar.monthrange(*_month(last))[1]:
            return f"{first:%Y-%m}"
    return f"{first}/{last}"


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _point(text: str) -> tuple[date, date]:
    match = _POINT.fullmatch(text)
    if not match:
        raise EdtfError(f"{text[:40]!r} is not a date; use 2011, 2011-07, 2011-07-05, A/B, ../B, A/.. or unknown")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None or month is None:
            return date(year or 0, 1, 1), date(year or 0, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError:  # IllegalMonthError is one too
        raise EdtfError(f"{text!r} is no day of the calendar") from None
