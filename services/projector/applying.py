"""One batch inside one transaction: fence, decode, fold, write, advance. Knows the tables; commits and retries nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.projector import batch, reading, rows
from services.projector.batch import Record
from services.projector.errors import CheckpointMissingError
from services.projector.memory import Memory, Remembered
from services.projector.reading import State, StoredEvent, Undecoded
from services.projector.sorting import Identity, Place, Sorted, sort_out
from steppe import failpoints
from steppe.database import rule_versions
from steppe.database.read_model import ReadModel, Subject
from steppe.database.rows import copy
from steppe.domain.events import Event
from steppe.log.records import fingerprint

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy | asyncpg.Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch did. `next_offsets` are all checkpoints it saw; memory learns `subjects` after the commit only."""

    next_offsets: Mapping[int, int]
    applied: int = 0
    duplicates: int = 0
    again: int = 0
    conflicts: int = 0
    undecoded: int = 0
    unknown: int = 0
    skipped: int = 0
    subjects: Mapping[tuple[int, str], Remembered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applier:
    """What every batch needs: the statements, which topic, and how many partitions it has.

    `alone`: nobody else reads or writes this read model, so nobody waits for its position.
    """

    statements: Mapping[str, str]
    topic: str
    partitions: int
    alone: bool = False

    async def fence(self, connection: Connection, partitions: Sequence[int]) -> dict[int, int]:
        """Lock the checkpoints and return them. Another worker that holds them is waited for."""
        found = await connection.fetch(self.statements["lock_checkpoints"], self.topic, list(partitions))
        next_offsets: dict[int, int] = {row["partition"]: row["next_offset"] for row in found}
        missing = [partition for partition in partitions if partition not in next_offsets]
        if missing:
            raise CheckpointMissingError(self.topic, missing)
        return next_offsets

    async def apply(
        self, connection: Connection, records: Mapping[int, Sequence[Record]], fence: Mapping[int, int], memory: Memory
    ) -> Applied:
        """Write what the records say, in partition order, and advance the checkpoints. Reads `memory`, never writes it."""
        rest = {partition: batch.unapplied(records[partition], fence[partition]) for partition in sorted(records)}
        skipped = sum(len(records[partition]) - len(rest[partition]) for partition in rest)
        if not any(rest.values()):
            return Applied(next_offsets=fence, skipped=skipped)
        failpoints.reach("before-apply")
        stored: list[StoredEvent] = []
        undecoded: list[Undecoded] = []
        for partition in rest:
            for record in rest[partition]:
                match reading.read(record, self.partitions):
                    case StoredEvent() as event:
                        stored.append(event)
                    case Undecoded() as poison:
                        undecoded.append(poison)
        failpoints.reach("after-decode")
        sorted_out = sort_out(stored, *await self._known(connection, stored))
        subjects = await self._subjects(connection, sorted_out, memory)
        await self._store(connection, sorted_out, undecoded)
        failpoints.reach("after-events")
        rules = await rule_versions.in_force(connection)
        lives = await ReadModel(self.statements, rules, alone=self.alone).go_on(connection, subjects)
        failpoints.reach("before-checkpoint")
        next_offsets = {**fence, **{p: rest[p][-1].offset + 1 for p in rest if rest[p]}}
        await self.advance(connection, [rest[p][-1] for p in rest if rest[p]])
        if not self.alone:
            await connection.execute(self.statements["announce_position"], batch.position_of(next_offsets))
        return Applied(
            next_offsets=next_offsets,
            applied=len(sorted_out.new),
            duplicates=sorted_out.duplicates,
            again=sorted_out.again,
            conflicts=len(sorted_out.conflicts),
            undecoded=len(undecoded),
            unknown=sum(event.state is State.UNKNOWN for event in sorted_out.new),
            skipped=skipped,
            subjects={
                (subject.partition, name): Remembered(tuple(subject.events), subject.last_offset, lives.get(name))
                for name, subject in subjects.items()
            },
        )

    async def _known(
        self, connection: Connection, stored: Sequence[StoredEvent]
    ) -> tuple[dict[Identity, bytes], dict[Identity, Place]]:
        found = await connection.fetch(
            self.statements["known_events"],
            [event.subject for event in stored],
            [event.source for event in stored],
            [event.id for event in stored],
        )
        known = {(row["subject"], row["source"], row["id"]): row for row in found}
        return (
            {identity: row["content_sha256"] for identity, row in known.items()},
            {identity: (row["partition"], row["log_offset"]) for identity, row in known.items()},
        )

    async def _subjects(self, connection: Connection, sorted_out: Sorted, memory: Memory) -> dict[str, Subject]:
        """The touched subjects with all their events, from memory or else from the database, and the new ones."""
        known = {subject: memory.recall(partition, subject) for subject, partition in sorted_out.touched.items()}
        events = {subject: list(one.events) if one else [] for subject, one in known.items()}
        last = {subject: one.last_offset if one else -1 for subject, one in known.items()}
        news: dict[str, list[Event]] = {subject: [] for subject in known}
        unknown = [subject for subject, one in known.items() if one is None]
        if unknown:
            for row in await connection.fetch(self.statements["events_of_subjects"], unknown):
                subject = row["subject"]
                events[subject].append(reading.again(row["raw"], row["headers"], subject))
                last[subject] = max(last[subject], row["log_offset"])
        for stored in sorted_out.new:
            if stored.event is not None:
                events[stored.subject].append(stored.event)
                news[stored.subject].append(stored.event)
                last[stored.subject] = max(last[stored.subject], stored.record.offset)
        return {
            subject: Subject(
                events=events[subject],
                partition=sorted_out.touched[subject],
                last_offset=last[subject],
                news=news[subject],
                life=one.life if one else None,
            )
            for subject, one in sorted(known.items())
        }

    async def _store(self, connection: Connection, sorted_out: Sorted, undecoded: Sequence[Undecoded]) -> None:
        await copy(connection, "event", rows.EVENT, [rows.event_row(event) for event in sorted_out.new])
        for table, columns, found in (
            ("conflict", rows.CONFLICT, [(one.record, rows.conflict_row(one)) for one in sorted_out.conflicts]),
            ("undecoded", rows.UNDECODED, [(one.record, rows.undecoded_row(one)) for one in undecoded]),
        ):
            if found:
                # They stand there already when the checkpoint was set back.
                places = [record.partition for record, _ in found], [record.offset for record, _ in found]
                await connection.execute(self.statements[f"remove_{table}"], *places)
                await copy(connection, table, columns, [row for _, row in found])

    async def advance(self, connection: Connection, last_records: Sequence[Record]) -> None:
        """Say how far each partition is, by its last record. Needs the fence."""
        await connection.execute(
            self.statements["advance_checkpoints"],
            self.topic,
            [record.partition for record in last_records],
            [record.offset + 1 for record in last_records],
            [fingerprint(record) for record in last_records],
            [rows.instant(record.timestamp_ms) for record in last_records],
        )
