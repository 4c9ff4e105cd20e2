"""The disk under the database, or under the broker, is full to the last byte, and has room again later."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages
from tests.faults.own_stack import OwnStack, own_database, world_on
from tests.faults.small_disk import small_disk
from tests.faults.workers import QUICK, Workers
from tests.services.projection import publish


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
