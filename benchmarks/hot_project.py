"""How fast is one project worked off whose events are sent all at once, does that grow with it, and how long do its neighbours wait?

    python -m benchmarks.hot_project [--events 20000 200000] [--late 0 5] [--rate 20]

One project of fifty deals, its memoranda in the order of their days or so many in a hundred of them late, written to the log as fast as a producer
can. Meanwhile other projects of its partition get an event each, on the beat; their way from the send to the commit that makes them
readable is timed until the hot project is folded to its last event, and is told for the time of the sending and for the whole. A process of its
own sends the hot project, or the clock would stand in a loop that is busy with sending. Against the stack that tests use, with the real worker.
The same neighbours alone, before, are the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context

import asyncpg
import psutil
from aiokafka import AIOKafkaProducer

from benchmarks import figures
from benchmarks.projector_live import percentiles, prepared, projector
from steppe.contracts.partitioning import partition_of
from steppe.log.positions import parse_position
from tests.services.projector.projection import (
    Message,
    event,
    log_ends,
    publish,
    until,
    until_covered,
    until_nothing_waits,
)
from tests.stack import Stack, kind_of_stack, started

_HOT = "hot-project"
_DEALS = 50
_ALONE_SECONDS = 10.0
_SECONDS_MAX = 3600.0


def hot_events(events: int, late: int) -> Iterator[Message]:
    """Memoranda of one project in the order of their days, but for so many in a hundred."""
    chance = random.Random(events)
    places = sorted((_day(number), number) for number in range(events))
    moved = {number for number in range(events) if chance.random() * 100 < late}
    days = [place for place in places if place[1] not in moved]
    for _, number in (place for place in places if place[1] in moved):
        days.insert(chance.randrange(len(days)), (_day(number), number))
    for day, number in days:
        yield event(f"hot-{number}", _HOT, deal=f"deal-{number % _DEALS}", occurred=day)


def _day(number: int) -> str:
    """One of 420 days, on which a deal in fifty signs something, however many events there are."""
    return f"{1990 + number % 30}-{1 + number % 12:02d}-{1 + number % 28:02d}"


class Neighbours:
    """Projects of the hot one's partition, each of which gets one event; when it was sent and when it could be read."""

    def __init__(self, topic: str, partitions: int) -> None:
        self._topic = topic
        home = partition_of(_HOT.encode(), partitions)
        self._names = (
            name for number in count() if partition_of((name := f"next-{number}").encode(), partitions) == home
        )
        self._sent: dict[tuple[int, int], float] = {}
        self._seen: dict[int, list[tuple[int, float]]] = {}

    def hear(self, *notice: object) -> None:
        """A commit: so far can be read now."""
        now = time.monotonic()
        for partition, offset in parse_position(str(notice[-1])).items():
            self._seen.setdefault(partition, []).append((offset, now))

    async def send(self, producer: AIOKafkaProducer, rate: float, ended: asyncio.Event) -> None:
        """Send on the beat until it ended."""
        began = time.monotonic()
        for number in count():
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            if ended.is_set():
                return
            key, value, _ = event("one", next(self._names))
            sent = time.monotonic()
            written = await producer.send_and_wait(self._topic, value, key=key)
            self._sent[written.partition, written.offset] = sent

    def waited(self, began: float, ended: float) -> list[float]:
        """Seconds that each took that was sent between two instants."""
        waited = []
        for (partition, offset), sent in self._sent.items():
            if began <= sent < ended:
                waited.append(next(now for covered, now in self._seen[partition] if covered >= offset) - sent)
        return waited


def send_hot(kafka: str, topic: str, events: int, late: int) -> tuple[float, float]:
    """Send the hot project as fast as a producer can; when that began and ended. For a process of its own."""
    messages = list(hot_events(events, late))
    began = time.monotonic()
    asyncio.run(publish(kafka, topic, messages))
    return began, time.monotonic()


def _say(what: str, waited: list[float]) -> float:
    """Print, and give p99 in milliseconds."""
    p50, p99 = percentiles(waited)
    sys.stdout.write(
        f"  {what}: visible after p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, max {max(waited) * 1000:.0f} ms,"
        f" {len(waited)} events\n"
    )
    return p99 * 1000


def _seconds(process: psutil.Process | psutil.Popen) -> float:
    """What it has computed."""
    return float(sum(process.cpu_times()[:2]))


async def measure(stack: Stack, events: int, late: int, rate: float, *, note: bool) -> float:
    """One hot project in a log of its own; how many of its events a second were worked off."""
    topic, owner, dsn = await prepared(stack)
    partitions = len(await log_ends(stack.kafka, topic))
    connection = await asyncpg.connect(owner)
    neighbours = Neighbours(topic, partitions)
    await connection.add_listener("steppe_position", neighbours.hear)
    with projector(stack, topic, dsn) as process, ProcessPoolExecutor(1, get_context("spawn")) as sender:
        async with AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all", linger_ms=2) as producer:

            async def covered() -> None:
                ends = await log_ends(stack.kafka, topic)
                await until_covered(connection, {p: end - 1 for p, end in ends.items()}, seconds=_SECONDS_MAX)

            async def during(work: asyncio.Task[float]) -> float:
                ended = asyncio.Event()
                sending = asyncio.create_task(neighbours.send(producer, rate, ended))
                try:
                    return await work
                finally:
                    ended.set()
                    await sending
                    await covered()

            async def alone() -> float:
                await asyncio.sleep(_ALONE_SECONDS)
                return _ALONE_SECONDS

            async def worked_off() -> float:
                busy = _seconds(process)
                loop = asyncio.get_running_loop()
                began, ended = await loop.run_in_executor(sender, send_hot, stack.kafka, topic, events, late)
                await covered()
                passed = time.monotonic() - began
                await until_nothing_waits(connection, seconds=_SECONDS_MAX)
                took = time.monotonic() - began
                beside = sum(map(_seconds, process.children()))
                sys.stdout.write(
                    f"  sent in {ended - began:.1f} s, behind the checkpoint after {passed:.1f} s, folded to the end after {took:.1f} s\n"
                )
                sys.stdout.write(
                    f"  CPU: {_seconds(process) - busy:.1f} s of the worker, {beside:.1f} s of the process beside it\n"
                )
                sending.extend((began, ended))
                return took

            sending: list[float] = []
            await publish(stack.kafka, topic, [event("awake", "awake")])
            await until("the projector is awake", lambda: bool(neighbours._seen), 60)
            sys.stdout.write(f"{events:,} events of one project, {late} % late\n")
            await during(asyncio.create_task(alone()))
            limit = _say("neighbours alone", neighbours.waited(0, time.monotonic()))
            took = await during(asyncio.create_task(worked_off()))
            began, ended = sending
            if len(while_sent := neighbours.waited(began, ended)) > 1:
                _say("neighbours while it is sent", while_sent)
            p99 = _say("neighbours meanwhile", neighbours.waited(began, math.inf))
        folded = await connection.fetchval("SELECT event_count FROM project WHERE project = $1", _HOT)
        if folded != events:
            raise RuntimeError(f"{folded} of {events} events are folded")
    await connection.close()
    sys.stdout.write(f"  {events / took:,.0f} events/s to the end\n")
    if note:
        figures.note("hot project", events / took)
        figures.note("neighbours p99", p99, limit)
    return events / took


async def _measure_all(stack: Stack, sizes: list[int], late: list[int], rate: float) -> None:
    for share in late:
        rates = [await measure(stack, events, share, rate, note=events == max(sizes)) for events in sizes]
        sys.stdout.write(f"{share} % late: an event costs {rates[0] / rates[-1]:.2f} times as much in the largest\n")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, nargs="+", default=[20_000, 200_000])
    arguments.add_argument("--late", type=int, nargs="+", default=[0, 5], help="percent of the events")
    arguments.add_argument("--rate", type=float, default=20, help="events of neighbours a second")
    given = arguments.parse_args()
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}\n"
    )
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        asyncio.run(_measure_all(stack, given.events, given.late, given.rate))


if __name__ == "__main__":
    main()
