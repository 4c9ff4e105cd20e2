"""One batch inside one transaction: fence, decode, fold, write, advance. Knows the tables; commits and retries nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.projector.projection import batches, decode, event_rows, quarantine_policy
from services.projector.projection.batches import Record
from services.projector.projection.decode import State, StoredEvent
from services.projector.projection.deduplicate import Identity, Sorted, sort_out
from services.projector.projection.errors import CheckpointMissingError
from services.projector.projection.fold_subjects import Arrivals, Folded, fold
from services.projector.projection.project_cache import Memory, Remembered
from services.projector.projection.quarantine_entries import Diverted, Place, Stage
from steppe import failpoints
from steppe.database import rule_versions, sql
from steppe.database.read_model.projection import ReadModel
from steppe.database.read_model.projection_rows import copy
from steppe.domain.events.corrections import corrects_itself, read_record
from steppe.domain.events.event import Event
from steppe.log.records import fingerprint

if TYPE_CHECKING:
    from steppe.database.connection import Connection

# All that a worker runs.
STATEMENTS = {
    name: statement
    for file in ("checkpoint", "event", "quarantine", "read_model", "registry", "market", "log_identity")
    for name, statement in sql.load(file).items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a batch did. `next_offsets` are all checkpoints it saw; memory learns `subjects` after the commit only.

    `last_action`: the last thing that an operator did before it. `diverted`: what is kept and not folded. `faults`: projects whose market could not be judged;
    `stood`: subjects without news that could not be folded again.
    """

    next_offsets: Mapping[int, int]
    applied: int = 0
    duplicates: int = 0
    again: int = 0
    conflicts: int = 0
    quarantined: int = 0
    held: int = 0
    unknown: int = 0
    skipped: int = 0
    subjects: Mapping[tuple[int, str], Remembered] = field(default_factory=dict)
    last_action: int = 0
    diverted: Sequence[Diverted] = ()
    fold_seconds: float = 0.0
    faults: Mapping[str, str] = field(default_factory=dict)
    stood: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applier:
    """What every batch needs: the `STATEMENTS`, which topic, and how many partitions it has.

    `alone`: nobody else reads or writes this read model, so nobody waits for its position. `quarantine_max`: how many of
    the last 10,000 records of a partition may be diverted.
    """

    statements: Mapping[str, str]
    topic: str
    partitions: int
    alone: bool = False
    quarantine_max: int = 1000

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
        rest = {partition: batches.unapplied(records[partition], fence[partition]) for partition in sorted(records)}
        skipped = sum(len(records[partition]) - len(rest[partition]) for partition in rest)
        if not any(rest.values()):
            return Applied(next_offsets=fence, skipped=skipped)
        failpoints.reach("before-apply")
        read = [decode.read(record, self.partitions) for partition in rest for record in rest[partition]]
        failpoints.reach("after-decode")
        events = [one for one in read if isinstance(one, StoredEvent)]
        standing = await connection.fetchrow(
            self.statements["quarantine_standing"], sorted({event.subject for event in events})
        )
        assert standing is not None
        last_action = standing["last_action"]
        contents, places = await self._known(connection, events)
        sorted_out = sort_out(
            read,
            contents,
            places,
            held=dict(zip(standing["subjects"], standing["offsets"], strict=True)),
            skips=await quarantine_policy.skips_in(connection, self.topic, rest) if last_action else {},
        )
        rules = await rule_versions.in_force(connection)
        model = ReadModel(self.statements, rules, alone=self.alone)
        arrivals = await self._arrivals(connection, sorted_out, memory, last_action)
        began = time.monotonic()
        folded = await fold(connection, model, arrivals)
        fold_seconds = time.monotonic() - began
        for stored, reason in folded.stopped:
            sorted_out.stop(stored, reason)
        next_offsets = {**fence, **{p: rest[p][-1].offset + 1 for p in rest if rest[p]}}
        last_offsets = {partition: next_offset - 1 for partition, next_offset in next_offsets.items()}
        await quarantine_policy.refuse_too_many(connection, sorted_out.diverted, last_offsets, self.quarantine_max)
        await self.store(connection, sorted_out, folded)
        failpoints.reach("after-events")
        faults = await model.put(connection, folded.told)
        failpoints.reach("before-checkpoint")
        await self.advance(connection, [rest[p][-1] for p in rest if rest[p]])
        if not self.alone:
            await connection.execute(self.statements["announce_position"], batches.position_of(next_offsets))
        stages = Counter(one.stage for one in sorted_out.diverted)
        return Applied(
            next_offsets=next_offsets,
            applied=len(sorted_out.new),
            duplicates=sorted_out.duplicates,
            again=sorted_out.again,
            conflicts=stages[Stage.CONFLICT],
            quarantined=stages[Stage.DECODE] + stages[Stage.FOLD],
            held=stages[Stage.HELD],
            unknown=sum(event.state is State.UNKNOWN for event in sorted_out.new),
            skipped=skipped,
            subjects={
                (one.subject.partition, name): Remembered(tuple(one.subject.events), one.subject.last_offset, one.life)
                for name, one in folded.told.items()
            },
            last_action=last_action,
            diverted=sorted_out.diverted,
            fold_seconds=fold_seconds,
            faults=faults,
            stood=folded.faults,
        )

    async def store(self, connection: Connection, sorted_out: Sorted, folded: Folded) -> None:
        """Write the records: events, conflicts, what was diverted, and what of it is to be published."""
        await copy(connection, "event", event_rows.EVENT, [event_rows.event_row(event) for event in sorted_out.new])
        for table, columns, found in (
            (
                "conflict",
                event_rows.CONFLICT,
                [(one.record, event_rows.conflict_row(one)) for one in sorted_out.conflicts],
            ),
            (
                "quarantined",
                event_rows.QUARANTINE,
                [(one.record, event_rows.quarantine_row(one)) for one in sorted_out.diverted],
            ),
        ):
            if found:
                # They stand there already when the checkpoint was set back.
                places = [record.partition for record, _ in found], [record.offset for record, _ in found]
                await connection.execute(self.statements[f"remove_{table}"], *places)
                await copy(connection, table.removesuffix("d"), columns, [row for _, row in found])
        await self._park(connection, folded)
        await quarantine_policy.publish(connection, self.topic, sorted_out.diverted)

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

    async def _arrivals(
        self, connection: Connection, sorted_out: Sorted, memory: Memory, last_action: int
    ) -> dict[str, Arrivals]:
        """The touched subjects with all their events, from memory or else from the database, and the new ones."""
        news = sorted_out.folding()
        known = {
            subject: memory.recall(partition, subject, last_action) for subject, partition in sorted_out.touched.items()
        }
        events: dict[str, list[Event]] = {subject: [] for subject, one in known.items() if one is None}
        last = dict.fromkeys(events, -1)
        unreadable: dict[str, Exception] = {}
        if events:
            for row in await connection.fetch(self.statements["events_of_subjects"], list(events)):
                subject = row["subject"]
                last[subject] = max(last[subject], row["log_offset"])
                try:
                    events[subject].append(decode.again(row["raw"], row["headers"], subject))
                except Exception as error:
                    unreadable[subject] = error
        return {
            subject: Arrivals(
                partition=sorted_out.touched[subject],
                news=news[subject],
                events=one.events if one else events[subject],
                last_offset=one.last_offset if one else last[subject],
                life=one.life if one else None,
                unreadable=unreadable.get(subject),
            )
            for subject, one in sorted(known.items())
        }

    async def _park(self, connection: Connection, folded: Folded) -> None:
        """Count the corrections that wait for their target. A life has no corrections."""
        counts = {
            name: sum(reading.state == "parked" for reading in read_record(one.subject.events).readings.values())
            for name, one in folded.told.items()
            if one.life is None and corrects_itself(one.subject.events)
        }
        if counts:
            await connection.execute(self.statements["remove_parked"], list(counts))
            parked = [(name, folded.told[name].subject.partition, count) for name, count in counts.items() if count]
            await copy(connection, "parked", event_rows.PARKED, parked)

    async def advance(self, connection: Connection, last_records: Sequence[Record]) -> None:
        """Say how far each partition is, by its last record. Needs the fence."""
        await connection.execute(
            self.statements["advance_checkpoints"],
            self.topic,
            [record.partition for record in last_records],
            [record.offset + 1 for record in last_records],
            [fingerprint(record) for record in last_records],
            [event_rows.instant(record.timestamp_ms) for record in last_records],
        )
