"""The network between projector and database, and between everybody and the broker: cut, silent, slow, flapping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steppe.standalone.kafka import Ports
from steppe.standalone.places import free_port
from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages, sending
from tests.faults.own_stack import OwnStack, World, own_brokers, own_folder, world_on
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.sizes import FULL
from tests.faults.workers import QUICK, Workers
from tests.services.projector.projection import Message, publish

_DATABASE_SECONDS = 2.0


@pytest.fixture
def to_database(world: World) -> Iterator[Proxy]:
    """The way to the database that can fail."""
    with proxy_to(world.stack.postgres.port) as proxy:
        yield proxy


def _worker_behind(world: World, proxy: Proxy) -> Workers:
    settings = QUICK | {
        "STEPPE_DATABASE": world.database.projector.replace(f":{world.stack.postgres.port}/", f":{proxy.port}/"),
        "STEPPE_PROJECTOR_DATABASE_SECONDS_MAX": str(_DATABASE_SECONDS),
    }
    return Workers(lambda: world.start("projector", settings))


def _through(world: World, proxy: Proxy, fault: Callable[[], None], seconds: float) -> Workers:
    """Three times the fault in the middle of the load; then everything must hold. Returns the workers."""
    workers = _worker_behind(world, proxy)
    written: list[Message] = []
    with watched(world, all_distinct=True) as watch:
        for _ in range(3):
            written += (more := messages(len(written), 600, projects=50))
            before = watch.total
            asyncio.run(publish(world.kafka, world.topic, more))
            until("some of it is applied", lambda: watch.total > before, workers)  # noqa: B023
            fault()
            over = time.monotonic() + seconds
            until("the fault has lasted", lambda: time.monotonic() > over, workers)  # noqa: B023
            proxy.restore()
        hold(world, identities(written), workers)
    return workers


def test_a_network_that_is_cut_between_projector_and_database(world: World, to_database: Proxy) -> None:
    workers = _through(world, to_database, to_database.cut, 3)
    assert workers.exits == []
    assert "the database is unavailable" in workers.said()


def test_a_connection_to_the_database_that_carries_nothing_and_says_nothing(world: World, to_database: Proxy) -> None:
    """Half-open: the statement is given up after its time, the session that holds the locks by the server after its own."""
    workers = _through(world, to_database, to_database.go_silent, 0)
    assert workers.exits == []
    assert "the database is unavailable (TimeoutError" in workers.said()


def test_a_network_that_flaps_and_is_slow(world: World, to_database: Proxy) -> None:
    def flap() -> None:
        for _ in range(20):
            to_database.cut()
            time.sleep(0.02)
            to_database.restore()
            time.sleep(0.1)
        to_database.delay_seconds = 0.1

    assert _through(world, to_database, flap, 2).exits == []


def test_a_network_that_fails_between_everybody_and_the_broker(breakable: OwnStack, tmp_path: Path) -> None:
    """Cut, silent, slow: ingest refuses and never lies, the projector comes back by itself, and nothing is lost."""
    real = Ports(client=free_port(0), controller=free_port(0))
    with proxy_to(real.client) as proxy, own_folder() as folder:
        ports = Ports(client=real.client, controller=real.controller, advertised=proxy.port)
        with (
            own_brokers(folder, [ports]) as kafka,
            world_on(OwnStack(kafka, breakable.postgres), tmp_path) as world,
        ):
            # Silence is noticed by the projector after the 30 seconds that its requests to the broker may take.
            faults = [proxy.cut, lambda: setattr(proxy, "delay_seconds", 0.2), *([proxy.go_silent] if FULL else [])]
            ingest = world.start("ingest", {"STEPPE_INGEST_DELIVER_SECONDS_MAX": "3"})
            workers = Workers(lambda: world.start("projector", QUICK))
            with watched(world) as watch:
                with sending(lambda: ingest.address) as sender:
                    for fault in faults:
                        reached = watch.total
                        until("it flows", lambda: watch.total > reached + 50, workers)  # noqa: B023
                        fault()
                        over = time.monotonic() + 5
                        until("the fault has lasted", lambda: time.monotonic() > over, workers)  # noqa: B023
                        proxy.restore()
                assert sender.answers["503"] > 0
                hold(world, sender.acknowledged, workers)
