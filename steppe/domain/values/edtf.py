"""The EDTF subset of the domain page, section 2: text to an interval of days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_POINT = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?~?", re.ASCII)


class EdtfError(ValueError):
    """The text is not in the EDTF subset; the message says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Days:
    """An interval of days, both ends included; None is an open end."""

    earliest: date | None
    latest: date | None


def parse(text: str) -> Days:
    """The interval of `2011`, `2011-07`, `2011-07-05`, each with `~`, of `A/B`, `../B`, `A/..` or `unknown`.

    Raises EdtfError. `~` is allowed and widens nothing.
    """
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
