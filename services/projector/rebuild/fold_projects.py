"""Second stage of a rebuild: every subject is folded once, from its stored events, part by part. Nothing of markets yet.

Parts are ranges of subjects; each is one transaction with its mark, so any number of workers may take them, and one that is
killed leaves its part to the next. A subject stops before the first record with which its fold raises; the others go on.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter

import asyncpg

from services.projector.projection import event_rows as record_rows
from services.projector.projection.deduplicate import stages_from
from services.projector.projection.fold_subjects import fold_before_failure
from services.projector.rebuild.pace import Pace, copy_in_pieces
from steppe import failpoints
from steppe.database import active_read_model, sql
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import projection_rows
from steppe.database.read_model.projection import tables_of_subjects
from steppe.database.read_model.projection_rows import copy
from steppe.database.read_model.stored_events import folded_event
from steppe.database.read_model.subject_rows import SubjectRows, subject_rows
from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.corrections import apply_corrections, effective_events, has_corrections
from steppe.domain.fold.looks import looks_of
from steppe.domain.rules.thresholds import Rules

PHASE = "fold"
_STATEMENTS = sql.load("rebuild")


async def fold(connection: asyncpg.Connection, schema: str, rules: Rules, pace: Pace) -> None:
    """Fold parts until every one is done or taken."""
    while True:
        async with connection.transaction():
            part = await connection.fetchrow(*_STATEMENTS["claim_part"](schema=schema, phase=PHASE))
            if part is None:
                return
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
            rows = await connection.fetch(
                *_STATEMENTS["events_of_range"](first_subject=part["first_subject"], last_subject=part["last_subject"])
            )
            part_rows = _PartRows(rules)
            for subject, events in groupby(rows, key=itemgetter("subject")):
                await part_rows.add(connection, subject, list(events))
                await pace.rest()
            await part_rows.copy(connection, pace)
            await connection.execute(*_STATEMENTS["mark_part_done"](schema=schema, phase=PHASE, part=part["part"]))
        failpoints.reach("rebuild-part", PHASE)
        gc.collect()


@dataclass(frozen=True, slots=True)
class _Folded:
    """The rows of one subject, and the row of its corrections that wait for their target."""

    subject: str
    rows: SubjectRows
    parked: Sequence[projection_rows.Row]


class _PartRows:
    """The rows of a part."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._projects = projection_rows.ProjectRows()
        self._parties: list[projection_rows.Row] = []
        self._forums: list[projection_rows.Row] = []
        self._parked: list[projection_rows.Row] = []
        self._stopped: list[projection_rows.Row] = []
        self._now = datetime.now(UTC)

    async def add(self, connection: asyncpg.Connection, subject: str, rows: Sequence[asyncpg.Record]) -> None:
        """Fold a subject, with as many of its events as it can be folded with."""
        try:
            self._append(self._fold(subject, rows))
        except Exception as error:
            in_log_order = sorted(rows, key=itemgetter("log_offset"))
            longest = await fold_before_failure(
                len(rows), lambda count: self._fold(subject, in_log_order[:count]), error, KeepAlive(connection).ping
            )
            if longest.result is not None:
                self._append(longest.result)
            stages = stages_from(subject, longest.reason)
            for row, (stage, reason) in zip(in_log_order[longest.count :], stages, strict=False):
                self._stopped.append((row["partition"], row["log_offset"], stage.value, subject, reason))

    def _append(self, folded: _Folded) -> None:
        self._projects.extend(folded.rows.project)
        registry = self._parties if folded.subject.startswith("party:") else self._forums
        registry += folded.rows.registry
        self._parked += folded.parked

    def _fold(self, subject: str, rows: Sequence[asyncpg.Record]) -> _Folded:
        all_events = [folded_event(row) for row in rows]
        parked: list[projection_rows.Row] = []
        looks: Sequence[Look] | None = None
        if has_corrections(all_events):
            looks = looks_of(all_events)
            record = apply_corrections(all_events)
            events = record.events
            waiting = sum(reading.state == "parked" for reading in record.by_identity.values())
            parked += [(subject, rows[0]["partition"], waiting)] if waiting else []
        else:
            events = effective_events(all_events)
        last = max(rows, key=itemgetter("log_offset"))
        last_event = projection_rows.LastEvent(last["partition"], last["log_offset"], len(rows))
        folded = subject_rows(subject, events, last_event, self._rules, now=self._now, looks=looks)
        return _Folded(subject, folded, parked)

    async def copy(self, connection: asyncpg.Connection, pace: Pace) -> None:
        """Write them."""
        for table, columns, rows in tables_of_subjects(self._projects, self._parties, self._forums):
            await copy_in_pieces(connection, table, columns, rows, pace)
        await copy(connection, "parked", record_rows.PARKED, self._parked)
        if self._stopped:
            partitions, offsets, stages, subjects, reasons = map(list, zip(*self._stopped, strict=True))
            await connection.execute(
                *_STATEMENTS["quarantine_stopped"](
                    partitions=partitions, offsets=offsets, stages=stages, subjects=subjects, reasons=reasons
                )
            )
