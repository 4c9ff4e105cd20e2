"""The disk under the database, or under the broker, is full to the last byte, and has room again later."""

from __future__ import annotations

import asyncio
from pathlib import Path

from steppe.standalone.kafka import free_ports
from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages, sending
from tests.faults.own_stack import OwnStack, own_brokers, own_database, world_on
from tests.faults.small_disk import small_disk
from tests.faults.workers import QUICK, Workers
from tests.services.projector.projection import publish


def test_a_database_whose_disk_is_full_is_waited_for_and_goes_on_when_there_is_room(
    breakable: OwnStack, tmp_path: Path
) -> None:
    with (
        small_disk(160) as disk,
        own_database(disk.folder) as postgres,
        world_on(OwnStack(breakable.kafka, postgres), tmp_path) as world,
    ):
        workers = Workers(lambda: world.start("projector", QUICK))
        written = messages(0, 500, projects=20)
        with watched(world, all_distinct=True) as watch:
            asyncio.run(publish(world.kafka, world.topic, written))
            until("the first events are applied", lambda: watch.total == len(written), workers)
            (worker,) = workers.awake
            disk.fill()
            while "No space left on device" not in worker.log():
                written += (more := messages(len(written), 500, projects=400))
                asyncio.run(publish(world.kafka, world.topic, more))
                until(
                    "it has applied that or found no space",
                    lambda: watch.total == len(written) or "No space left on device" in worker.log(),  # noqa: B023
                    workers,
                )
            disk.free()
            world.stack.mend()
            hold(world, identities(written), workers)


def test_a_broker_whose_disk_is_full_costs_answers_and_no_acknowledged_event(
    breakable: OwnStack, tmp_path: Path
) -> None:
    """It takes what fits and then goes down, as Kafka does; ingest refuses until somebody has made room and started it."""
    with small_disk(120) as disk, own_brokers(disk.folder, free_ports()) as kafka:
        stack = OwnStack(kafka, breakable.postgres)
        with world_on(stack, tmp_path) as world:
            ingest = world.start("ingest", {"STEPPE_INGEST_DELIVER_SECONDS_MAX": "4"})
            workers = Workers(lambda: world.start("projector", QUICK))
            with watched(world):
                with sending(lambda: ingest.address) as sender:
                    until("events are acknowledged", lambda: len(sender.acknowledged) > 100, workers)
                    disk.fill()
                    until("ingest refuses", lambda: sender.answers["503"] > 0, workers, 120)
                    disk.free()
                    until("the broker has gone", lambda: not kafka.brokers[0].alive, workers, 60)
                    stack.mend()
                    reached = len(sender.acknowledged)
                    until("events are acknowledged again", lambda: len(sender.acknowledged) > reached, workers)
                hold(world, sender.acknowledged, workers)
