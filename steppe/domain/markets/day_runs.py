"""Sets of days as runs [from, until), sorted, apart from each other: what holds on some of them, on all, on one and not the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter

Run = tuple[date, date]
Days = Sequence[Run]

_from = itemgetter(0)


def union(runs: Iterable[Run]) -> list[Run]:
    """The days of any of these runs, which may overlap, touch and come in any order."""
    days: list[Run] = []
    for since, until in sorted(runs):
        if days and since <= days[-1][1]:
            if until > days[-1][1]:
                days[-1] = (days[-1][0], until)
        elif since < until:
            days.append((since, until))
    return days


def within(days: Days, since: date, until: date) -> list[Run]:
    """Those of the days from `since` to the day before `until`."""
    clipped = []
    for first, last in days[max(0, bisect_right(days, since, key=_from) - 1) :]:
        if first >= until:
            break
        if last > since:
            clipped.append((max(first, since), min(last, until)))
    return clipped


def intersection(days: Days, others: Days) -> list[Run]:
    """The days that are in both."""
    return [run for since, until in others for run in within(days, since, until)]


def difference(days: Days, others: Days) -> list[Run]:
    """The days that are not among the others."""
    rest: list[Run] = []
    for first, last in days:
        since = first
        for taken_from, taken_until in within(others, first, last):
            if since < taken_from:
                rest.append((since, taken_from))
            since = taken_until
        if since < last:
            rest.append((since, last))
    return rest


def contains(days: Days, day: date) -> bool:
    """Whether the day is one of them."""
    at = bisect_right(days, day, key=_from) - 1
    return at >= 0 and day < days[at][1]
