"""The end of a rebuild: catches up with the log on the new read model like any worker, and makes it the active one.

Also a roll-back: the previous read model catches up with the log in the same way before it becomes active again, so that no
reader's position ever goes back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from services.projector.consumer import log_reader
from services.projector.consumer.log_reader import LogReader
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.project_cache import ProjectCache
from services.projector.quarantine.refold import Refolder
from services.projector.settings import Settings
from steppe.database import active_read_model, rule_versions, sql
from steppe.database.read_model import rule_change
from steppe.log.positions import position_before
from steppe.release import EDITION

_STATEMENTS = sql.load("rebuild")
_RECORDS_AT_ONCE = 2_000
# So many may be missing when the workers of the active one are stopped: they take no longer than one of its batches.
_RECORDS_BEHIND_MAX = 500
# With no more than so many behind for so long, a log that grows is followed as closely as it can be.
_RECORDS_NEAR_MAX = 100
_SECONDS_NEAR_MAX = 2.0
_LOCK_TIMEOUT = "30s"
# A reader that began before the cut-over still reads the previous one; none may take so long.
_SECONDS_UNTIL_UNREAD = 60.0


@dataclass(frozen=True, slots=True)
class Follower:
    """A read model that is not active yet, and the log that it follows."""

    schema: str
    topic: str
    store: ProjectionStore
    log: LogReader

    async def catch_up(self, report: Callable[[int], Awaitable[None]]) -> None:
        """Apply until nothing is left, or nearly nothing while more comes in all the time. `report` is given how many records are left."""
        near_until: float | None = None
        while True:
            ends = await self.log.ends()
            left = sum(end - self.store.progress.next_offsets[partition] for partition, end in ends.items())
            await report(left)
            if left > _RECORDS_NEAR_MAX:
                near_until = None
            elif near_until is None:
                near_until = time.monotonic() + _SECONDS_NEAR_MAX
            if left <= 0 or (near_until is not None and time.monotonic() > near_until):
                return
            records = await self.log.batch(_RECORDS_AT_ONCE)
            if records:
                await self.store.apply(record for of_partition in records.values() for record in of_partition)


@asynccontextmanager
async def following(settings: Settings, schema: str, partitions: int) -> AsyncIterator[Follower]:
    """Follow the log from where that read model ends."""
    store = await ProjectionStore.open(settings, schema)
    try:
        begin = await store.start_offsets(range(partitions))
        async with log_reader.reading(settings.kafka, settings.topic, begin) as log:
            yield Follower(schema, settings.topic, store, log)
    finally:
        await store.close()


async def flip(connection: asyncpg.Connection, follower: Follower) -> dict[int, int]:
    """Make it the active one, in one transaction, at no earlier position than the one that is active now. Returns the position."""

    async def no_progress(left: int) -> None:
        return None

    while True:
        await follower.catch_up(no_progress)
        reached = await _try_to_flip(connection, follower)
        if reached is not None:
            return reached
        await _rejudge(connection, follower.schema)


async def drop_when_unread(connection: asyncpg.Connection, schema: str) -> None:
    """Wait until the cut-over is so long ago that no reader began before it, and drop it."""
    since = await connection.fetchval(
        "SELECT extract(epoch FROM now() - flipped_at)::float8 FROM steppe.read_model WHERE schema_name = $1", schema
    )
    await asyncio.sleep(max(0.0, _SECONDS_UNTIL_UNREAD - since))
    await connection.execute(*_STATEMENTS["drop_read_model"](schema=schema))


async def _try_to_flip(connection: asyncpg.Connection, follower: Follower) -> dict[int, int] | None:
    """None: other rules came into force meanwhile, or it fell behind again; nothing has changed."""
    schema = follower.schema
    built = follower.store.progress.next_offsets
    applier = Applier(STATEMENTS, follower.topic, len(built), exclusive=True)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
        # From here on workers wait, each with its batch in hand.
        old = await active_read_model.lock_active_for_write(connection, exclusive=True)
        active = await _checkpoints(connection, follower.topic)
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        change, _ = await rule_versions.change_in_force(connection)
        judged_by = await connection.fetchval(*active_read_model.STATEMENTS["rules_of"](schema=schema))
        behind = sum(max(0, offset - built[partition]) for partition, offset in active.items())
        if judged_by != change or behind > _RECORDS_BEHIND_MAX:
            await transaction.rollback()
            return None
        reached = dict(await applier.fence(connection, list(built)))
        while any(reached[partition] < offset for partition, offset in active.items()):
            records = await follower.log.batch(_RECORDS_AT_ONCE)
            if records:
                fence = {partition: reached[partition] for partition in records}
                applied = await applier.apply(connection, records, fence, ProjectCache(0))
                reached.update(applied.next_offsets)
        refolder = Refolder(applier)
        for partition in reached:
            await refolder.replay_actions(connection, partition)
        await connection.execute(*active_read_model.STATEMENTS["judged_by"](schema=old, change_id=change))
        await connection.execute(*_STATEMENTS["flip_read_model"](schema=schema))
        await connection.execute(*STATEMENTS["announce_position"](position=position_before(reached)))
        await transaction.commit()
    except BaseException:  # also interrupted: workers wait behind these locks until the transaction ends
        if not connection.is_closed() and connection.is_in_transaction():
            await transaction.rollback()
        raise
    return reached


async def _rejudge(connection: asyncpg.Connection, schema: str) -> None:
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        change, rules = await rule_versions.change_in_force(connection)
        if await connection.fetchval(*active_read_model.STATEMENTS["rules_of"](schema=schema)) == change:
            return
        await connection.fetch(_STATEMENTS["lock_every_checkpoint"])
        await rule_change.rejudge_all(connection, rules, lambda done, of: None)
        await connection.execute(*active_read_model.STATEMENTS["judged_by"](schema=schema, change_id=change))
        await connection.execute(*active_read_model.STATEMENTS["set_edition"](schema=schema, edition=EDITION))


async def _checkpoints(connection: asyncpg.Connection, topic: str) -> Mapping[int, int]:
    rows = await connection.fetch(*STATEMENTS["read_checkpoints"](topic=topic))
    return {row["partition"]: row["next_offset"] for row in rows}
