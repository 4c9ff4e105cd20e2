"""Applies one batch inside one transaction: fence, decode, deduplicate, fold, write, advance the checkpoints.

Commits and retries nothing; that is `consumer/projection_store.py`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.projector.projection import batches, decode, event_rows, quarantine_policy
from services.projector.projection.batches import Record
from services.projector.projection.decode import State, StoredEvent, Undecoded
from services.projector.projection.deduplicate import ClassifiedBatch, Identity, classify
from services.projector.projection.errors import CheckpointMissingError
from services.projector.projection.fold_subjects import FoldedBatch, SubjectBatch, fold
from services.projector.projection.project_cache import CachedSubject, ProjectCache
from services.projector.projection.quarantine_entries import QuarantineEntry, RecordId, Stage
from steppe import failpoints
from steppe.contracts.partitioning import partition_of
from steppe.database import rule_versions, sql
from steppe.database.read_model.market_cache import MarketCache
from steppe.database.read_model.projection import ReadModel
from steppe.database.read_model.projection_rows import copy
from steppe.database.read_model.stored_events import folded_event
from steppe.database.sql import Statement
from steppe.domain.events.corrections import apply_corrections, has_corrections
from steppe.domain.events.event import Event
from steppe.log.positions import position_before
from steppe.log.record_owner import is_project_key
from steppe.log.records import fingerprint

if TYPE_CHECKING:
    from steppe.database.connection import Connection

# All that a worker runs, by name.
STATEMENTS = {
    name: statement
    for file in (
        "checkpoint",
        "event",
        "quarantine",
        "read_model",
        "registry",
        "market",
        "log_identity",
        "pending_fold",
    )
    for name, statement in sql.load(file).items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedBatch:
    """What a batch did. `next_offsets` are all checkpoints it saw; the cache takes `subjects` over after the commit only.

    `reapplied`: stored already, although the checkpoint did not cover them. `left`: how many records of each large project, by partition
    and name, were left to a fold beside the stream. `last_action`: the last thing that an operator did before it. `entries`: what is
    kept and not folded. `market_faults`: projects whose market could not be judged, with the reason; `refold_faults`: subjects without
    new events that could not be folded again, and so keep their rows.
    """

    next_offsets: Mapping[int, int]
    applied: int = 0
    duplicates: int = 0
    reapplied: int = 0
    conflicts: int = 0
    quarantined: int = 0
    held: int = 0
    unknown: int = 0
    skipped: int = 0
    left: Mapping[tuple[int, str], int] = field(default_factory=dict)
    subjects: Mapping[tuple[int, str], CachedSubject] = field(default_factory=dict)
    last_action: int = 0
    entries: Sequence[QuarantineEntry] = ()
    fold_seconds: float = 0.0
    market_faults: Mapping[str, str] = field(default_factory=dict)
    refold_faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applier:
    """What every batch needs: the `STATEMENTS`, which topic, and how many partitions it has.

    `exclusive`: nobody else reads or writes this read model, so nobody waits for its position. `quarantine_max`: how many
    of the last 10,000 records of a partition may be quarantined. `large_events_min`: a project with so many events is left to a fold
    beside the stream; None: none is. `on_step` is called at every step of a batch (`Progress`).
    `market_cache`: what was seen of markets in earlier batches; None: nothing is kept.
    """

    statements: Mapping[str, Statement]
    topic: str
    partitions: int
    exclusive: bool = False
    quarantine_max: int = 1000
    large_events_min: int | None = None
    on_step: Callable[[], None] = lambda: None
    market_cache: MarketCache | None = None

    async def fence(self, connection: Connection, partitions: Sequence[int]) -> dict[int, int]:
        """Lock the checkpoints and return them. Waits for another worker that holds them. Raises CheckpointMissingError."""
        rows = await connection.fetch(
            *self.statements["lock_checkpoints"](topic=self.topic, partitions=list(partitions))
        )
        next_offsets: dict[int, int] = {row["partition"]: row["next_offset"] for row in rows}
        missing = [partition for partition in partitions if partition not in next_offsets]
        if missing:
            raise CheckpointMissingError(self.topic, missing)
        return next_offsets

    async def apply(
        self,
        connection: Connection,
        records: Mapping[int, Sequence[Record]],
        fence: Mapping[int, int],
        cache: ProjectCache,
    ) -> AppliedBatch:
        """Write what the records say, in partition order, and advance the checkpoints. Reads `cache`, never writes it."""
        unapplied = {
            partition: batches.unapplied(records[partition], fence[partition]) for partition in sorted(records)
        }
        skipped = sum(len(records[partition]) - len(unapplied[partition]) for partition in unapplied)
        last_records = [of_partition[-1] for of_partition in unapplied.values() if of_partition]
        if not last_records:
            return AppliedBatch(next_offsets=fence, skipped=skipped)
        failpoints.reach("before-apply")
        left = await self._left_to_late_folds(connection, unapplied, cache)
        decoded = [
            decode.decode_record(record, self.partitions)
            for of_partition in unapplied.values()
            for record in of_partition
            if record.void_from is None and (record.partition, record.key) not in left
        ]
        failpoints.reach("after-decode")
        batch, last_action = await self.classify(connection, decoded, unapplied)
        rules = await rule_versions.in_force(connection)
        model = ReadModel(
            self.statements, rules, exclusive=self.exclusive, on_step=self.on_step, market_cache=self.market_cache
        )
        cached = {subject: cache.get(partition, subject, last_action) for subject, partition in batch.touched.items()}
        subjects = await self.subject_batches(connection, batch, cached)
        began = time.monotonic()
        folded = await fold(connection, model, subjects)
        fold_seconds = time.monotonic() - began
        for stored, reason in folded.stopped:
            batch.stop_before(stored, reason)
        last_offsets = {
            **{p: offset - 1 for p, offset in fence.items()},
            **{r.partition: r.offset for r in last_records},
        }
        next_offsets = {partition: offset + 1 for partition, offset in last_offsets.items()}
        await quarantine_policy.refuse_excess(connection, batch.quarantined, last_offsets, self.quarantine_max)
        await self.store(connection, batch, folded)
        await self._note_left(connection, left, fence, last_offsets)
        failpoints.reach("after-events")
        market_faults = await model.save(connection, folded.results)
        failpoints.reach("before-checkpoint")
        await self.advance(connection, last_records, position_before(next_offsets))
        stages = Counter(entry.stage for entry in batch.quarantined)
        return AppliedBatch(
            next_offsets=next_offsets,
            applied=len(batch.new),
            duplicates=batch.duplicates,
            reapplied=batch.reapplied,
            conflicts=stages[Stage.CONFLICT],
            quarantined=stages[Stage.DECODE] + stages[Stage.FOLD],
            held=stages[Stage.HELD],
            unknown=sum(event.state is State.UNKNOWN for event in batch.new),
            skipped=skipped,
            left={(partition, key.decode()): records for (partition, key), records in left.items()},
            subjects={
                (result.subject.partition, name): CachedSubject(
                    result.subject.events, result.subject.last_offset, result.fold_state, result.written
                )
                for name, result in folded.results.items()
            },
            last_action=last_action,
            entries=batch.quarantined,
            fold_seconds=fold_seconds,
            market_faults=market_faults,
            refold_faults=folded.faults,
        )

    async def _left_to_late_folds(
        self, connection: Connection, records: Mapping[int, Sequence[Record]], cache: ProjectCache
    ) -> dict[tuple[int, bytes], int]:
        """Partition and key of the projects that are too large to be folded with a batch, or of which records wait for their fold already,
        and how many of these records are their own.

        A record is only of the project that its key names, so none has to be read to tell.
        """
        if self.large_events_min is None:
            return {}
        counts = Counter(
            (partition, record.key)
            for partition, of_partition in records.items()
            for record in of_partition
            if record.key is not None and record.void_from is None
        )
        # In another partition a record is no project's.
        at_home = {
            key: (partition, count)
            for (partition, key), count in counts.items()
            if is_project_key(key) and partition_of(key, self.partitions) == partition
        }
        sizes = {key: cache.size(partition, key.decode()) for key, (partition, _) in at_home.items()}
        large = {
            key for key, size in sizes.items() if size is not None and size + at_home[key][1] >= self.large_events_min
        }
        # What is cached waits for nothing: a project that is left to its fold is dropped from the cache.
        uncached = [key for key, size in sizes.items() if size is None]
        if uncached:
            rows = await connection.fetch(
                *self.statements["large_projects"](
                    projects=[key.decode() for key in uncached],
                    records=[at_home[key][1] for key in uncached],
                    events_min=self.large_events_min,
                )
            )
            large |= {row["project"].encode() for row in rows}
        return {(at_home[key][0], key): at_home[key][1] for key in sorted(large)}

    async def _note_left(
        self,
        connection: Connection,
        left: Mapping[tuple[int, bytes], int],
        fence: Mapping[int, int],
        last_offsets: Mapping[int, int],
    ) -> None:
        """Remember from which stretch of the log records of these projects are still to be folded."""
        if left:
            await connection.execute(
                *self.statements["note_pending"](
                    projects=[key.decode() for _, key in left],
                    partitions=[partition for partition, _ in left],
                    first_offsets=[fence[partition] for partition, _ in left],
                    log_offsets=[last_offsets[partition] for partition, _ in left],
                    records=list(left.values()),
                )
            )

    async def classify(
        self,
        connection: Connection,
        decoded: Sequence[StoredEvent | Undecoded],
        records: Mapping[int, Sequence[Record]],
    ) -> tuple[ClassifiedBatch, int]:
        """Deduplicate against what is stored; also the number of the last action of an operator."""
        events = [event for event in decoded if isinstance(event, StoredEvent)]
        stored = await connection.fetchrow(
            *self.statements["stored_of_batch"](
                subjects=[event.subject for event in events],
                sources=[event.source for event in events],
                ids=[event.id for event in events],
            )
        )
        assert stored is not None, "the statement always gives a row"
        last_action: int = stored["last_action"]
        contents: dict[Identity, bytes] = {}
        places: dict[Identity, RecordId] = {}
        for subject, source, event_id, content, partition, offset in stored["events"]:
            contents[subject, source, event_id] = content
            places[subject, source, event_id] = partition, offset
        batch = classify(
            decoded,
            contents,
            places,
            held=dict(zip(stored["subjects"], stored["offsets"], strict=True)),
            skips=await quarantine_policy.skips_in(connection, self.topic, records) if last_action else {},
        )
        return batch, last_action

    async def store(self, connection: Connection, batch: ClassifiedBatch, folded: FoldedBatch) -> None:
        """Write the records: events, conflicts, what is quarantined, and what of it is to be published."""
        await copy(connection, "event", event_rows.EVENT, [event_rows.event_row(event) for event in batch.new])
        if batch.conflicts:
            # They are stored already when the checkpoint was set back; the same holds for the quarantine.
            partitions, offsets = _columns(event.record for event in batch.conflicts)
            await connection.execute(*self.statements["remove_conflicts"](partitions=partitions, offsets=offsets))
            rows = [event_rows.conflict_row(event) for event in batch.conflicts]
            await copy(connection, "conflict", event_rows.CONFLICT, rows)
        if batch.quarantined:
            partitions, offsets = _columns(entry.record for entry in batch.quarantined)
            await connection.execute(*self.statements["remove_quarantined"](partitions=partitions, offsets=offsets))
            rows = [event_rows.quarantine_row(entry) for entry in batch.quarantined]
            await copy(connection, "quarantine", event_rows.QUARANTINE, rows)
        await self._count_parked(connection, folded)
        await quarantine_policy.publish(connection, self.topic, batch.quarantined)

    async def subject_batches(
        self, connection: Connection, batch: ClassifiedBatch, cached: Mapping[str, CachedSubject | None]
    ) -> dict[str, SubjectBatch]:
        """The touched subjects with all their events, those that are cached or else from the database, and the new ones."""
        new_events = batch.foldable()
        events: dict[str, list[Event]] = {subject: [] for subject, entry in cached.items() if entry is None}
        last = dict.fromkeys(events, -1)
        unreadable: dict[str, Exception] = {}
        if events:
            for row in await connection.fetch(*self.statements["events_of_subjects"](subjects=list(events))):
                subject = row["subject"]
                last[subject] = max(last[subject], row["log_offset"])
                try:
                    events[subject].append(folded_event(row))
                except Exception as error:
                    unreadable[subject] = error
        return {
            subject: SubjectBatch(
                partition=batch.touched[subject],
                new_events=new_events[subject],
                events=entry.events if entry else events[subject],
                last_offset=entry.last_offset if entry else last[subject],
                fold_state=entry.fold_state if entry else None,
                written=entry.written if entry else None,
                unreadable=unreadable.get(subject),
            )
            for subject, entry in sorted(cached.items())
        }

    async def _count_parked(self, connection: Connection, folded: FoldedBatch) -> None:
        """Count the corrections that wait for their target. A project whose fold state goes on has no corrections."""
        counts = {
            name: sum(
                reading.state == "parked" for reading in apply_corrections(result.subject.events).by_identity.values()
            )
            for name, result in folded.results.items()
            if result.fold_state is None and has_corrections(result.subject.events)
        }
        if counts:
            await connection.execute(*self.statements["remove_parked"](subjects=list(counts)))
            parked = [(name, folded.results[name].subject.partition, count) for name, count in counts.items() if count]
            await copy(connection, "parked", event_rows.PARKED, parked)

    async def advance(self, connection: Connection, last_records: Sequence[Record], position: str = "") -> None:
        """Store how far each partition is, by its last record, and tell that position to whoever waits. Needs the fence."""
        partitions = [record.partition for record in last_records]
        next_offsets = [record.offset + 1 for record in last_records]
        fingerprints = [fingerprint(record) for record in last_records]
        recorded_at = [event_rows.instant(record.timestamp_ms) for record in last_records]
        if self.exclusive:
            statement = self.statements["advance_checkpoints"](
                topic=self.topic, partitions=partitions, next_offsets=next_offsets, fingerprints=fingerprints,
                recorded_at=recorded_at,
            )  # fmt: skip
        else:
            statement = self.statements["advance_and_announce"](
                topic=self.topic, partitions=partitions, next_offsets=next_offsets, fingerprints=fingerprints,
                recorded_at=recorded_at, position=position,
            )  # fmt: skip
        await connection.execute(*statement)


def _columns(records: Iterable[Record]) -> tuple[list[int], list[int]]:
    """The partitions and the offsets of records, as two columns."""
    places = [(record.partition, record.offset) for record in records]
    return [partition for partition, _ in places], [offset for _, offset in places]
