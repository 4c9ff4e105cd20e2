"""Several projector workers: joining and leaving every few seconds, standing still past their session, and coming back."""

from __future__ import annotations

import asyncio
import signal
import time

from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages
from tests.faults.own_stack import World
from tests.faults.sizes import FULL, seeded
from tests.faults.workers import QUICK, SESSION_SECONDS, Workers
from tests.services.projector.projection import Message, publish

_REBALANCING_SECONDS = 120 if FULL else 15


def test_two_workers_and_a_rebalance_every_few_seconds(world: World) -> None:
    chance = seeded()
    workers = Workers(lambda: world.start("projector", QUICK), count=2)
    written: list[Message] = []
    rebalances = 0
    with watched(world, all_distinct=True) as watch:
        over = time.monotonic() + _REBALANCING_SECONDS
        while time.monotonic() < over:
            workers.keep()
            before = watch.total
            written += (more := messages(len(written), 400, projects=200))
            asyncio.run(publish(world.kafka, world.topic, more))
            until("something is applied", lambda: watch.total > before, workers)  # noqa: B023
            chance.choice(workers.awake).child.process.send_signal(chance.choice([signal.SIGTERM, signal.SIGKILL]))
            rebalances += 1
            moment = time.monotonic() + chance.uniform(0.5, 3)
            until("the moment is over", lambda: time.monotonic() > moment, workers)  # noqa: B023
        hold(world, identities(written), workers, seconds=180)
    assert rebalances >= 2


def test_a_zombie_past_its_session_finds_its_partitions_taken(world: World) -> None:
    """Stopped with a batch in hand, replaced by the other one, and woken up: what it still writes is fenced off."""
    workers = Workers(lambda: world.start("projector", QUICK), count=2)
    written: list[Message] = []
    with watched(world, all_distinct=True) as watch:
        for number in (0, 1):
            before = watch.total
            written += (more := messages(len(written), 800, projects=100))
            asyncio.run(publish(world.kafka, world.topic, more))
            until("some of it is applied", lambda: watch.total > before, workers)  # noqa: B023
            zombie = workers.awake[number]
            zombie.child.process.send_signal(signal.SIGSTOP)
            woken = time.monotonic() + SESSION_SECONDS + 1
            until("its session is over", lambda: time.monotonic() > woken, workers)  # noqa: B023
            until("the other one has all of it", lambda: watch.total == len(written), workers)  # noqa: B023
            zombie.child.process.send_signal(signal.SIGCONT)
        hold(world, identities(written), workers)
