"""One batch inside one transaction: fence, decode, fold, write, advance. Knows the tables; commits and retries nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from services.projector import batch, reading, registry, rows
from services.projector.batch import Record
from services.projector.errors import CheckpointMissingError
from services.projector.market import Markets
from services.projector.memory import Memory, Subject
from services.projector.reading import State, StoredEvent, Undecoded
from services.projector.rows import copy
from services.projector.sorting import Identity, Sorted, sort_out
from steppe.domain.fold import history
from steppe.domain.history import History
from steppe.domain.record import effective
from steppe.domain.rules import Rules

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy


_REMOVALS = (
    "remove_projects", "remove_project_spans", "remove_deal_spans", "remove_flag_spans", "remove_standings",
    "remove_co_investments",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch did. `next_offsets` are all checkpoints it saw; memory learns `subjects` after the commit only."""

    next_offsets: Mapping[int, int]
    applied: int = 0
    duplicates: int = 0
    conflicts: int = 0
    undecoded: int = 0
    unknown: int = 0
    skipped: int = 0
    subjects: Mapping[tuple[int, str], Subject] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applier:
    """What every batch needs: the statements, the rules, which topic, and how many partitions it has."""

    statements: Mapping[str, str]
    topic: str
    partitions: int
    rules: Rules

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
        stored: list[StoredEvent] = []
        undecoded: list[Undecoded] = []
        for partition in rest:
            for record in rest[partition]:
                match reading.read(record, self.partitions):
                    case StoredEvent() as event:
                        stored.append(event)
                    case Undecoded() as poison:
                        undecoded.append(poison)
        sorted_out = sort_out(stored, await self._known(connection, stored))
        subjects = await self._subjects(connection, sorted_out, memory)
        await self._store(connection, sorted_out, undecoded)
        await self._write(connection, subjects)
        next_offsets = {**fence, **{p: rest[p][-1].offset + 1 for p in rest if rest[p]}}
        await self._advance(connection, [rest[p][-1] for p in rest if rest[p]])
        await connection.execute(self.statements["announce_position"], batch.position_of(next_offsets))
        return Applied(
            next_offsets=next_offsets,
            applied=len(sorted_out.new),
            duplicates=sorted_out.duplicates,
            conflicts=len(sorted_out.conflicts),
            undecoded=len(undecoded),
            unknown=sum(event.state is State.UNKNOWN for event in sorted_out.new),
            skipped=skipped,
            subjects=subjects,
        )

    async def _known(self, connection: Connection, stored: Sequence[StoredEvent]) -> dict[Identity, bytes]:
        found = await connection.fetch(
            self.statements["known_events"],
            [event.subject for event in stored],
            [event.source for event in stored],
            [event.id for event in stored],
        )
        return {(row["subject"], row["source"], row["id"]): row["content_sha256"] for row in found}

    async def _subjects(
        self, connection: Connection, sorted_out: Sorted, memory: Memory
    ) -> dict[tuple[int, str], Subject]:
        """The touched subjects with all their events, from memory or else from the database, and the new ones."""
        events = {
            subject: list(known.events) if (known := memory.recall(partition, subject)) else None
            for subject, partition in sorted_out.touched.items()
        }
        last = {
            subject: known.last_offset if (known := memory.recall(partition, subject)) else -1
            for subject, partition in sorted_out.touched.items()
        }
        unknown = [subject for subject, known_events in events.items() if known_events is None]
        if unknown:
            for row in await connection.fetch(self.statements["events_of_subjects"], unknown):
                subject = row["subject"]
                loaded = events[subject] or []
                loaded.append(reading.again(row["raw"], row["headers"], subject))
                events[subject] = loaded
                last[subject] = max(last[subject], row["log_offset"])
        for stored in sorted_out.new:
            if stored.event is not None:
                all_events = events[stored.subject] or []
                all_events.append(stored.event)
                events[stored.subject] = all_events
                last[stored.subject] = max(last[stored.subject], stored.record.offset)
        return {
            (sorted_out.touched[subject], subject): Subject(tuple(all_events or ()), last[subject])
            for subject, all_events in sorted(events.items())
        }

    async def _store(self, connection: Connection, sorted_out: Sorted, undecoded: Sequence[Undecoded]) -> None:
        await copy(connection, "event", rows.EVENT, [rows.event_row(event) for event in sorted_out.new])
        await copy(connection, "conflict", rows.CONFLICT, [rows.conflict_row(event) for event in sorted_out.conflicts])
        await copy(connection, "undecoded", rows.UNDECODED, [rows.undecoded_row(poison) for poison in undecoded])

    async def _write(self, connection: Connection, subjects: Mapping[tuple[int, str], Subject]) -> None:
        now = datetime.now(UTC)
        made = rows.ProjectRows()
        told: dict[str, History] = {}
        parties: dict[str, list[rows.Row]] = {}
        forums: dict[str, list[rows.Row]] = {}
        for (partition, name), subject in subjects.items():
            await asyncio.sleep(0)  # a fold takes milliseconds, and signals and the stream want their turn
            kind, colon, key = name.partition(":")
            events = effective(subject.events)
            if not colon:
                told[name] = history(name, events, self.rules)
                place = rows.Place(partition, subject.last_offset, len(subject.events))
                rows.add_project(made, told[name], events, place, now=now)
            elif kind == "party":
                parties[key] = registry.party_spans(key, events)
            else:
                forums[key] = list(registry.forum_rows(key, events))
        if told or parties:
            markets = Markets(self.statements, self.rules)
            before = await markets.enter(connection, told, sorted(parties))
            await self._replace(connection, "party_span", "remove_party_spans", parties, registry.PARTY_SPAN)
            for query in _REMOVALS:
                await connection.execute(self.statements[query], list(told))
            await copy(connection, "standing", rows.STANDING, made.standings)
            await copy(connection, "project", rows.PROJECT, made.projects)
            await copy(connection, "project_span", rows.PROJECT_SPAN, made.project_spans)
            await copy(connection, "deal_span", rows.DEAL_SPAN, made.deal_spans)
            await markets.judge(connection, told, sorted(parties), before, made, now)
            await copy(connection, "flag_span", rows.FLAG_SPAN, made.flag_spans)
            await copy(connection, "co_investment_span", rows.CO_INVESTMENT_SPAN, made.co_investment_spans)
        await self._replace(connection, "forum", "remove_forums", forums, registry.FORUM)

    async def _replace(
        self,
        connection: Connection,
        table: str,
        removal: str,
        found: Mapping[str, Sequence[rows.Row]],
        columns: Sequence[str],
    ) -> None:
        if found:
            await connection.execute(self.statements[removal], list(found))
            await copy(connection, table, columns, list(chain.from_iterable(found.values())))

    async def _advance(self, connection: Connection, last_records: Sequence[Record]) -> None:
        await connection.execute(
            self.statements["advance_checkpoints"],
            self.topic,
            [record.partition for record in last_records],
            [record.offset + 1 for record in last_records],
            [hashlib.sha256(record.value or b"").digest() for record in last_records],
            [rows.instant(record.timestamp_ms) for record in last_records],
        )
