"""Phrases that sentences about deals, flags and projects share: days as they were given, ages, counts, who."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.messages.message import Argument, KeyKind, Listing, Message, Point, counting, keys, message
from steppe.domain.values import edtf
from steppe.domain.values.states import Start, age_months

_NAMES_MOST = 4
_DAY_LENGTH = len("2024-08-31")


def day(value: date) -> Point:
    """A day of the calendar: 31 August 2024."""
    return Point(value.isoformat(), "of")


def papers(count: int) -> Message:
    """As `3 memoranda`."""
    return counting(count, "%(num)s memorandum", "%(num)s memoranda")


def named(texts: Sequence[str], kind: KeyKind = "party") -> Argument:
    """Who, by their keys, the first few of many; `nobody named` for none."""
    if not texts:
        return message("nobody named")
    more = len(texts) - _NAMES_MOST
    others = (counting(more, "%(num)s other", "%(num)s others"),) if more > 0 else ()
    return Listing((*keys(texts[:_NAMES_MOST], kind), *others))


def age(start: Start | None, as_of: date) -> Message:
    """How old it is: `3 months`, `3 to 14 months`, `at least 3 months`."""
    if start is None:
        return message("an unknown time")
    low, high = age_months(start, as_of)
    if high is None:
        return counting(low, "at least %(num)s month", "at least %(num)s months")
    if low == high:
        return counting(low, "%(num)s month", "%(num)s months")
    return counting(high, "%(least)s to %(num)s month", "%(least)s to %(num)s months", least=low)


def in_age(start: Start | None, as_of: date) -> Message:
    """Within how long: `in 3 months`."""
    if start is None:
        return message("in an unknown time")
    low, high = age_months(start, as_of)
    if high is None:
        return counting(low, "in at least %(num)s month", "in at least %(num)s months")
    if low == high:
        return counting(low, "in %(num)s month", "in %(num)s months")
    return counting(high, "in %(least)s to %(num)s month", "in %(least)s to %(num)s months", least=low)


def for_age(start: Start | None, as_of: date) -> Message:
    """For how long: `for 3 months`."""
    if start is None:
        return message("for an unknown time")
    low, high = age_months(start, as_of)
    if high is None:
        return counting(low, "for at least %(num)s month", "for at least %(num)s months")
    if low == high:
        return counting(low, "for %(num)s month", "for %(num)s months")
    return counting(high, "for %(least)s to %(num)s month", "for %(least)s to %(num)s months", least=low)


def age_later(start: Start | None, as_of: date) -> Message:
    """How much later: `3 months later`."""
    if start is None:
        return message("an unknown time later")
    low, high = age_months(start, as_of)
    if high is None:
        return counting(low, "at least %(num)s month later", "at least %(num)s months later")
    if low == high:
        return counting(low, "%(num)s month later", "%(num)s months later")
    return counting(high, "%(least)s to %(num)s month later", "%(least)s to %(num)s months later", least=low)


def when(start: Start) -> Argument:
    """When something began, never more exactly than it was given, as one would say it after a colon."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return message("an unknown day") if first is None else message("%(day)s or later", day=_of(first))
    if first is None:
        return message("%(day)s or before", day=_of(last))
    if first != last:
        return message("a day between %(first)s and %(last)s", first=_of(first), last=_of(last))
    return message("about %(day)s", day=_of(first)) if interval.approximate else Point(first)


def since(start: Start) -> Message:
    """Since when: `since 31 August 2024`, `since about 2014`."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return message("since an unknown day") if first is None else message("since %(day)s or later", day=_of(first))
    if first is None:
        return message("since %(day)s or before", day=_of(last))
    if first != last:
        return message("since a day between %(first)s and %(last)s", first=_of(first), last=_of(last))
    return message("since about %(day)s", day=_of(first)) if interval.approximate else since_point(first)


def since_point(text: str) -> Message:
    """The same of a year, month or day by its text."""
    return message("since %(day)s", day=_of(text))


def planned_for(start: Start) -> Message:
    """For when something was planned: `for 31 August 2024`, `for 2014`."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return message("for an unknown day") if first is None else message("for %(day)s or later", day=_of(first))
    if first is None:
        return message("for %(day)s or before", day=_of(last))
    if first != last:
        return message("for a day between %(first)s and %(last)s", first=_of(first), last=_of(last))
    return (
        message("for about %(day)s", day=Point(first))
        if interval.approximate
        else message("for %(day)s", day=Point(first))
    )


def on(start: Start) -> Message:
    """When something happened: `on 31 August 2024`, `in 2014`, `by 31 August 2024`."""
    interval = _given_interval(start)
    first, last = interval.first, interval.last
    if last is None:
        return message("on an unknown day") if first is None else message("in or after %(day)s", day=_of(first))
    if first is None:
        return message("by %(day)s", day=_of(last))
    if first != last:
        return message("between %(first)s and %(last)s", first=_of(first), last=_of(last))
    if len(first) == _DAY_LENGTH:
        return (
            message("on about %(day)s", day=_of(first))
            if interval.approximate
            else message("on %(day)s", day=_of(first))
        )
    within = Point(first, "in")
    return message("in about %(day)s", day=within) if interval.approximate else message("in %(day)s", day=within)


def dated(start: Start) -> Argument:
    """The same, as it stands alone in a table: `31 August 2024`, `2014`, `by 31 August 2024`, `on an unknown day`."""
    interval = _given_interval(start)
    if interval.first is None or interval.last is None or interval.first != interval.last:
        return on(start)
    return when(start)


def until(end: Start) -> Message:
    """Until when something lasts: `until 31 August 2024`, `until the end of 2024`. Its latest day counts."""
    interval = _given_interval(end)
    first, last = interval.first, interval.last
    if last is None:
        return message("until an unknown day") if first is None else message("until %(day)s or later", day=_of(first))
    over = _end_of(last)
    if first == last:
        return message("until about %(day)s", day=over) if interval.approximate else message("until %(day)s", day=over)
    if interval.approximate:
        return message("until about %(day)s at the latest", day=over)
    return message("until %(day)s at the latest", day=over)


def by_the_end(end: Start) -> Message:
    """By when it will be over: `on 31 August 2024`, `by the end of 2024`."""
    interval = _given_interval(end)
    if interval.last is None or (interval.first == interval.last and len(interval.last) == _DAY_LENGTH):
        return on(end)
    over = _end_of(interval.last)
    return message("by about %(end)s", end=over) if interval.approximate else message("by %(end)s", end=over)


def _end_of(point: str) -> Argument:
    return _of(point) if len(point) == _DAY_LENGTH else message("the end of %(day)s", day=_of(point))


def _of(point: str) -> Point:
    return Point(point, "of")


def _given_interval(start: Start) -> edtf.GivenInterval:
    if start.given is None and start.earliest == start.latest:
        text = start.latest.isoformat()
        return edtf.GivenInterval(text, text)
    return edtf.given_interval(start.given or edtf.text_of(edtf.Days(start.earliest, start.latest)))
