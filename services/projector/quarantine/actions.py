"""The actions of operators on the quarantine, retry and skip: their transactions, and what is refused and why.

The folding itself is in `refold`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.quarantine_entries import RecordId, Stage
from services.projector.quarantine.refold import FOLDED, SKIPPED, ActionResult, Operator, Refolder, StoredEntry
from steppe.database import active_read_model
from steppe.log.positions import format_record_id

Act = Callable[[asyncpg.Connection, StoredEntry], Awaitable[ActionResult]]
_LOCK_TIMEOUT = "30s"


class ActionRefusedError(Exception):
    """The action cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class QuarantineActions:
    """What one operator may do with the quarantine of one database."""

    connection: asyncpg.Connection
    refolder: Refolder
    operator: Operator

    @classmethod
    async def of(cls, connection: asyncpg.Connection, topic: str, operator: Operator) -> QuarantineActions:
        """Those for the quarantine of a log. Raises ActionRefusedError when the database does not know that log."""
        async with connection.transaction():
            await active_read_model.use_active(connection)
            partitions = len(await connection.fetch(*STATEMENTS["read_checkpoints"](topic=topic)))
        if not partitions:
            raise ActionRefusedError(f"The database knows no log {topic}: check STEPPE_TOPIC, or run `steppe migrate`.")
        return cls(connection, Refolder(Applier(STATEMENTS, topic, partitions)), operator)

    async def retry(self, record_ids: Sequence[RecordId]) -> list[ActionResult]:
        """Decode and fold these records again, each in a transaction of its own."""
        return [await self._act_on(record_id, self._retry) for record_id in record_ids]

    async def retry_all(self, subject: str | None) -> list[ActionResult]:
        """Retry all that hold a subject, or all that hold this one; one transaction a partition."""
        results: list[ActionResult] = []
        for partition in range(self.refolder.applier.partitions):
            async with self._locked(partition) as connection:
                results += await self.refolder.retry_all(connection, partition, subject, self.operator)
                if subject is not None and (judged := await self._rejudge_market(connection, partition, subject)):
                    results.append(judged)
        return results

    async def upgrade(self) -> int:
        """Fold events of types that are known now; one transaction a partition. Returns how many there were."""
        count = 0
        for partition in range(self.refolder.applier.partitions):
            async with self._locked(partition) as connection:
                count += await self.refolder.upgrade(connection, partition, self.operator)
        return count

    async def skip(self, record_ids: Sequence[RecordId]) -> list[ActionResult]:
        """Give these records up, each in a transaction of its own."""
        return [await self._act_on(record_id, self._skip) for record_id in record_ids]

    async def _act_on(self, record_id: RecordId, act: Act) -> ActionResult:
        partition, offset = record_id
        async with self._locked(partition) as connection:
            entry = await self.refolder.entry_at(connection, record_id)
            if entry is not None:
                return await act(connection, entry)
            actions = await connection.fetch(
                *STATEMENTS["quarantine_actions_at"](
                    topic=self.refolder.applier.topic, partition=partition, log_offset=offset
                )
            )
            if actions and actions[-1]["outcome"] == FOLDED:
                return ActionResult(record_id=record_id, subject=actions[-1]["subject"], outcome=FOLDED)
            raise ActionRefusedError(
                f"Nothing is in quarantine at {format_record_id(*record_id)}; `steppe quarantine list` shows what is."
            )

    async def _retry(self, connection: asyncpg.Connection, entry: StoredEntry) -> ActionResult:
        name = format_record_id(*entry.record_id)
        if entry.skipped:
            raise ActionRefusedError(f"{name} was given up; have the event sent again, mended.")
        if entry.stage is Stage.CONFLICT:
            raise ActionRefusedError(
                f"{name} is a conflict: the first event of that name stands whatever is tried. Have a"
                " correction sent (event.corrected), and skip this one."
            )
        if entry.stage is Stage.HELD:
            raise ActionRefusedError(f"{name} {entry.reason}: `steppe quarantine retry --subject {entry.subject}`.")
        (result,) = await self.refolder.retry(connection, [entry], self.operator)
        return result

    async def _skip(self, connection: asyncpg.Connection, entry: StoredEntry) -> ActionResult:
        if entry.stage is Stage.HELD:
            raise ActionRefusedError(
                f"{format_record_id(*entry.record_id)} {entry.reason}: nothing is wrong with it. `steppe quarantine list"
                f" --subject {entry.subject}` names the record to retry or skip."
            )
        if entry.skipped:
            return ActionResult(record_id=entry.record_id, subject=entry.subject, outcome=SKIPPED)
        return await self.refolder.skip(connection, entry, self.operator)

    async def _rejudge_market(
        self, connection: asyncpg.Connection, partition: int, subject: str
    ) -> ActionResult | None:
        fault = await connection.fetchrow(*STATEMENTS["market_fault_of_project"](project=subject))
        if fault is None or fault["partition"] != partition:
            return None
        return await self.refolder.rejudge_market(connection, subject, self.operator)

    @asynccontextmanager
    async def _locked(self, partition: int) -> AsyncIterator[asyncpg.Connection]:
        """A transaction that holds the checkpoint of a partition and the lock of actions."""
        async with self.connection.transaction():
            if partition >= self.refolder.applier.partitions:
                raise ActionRefusedError(
                    f"There is no partition {partition}; the log has {self.refolder.applier.partitions}."
                )
            await self.connection.execute("SELECT set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
            await active_read_model.lock_active_for_write(self.connection)
            await self.refolder.lock(self.connection, partition)
            yield self.connection
