"""The first of several starts of a clock, and the latest (section 5)."""

from __future__ import annotations

from steppe.domain.events.event import Event
from steppe.domain.values.states import Start


def first_start(start: Start | None, event: Event) -> Start:
    """The first of several starts: [min of earliest, min of latest]."""
    if start is None:
        return Start(earliest=event.earliest, latest=event.latest)
    earliest = None if start.earliest is None or event.earliest is None else min(start.earliest, event.earliest)
    latest = min(start.latest, event.latest)
    if earliest == start.earliest and latest == start.latest:
        return start
    return Start(earliest=earliest, latest=latest)


def latest_start(start: Start | None, event: Event) -> Start:
    """The latest of several: [max of earliest, max of latest]; an open start sorts before every day."""
    if start is None:
        return Start(earliest=event.earliest, latest=event.latest)
    days = [day for day in (start.earliest, event.earliest) if day is not None]
    return Start(earliest=max(days, default=None), latest=max(start.latest, event.latest))
