"""From the events of one subject to the rows that are stored of it: the one way of workers, of repairs and of a rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from steppe.database.read_model import projection_rows, registry_rows
from steppe.database.read_model.projection_rows import LastEvent, ProjectRows, Row
from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.corrections import effective_events
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.fold.looks import looks_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.history import History
from steppe.domain.values.states import BEGINNING


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRows:
    """What is stored of one subject, but for what its market does to it. `registry`: of a party or a forum."""

    history: History | None = None
    project: ProjectRows = field(default_factory=ProjectRows)
    registry: Sequence[Row] = ()


def subject_rows(
    name: str,
    events: Sequence[Event],
    last: LastEvent,
    rules: Rules,
    *,
    now: datetime,
    looks: Sequence[Look] | None = None,
    folded: History | None = None,
    changed_from: date = BEGINNING,
) -> SubjectRows:
    """The rows of a subject whose events are read as corrected. Of one of which nothing is known: none.

    `looks` are the days on which any row of a project was recorded; None: those of `events`. `folded` is the history of a
    project where it is there already; only what it says from `changed_from` on becomes rows.
    Raises whatever the fold raises.
    """
    kind, colon, key = name.partition(":")
    if colon:
        rows_of = registry_rows.party_spans if kind == "party" else registry_rows.forum_rows
        return SubjectRows(registry=rows_of(key, events))
    folded = fold_history(name, events, rules, looks) if folded is None else folded
    rows = ProjectRows()
    if last.event_count or events:
        projection_rows.add_project(rows, folded, events, last, now=now, changed_from=changed_from)
    return SubjectRows(history=folded, project=rows)


def rows_as_known(
    name: str,
    events: Sequence[Event],
    partition: int,
    last_offset: int,
    rules: Rules,
    *,
    now: datetime,
    known_at: datetime | None,
    recorded: bool,
) -> SubjectRows:
    """The rows of a subject as known at an instant (None: now), by report or by recording, from all its events; `last_offset` is that
    of the last one that was known. Raises whatever the fold raises.
    """
    count = sum(known_at is None or event.known_by(recorded=recorded) <= known_at for event in events)
    return subject_rows(
        name,
        effective_events(events, known_at, recorded=recorded),
        LastEvent(partition, last_offset, count),
        rules,
        now=now,
        looks=None if ":" in name else looks_of(events, known_at, recorded=recorded),
    )
