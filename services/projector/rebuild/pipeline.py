"""The stages of a rebuild in their order, from the start, or from where a killed one left off, to the cut-over.

Each stage can be done again from any point of it. One rebuild at a time, which an advisory lock of the session ensures. A read
model that another release had begun to build is dropped and not continued.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import msgspec

from services.projector.consumer.log_reader import reading
from services.projector.projection.apply import STATEMENTS
from services.projector.rebuild import compare, cut_over, fold_projects, judge_markets, load_events
from services.projector.rebuild.compare import Parity
from services.projector.rebuild.complete_quarantine import complete
from services.projector.rebuild.pace import Pace, pacing
from services.projector.rebuild.rebuild_progress import RebuildProgress, Report
from services.projector.rebuild.worker import Task, connect, work
from services.projector.settings import Settings
from steppe.database import active_read_model, locks, rule_versions, sql
from steppe.database.read_model.market_judgement import fill_crossings
from steppe.database.read_model.projection import name_unregistered
from steppe.log.positions import position_before
from steppe.release import EDITION, RELEASE

_REBUILD = sql.load("rebuild")
# Without keys and indexes until their rows are there: a sorted key costs a fraction of one that grows row by row.
_BULK = (
    "event", "project", "project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "standing",
    "co_investment_span", "party_naming",
)  # fmt: skip
_BEFORE_JUDGING = (
    "project",
    "project_span",
    "headline_span",
    "last_event_span",
    "deal_span",
    "standing",
    "crossing",
    "party_naming",
    "party_span",
    "forum",
    "event",
    "conflict",
    "quarantine",
    "parked",
)
_SECONDS_BETWEEN_LOOKS = 0.5


class RebuildError(Exception):
    """The rebuild cannot go on; the message says why and what to do. What was built stays and can be continued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The outcome of a rebuild. `flipped` False: the new one is complete and not active. `position` is the one reached."""

    schema: str
    previous: str
    flipped: bool
    events: int
    position: str
    parity: Parity


@asynccontextmanager
async def exclusive_rebuild(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection that holds the lock of rebuilds. Raises RebuildError when another one does."""
    connection = await connect(settings)
    try:
        if not await connection.fetchval(*_REBUILD["try_to_lock_rebuild"](lock=locks.REBUILD)):
            raise RebuildError("Another rebuild is running; `steppe rebuild --status` says how far it is.")
        yield connection
    finally:
        await connection.close()


async def rebuild(settings: Settings, *, workers: int, flip: bool, report: Report) -> Rebuilt:
    """Build another read model from the log and make it the active one. Raises RebuildError, ProjectorError. Continues a killed one."""
    async with exclusive_rebuild(settings) as connection, pacing(settings) as pace:
        return await _Rebuild(settings, connection, workers, report, pace).run(flip=flip)


class _Rebuild:
    def __init__(
        self, settings: Settings, connection: asyncpg.Connection, workers: int, report: Report, pace: Pace
    ) -> None:
        self._settings = settings
        self._pace = pace
        self._connection = connection
        self._workers = workers
        self._report = report

    async def run(self, *, flip: bool) -> Rebuilt:
        """All stages but those that are done already."""
        connection = self._connection
        old = await connection.fetchval("SELECT schema_name FROM steppe.read_model WHERE state = 'living'")
        schema, self._change = await self._find_or_create()
        self._schema = schema
        self._progress = RebuildProgress(connection, schema, self._report)
        stage = await connection.fetchval(*_REBUILD["rebuild_state"](schema=schema))
        self._partitions = await connection.fetchval(
            f"SELECT count(*) FROM {schema}.checkpoint WHERE topic = $1",  # noqa: S608 - the pointer's name
            self._settings.topic,
        )
        if stage in ("read", "sort"):
            await self._read()
            await self._deduplicate()
            stage = "fold"
        if stage == "fold":
            await self._run_parts("fold", fold_projects.PHASE)
            stage = "index"
        if stage == "index":
            await self._index("index", _BEFORE_JUDGING)
            await self._pace.bound(connection)
            async with connection.transaction():
                await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
                await name_unregistered(connection, STATEMENTS, None)
                await fill_crossings(connection, STATEMENTS)
            stage = "judge"
        if stage == "judge":
            await self._run_parts("judge", judge_markets.PHASE)
            stage = "finish"
        if stage == "finish":
            await complete(connection, self._settings, schema)
            await self._index("finish", await self._tables())
        return await self._catch_up_and_flip(old, flip=flip)

    async def _find_or_create(self) -> tuple[str, int]:
        """The read model that is being built, or a new one, and the change of the rules that judges it."""
        connection = self._connection
        async with connection.transaction():
            building = await connection.fetchrow("SELECT * FROM steppe.read_model WHERE state = 'building'")
            if building is not None and building["release"] == RELEASE:
                return building["schema_name"], building["rule_change_id"]
            if building is not None:
                await connection.execute(*_REBUILD["drop_read_model"](schema=building["schema_name"]))
            change, _ = await rule_versions.change_in_force(connection)
            schema = await connection.fetchval(
                *_REBUILD["create_read_model"](release=RELEASE, rule_change_id=change, bulk=list(_BULK))
            )
            await connection.execute(*active_read_model.STATEMENTS["set_edition"](schema=schema, edition=EDITION))
            await connection.execute(*_REBUILD["enter_phase"](schema=schema, phase="read", total=0))
        return schema, change

    async def _checkpoints(self) -> dict[int, int]:
        async with self._connection.transaction():
            await self._connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=self._schema))
            rows = await self._connection.fetch(*STATEMENTS["read_checkpoints"](topic=self._settings.topic))
        return {row["partition"]: row["next_offset"] for row in rows}

    async def _read(self) -> None:
        begin = await self._checkpoints()
        if not begin:
            raise RebuildError(f"There is no checkpoint row for topic {self._settings.topic}: run `steppe migrate`.")
        async with reading(self._settings.kafka, self._settings.topic, begin) as log:
            until = await log.ends()
        total = sum(until.values())
        await self._progress.enter("read", total, sum(begin.values()))
        longest_first = sorted(until, key=lambda partition: until[partition] - begin[partition], reverse=True)
        count = self._workers_for(total - sum(begin.values()))
        shares = [{p: until[p] for p in longest_first[number::count]} for number in range(count)]

        async def show_progress() -> None:
            await self._progress.update(sum((await self._checkpoints()).values()), total)

        await self._work(
            [Task("read", self._schema, self._change, self._partitions, share) for share in shares], show_progress
        )

    async def _deduplicate(self) -> None:
        connection = self._connection
        total = sum((await self._checkpoints()).values())
        await self._progress.enter("sort", total)
        await self._pace.bound(connection)
        async with connection.transaction():
            # What was loaded is deduplicated; the mark of the next stage is in the same transaction.
            await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=self._schema))
            await load_events.deduplicate(connection, self._settings.topic)
            await connection.execute(
                *_REBUILD["index_read_model"](schema=self._schema, table="event", keys=True, indexes=False)
            )
            phases = [fold_projects.PHASE, judge_markets.PHASE]
            await connection.execute(
                *_REBUILD["create_parts"](
                    schema=self._schema, phases=phases, events=self._settings.rebuild_events_a_part
                )
            )
            await connection.execute("ANALYZE event")
            await connection.execute(*_REBUILD["enter_phase"](schema=self._schema, phase="fold", total=total))

    async def _run_parts(self, stage: str, phase: str) -> None:
        async def parts() -> tuple[int, int]:
            (row,) = await self._connection.fetch(*_REBUILD["parts_of_phase"](schema=self._schema, phase=phase))
            return row["done"], row["total"]

        async def show_progress() -> None:
            await self._progress.update(*await parts())

        done, total = await parts()
        await self._progress.enter(stage, total, done)
        task = Task(stage, self._schema, self._change, self._partitions, {})
        await self._work([task] * self._workers_for(total - done), show_progress)

    async def _index(self, stage: str, tables: Sequence[str]) -> None:
        """Create keys and indexes, two tables at a time or, beside a live projection, one, and the statistics for the planner."""
        total = len(tables)
        await self._progress.enter(stage, total)
        waiting = list(tables)

        async def index_tables() -> None:
            connection = await connect(self._settings)
            try:
                async with pacing(self._settings) as pace:
                    while waiting:
                        table = waiting.pop(0)
                        await pace.bound(connection)
                        await connection.execute(
                            *_REBUILD["index_read_model"](schema=self._schema, table=table, keys=True, indexes=True)
                        )
                        await connection.execute(f"ANALYZE {self._schema}.{table}")
                        await pace.rest()
            finally:
                await connection.close()

        at_once = 1 if await self._pace.is_bounded() else min(self._workers, 2)
        await asyncio.gather(*(index_tables() for _ in range(at_once)))
        await self._progress.update(total, total)

    async def _tables(self) -> list[str]:
        rows = await self._connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", self._schema
        )
        return [row["tablename"] for row in rows]

    async def _catch_up_and_flip(self, old: str, *, flip: bool) -> Rebuilt:
        settings, schema, connection = self._settings, self._schema, self._connection
        async with cut_over.following(settings, schema, self._partitions) as follower:
            already_applied = sum(follower.store.progress.next_offsets.values())
            total = sum((await follower.log.ends()).values()) - already_applied
            await self._progress.enter("catch-up", total)
            await follower.catch_up(lambda left: self._progress.update(max(0, total - left), total))
            await self._progress.enter("compare", total)
            await self._pace.bound(connection)
            parity = await compare.compare(connection, old, schema)
            reached = follower.store.progress.next_offsets
            if flip:
                await self._progress.enter("flip", 1)
                await self._drop_previous()
                reached = await cut_over.flip(connection, follower)
                await self._progress.update(1, 1)
        return Rebuilt(
            schema=schema, previous=old, flipped=flip, events=sum(reached.values()), position=position_before(reached),
            parity=parity,
        )  # fmt: skip

    async def _drop_previous(self) -> None:
        """Only one previous read model is kept: the one that is active until now."""
        for row in await self._connection.fetch(active_read_model.STATEMENTS["read_models"]):
            if row["state"] == "previous":
                await cut_over.drop_when_unread(self._connection, row["schema_name"])

    def _workers_for(self, events: int) -> int:
        return max(1, min(self._workers, events // self._settings.rebuild_events_a_worker + 1))

    async def _work(self, tasks: Sequence[Task], show_progress: Callable[[], Awaitable[None]]) -> None:
        """Run each task in a process of its own, or here when there is only one."""
        if len(tasks) == 1:
            connection = await connect(self._settings)
            try:
                working = [asyncio.create_task(work(connection, self._settings, tasks[0]))]
                await _wait_for(working, show_progress)
            finally:
                await connection.close()
            return
        workers = [await _start_worker(task) for task in tasks]
        try:
            await _wait_for([asyncio.create_task(_exit_of(worker)) for worker in workers], show_progress)
        finally:
            for worker in workers:
                if worker.returncode is None:
                    worker.kill()
                    await worker.wait()


async def _wait_for(working: Sequence[asyncio.Task[None]], show_progress: Callable[[], Awaitable[None]]) -> None:
    """Show the progress now and then until all are done; the first failure ends the others."""
    try:
        while True:
            done, pending = await asyncio.wait(
                working, timeout=_SECONDS_BETWEEN_LOOKS, return_when=asyncio.FIRST_EXCEPTION
            )
            for task in done:
                task.result()
            await show_progress()
            if not pending:
                return
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _start_worker(task: Task) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.projector.rebuild.worker", msgspec.json.encode(task).decode(),
        stdin=asyncio.subprocess.PIPE, env=os.environ,
        start_new_session=True,  # Ctrl-C is for the rebuild alone, whose end ends its workers
    )  # fmt: skip


async def _exit_of(worker: asyncio.subprocess.Process) -> None:
    code = await worker.wait()
    if code != 0:
        raise RebuildError(
            f"A worker of the rebuild ended with exit code {code}; its output is above."
            " Run `steppe rebuild` again: it continues where this one stopped."
        )
