"""The first of several starts of a clock, the latest, and when a run of days began (section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from steppe.domain.events.event import Event, given_of
from steppe.domain.values.states import Start


def start_of(event: Event) -> Start:
    """The interval of days of an event."""
    return _start(event.earliest, event.latest, event.data.get("occurred"))


@lru_cache(maxsize=16_384)  # an event is asked several times, and many are of one day
def _start(earliest: date | None, latest: date, occurred: str | None) -> Start:
    return Start(earliest=earliest, latest=latest, given=given_of(occurred, earliest, latest))


def first_start(start: Start | None, event: Event) -> Start:
    """The first of several starts: [min of earliest, min of latest]."""
    return first_of(start, start_of(event))


def first_of(start: Start | None, other: Start) -> Start:
    """As `first_start`, of two starts; an open start sorts before every day."""
    if start is None:
        return other
    earliest = None if start.earliest is None or other.earliest is None else min(start.earliest, other.earliest)
    latest = min(start.latest, other.latest)
    for one in (start, other):
        if earliest == one.earliest and latest == one.latest:
            return one
    return Start(earliest=earliest, latest=latest)


def latest_start(start: Start | None, event: Event) -> Start:
    """The latest of several: [max of earliest, max of latest]; an open start sorts before every day."""
    return start_of(event) if start is None else _later_of(start, start_of(event))


def _later_of(start: Start, other: Start) -> Start:
    if start.earliest is None or other.earliest is None:
        earliest = start.earliest or other.earliest
    else:
        earliest = max(start.earliest, other.earliest)
    latest = max(start.latest, other.latest)
    for one in (start, other):
        if earliest == one.earliest and latest == one.latest:
            return one
    return Start(earliest=earliest, latest=latest)


def latest_of(starts: Iterable[Start]) -> Start:
    """As `latest_start`, of at least one start."""
    starts = list(starts)
    days = [start.earliest for start in starts if start.earliest is not None]
    earliest, latest = max(days, default=None), max(start.latest for start in starts)
    for start in starts:
        if earliest == start.earliest and latest == start.latest:
            return start
    return Start(earliest=earliest, latest=latest)


def run_start(
    run: Start | None, rows: Iterable[Event], endings: Iterable[Start] = (), left: Iterable[Start] = ()
) -> Start | None:
    """The start of a run of days that holds at the end of a day; `run` is that of the day before, if it held then.

    `rows` are those of the day that bound, granted or amended what holds. `endings` are those that began the run on this
    day, and `left` the starts of what was left: such a run starts at the latest of these endings and of the first of what
    was left.
    """
    endings = list(endings)
    if run is None and endings:
        first: Start | None = None
        for start in left:
            first = first_of(first, start)
        return latest_of([*endings, *([] if first is None else [first])])
    for event in rows:
        run = first_start(run, event)
    return run
