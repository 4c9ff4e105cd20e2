"""The days on which rows of a project were recorded: somebody looked, whatever became of the row (section 6, unchecked)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.event import Event

# An import records thousands of rows on one day; a few of them are evidence enough.
_REFERENCES_MAX = 20


def looks_of(events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False) -> tuple[Look, ...]:
    """The looks at a subject, in order of days (UTC); all its events, those of the corrections too.

    `known_at` and `recorded` as for `effective_events`. A look names the last rows of its day.
    """
    by_day: dict[date, list[Event]] = {}
    for event in events:
        if known_at is None or event.known_by(recorded=recorded) <= known_at:
            by_day.setdefault(event.recorded.date(), []).append(event)
    looks = []
    for day in sorted(by_day):
        rows = sorted(by_day[day], key=lambda event: (event.recorded, event.source, event.id))
        looks.append(Look(day, tuple(event.reference for event in rows[-_REFERENCES_MAX:])))
    return tuple(looks)


def merged_looks(looks: Iterable[Look], more: Iterable[Look]) -> tuple[Look, ...]:
    """The looks of both, in order of days; of one day the later rows are those of `more`."""
    by_day: dict[date, tuple[str, ...]] = {}
    for look in (*looks, *more):
        by_day[look.on] = (*by_day.get(look.on, ()), *look.references)[-_REFERENCES_MAX:]
    return tuple(Look(day, by_day[day]) for day in sorted(by_day))
