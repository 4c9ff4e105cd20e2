"""The projector is killed again and again while events come in; afterwards every row equals a fresh fold of the log.

Eight kills and 16,000 events on every run, twenty and 50,000 with `make faults`.

SIGKILL: a power cut. SIGTERM: a deployment. SIGSTOP past the session time-out, then SIGCONT: a zombie that still holds a
batch of partitions that belong to somebody else by now.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable

import asyncpg

from services.projector.commands.verify import verify
from tests.faults.load import troubled_messages
from tests.faults.sizes import FULL, seeded
from tests.faults.workers import QUICK, SESSION_SECONDS, Workers
from tests.services.projector.projection import checkpoints, log_ends, publish, until_covered
from tests.stack import Database, Service, Stack

KILLS = 20 if FULL else 8
EVENTS = 50_000 if FULL else 16_000
PROJECTS = 5_000


async def until_more(workers: Workers, connection: asyncpg.Connection, beyond: int, seconds: float = 60) -> int:
    """Until something more has been committed; it never becomes less. Returns the sum of the checkpoints."""
    deadline = time.monotonic() + seconds
    while True:
        workers.keep()
        reached = sum((await checkpoints(connection)).values())
        assert reached >= beyond, f"the checkpoints went back from {beyond} to {reached}"
        if reached > beyond:
            return reached
        assert time.monotonic() < deadline, f"nothing committed within {seconds} s:\n{workers.said()}"
        await asyncio.sleep(0.02)


async def test_kills_while_events_come_in_lose_and_double_nothing(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service]
) -> None:
    chance = seeded()
    kinds = [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP] * (KILLS // 3) + [signal.SIGKILL, signal.SIGTERM]
    chance.shuffle(kinds)
    workers = Workers(lambda: start("projector", **QUICK))
    connection = await asyncpg.connect(database.api)
    reached = 0
    for number, kind in enumerate(kinds[:KILLS]):
        half = EVENTS // KILLS // 2
        await publish(stack.kafka, topic, troubled_messages(chance, number * 2 * half, half, PROJECTS))
        reached = await until_more(workers, connection, reached)
        await asyncio.sleep(chance.random() * 0.4)
        workers.keep()
        victim = chance.choice(workers.awake)
        victim.child.process.send_signal(kind)
        # Whoever comes after the victim finds something to do, however fast the victim was.
        before = sum((await checkpoints(connection)).values())
        await publish(stack.kafka, topic, troubled_messages(chance, (number * 2 + 1) * half, half, PROJECTS))
        if kind is signal.SIGSTOP:
            # It sleeps until its partitions are somebody else's, and wakes with what it had in hand.
            workers.awake.remove(victim)
            stopped = time.monotonic()
            reached = await until_more(workers, connection, before)
            await asyncio.sleep(max(0.0, SESSION_SECONDS + 1 - (time.monotonic() - stopped)))
            victim.child.process.send_signal(signal.SIGCONT)
            workers.awake.append(victim)
        elif kind is signal.SIGTERM:
            await asyncio.to_thread(victim.child.process.wait, 11)
    ends = await log_ends(stack.kafka, topic)
    deadline = time.monotonic() + 900
    while await checkpoints(connection) != ends:
        workers.keep()
        assert time.monotonic() < deadline, f"{await checkpoints(connection)} never became {ends}"
        await asyncio.sleep(0.1)
    await until_covered(connection, {partition: end - 1 for partition, end in ends.items()})
    verdict = await verify(stack.kafka, database.api, topic)
    assert verdict.differences == [], verdict.differences[:5]
    assert (verdict.records, verdict.behind) == (EVENTS, 0)
    assert sum(ends.values()) == EVENTS
    doubled = "SELECT count(*) - count(DISTINCT (subject, source, id)) FROM event"
    assert await connection.fetchval(doubled) == 0
    await connection.close()
    sys.stdout.write(f"exits: {workers.exits}; {verdict.rows} rows equal\n")
