"""How does the live projection scale with its workers, where their projects share markets and where they do not?

    python -m benchmarks.workers [--events 20000] [--workers 1 2 4] [--markets apart 400 1]

So many processes of the projector share the partitions of one log. They wait until each has its own; then the log of
`benchmarks/rebuild_events.py` is written at once, and the clock runs until all of it is applied. `apart`: projects of different partitions
share no market. Meanwhile is looked, fifty times a second, how many sessions of workers wait for a lock of another one, and how many hold
the locks of their markets. The share of its time for which one worker alone holds them bounds what any number of workers can
do in markets that all of them share, whatever cores there are. Nothing is announced.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import msgspec
import psutil

from benchmarks import rebuild_events
from benchmarks.projector_live import prepared, reached
from benchmarks.rebuild import write
from benchmarks.rebuild_events import Message
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.standalone.places import free_port
from steppe.standalone.services import answers
from tests.services.projector.projection import log_ends
from tests.stack import Stack, kind_of_stack, started

_SECONDS_BETWEEN_LOOKS = 0.02
_READY_SECONDS = 120
_SESSIONS = """
SELECT
    count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
    count(*) FILTER (
        WHERE wait_event_type IS DISTINCT FROM 'Lock'
            AND EXISTS (
                SELECT FROM pg_locks
                WHERE pg_locks.pid = pg_stat_activity.pid AND locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
            )
    ) AS holding
FROM pg_stat_activity
WHERE application_name = 'steppe-projector' AND datname = current_database()
"""


@dataclass(slots=True)
class Looks:
    """How many sessions waited for a lock, and how many held those of their markets, over all looks."""

    count: int = 0
    waiting: int = 0
    holding: int = 0

    async def look(self, owner: str) -> None:
        """Look until cancelled."""
        connection = await asyncpg.connect(owner)
        try:
            while True:
                (row,) = await connection.fetch(_SESSIONS)
                self.count += 1
                self.waiting += row["waiting"]
                self.holding += row["holding"]
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        finally:
            await connection.close()


def log(events: int, markets: str) -> Iterator[Message]:
    """Projects in so many markets, or in those of their partitions."""
    if markets != "apart":
        yield from rebuild_events.messages(events, markets=int(markets))
        return
    for key, value in rebuild_events.messages(events):
        envelope = msgspec.json.decode(value)
        if envelope["type"] == "steppe.project.registered.v1":
            envelope["data"]["commodities"] = [f"commodity-{partition_of(key, PARTITIONS_DEFAULT)}"]
        yield key, msgspec.json.encode(envelope)


async def measure(stack: Stack, events: int, workers: int, markets: str) -> float:
    """Print what so many workers did; returns events a second."""
    topic, owner, dsn = await prepared(stack)
    ports = [free_port(0) for _ in range(workers)]
    own = {
        "STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": dsn, "STEPPE_TOPIC": topic, "STEPPE_PROJECTOR_ANNOUNCE": "off",
        "STEPPE_PROJECTOR_GROUP": f"steppe.projector.{topic}",
    }  # fmt: skip
    processes = [
        psutil.Popen(
            [sys.executable, "-m", "services.projector"],
            env={**os.environ, **own, "STEPPE_PROJECTOR_PORT": str(port)},
        )
        for port in ports
    ]
    connection = await asyncpg.connect(owner)
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not all(answers(f"http://127.0.0.1:{port}/readyz") for port in ports):
            assert time.monotonic() < deadline, "the workers have no partitions"
            await asyncio.sleep(0.2)
        looks = Looks()
        looking = asyncio.create_task(looks.look(owner))
        busy, began = _busy(processes), time.monotonic()
        await write(stack.kafka, topic, log(events, markets))
        total = sum((await log_ends(stack.kafka, topic)).values())
        took = await reached(connection, total) - began
        cost = (_busy(processes) - busy) / total * 1e6
        looking.cancel()
        await asyncio.wait({looking})
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)
        await connection.close()
    sys.stdout.write(
        f"{workers} workers, markets {markets}: {total / took:,.0f} events/s, {cost:,.0f} µs CPU of the workers an event;"
        f" of {workers} sessions {looks.waiting / looks.count:.2f} waited for a lock, {looks.holding / looks.count:.2f} held"
        " those of their markets\n"
    )
    sys.stdout.flush()
    return total / took


def _busy(processes: list[psutil.Popen]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--events", type=int, default=20_000)
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    arguments.add_argument("--markets", nargs="+", default=["apart", str(rebuild_events.MARKETS), "1"])
    given = arguments.parse_args()
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python"
        f" {platform.python_version()}; {given.events:,} events\n"
    )
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        for markets in given.markets:
            for workers in given.workers:
                asyncio.run(measure(stack, given.events, workers, markets))


if __name__ == "__main__":
    main()
