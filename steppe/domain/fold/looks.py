"""The days on which rows of a project were recorded: somebody looked, whatever became of the row (section 6, unchecked)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.event import Event

# An import records thousands of rows on one day; a few of them are evidence enough.
_REFERENCES_MAX = 20


def looks_of(events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False) -> tuple[Look, ...]:
    """The looks at a subject, in order of days (UTC); all its events, those of the corrections too.

    `known_at` and `recorded` as for `effective_events`. A look names rows of its day, in order of their references.
    """
    by_day: dict[date, set[str]] = {}
    for event in events:
        if known_at is None or event.known_by(recorded=recorded) <= known_at:
            by_day.setdefault(event.recorded.date(), set()).add(event.reference)
    return _in_order(by_day)


def merged_looks(looks: Iterable[Look], more: Iterable[Look]) -> tuple[Look, ...]:
    """The looks of both, in order of days: as `looks_of` all their rows, in whatever batches these came."""
    by_day: dict[date, set[str]] = {}
    for look in (*looks, *more):
        by_day.setdefault(look.on, set()).update(look.references)
    return _in_order(by_day)


def _in_order(by_day: Mapping[date, set[str]]) -> tuple[Look, ...]:
    """The references that are kept follow from the set alone, so that batches cannot matter."""
    return tuple(Look(day, tuple(sorted(by_day[day])[-_REFERENCES_MAX:])) for day in sorted(by_day))
