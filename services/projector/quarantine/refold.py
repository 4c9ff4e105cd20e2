"""Folds some subjects again from the records that are stored of them, as a rebuild with this release would.

That is how a record is retried, skipped, or read after an upgrade: its subject is folded again under the fence of its
partition, in one transaction with the record of who did it. Kafka is not read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.projector.projection import decode, quarantine_policy
from services.projector.projection.apply import Applier
from services.projector.projection.batches import Record
from services.projector.projection.decode import StoredEvent
from services.projector.projection.deduplicate import classify
from services.projector.projection.fold_subjects import SubjectBatch, fold
from services.projector.projection.quarantine_entries import RecordId, Stage, skip_of
from steppe.database import locks, rule_versions
from steppe.database.read_model.projection import ReadModel, Subject
from steppe.database.read_model.stored_events import headers_of
from steppe.database.sql import Statement
from steppe.domain.events.vocabulary import name_of_type
from steppe.log.records import UNREAD, fingerprint
from steppe.release import RELEASE

if TYPE_CHECKING:
    import asyncpg

    from steppe.database.connection import Connection

_SUBJECTS_AT_ONCE = 200
FOLDED = "folded"
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry of the quarantine as it is stored."""

    record: Record
    stage: Stage
    subject: str | None
    reason: str
    skipped: bool

    @property
    def record_id(self) -> RecordId:
        """Where it lies in the log."""
        return (self.record.partition, self.record.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """What became of a record. `outcome`: folded, skipped, or why it still cannot be applied."""

    record_id: RecordId
    subject: str | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who acts, and why."""

    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Refolder:
    """Acts on quarantined records. Every call belongs into a transaction of its own; twice is safe."""

    applier: Applier

    async def entry_at(self, connection: Connection, record_id: RecordId) -> StoredEntry | None:
        """The entry of a record, if it is in quarantine."""
        partition, offset = record_id
        row = await connection.fetchrow(*self._statements["quarantined_at"](partition=partition, log_offset=offset))
        return None if row is None else _entry(row)

    async def lock(self, connection: Connection, partition: int) -> None:
        """Wait for the worker that applies the partition, and for other operators. To be called first."""
        await self.applier.fence(connection, [partition])
        await connection.execute(*self._statements["lock_quarantine_actions"](lock=locks.QUARANTINE_ACTIONS))

    async def retry_all(
        self, connection: Connection, partition: int, subject: str | None, operator: Operator
    ) -> list[ActionResult]:
        """Retry everything that holds in a partition, or what holds one subject."""
        rows = await connection.fetch(*self._statements["quarantined_to_retry"](partition=partition, subject=subject))
        return await self.retry(connection, [_entry(row) for row in rows], operator)

    async def retry(
        self, connection: Connection, entries: Sequence[StoredEntry], operator: Operator
    ) -> list[ActionResult]:
        """Decode and fold these records again with this release, and what waits behind them."""
        subjects: dict[RecordId, str] = {}
        for entry in entries:
            decoded = decode.decode_record(entry.record, self.applier.partitions)
            if isinstance(decoded, StoredEvent):
                subjects[entry.record_id] = decoded.subject
        readable = [entry for entry in entries if entry.record_id in subjects]
        concerned = {*subjects.values(), *(entry.subject for entry in readable if entry.subject)}
        await self._refold(connection, concerned, [entry.record for entry in readable])
        results = []
        for entry in entries:
            still = await self.entry_at(connection, entry.record_id)
            outcome = FOLDED if still is None else still.reason
            if still is not None and still.stage is Stage.HELD:
                outcome = f"it decodes now, and {still.reason}"
            subject = subjects.get(entry.record_id, entry.subject)
            results.append(ActionResult(record_id=entry.record_id, subject=subject, outcome=outcome))
            await self._record_action_on(connection, "retry", entry, outcome, operator)
        return results

    async def skip(self, connection: Connection, entry: StoredEntry, operator: Operator) -> ActionResult:
        """Give a record up; what waits for it folds, unless it waits for another one, too."""
        await self._record_action_on(connection, "skip", entry, SKIPPED, operator)
        if entry.stage.holds and entry.subject is not None:
            await self._refold(connection, {entry.subject})
        else:
            await self._mark_skipped(connection, entry)
        return ActionResult(record_id=entry.record_id, subject=entry.subject, outcome=SKIPPED)

    async def replay_actions(self, connection: Connection, partition: int) -> None:
        """Do here what was done to another read model: a record that was given up, or could be folded, holds nobody."""
        acted_on = await self._acted_on(connection, partition)
        for entry, _ in acted_on:
            if entry.stage is Stage.CONFLICT or entry.subject is None:
                await self._mark_skipped(connection, entry)
        subjects = {subject for _, released in acted_on for subject in released}
        await self._refold(connection, subjects, [entry.record for entry, _ in acted_on])

    async def _mark_skipped(self, connection: Connection, entry: StoredEntry) -> None:
        partition, offset = entry.record_id
        await connection.execute(*self._statements["mark_skipped"](partition=partition, log_offset=offset))

    async def is_up_to_date(self, connection: Connection, partition: int) -> bool:
        """Whether there is no action to replay and no event to upgrade. Needs no fence."""
        acted_on = await self._acted_on(connection, partition)
        return not acted_on and not await self._types_known_since(connection, partition)

    async def _acted_on(self, connection: Connection, partition: int) -> list[tuple[StoredEntry, set[str]]]:
        """What is open here though it was acted on, with the subjects that go on without it."""
        rows = await connection.fetch(
            *self._statements["entries_acted_on"](topic=self.applier.topic, partition=partition)
        )
        if not rows:
            return []
        skips = await quarantine_policy.all_skips(connection, self.applier.topic)
        acted_on = []
        for entry in map(_entry, rows):
            decoded = decode.decode_record(entry.record, self.applier.partitions)
            if skip_of(entry.record, skips) is not None or isinstance(decoded, StoredEvent):
                released = {subject for subject in (entry.subject, decoded.subject) if subject is not None}
                acted_on.append((entry, released))
        return acted_on

    async def rejudge_market(self, connection: Connection, subject: str, operator: Operator) -> ActionResult | None:
        """Judge the market of a project again if it could not be judged; None: it could."""
        statement = self._statements["market_fault_of_project"](project=subject)
        before = await connection.fetchrow(*statement)
        if before is None:
            return None
        await self._refold(connection, {subject})
        after = await connection.fetchrow(*statement)
        outcome = FOLDED if after is None else after["fault"]
        record_id = (before["partition"], before["log_offset"])
        await self._record_action(connection, "retry", record_id, subject, "market", before["fault"], outcome, operator)
        return ActionResult(record_id=record_id, subject=subject, outcome=outcome)

    async def _types_known_since(self, connection: Connection, partition: int) -> list[str]:
        """The types of stored events that were unknown when they came and are known to this release."""
        rows = await connection.fetch(*self._statements["unknown_types"](partition=partition))
        return [row["name"] for row in rows if name_of_type(row["name"]) is not None]

    async def upgrade(self, connection: Connection, partition: int, operator: Operator) -> int:
        """Fold events whose type was unknown when they came and is known now; returns how many there were."""
        types = await self._types_known_since(connection, partition)
        if not types:
            return 0
        events = await connection.fetch(*self._statements["events_of_unknown_types"](partition=partition, types=types))
        subjects = sorted({row["subject"] for row in events})
        for first in range(0, len(subjects), _SUBJECTS_AT_ONCE):
            await self._refold(connection, subjects[first : first + _SUBJECTS_AT_ONCE])
        reasons = {
            _record(row).offset: row["reason"]
            for row in await connection.fetch(*self._statements["quarantined_of_subjects"](subjects=subjects))
        }
        for row in events:
            offset = row["log_offset"]
            await self._record_action(
                connection, "upgrade", (partition, offset), row["subject"], "unknown",
                f"the type {row['name']} was unknown", reasons.get(offset, FOLDED), operator,
            )  # fmt: skip
        return len(events)

    async def _refold(self, connection: Connection, subjects: Collection[str], records: Iterable[Record] = ()) -> None:
        """Delete all rows of some subjects and fold their records again. `records`: of these subjects, too, though it was not
        known whose they are."""
        if not subjects:
            return
        # A fold beside the stream that is under way ends first, or finds that it has to begin anew.
        await connection.execute(*self._statements["note_refold"](projects=list(subjects)))
        by_id = {(record.partition, record.offset): record for record in records}
        by_id |= await self._records(connection, subjects)
        await connection.execute(*self._statements["remove_records_of_subjects"](subjects=list(subjects)))
        await connection.execute(
            *self._statements["remove_quarantined"](
                partitions=[partition for partition, _ in by_id], offsets=[offset for _, offset in by_id]
            ),
        )
        decoded = [decode.decode_record(by_id[record_id], self.applier.partitions) for record_id in sorted(by_id)]
        batch = classify(decoded, skips=await quarantine_policy.all_skips(connection, self.applier.topic))
        subject_batches = {
            name: SubjectBatch(partition=batch.touched[name], new_events=new_events)
            for name, new_events in batch.foldable().items()
        }
        rules = await rule_versions.in_force(connection)
        model = ReadModel(self._statements, rules, on_step=self.applier.on_step)
        folded = await fold(connection, model, subject_batches)
        for stored, reason in folded.stopped:
            batch.stop_before(stored, reason)
        for name in set(subjects) - folded.results.keys():
            folded.results[name] = model.project(name, Subject(events=(), partition=0, last_offset=-1))
        await self.applier.store(connection, batch, folded)
        await model.save(connection, folded.results)

    async def _records(self, connection: Connection, subjects: Collection[str]) -> dict[RecordId, Record]:
        """Every stored record of some subjects, whether it is an event or in quarantine."""
        names = list(subjects)
        records: dict[RecordId, Record] = {}
        for row in await connection.fetch(*self._statements["events_of_held_subjects"](subjects=names)):
            headers = () if row["headers"] is None else headers_of(row["headers"])
            records[row["partition"], row["log_offset"]] = Record(
                row["partition"], row["log_offset"], _milliseconds(row["recorded_at"]), row["subject"].encode(),
                row["raw"].encode(), headers,
            )  # fmt: skip
        for row in await connection.fetch(*self._statements["quarantined_of_subjects"](subjects=names)):
            records[row["partition"], row["log_offset"]] = _record(row)
        return records

    async def _record_action_on(
        self, connection: Connection, action: str, entry: StoredEntry, outcome: str, operator: Operator
    ) -> None:
        await self._record_action(
            connection, action, entry.record_id, entry.subject, entry.stage.value, entry.reason, outcome, operator,
            fingerprint(entry.record),
        )  # fmt: skip

    async def _record_action(
        self, connection: Connection, action: str, record_id: RecordId, subject: str | None, stage: str, found: str,
        outcome: str, operator: Operator, sha256: bytes | None = None,
    ) -> None:  # fmt: skip
        partition, offset = record_id
        await connection.execute(
            *self._statements["record_quarantine_action"](
                topic=self.applier.topic,
                action=action,
                partition=partition,
                log_offset=offset,
                subject=subject,
                stage=stage,
                found=found,
                outcome=outcome,
                acted_by=operator.name,
                reason=operator.reason,
                release=RELEASE,
                fingerprint=sha256,
            )
        )

    @property
    def _statements(self) -> Mapping[str, Statement]:
        return self.applier.statements


def _entry(row: asyncpg.Record) -> StoredEntry:
    return StoredEntry(
        record=_record(row),
        stage=Stage(row["stage"]),
        subject=row["subject"],
        reason=row["reason"],
        skipped=row["state"] == "skipped",
    )


def _record(row: asyncpg.Record) -> Record:
    unreadable = row["reason"] if row["value"] is None and row["reason"].startswith(UNREAD) else None
    return Record(
        row["partition"], row["log_offset"], _milliseconds(row["record_at"]), row["key"], row["value"],
        tuple(headers_of(row["headers"])), unreadable=unreadable,
    )  # fmt: skip


def _milliseconds(instant: datetime | None) -> int:
    """A Kafka timestamp; 0 where none is stored."""
    return 0 if instant is None else round(instant.timestamp() * 1000)
