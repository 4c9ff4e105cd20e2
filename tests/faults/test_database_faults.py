"""The database is killed, restarted, full of connections, read-only, locked, or falls over in the middle of a commit."""

from __future__ import annotations

import asyncio
import signal
import time

import asyncpg
import pytest

from tests.faults.invariants import Watch, hold, until, watched
from tests.faults.load import identities, messages
from tests.faults.own_stack import World
from tests.faults.proxy import proxy_to
from tests.faults.workers import QUICK, Workers
from tests.services.projector.projection import Message, publish
from tests.stack import Service

_PROJECTS = 50


def _projector(world: World, **settings: str) -> Workers:
    return Workers(lambda: world.start("projector", QUICK | settings))


def _send(world: World, first: int, count: int) -> list[Message]:
    written = messages(first, count, _PROJECTS)
    asyncio.run(publish(world.kafka, world.topic, written))
    return written


def _in_the_middle(world: World, watch: Watch, workers: Workers, count: int = 1_500) -> list[Message]:
    """Send events and return while they are being applied."""
    before = watch.total
    written = _send(world, before, count)
    until("some of it is applied", lambda: watch.total > before, workers)
    return written


async def _send_until_it_says(world: World, worker: Service, words: str, written: list[Message]) -> None:
    """Send a few events now and then until the worker has said these words: with nothing to do it would notice nothing."""
    deadline = time.monotonic() + 60
    while words not in worker.log():
        assert time.monotonic() < deadline, worker.log()[-2000:]
        written += (more := messages(len(written), 10, _PROJECTS))
        await publish(world.kafka, world.topic, more)
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("how", ["killed", "immediate", "fast"])
def test_a_database_that_goes_down_in_the_middle_of_the_load_and_comes_back(world: World, how: str) -> None:
    """Killed: SIGKILL to all its processes. Immediate and fast: what `pg_ctl stop` does. The worker lives through it."""
    workers = _projector(world)
    with watched(world, all_distinct=True) as watch:
        written = _in_the_middle(world, watch, workers)
        server = world.stack.postgres
        assert server.server is not None
        if how == "killed":
            world.stack.kill_database()
        else:
            server.server.process.send_signal(signal.SIGQUIT if how == "immediate" else signal.SIGINT)
            server.server.process.wait(30)
        (worker,) = workers.awake
        asyncio.run(_send_until_it_says(world, worker, "the database is unavailable", written))
        world.stack.mend()
        hold(world, identities(written), workers)
    assert workers.exits == []


def test_a_database_without_a_free_connection_is_waited_for(world: World) -> None:
    workers = _projector(world)
    with watched(world, all_distinct=True) as watch:
        written = _in_the_middle(world, watch, workers)
        (worker,) = workers.awake
        asyncio.run(_take_every_connection(world, worker, written))
        hold(world, identities(written), workers)
    assert workers.exits == []
    assert "TooManyConnectionsError" in worker.log()


async def _take_every_connection(world: World, worker: Service, written: list[Message]) -> None:
    """Leave the worker none, neither of those that it has nor a new one, until it has noticed.

    Its login's share is taken away: what a full server answers, and nobody can be quicker at a place that gets free.
    """
    share = "ALTER ROLE projector CONNECTION LIMIT {}"
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'steppe-projector'"
    await world.as_owner(share.format(0), end)
    try:
        await _send_until_it_says(world, worker, "TooManyConnectionsError", written)
    finally:
        await world.as_owner(share.format(-1))


def test_a_database_that_only_reads_for_a_while_is_waited_for(world: World) -> None:
    """As a primary that was demoted, or that an operator has set so."""
    workers = _projector(world)
    with watched(world, all_distinct=True) as watch:
        written = _in_the_middle(world, watch, workers)
        switch = "ALTER SYSTEM SET default_transaction_read_only = '{}'"
        asyncio.run(world.as_owner(switch.format("on"), "SELECT pg_reload_conf()"))
        (worker,) = workers.awake
        asyncio.run(_send_until_it_says(world, worker, "ReadOnlySQLTransactionError", written))
        asyncio.run(
            world.as_owner("SET default_transaction_read_only = off", switch.format("off"), "SELECT pg_reload_conf()")
        )
        hold(world, identities(written), workers)
    assert workers.exits == []


def test_tables_that_somebody_holds_are_waited_for(world: World) -> None:
    """A dump, a vacuum full, a person in psql: the lock is given up after a while, the batch is not."""
    workers = _projector(world)
    with watched(world, all_distinct=True) as watch:
        written = _in_the_middle(world, watch, workers)
        (worker,) = workers.awake
        asyncio.run(_hold_the_events(world, worker, written))
        hold(world, identities(written), workers)
    assert workers.exits == []


async def _hold_the_events(world: World, worker: Service, written: list[Message]) -> None:
    owner = await asyncpg.connect(world.database.owner)
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE")
            await _send_until_it_says(world, worker, "LockNotAvailableError", written)
    finally:
        await owner.close()


_SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.06 * (SELECT count(*) FROM came)); RETURN NULL; END $$;
CREATE TRIGGER slow AFTER INSERT ON event REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION slow();
"""


def test_a_batch_that_takes_longer_than_it_may_gets_in_in_parts(world: World) -> None:
    """A database or a machine that is too busy for the whole of it would else be given the same batch for ever."""
    asyncio.run(world.as_owner(_SLOW))
    written = _send(world, 0, 24)
    workers = _projector(world, STEPPE_PROJECTOR_DATABASE_SECONDS_MAX="1", STEPPE_PROJECTOR_BATCH_SECONDS_MAX="1")
    with watched(world, all_distinct=True):
        hold(world, identities(written), workers)
    assert workers.exits == []
    (worker,) = workers.awake
    assert worker.log().count("retrying the batch") >= 1, (
        "all at once takes a second and a half, half of it less than one"
    )


def test_a_commit_whose_answer_is_lost_is_not_repeated(world: World) -> None:
    """The server has committed, the connection breaks before it can say so: the retry reads the checkpoint and knows."""
    with proxy_to(world.stack.postgres.port) as proxy:
        address = world.database.projector.replace(f":{world.stack.postgres.port}/", f":{proxy.port}/")
        workers = _projector(world, STEPPE_DATABASE=address)
        with watched(world, all_distinct=True) as watch:
            # The first commit of a worker only says where it begins.
            written = _send(world, 0, 10)
            until("it is at work", lambda: watch.total == len(written), workers)
            for _ in range(5):
                proxy.swallow_answer_to(b"COMMIT;")
                written += _send(world, len(written), 200)
                until("a commit is cut off", proxy.swallowed.is_set, workers)
                until("it goes on", lambda: watch.total == len(written), workers)  # noqa: B023
            (worker,) = workers.awake
            assert worker.log().count("the database is unavailable") >= 5
            hold(world, identities(written), workers)
    assert workers.exits == []
