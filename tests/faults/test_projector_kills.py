"""Twenty kills of the projector while 50,000 events come in; afterwards every row equals a fresh fold of the log.

SIGKILL: a power cut. SIGTERM: a deployment. SIGSTOP past the session time-out, then SIGCONT: a zombie that still holds a
batch of partitions that belong to somebody else by now.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable

import asyncpg

from services.projector.verify import verify
from tests.services.projection import Message, checkpoints, event, log_ends, publish, until_covered
from tests.stack import Database, Service, Stack

KILLS = 20
EVENTS = 50_000
PROJECTS = 5_000
SESSION_SECONDS = 3.0
SETTINGS = {
    "STEPPE_PROJECTOR_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
    "STEPPE_PROJECTOR_HEARTBEAT_SECONDS": "0.8",
    "STEPPE_PROJECTOR_IDLE_TRANSACTION_SECONDS_MAX": "2",
}
# In the order in which a project lives, so that the fold has something to do; sent in any order.
STEPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("intent.announced", {"kind": "talks"}),
    ("memorandum.signed", {"instrument": "mou"}),
    ("termsheet.signed", {"instrument": "heads"}),
    ("study.completed", {"kind": "feasibility"}),
    ("equity.agreed", {}),
    ("setback.reported", {"kind": "price"}),
)


def messages(chance: random.Random, first: int, count: int, projects: int = PROJECTS) -> list[Message]:
    """Events of a few years and many projects, some of them sent before, a few with another content, a few broken."""
    made: list[Message] = []
    for number in range(first, first + count):
        known = number if chance.random() > 0.02 else chance.randrange(number + 1)
        same = random.Random(known)
        name, data = same.choice(STEPS)
        day = f"{same.randint(2015, 2025)}-{same.randint(1, 12):02}-{same.randint(1, 28):02}"
        parties = [{"party": f"investor-{same.randrange(3)}", "role": "investor"}]
        note = {"note": "another content"} if chance.random() < 0.001 else {}
        key, value, headers = event(
            f"e{known}", f"project-{known % projects}", name, occurred=day, parties=parties, **data, **note
        )
        made.append((key, value[:-9] if value and chance.random() < 0.001 else value, headers))
    return made


class Workers:
    """Keeps one worker running that is awake, as whoever runs the projector in earnest would."""

    def __init__(self, start: Callable[..., Service]) -> None:
        self._start = start
        self.awake: list[Service] = []
        self.exits: list[int | str] = []

    def keep(self) -> None:
        """Replace what has ended."""
        for worker in [worker for worker in self.awake if not worker.child.alive]:
            self.awake.remove(worker)
            code = worker.child.process.returncode
            said = [line for line in worker.log().splitlines() if " CRITICAL " in line]
            self.exits.append(said[0] if code == 1 and said else code)
        if not self.awake:
            self.awake.append(self._start("projector", **SETTINGS))


async def until_more(workers: Workers, connection: asyncpg.Connection, beyond: int, seconds: float = 60) -> int:
    """Until something more has been committed; it never becomes less. Returns the sum of the checkpoints."""
    deadline = time.monotonic() + seconds
    while True:
        workers.keep()
        reached = sum((await checkpoints(connection)).values())
        assert reached >= beyond, f"the checkpoints went back from {beyond} to {reached}"
        if reached > beyond:
            return reached
        said = "\n".join(worker.log()[-3000:] for worker in workers.awake)
        assert time.monotonic() < deadline, f"nothing committed within {seconds} s:\n{said}"
        await asyncio.sleep(0.02)


async def test_twenty_kills_during_fifty_thousand_events_lose_and_double_nothing(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service]
) -> None:
    seed = int(os.environ.get("STEPPE_TEST_SEED") or random.SystemRandom().randrange(2**32))
    sys.stdout.write(f"STEPPE_TEST_SEED={seed}\n")
    chance = random.Random(seed)
    kinds = [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP] * (KILLS // 3) + [signal.SIGKILL, signal.SIGTERM]
    chance.shuffle(kinds)
    workers = Workers(start)
    connection = await asyncpg.connect(database.api)
    reached = 0
    for number, kind in enumerate(kinds[:KILLS]):
        half = EVENTS // KILLS // 2
        await publish(stack.kafka, topic, messages(chance, number * 2 * half, half))
        reached = await until_more(workers, connection, reached)
        await asyncio.sleep(chance.random() * 0.4)
        workers.keep()
        victim = chance.choice(workers.awake)
        victim.child.process.send_signal(kind)
        # Whoever comes after the victim finds something to do, however fast the victim was.
        before = sum((await checkpoints(connection)).values())
        await publish(stack.kafka, topic, messages(chance, (number * 2 + 1) * half, half))
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
    deadline = time.monotonic() + 120
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
