"""The broker is killed with acknowledgements pending, restarted, stopped still, out of disk; one of three is lost, or two."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from steppe.standalone.kafka import free_ports
from tests.faults.invariants import hold, until, watched
from tests.faults.load import Sender, sending
from tests.faults.own_stack import OwnStack, World, own_brokers, own_folder, world_on
from tests.faults.sizes import FULL
from tests.faults.workers import QUICK, Workers
from tests.services.ingest.ingest_client import IngestClient, memorandum, problem

_DELIVER = {"STEPPE_INGEST_DELIVER_SECONDS_MAX": "4"}


def _until_more(sender: Sender, workers: Workers, more: int = 100) -> None:
    reached = len(sender.acknowledged)
    until(
        lambda: f"more is acknowledged; answers {sender.answers}",
        lambda: sender.failed is not None or len(sender.acknowledged) > reached + more,
        workers,
        90,
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP], ids=["kill", "stop", "stand-still"])
def test_a_broker_that_goes_with_acknowledgements_pending_and_comes_back(world: World, how: signal.Signals) -> None:
    """Whoever got a 202 is in the log; whoever got none sends again, and stands there once."""
    ingest = world.start("ingest", _DELIVER)
    workers = Workers(lambda: world.start("projector", QUICK))
    with watched(world):
        with sending(lambda: ingest.address, at_once=50) as sender:
            _until_more(sender, workers, 500)
            broker = world.stack.kafka.brokers[0].process
            broker.send_signal(how)
            if how is not signal.SIGSTOP:
                broker.wait(60)
            until("ingest says that it is away", lambda: sender.answers["503"] > 0, workers)
            acknowledged = len(sender.acknowledged)
            assert problem(IngestClient(ingest.address).get("/readyz"), 503)
            assert len(sender.acknowledged) == acknowledged
            world.stack.mend()
            _until_more(sender, workers)
        hold(world, sender.acknowledged, workers, seconds=180)


@pytest.fixture(scope="module")
def three(breakable: OwnStack) -> Iterator[OwnStack]:
    """Three brokers with replication 3 and min.insync 2, on the database of the others."""
    with own_folder() as folder, own_brokers(folder, free_ports(3)) as kafka:
        yield OwnStack(kafka, breakable.postgres)


@pytest.fixture
def replicated(three: OwnStack, tmp_path: Path) -> Iterator[World]:
    """A log with three copies."""
    with world_on(three, tmp_path) as made:
        yield made


def test_one_of_three_brokers_is_lost_under_load_and_nothing_is(replicated: World) -> None:
    """By kill -9 the one that leads: leadership moves, and ingest and projector go on while it is away. Three times."""
    ingest = replicated.start("ingest", _DELIVER)
    workers = Workers(lambda: replicated.start("projector", QUICK))
    with watched(replicated):
        with sending(lambda: ingest.address) as sender:
            for _ in range(3 if FULL else 1):
                _until_more(sender, workers)
                leader = asyncio.run(_leader(replicated))
                replicated.stack.kill_broker(leader)
                _until_more(sender, workers, 300)
                assert asyncio.run(_leader(replicated)) != leader
                replicated.stack.mend()
                asyncio.run(_until_in_sync(replicated))
        hold(replicated, sender.acknowledged, workers, seconds=180)


def test_with_two_of_three_brokers_gone_ingest_refuses_and_acknowledges_nothing(replicated: World) -> None:
    """One copy is not what a 202 promises: min.insync.replicas is 2."""
    ingest = replicated.start("ingest", _DELIVER)
    workers = Workers(lambda: replicated.start("projector", QUICK))
    with watched(replicated):
        with sending(lambda: ingest.address) as sender:
            _until_more(sender, workers)
            replicated.stack.kill_broker(1)
            replicated.stack.kill_broker(2)
            until("ingest refuses", lambda: sender.answers["503"] > 0, workers)
            acknowledged = len(sender.acknowledged)
            for _ in range(3):
                assert problem(IngestClient(ingest.address).post(memorandum("refused")), 503)
            assert len(sender.acknowledged) == acknowledged
            replicated.stack.mend()
            _until_more(sender, workers)
        hold(replicated, sender.acknowledged, workers, seconds=180)


async def _partitions(world: World) -> list[dict[str, Any]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka)
    await admin.start()
    try:
        (topic,) = await admin.describe_topics([world.topic])
        return list(topic["partitions"])
    finally:
        await admin.close()


async def _leader(world: World) -> int:
    """Who leads the first partition."""
    return next(int(partition["leader"]) for partition in await _partitions(world) if partition["partition"] == 0)


async def _until_in_sync(world: World, seconds: float = 60) -> None:
    """Until every copy of every partition has caught up, so that the next broker may be lost."""
    deadline = time.monotonic() + seconds
    while any(len(partition["isr"]) < 3 for partition in await _partitions(world)):
        assert time.monotonic() < deadline, await _partitions(world)
        await asyncio.sleep(0.3)
