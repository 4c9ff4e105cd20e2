"""The one check that ends every fault test: what was acknowledged is there once, and the read model is what the log says."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.projector.commands.verify import Verdict, verify
from tests.faults.load import Identity
from tests.faults.own_stack import World
from tests.faults.workers import Workers
from tests.services.projector.projection import checkpoints, log_ends


def hold(world: World, acknowledged: Collection[Identity], workers: Workers, seconds: float = 90) -> Verdict:
    """Wait until the read model has reached the end of the log; then all of this is so, or an AssertionError says what is not.

    - Every acknowledged event is in the log (P1).
    - Every acknowledged event is in the timeline once (P2, P3); a conflicting one is shown beside it.
    - Every row of every table equals a fresh fold of the log, quarantined bytes among them (P4, P6).
    - Positions are contiguous: every partition is covered to its end.
    """
    ends = asyncio.run(log_ends(world.kafka, world.topic))
    until_reached(world, ends, workers, seconds)
    in_log = asyncio.run(_identities_in_log(world.kafka, world.topic, ends))
    lost = set(acknowledged) - in_log.keys()
    assert not lost, f"{len(lost)} acknowledged events are not in the log: {sorted(lost)[:5]}"
    timeline = asyncio.run(_timeline(world.database.api))
    missing = set(acknowledged) - timeline.keys()
    assert not missing, f"{len(missing)} acknowledged events are not in the timeline: {sorted(missing)[:5]}"
    doubled = [identity for identity, times in timeline.items() if times > 1]
    assert not doubled, f"{len(doubled)} events stand in the timeline more than once: {sorted(doubled)[:5]}"
    verdict = asyncio.run(verify(world.kafka, world.database.api, world.topic))
    assert verdict.differences == [], verdict.differences[:5]
    assert (verdict.records, verdict.behind) == (sum(ends.values()), 0)
    return verdict


def until_reached(world: World, offsets: dict[int, int], workers: Workers, seconds: float = 90) -> None:
    """Until the checkpoints are at these offsets, workers kept running meanwhile; never beyond them."""
    until(
        lambda: f"{asyncio.run(_checkpoints(world))} never became {offsets}",
        lambda: asyncio.run(_checkpoints(world)) == offsets,
        workers,
        seconds,
    )


def until(
    what: str | Callable[[], str], holds: Callable[[], bool], workers: Workers | None = None, seconds: float = 60
) -> None:
    """Until something holds, workers kept running meanwhile."""
    deadline = time.monotonic() + seconds
    while not holds():
        if workers is not None:
            workers.keep()
        if time.monotonic() > deadline:
            description = what if isinstance(what, str) else what()
            said = f"; exits {workers.exits}\n{workers.said()}" if workers else ""
            raise AssertionError(f"not within {seconds:g} s: {description}{said}")
        time.sleep(0.1)


class Watch(threading.Thread):
    """Looks at the read model all the time, as a reader would, through every outage of its database.

    `reached`: the checkpoints last seen. `faults`: what no reader may ever see.
    """

    def __init__(self, dsn: str, *, all_distinct: bool) -> None:
        super().__init__(name="watch", daemon=True)
        self._dsn = dsn
        self._all_distinct = all_distinct
        self._enough = threading.Event()
        self.reached: dict[int, int] = {}
        self.faults: list[str] = []
        self.looks = 0

    @property
    def total(self) -> int:
        """How many records of the log the read model covers."""
        return sum(self.reached.values())

    def finish(self) -> None:
        """Stop looking."""
        self._enough.set()
        self.join(30)

    def run(self) -> None:
        asyncio.run(self._look_until_enough())

    async def _look_until_enough(self) -> None:
        while not self._enough.is_set():
            try:
                connection = await asyncpg.connect(self._dsn, timeout=5)
                try:
                    while not self._enough.is_set():
                        await self._look(connection)
                        await asyncio.sleep(0.1)
                finally:
                    connection.terminate()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                # It is away, which asyncpg may notice in the middle of its own words.
                await asyncio.sleep(0.1)

    async def _look(self, connection: asyncpg.Connection) -> None:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            offsets = await checkpoints(connection)
            events = await connection.fetchval("SELECT count(*) FROM event", timeout=10)
        fell = {p: (self.reached[p], offsets.get(p)) for p in self.reached if offsets.get(p, -1) < self.reached[p]}
        if fell:
            self.faults.append(f"checkpoints went back: {fell}")
        covered = sum(offsets.values())
        if events > covered or (self._all_distinct and events != covered):
            self.faults.append(f"half a batch was to be seen: {events} events where the position covers {covered}")
        self.reached = offsets
        self.looks += 1


@contextmanager
def watched(world: World, *, all_distinct: bool = False) -> Iterator[Watch]:
    """A reader beside the test. `all_distinct`: the log holds no repeated, conflicting or broken event."""
    watch = Watch(world.database.api, all_distinct=all_distinct)
    watch.start()
    try:
        yield watch
    finally:
        watch.finish()
    assert watch.looks > 0, "the read model could not be looked at even once"
    assert watch.faults == [], watch.faults[:5]


async def _checkpoints(world: World) -> dict[int, int]:
    connection = await asyncpg.connect(world.database.api)
    try:
        return await checkpoints(connection)
    finally:
        await connection.close()


async def _timeline(dsn: str) -> Counter[Identity]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT subject, source, id FROM event")
    finally:
        await connection.close()
    return Counter((row["subject"], row["source"], row["id"]) for row in rows)


async def _identities_in_log(kafka: str, topic: str, ends: dict[int, int]) -> Counter[Identity]:
    """Read with nothing of the product but its client: neither its decoding nor its idea of a position."""
    places = [TopicPartition(topic, partition) for partition, end in ends.items() if end]
    found: Counter[Identity] = Counter()
    async with AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        left = {place: ends[place.partition] for place in places}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=5_000, max_records=20_000)).items():
                for record in records:
                    if (identity := _identity(record.value)) is not None:
                        found[identity] += 1
                if records[-1].offset + 1 >= ends[place.partition]:
                    left.pop(place, None)
    return found


def _identity(value: bytes | None) -> Identity | None:
    try:
        envelope = json.loads(value or b"")
        return envelope["subject"], envelope["source"], envelope["id"]
    except (ValueError, KeyError, TypeError):  # not an event: verify looks after those
        return None
