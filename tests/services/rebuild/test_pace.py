"""A rebuild leaves the database to a live projection beside it, and takes all of it where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from services.projector.rebuild import fold_projects, load_events
from services.projector.rebuild.pace import Pace
from steppe.database import rule_versions, sql
from tests.services.projector.projection import event, log_ends
from tests.services.quarantine.quarantining import Worked
from tests.stack import Database

_REBUILD = sql.load("rebuild")
_PROCESSES = (
    "SELECT current_setting('max_parallel_workers_per_gather'), current_setting('max_parallel_maintenance_workers')"
)


class Clock:
    """Seconds that pass only when somebody works or pauses."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        """The seconds so far."""
        return self.seconds

    def work(self, seconds: float) -> None:
        """Work for so long."""
        self.seconds += seconds

    async def pause(self, seconds: float) -> None:
        """Pause for so long."""
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """With the rights of the projector."""
    connection = await asyncpg.connect(database.projector)
    yield connection
    await connection.close()


async def _applied(connection: asyncpg.Connection, ago: timedelta) -> None:
    await connection.execute("UPDATE checkpoint SET applied_at = clock_timestamp() - $1::interval", ago)


@pytest.mark.parametrize(("share", "pause"), [(0.5, 2.0), (0.25, 6.0)])
async def test_beside_workers_that_apply_events_it_pauses_for_the_rest_of_its_share(
    connection: asyncpg.Connection, share: float, pause: float
) -> None:
    await _applied(connection, timedelta(0))
    clock = Clock()
    pace = Pace(connection, share, clock=clock.now, pause=clock.pause)
    for _ in range(3):
        clock.work(2.0)
        await pace.rest()
    assert clock.pauses == [pause] * 3


async def test_it_works_a_piece_before_it_pauses(connection: asyncpg.Connection) -> None:
    await _applied(connection, timedelta(0))
    clock = Clock()
    pace = Pace(connection, 0.5, clock=clock.now, pause=clock.pause)
    for _ in range(100):
        clock.work(0.01)
        await pace.rest()
    assert 5 < len(clock.pauses) < 50
    assert sum(clock.pauses) == pytest.approx(1.0, abs=0.1)


async def test_where_nothing_is_applied_it_never_pauses_and_neither_with_all_of_the_time(
    connection: asyncpg.Connection,
) -> None:
    for share, ago in ((0.5, timedelta(minutes=1)), (1.0, timedelta(0))):
        await _applied(connection, ago)
        clock = Clock()
        pace = Pace(connection, share, clock=clock.now, pause=clock.pause)
        clock.work(60.0)
        await pace.rest()
        assert clock.pauses == []


async def test_a_batch_that_takes_long_counts_as_live(connection: asyncpg.Connection, database: Database) -> None:
    await _applied(connection, timedelta(minutes=1))
    clock = Clock()
    pace = Pace(connection, 0.5, clock=clock.now, pause=clock.pause)
    assert not await pace.is_bounded()
    worker = await asyncpg.connect(database.projector, server_settings={"application_name": "steppe-projector"})
    async with worker.transaction(), asyncio.timeout(30):
        await worker.execute("SELECT")
        while not await pace.is_bounded():
            clock.work(1.0)
            await worker.execute("SELECT pg_sleep(0.1)")
    await worker.close()
    clock.work(1.0)
    assert not await pace.is_bounded()


async def test_beside_workers_a_statement_takes_one_process_of_the_server(connection: asyncpg.Connection) -> None:
    usual = tuple(await connection.fetchrow(_PROCESSES) or ())
    await _applied(connection, timedelta(0))
    clock = Clock()
    pace = Pace(connection, 0.5, clock=clock.now, pause=clock.pause)
    await pace.bound(connection)
    assert tuple(await connection.fetchrow(_PROCESSES) or ()) == ("0", "0") != usual
    await _applied(connection, timedelta(minutes=1))
    clock.work(1.0)
    await pace.bound(connection)
    assert tuple(await connection.fetchrow(_PROCESSES) or ()) == usual


async def test_in_a_pause_of_a_rebuild_a_worker_applies_its_batch(
    worked: Worked, connection: asyncpg.Connection
) -> None:
    projects = [f"mine-{number}" for number in range(12)]
    await worked.send(*(event(f"e-{project}", project, occurred="2020-01-01") for project in projects))
    looking = await asyncpg.connect(worked.database.projector)
    clock = Clock()
    applied: list[str] = []
    async with worked.worker() as store:
        await worked.feed(store)

        async def live_batch(_: float) -> None:
            name = f"live-{len(applied)}"
            await worked.send(event(name, "mine-0", occurred="2021-01-01"))
            await worked.feed(store)
            applied.append(name)

        def working() -> float:
            clock.work(0.1)  # since it last looked at the clock
            return clock.now()

        pace = Pace(looking, 0.5, clock=working, pause=live_batch)
        schema = await connection.fetchval(
            *_REBUILD["create_read_model"](release="0", rule_change_id=None, bulk=["event"])
        )
        ends = await log_ends(worked.stack.kafka, worked.topic)
        await load_events.load(connection, worked.stack.kafka, worked.topic, schema, len(ends), ends, pace)
        while_loading = len(applied)
        await connection.execute(*_REBUILD["index_read_model"](schema=schema, table="event", keys=True, indexes=False))
        async with connection.transaction():
            await connection.execute(f"SET LOCAL search_path = {schema}")
            await connection.execute(*_REBUILD["create_parts"](schema=schema, phases=["fold"], events=100))
        await fold_projects.fold(connection, schema, await rule_versions.in_force(connection), pace)
        while_folding = len(applied) - while_loading
    assert while_loading > 0
    tables = ("project", "project_span", "deal_span", "standing")
    assert while_folding >= len(projects) + len(tables), "behind each project of a part, and behind each table"
    rows = await connection.fetch("SELECT id FROM rm_v1.event WHERE id LIKE 'live-%'")
    assert {row["id"] for row in rows} == set(applied)
    assert await connection.fetchval(f"SELECT count(*) FROM {schema}.project") == len(projects)
    await looking.close()
