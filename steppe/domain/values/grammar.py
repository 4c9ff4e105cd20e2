"""Small pieces of English that the sentences about deals, flags and projects share: names, ages, days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.values import edtf
from steppe.domain.values.months import months_between
from steppe.domain.values.states import Start

_NAMES_MOST = 4
_DAY_LENGTH = len("2024-08-31")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def age_months(start: Start, as_of: date) -> tuple[int, int | None]:
    """The age in whole months, [at least, at most]; no upper end when the start has no earliest day."""
    at_most = None if start.earliest is None else months_between(start.earliest, as_of)
    return months_between(start.latest, as_of), at_most


def age(start: Start | None, as_of: date) -> str:
    """How old it is, as `3 months`, `3 to 14 months`, `at least 3 months`."""
    if start is None:
        return "an unknown time"
    low, high = age_months(start, as_of)
    if high is None:
        return f"at least {months(low)}"
    return months(low) if low == high else f"{low} to {months(high)}"


def months(count: int) -> str:
    """As `1 month`."""
    return counted(count, "month", "months")


def counted(count: int, singular: str, plural: str) -> str:
    """As `1 deal`, `2 deals`."""
    return f"{count} {singular if count == 1 else plural}"


def papers(count: int) -> str:
    """As `3 memoranda`."""
    return counted(count, "memorandum", "memoranda")


def day(value: date) -> str:
    """A day as one writes it: `31 August 2024`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def when(start: Start) -> str:
    """When something began, never more exactly than it was given, as one would say it after `since`."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return "an unknown day" if first is None else f"{_point(first)} or later"
    if first is None:
        return f"{_point(last)} or before"
    about = "about " if interval.approximate else ""
    return about + _point(first) if first == last else f"a day between {_between(first, last)}"


def on(start: Start) -> str:
    """The same, as one would say it of something that happened: `on 31 August 2024`, `in 2014`, `by 31 August 2024`."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return "on an unknown day" if first is None else f"in or after {_point(first)}"
    if first is None:
        return f"by {_point(last)}"
    if first != last:
        return f"between {_between(first, last)}"
    about = "about " if interval.approximate else ""
    return f"{'on' if len(first) == _DAY_LENGTH else 'in'} {about}{_point(first)}"


def dated(start: Start) -> str:
    """The same, as it stands alone in a table: `31 August 2024`, `2014`, `by 31 August 2024`, `on an unknown day`."""
    interval = _given_interval(start)
    if interval.first is None or interval.last is None or interval.first != interval.last:
        return on(start)
    return f"{'about ' if interval.approximate else ''}{_point(interval.first)}"


def until(end: Start) -> str:
    """Until when something lasts: `until 31 August 2024`, `until the end of 2024`. Its latest day counts."""
    interval = _given_interval(end)
    if interval.last is None:
        return f"until {when(end)}"
    about = "about " if interval.approximate else ""
    at_latest = "" if interval.first == interval.last else " at the latest"
    return f"until {about}{_end_of(interval.last)}{at_latest}"


def by_the_end(end: Start) -> str:
    """By when it will be over: `on 31 August 2024`, `by the end of 2024`."""
    interval = _given_interval(end)
    if interval.last is None or (interval.first == interval.last and len(interval.last) == _DAY_LENGTH):
        return on(end)
    return f"by {'about ' if interval.approximate else ''}{_end_of(interval.last)}"


def _end_of(point: str) -> str:
    return _point(point) if len(point) == _DAY_LENGTH else f"the end of {_point(point)}"


def _given_interval(start: Start) -> edtf.GivenInterval:
    return edtf.given_interval(start.given or edtf.text_of(edtf.Days(start.earliest, start.latest)))


def _between(first: str, last: str) -> str:
    return f"{_point(first)} and {_point(last)}"


def _point(text: str) -> str:
    """A year, month or day in words."""
    year, _, rest = text.partition("-")
    month, _, number = rest.partition("-")
    if not month:
        return year
    named_month = f"{_MONTHS[int(month) - 1]} {year}"
    return f"{int(number)} {named_month}" if number else named_month


def listed(words: Sequence[str]) -> str:
    """As `equity, debt and works`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"


def named(parties: Sequence[str]) -> str:
    """Who, the first few of many; `nobody named` for none."""
    if not parties:
        return "nobody named"
    more = len(parties) - _NAMES_MOST
    return listed([*parties[:_NAMES_MOST], counted(more, "other", "others")] if more > 0 else list(parties))


def capital(sentence: str) -> str:
    """With a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]
