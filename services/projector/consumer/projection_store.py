"""The read model as the projector sees it: where it ends, and how a batch gets into it, in one transaction, with retries.

What passes by itself (`projection/retry_policy.py`) is retried here with the same batch; everything else is raised and must
end the process. A commit whose answer was lost is settled by reading the checkpoint again, which the retry does anyhow.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import asyncpg

from services.projector.projection import batches, log_identity, retry_policy, transaction_trace
from services.projector.projection.apply import STATEMENTS, AppliedBatch, Applier
from services.projector.projection.batches import Record
from services.projector.projection.errors import CheckpointMissingError, PartitionCountError, ProjectorError
from services.projector.projection.log_identity import Checkpoint
from services.projector.projection.progress import Progress
from services.projector.projection.project_cache import ProjectCache
from services.projector.quarantine.refold import Operator, Refolder
from services.projector.settings import Settings
from steppe import failpoints
from steppe.database import active_read_model
from steppe.database.read_model.market_cache import MarketCache
from steppe.log.positions import position_before
from steppe.log.topic_info import TopicInfo

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

log = logging.getLogger("steppe.projector")

_HALT_SECONDS_MAX = 2.0
# Of one transaction; the quarantine has all of them.
_ENTRIES_LOGGED_MAX = 20
_REASON_LOGGED_MAX = 300


async def _leave_as_it_is(_: asyncpg.Connection) -> None:
    """Nothing of a session outlasts its transaction here, so it need not be asked to forget after each."""


class ProjectionStore:
    """One worker's access to the read model. Not for use by two batches at once."""

    def __init__(self, pool: asyncpg.Pool, settings: Settings, schema: str | None = None) -> None:
        self._pool = pool
        self._only_schema = schema
        self._kafka = settings.kafka
        self._topic = settings.topic
        self._quarantine_max = settings.projector_quarantine_max
        self._large_events_min = settings.projector_large_project_events_min
        self._stuck_seconds_max = settings.projector_idle_transaction_seconds_max
        self._partitions: list[int] = []
        self._halted: set[int] = set()
        self._cache = ProjectCache(settings.projector_cached_events_max)
        self._market_cache = MarketCache()
        self._applier: Applier | None = None
        self._schema: str | None = None
        self._jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self.progress = Progress()
        # Set when projects were left to a fold beside the stream.
        self.fold_beside = asyncio.Event()
        # Set while no batch is in hand.
        self.idle = asyncio.Event()
        self.idle.set()

    @classmethod
    async def open(cls, settings: Settings, schema: str | None = None) -> ProjectionStore:
        """Connect. The server frees the locks of a worker that sleeps inside a transaction, or whose machine is gone.

        `schema`: a read model that is not the active one, and that nobody else reads or writes; None: the active one.
        """
        idle = f"{int(settings.projector_idle_transaction_seconds_max * 1000)}ms"
        pool = await asyncpg.create_pool(
            settings.database,
            min_size=1,
            max_size=2,
            command_timeout=settings.projector_database_seconds_max,
            reset=_leave_as_it_is,
            server_settings={
                "application_name": "steppe-projector",
                "idle_in_transaction_session_timeout": idle,
                "lock_timeout": idle,
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
            },
        )
        return cls(pool, settings, schema)

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are open, and how many of them idle."""
        return self._pool.get_size(), self._pool.get_idle_size()

    async def close(self) -> None:
        """Close the connections at once; a batch in hand is undone by the server."""
        self._pool.terminate()

    async def start_offsets(self, partitions: Iterable[int]) -> dict[int, int]:
        """Where to start reading each partition of the log that the read model was made from.

        Raises the ProjectorError that says why it cannot be continued there.
        """
        assigned = sorted(partitions)
        async with self._pool.acquire() as connection, connection.transaction():
            await self._use_read_model(connection)
            # A batch that is in hand may be committed while we ask.
            seen = dict(self.progress.next_offsets)
            rows = await connection.fetch(*STATEMENTS["read_checkpoints"](topic=self._topic))
            if self._only_schema is None and await connection.fetch(STATEMENTS["pending_projects"]):
                self.fold_beside.set()
        checkpoints = {
            row["partition"]: Checkpoint(next_offset=row["next_offset"], sha256=row["last_record_sha256"])
            for row in rows
        }
        self._partitions = sorted(checkpoints)
        facts = await self._check_log({p: checkpoints[p] for p in assigned if p in checkpoints})
        exclusive = self._only_schema is not None
        self._applier = Applier(
            STATEMENTS,
            self._topic,
            facts.partitions,
            exclusive=exclusive,
            quarantine_max=self._quarantine_max,
            large_events_min=None if exclusive else self._large_events_min,
            on_step=self.progress.advance,
            market_cache=None if exclusive else self._market_cache,
        )
        await self._replay_actions(Refolder(self._applier), assigned)
        start = {partition: checkpoints[partition].next_offset for partition in assigned}
        batches.refuse_going_back(seen, start)
        reached = self.progress.next_offsets
        start = {partition: max(offset, reached.get(partition, 0)) for partition, offset in start.items()}
        self.progress.next_offsets = dict(start)
        self.progress.committed_at = time.monotonic()
        return start

    async def _replay_actions(self, refolder: Refolder, partitions: Iterable[int]) -> None:
        """Before any further record: replay the actions of operators that this read model has not seen, and read events of
        types that an older release did not know."""
        for partition in partitions:
            async with self._pool.acquire() as connection, connection.transaction():
                await self._use_read_model(connection)
                if not await refolder.is_up_to_date(connection, partition):
                    await refolder.lock(connection, partition)
                    await refolder.replay_actions(connection, partition)
                    count = await refolder.upgrade(connection, partition, Operator(name="the projector"))
                    log.info("partition %d: %d events of types that were unknown are folded", partition, count)

    async def apply(self, records: Iterable[Record]) -> None:
        """Apply a batch, in one transaction if that can be. Twice is safe: what the checkpoint covers is dropped.

        What fails because the database is unavailable is retried in halves: on a machine that is too busy, a batch that takes
        longer than a transaction may be silent would else do so for ever.
        """
        self.idle.clear()
        try:
            await self._apply(batches.by_partition(records))
        finally:
            self.idle.set()

    async def _apply(self, whole: Mapping[int, Sequence[Record]]) -> None:
        started = time.monotonic()
        parts: list[Mapping[int, Sequence[Record]]] = [whole]
        pauses = retry_policy.backoff(self._jitter)
        while parts:
            try:
                await self._try(parts[0])
            except Exception as error:
                if not retry_policy.is_transient(error):
                    raise
                pause = next(pauses)
                parts[:1] = batches.halves(parts[0])
                self.progress.counts["retries"] += 1
                log.warning("the database is unavailable (%r); retrying the batch in %.2f s", error, pause)
                if isinstance(error, asyncpg.LockNotAvailableError | TimeoutError):
                    await self._terminate_stuck_sessions()
                await asyncio.sleep(pause)
            else:
                del parts[0]
        self.progress.observe("batch", time.monotonic() - started)
        self.progress.observe("batch_events", sum(map(len, whole.values())))

    async def _terminate_stuck_sessions(self) -> None:
        """Free the checkpoints where a session of ours holds them that waits in the middle of a COPY for a client that is gone."""
        if self._schema is None:
            return
        try:
            async with asyncio.timeout(_HALT_SECONDS_MAX):
                ended = await self._pool.fetch(
                    *STATEMENTS["terminate_stuck_sessions"](schema=self._schema, seconds=self._stuck_seconds_max)
                )
        except Exception as error:
            # The database is unavailable, which is known already, or the retry will meet it again.
            log.debug("stuck sessions could not be looked for: %r", error)
            return
        if ended:
            log.warning(
                "%d stuck sessions were terminated: they held the checkpoints, and their client is gone", len(ended)
            )

    async def _use_read_model(self, connection: PoolConnectionProxy) -> None:
        """Put the read model on the search path. The cache of another one says nothing about it."""
        schema = self._only_schema
        if schema is None:
            schema = await active_read_model.lock_active_for_write(connection)
        else:
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        if schema == self._schema:
            return
        if self._schema is not None:
            log.info("switches from %s to %s", self._schema, schema)
            # The watchdog and the catch-up need every partition, not only those of this batch.
            rows = await connection.fetch(*STATEMENTS["read_checkpoints"](topic=self._topic))
            owned = self.progress.next_offsets
            self.progress.next_offsets = {r["partition"]: r["next_offset"] for r in rows if r["partition"] in owned}
        self._schema = schema
        self._cache.clear()
        self._market_cache.clear()

    async def halt(self, error: ProjectorError) -> None:
        """Store why the projection is halted, for /v1/status. Returns soon, also when the database is unavailable."""
        if error.reason is None:
            return
        partitions = self._partitions if error.partitions is None else error.partitions
        try:
            async with asyncio.timeout(_HALT_SECONDS_MAX):
                await self._pool.execute(
                    *STATEMENTS["halt"](
                        topic=self._topic, partitions=partitions, reason=error.reason, message=str(error)
                    )
                )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as failure:
            log.warning("the reason of the halt could not be stored: %r", failure)

    async def _check_log(self, checkpoints: Mapping[int, Checkpoint]) -> TopicInfo:
        async with self._pool.acquire() as connection:
            facts = await log_identity.check(connection, self._kafka, self._topic, checkpoints)
            missing = [partition for partition in facts.ends if partition not in self._partitions]
            if missing:
                raise CheckpointMissingError(self._topic, missing)
            if len(self._partitions) > facts.partitions:
                raise PartitionCountError(self._topic, len(self._partitions), facts.partitions)
            await log_identity.store_identity(connection, self._topic, facts)
            self._halted = set()
            if self._only_schema is not None:
                return facts  # what halts the active one is not ours to clear
            for row in await connection.fetch(*STATEMENTS["halts"](topic=self._topic)):
                partition, reason = row["partition"], row["reason"]
                ours = partition in checkpoints
                if reason in log_identity.REASONS_OF_THE_LOG or (
                    ours and reason in log_identity.REASONS_OF_A_PARTITION
                ):
                    await connection.execute(*STATEMENTS["clear_halts_of"](topic=self._topic, partitions=[partition]))
                elif ours:  # found in the stream, where it may be found again
                    self._halted.add(partition)
        return facts

    async def _try(self, records: Mapping[int, Sequence[Record]]) -> None:
        self.progress.begin_attempt(sum(map(len, records.values())))
        with transaction_trace.transaction(self._topic, records) as trace:
            applied = await self._commit(records)
            trace.applied(applied.next_offsets, applied.entries)
            self._log_outcome(applied)

    async def _commit(self, records: Mapping[int, Sequence[Record]]) -> AppliedBatch:
        started = time.monotonic()
        progress, applier = self.progress, self._applier
        assert applier is not None, "start_offsets comes first"
        async with self._pool.acquire() as connection:
            transaction = connection.transaction()
            try:
                await transaction.start()
                await self._use_read_model(connection)
                fence = await applier.fence(connection, list(records))
                batches.refuse_going_back(progress.next_offsets, fence)
                self._cache.invalidate_stale(fence)
                applied = await applier.apply(connection, records, fence, self._cache)
                if self._halted & records.keys():
                    await connection.execute(
                        *STATEMENTS["clear_halts_of"](topic=self._topic, partitions=sorted(records))
                    )
                failpoints.reach("before-commit")
                commit_began = time.monotonic()
                await transaction.commit()
                committed = time.monotonic()
                failpoints.reach("after-commit")
            except BaseException:  # also cancelled: the transaction must not stay open
                # Not a rollback: on a connection lost in the middle of a COPY it raises something else and hides the reason.
                # The server undoes what a vanished session began.
                with contextlib.suppress(asyncpg.InterfaceError):  # the pool has taken a lost one back already
                    connection.terminate()
                raise
        self._cache.invalidate_if_acted(applied.last_action)
        for (partition, name), subject in applied.subjects.items():
            self._cache.put(partition, name, subject)
        for partition, name in applied.left:
            self._cache.drop(partition, name)
        if applied.left:
            self.fold_beside.set()
            progress.counts["left"] += sum(applied.left.values())
        self._cache.mark_valid_at(applied.next_offsets)
        self._halted -= records.keys()
        progress.commit(applied.next_offsets)
        for count in ("applied", "duplicates", "reapplied", "conflicts", "quarantined", "held", "unknown", "skipped"):
            progress.counts[count] += getattr(applied, count)
        progress.observe("fold", applied.fold_seconds)
        progress.observe("commit", committed - commit_began)
        log.debug(
            "committed position=%s applied=%d duplicates=%d conflicts=%d quarantined=%d held=%d unknown=%d skipped=%d seconds=%.4f",
            position_before(applied.next_offsets), applied.applied, applied.duplicates, applied.conflicts,
            applied.quarantined, applied.held, applied.unknown, applied.skipped, time.monotonic() - started,
        )  # fmt: skip
        return applied

    @staticmethod
    def _log_outcome(applied: AppliedBatch) -> None:
        """Log what somebody should look at, with the event where there is one."""
        if applied.quarantined or applied.held or applied.conflicts:
            log.warning(
                "position=%s quarantined=%d held=%d conflicts=%d: kept and shown, not folded; see `steppe quarantine list`",
                position_before(applied.next_offsets), applied.quarantined, applied.held, applied.conflicts,
            )  # fmt: skip
        for entry in applied.entries[:_ENTRIES_LOGGED_MAX]:
            stage = entry.stage.value
            extra = {"event": entry.event, "project": entry.subject, "position": entry.position, "stage": stage}
            reason = " ".join(entry.reason.splitlines())[:_REASON_LOGGED_MAX]  # some of it is a stranger's text
            log.warning("%s of %s: %s", stage, entry.position, reason, extra=extra)
        for project, fault in applied.market_faults.items():
            log.error(
                "the market of %s could not be judged, its flags that come from it stay as they were: %s",
                project,
                fault,
                extra={"project": project},
            )
        for name, fault in applied.refold_faults.items():
            log.error("%s could not be folded again and keeps its rows: %s", name, fault, extra={"project": name})
        if applied.reapplied:
            log.warning(
                "position=%s reapplied=%d: stored already, although the checkpoint did not cover them; folded again",
                position_before(applied.next_offsets), applied.reapplied,
            )  # fmt: skip
