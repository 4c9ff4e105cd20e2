"""Makes some subjects anew from the records that are stored of them, as a rebuild with this release would.

That is how a record is tried again, given up, or read after an upgrade: its subject is folded again under the fence of its
partition, in one transaction with the record of who did it. Kafka is not read. Knows the tables of quarantine.sql.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
from steppe.domain.events.vocabulary import name_of_type
from steppe.log.records import fingerprint
from steppe.release import RELEASE

if TYPE_CHECKING:
    from steppe.database.connection import Connection

_SUBJECTS_AT_ONCE = 200
FOLDED = "folded"
SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A diverted record as it is stored."""

    record: Record
    stage: Stage
    subject: str | None
    reason: str
    skipped: bool

    @property
    def place(self) -> RecordId:
        """Where it lies in the log."""
        return (self.record.partition, self.record.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done with a record. `outcome`: folded, skipped, or why it still cannot be applied."""

    place: RecordId
    subject: str | None
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who acts, and why."""

    name: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Repairer:
    """Acts on what was diverted. Every call belongs into a transaction of its own; twice is safe."""

    applier: Applier

    async def quarantined(self, connection: Connection, place: RecordId) -> Quarantined | None:
        """The record at a place, if it was diverted."""
        row = await connection.fetchrow(self._statements["quarantined_at"], *place)
        return None if row is None else _quarantined(row)

    async def enter(self, connection: Connection, partition: int) -> None:
        """Wait for the worker that applies the partition, and for others who act. To be called first."""
        await self.applier.fence(connection, [partition])
        await connection.execute(self._statements["lock_quarantine_actions"], locks.QUARANTINE_ACTIONS)

    async def retry_all(self, connection: Connection, partition: int, subject: str | None, doer: Doer) -> list[Done]:
        """Try everything that holds in a partition again, or what holds one subject."""
        rows = await connection.fetch(self._statements["quarantined_to_retry"], partition, subject)
        return await self.retry(connection, [_quarantined(row) for row in rows], doer)

    async def retry(self, connection: Connection, found: Sequence[Quarantined], doer: Doer) -> list[Done]:
        """Decode and fold these records again with this release, and what waits behind them."""
        readable: dict[RecordId, str] = {}
        for one in found:
            read = decode.decode_record(one.record, self.applier.partitions)
            if isinstance(read, StoredEvent):
                readable[one.place] = read.subject
        subjects = {*readable.values(), *(one.subject for one in found if one.place in readable and one.subject)}
        await self._repair(connection, subjects, [one.record for one in found if one.place in readable])
        done = []
        for one in found:
            still = await self.quarantined(connection, one.place)
            outcome = FOLDED if still is None else still.reason
            if still is not None and still.stage is Stage.HELD:
                outcome = f"it decodes now, and {still.reason}"
            done.append(Done(place=one.place, subject=readable.get(one.place, one.subject), outcome=outcome))
            await self._record(connection, "retry", one, outcome, doer)
        return done

    async def skip(self, connection: Connection, one: Quarantined, doer: Doer) -> Done:
        """Give a record up; what waits for it folds, unless it waits for another one, too."""
        await self._record(connection, "skip", one, SKIPPED, doer)
        if one.stage.holds and one.subject is not None:
            await self._repair(connection, {one.subject})
        else:
            await connection.execute(self._statements["put_aside"], *one.place)
        return Done(place=one.place, subject=one.subject, outcome=SKIPPED)

    async def heed(self, connection: Connection, partition: int) -> None:
        """Do here what was done to another read model: a record that was given up, or could be folded, holds nobody."""
        found = await self._acted_on(connection, partition)
        for one, _ in found:
            if one.stage is Stage.CONFLICT or one.subject is None:
                await connection.execute(self._statements["put_aside"], *one.place)
        subjects = {subject for _, subjects in found for subject in subjects}
        await self._repair(connection, subjects, [one.record for one, _ in found])

    async def is_settled(self, connection: Connection, partition: int) -> bool:
        """Whether there is nothing to heed and nothing to upgrade. Needs no fence."""
        found = await self._acted_on(connection, partition)
        return not found and not await self._types_known_since(connection, partition)

    async def _acted_on(self, connection: Connection, partition: int) -> list[tuple[Quarantined, set[str]]]:
        """What is open here though it was acted on, with the subjects that go on without it."""
        rows = await connection.fetch(self._statements["quarantined_acted_on"], self.applier.topic, partition)
        if not rows:
            return []
        skips = await quarantine_policy.all_skips(connection, self.applier.topic)
        found = []
        for one in map(_quarantined, rows):
            read = decode.decode_record(one.record, self.applier.partitions)
            if skip_of(one.record, skips) is not None or isinstance(read, StoredEvent):
                found.append((one, {subject for subject in (one.subject, read.subject) if subject is not None}))
        return found

    async def judge_again(self, connection: Connection, subject: str, doer: Doer) -> Done | None:
        """Judge the market of a project again if it could not be judged; None: it could."""
        asked = self._statements["market_fault_of_project"]
        row = await connection.fetchrow(asked, subject)
        if row is None:
            return None
        await self._repair(connection, {subject})
        still = await connection.fetchrow(asked, subject)
        place, outcome = (row["partition"], row["log_offset"]), FOLDED if still is None else still["fault"]
        await self._note(connection, "retry", place, subject, "market", row["fault"], outcome, doer)
        return Done(place=place, subject=subject, outcome=outcome)

    async def _types_known_since(self, connection: Connection, partition: int) -> list[str]:
        """The types of stored events that were unknown when they came and are known to this release."""
        rows = await connection.fetch(self._statements["unknown_types"], partition)
        return [row["name"] for row in rows if name_of_type(row["name"]) is not None]

    async def upgrade(self, connection: Connection, partition: int, doer: Doer) -> int:
        """Read events whose type was unknown when they came and is known now; returns how many there were."""
        types = await self._types_known_since(connection, partition)
        if not types:
            return 0
        events = await connection.fetch(self._statements["events_of_unknown_types"], partition, types)
        subjects = sorted({row["subject"] for row in events})
        for first in range(0, len(subjects), _SUBJECTS_AT_ONCE):
            await self._repair(connection, subjects[first : first + _SUBJECTS_AT_ONCE])
        diverted = {
            _record(row).offset: row["reason"]
            for row in await connection.fetch(self._statements["quarantined_of_subjects"], subjects)
        }
        for row in events:
            offset = row["log_offset"]
            await self._note(
                connection, "upgrade", (partition, offset), row["subject"], "unknown",
                f"the type {row['name']} was unknown", diverted.get(offset, FOLDED), doer,
            )  # fmt: skip
        return len(events)

    async def _repair(self, connection: Connection, subjects: Collection[str], records: Iterable[Record] = ()) -> None:
        """`records`: of these subjects, too, though it was not known whose they are."""
        if not subjects:
            return
        kept = {(record.partition, record.offset): record for record in records}
        kept |= await self._records(connection, subjects)
        await connection.execute(self._statements["remove_records_of_subjects"], list(subjects))
        await connection.execute(
            self._statements["remove_quarantined"], [place[0] for place in kept], [place[1] for place in kept]
        )
        read = [decode.decode_record(kept[place], self.applier.partitions) for place in sorted(kept)]
        classified = classify(read, skips=await quarantine_policy.all_skips(connection, self.applier.topic))
        arrivals = {
            name: SubjectBatch(partition=classified.touched[name], new_events=news)
            for name, news in classified.foldable().items()
        }
        model = ReadModel(self._statements, await rule_versions.in_force(connection))
        folded = await fold(connection, model, arrivals)
        for stored, reason in folded.stopped:
            classified.stop_before(stored, reason)
        for name in set(subjects) - folded.told.keys():
            folded.told[name] = model.tell(name, Subject(events=(), partition=0, last_offset=-1))
        await self.applier.store(connection, classified, folded)
        await model.put(connection, folded.told)

    async def _records(self, connection: Connection, subjects: Collection[str]) -> dict[RecordId, Record]:
        names = list(subjects)
        records: dict[RecordId, Record] = {}
        for row in await connection.fetch(self._statements["events_of_held_subjects"], names):
            headers = () if row["headers"] is None else headers_of(row["headers"])
            at = row["recorded_at"]
            milliseconds = 0 if at is None else round(at.timestamp() * 1000)
            records[row["partition"], row["log_offset"]] = Record(
                row["partition"], row["log_offset"], milliseconds, row["subject"].encode(), row["raw"].encode(), headers
            )
        for row in await connection.fetch(self._statements["quarantined_of_subjects"], names):
            records[row["partition"], row["log_offset"]] = _record(row)
        return records

    async def _record(self, connection: Connection, action: str, one: Quarantined, outcome: str, doer: Doer) -> None:
        sha256 = fingerprint(one.record)
        await self._note(connection, action, one.place, one.subject, one.stage.value, one.reason, outcome, doer, sha256)

    async def _note(
        self, connection: Connection, action: str, place: RecordId, subject: str | None, stage: str, found: str,
        outcome: str, doer: Doer, sha256: bytes | None = None,
    ) -> None:  # fmt: skip
        await connection.execute(
            self._statements["record_quarantine_action"],
            self.applier.topic, action, *place, subject, stage, found, outcome, doer.name, doer.reason, RELEASE,
            sha256,
        )  # fmt: skip

    @property
    def _statements(self) -> Mapping[str, str]:
        return self.applier.statements


def _quarantined(row: Any) -> Quarantined:
    return Quarantined(
        record=_record(row),
        stage=Stage(row["stage"]),
        subject=row["subject"],
        reason=row["reason"],
        skipped=row["state"] == "skipped",
    )


def _record(row: Any) -> Record:
    at = row["record_at"]
    milliseconds = 0 if at is None else round(at.timestamp() * 1000)
    headers = tuple(headers_of(row["headers"]))
    return Record(row["partition"], row["log_offset"], milliseconds, row["key"], row["value"], headers)
