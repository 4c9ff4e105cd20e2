"""How fast is the live projection, what does an event cost, and how long until it can be read?

    python -m benchmarks.projector_live [--events 20000] [--projects 2000] [--seconds 20] [--rate 100]

The first figures are of events in any order, where each one may change everything after it. The way of an event to its reader
is timed on a log in which one event in twenty is late (`benchmarks/rebuild_events.py`), first alone, then while one rebuild after
another is running beside it; the clock starts when what the log held before is applied and announced.

Against the stack that tests use (STEPPE_TEST_KAFKA and STEPPE_TEST_DATABASE, Docker, or standalone). Beside the projector,
in the same run, its limit: getmany, JSON, COPY of the raw event, upsert of the project and the checkpoint, and no fold.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import asyncpg
import msgspec
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks import figures, rebuild_events
from benchmarks.ingest_ndjson import ingest
from steppe.cli.commands import migrate
from steppe.contracts.codec import STRUCTURED
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.log.positions import parse_position, parse_record_id
from tests.faults.load import troubled_messages
from tests.services.projector.projection import checkpoints, event, log_ends, publish, until
from tests.stack import LOGINS, Stack, database_of, kind_of_stack, started

_BARE = """
CREATE TABLE IF NOT EXISTS bare_event (subject text, source text, id text, raw text, PRIMARY KEY (subject, source, id));
CREATE TABLE IF NOT EXISTS bare_project (project text PRIMARY KEY, events integer NOT NULL);
CREATE TABLE IF NOT EXISTS bare_checkpoint (partition integer PRIMARY KEY, next_offset bigint NOT NULL);
TRUNCATE bare_event, bare_project, bare_checkpoint;
"""
_UPSERT = """
INSERT INTO bare_project (project, events)
SELECT project, count(*) FROM unnest($1::text[]) AS project GROUP BY project
ON CONFLICT (project) DO UPDATE SET events = bare_project.events + excluded.events
"""
_ADVANCE = """
INSERT INTO bare_checkpoint (partition, next_offset) VALUES ($1, $2)
ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset
"""

# A worker that does not keep up with what is sent comes to its end nevertheless, and its figures say how far behind it was.
_SECONDS_MAX = 600.0
_SECONDS_TO_END = 15.0
# A catch-up stays two seconds after little is left; then the stream begins, which holds what comes meanwhile up by half a second,
# once. What is timed is the stream.
_SECONDS_UNTIL_STREAM = 5.0

_IS_ANNOUNCED = """
SELECT NOT EXISTS (SELECT FROM steppe.outbox) AND until.next_offsets = (
    SELECT array_agg(next_offset ORDER BY partition) FROM checkpoint)
FROM steppe.announced_until AS until
"""


async def prepared(stack: Stack) -> tuple[str, str, str]:
    """A topic and a database of this run: topic, owner's address, projector's address."""
    token = uuid.uuid4().hex[:8]
    server = await asyncpg.connect(stack.database)
    await server.execute(f"CREATE DATABASE bench_{token}")
    await server.close()
    database = database_of(stack.database, f"bench_{token}")
    topic = f"bench.{token}"
    await migrate.run(stack.kafka, database.owner, PARTITIONS_DEFAULT, topic=topic, logins=LOGINS)
    return topic, database.owner, database.projector


@contextmanager
def projector(stack: Stack, topic: str, dsn: str) -> Iterator[psutil.Popen]:
    """The real service, which ends with the measurement, also with one that fails."""
    own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": dsn, "STEPPE_TOPIC": topic, "STEPPE_PROJECTOR_PORT": "0"}
    process = psutil.Popen([sys.executable, "-m", "services.projector"], env={**os.environ, **own})
    try:
        yield process
        process.terminate()
        process.wait(_SECONDS_TO_END)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


async def reached(connection: asyncpg.Connection, total: int) -> float:
    """Until that many records are applied; the instant at which they were."""
    while True:
        if sum((await checkpoints(connection)).values()) >= total:
            return time.monotonic()
        await asyncio.sleep(0.02)


async def live(stack: Stack, topic: str, owner: str, dsn: str, total: int, limit: float) -> None:
    connection = await asyncpg.connect(owner)
    with projector(stack, topic, dsn) as process:
        began = await reached(connection, 1)
        done = sum((await checkpoints(connection)).values())
        busy = sum(process.cpu_times()[:2])
        ended = await reached(connection, total)
        busy = sum(process.cpu_times()[:2]) - busy
        count = total - done
        rate, cost = count / (ended - began), busy / count * 1e6
        sys.stdout.write(f"live projection: {rate:,.0f} events/s, {cost:,.0f} µs CPU of the worker an event\n")
        figures.note("live", rate, limit)
    await connection.close()


async def bare(stack: Stack, topic: str, owner: str, total: int, batch: int) -> float:
    """The limit: events a second."""
    connection = await asyncpg.connect(owner)
    await connection.execute(_BARE)
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka)
    await consumer.start()
    partitions = [TopicPartition(topic, p) for p in range(PARTITIONS_DEFAULT)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    seen: set[tuple[str, str, str]] = set()
    done, began, busy = 0, time.monotonic(), time.process_time()
    while done < total:
        batches = await consumer.getmany(timeout_ms=500, max_records=batch)
        rows: list[tuple[str, str, str, str]] = []
        for record in (record for records in batches.values() for record in records):
            done += 1
            try:
                envelope = msgspec.json.decode(record.value)
            except msgspec.MsgspecError:
                continue
            identity = (envelope["subject"], envelope["source"], envelope["id"])
            if identity not in seen:
                seen.add(identity)
                rows.append((*identity, record.value.decode()))
        if not batches:
            continue
        async with connection.transaction():
            await connection.copy_records_to_table(
                "bare_event", records=rows, columns=["subject", "source", "id", "raw"]
            )
            await connection.execute(_UPSERT, [row[0] for row in rows])
            for tp, records in batches.items():
                await connection.execute(_ADVANCE, tp.partition, records[-1].offset + 1)
    took, busy = time.monotonic() - began, time.process_time() - busy
    sys.stdout.write(
        f"limit, batches of {batch:,}: {total / took:,.0f} events/s, {busy / total * 1e6:,.0f} µs CPU of the worker\n"
    )
    await consumer.stop()
    await connection.close()
    return total / took


@asynccontextmanager
async def rebuilding(stack: Stack, topic: str, dsn: str) -> AsyncIterator[list[float]]:
    """One rebuild after another, each given up when it is ready to flip; how many seconds each took."""
    own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": dsn, "STEPPE_TOPIC": topic}
    took: list[float] = []

    async def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "services.projector.rebuild", *arguments]
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            if await process.wait() != 0:
                raise RuntimeError(f"{command} ended with {process.returncode}")
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise

    async def again_and_again() -> None:
        while True:
            began = time.monotonic()
            await run("--no-flip")
            took.append(time.monotonic() - began)
            await run("--abandon")

    running = asyncio.create_task(again_and_again())
    try:
        yield took
        if running.done():
            running.result()
    finally:
        running.cancel()
        await asyncio.wait({running})


async def announced(connection: asyncpg.Connection) -> None:
    """Until everything that is applied is announced and sent."""
    while True:
        if await connection.fetchval(_IS_ANNOUNCED):
            return
        await asyncio.sleep(0.1)


async def latency(
    stack: Stack, topic: str, owner: str, dsn: str, bodies: Sequence[bytes], seconds: float, rate: int, name: str
) -> tuple[float, float]:
    """From the start of POST /v1/events, one event a request, to the notice of the commit that made it readable: p50 and p99, s."""
    connection = await asyncpg.connect(owner)
    told: dict[tuple[int, int], float] = {}
    held = await checkpoints(connection)
    up_to = dict(held)

    def hear(*notice: object) -> None:
        now = time.monotonic()
        for partition, offset in parse_position(str(notice[-1])).items():
            for covered in range(up_to[partition], offset + 1):
                told[partition, covered] = now
            up_to[partition] = max(up_to[partition], offset + 1)

    await connection.add_listener("steppe_position", hear)
    with (
        tempfile.TemporaryDirectory() as folder,
        ingest(stack.kafka, topic, Path(folder)) as (address, _),
        projector(stack, topic, dsn),
    ):
        first = await publish(stack.kafka, topic, [event("awake", "project-0")])
        await until("the projector is awake", lambda: all(place in told for place in first.items()), _SECONDS_MAX)
        async with asyncio.timeout(_SECONDS_MAX):
            await announced(connection)
            await asyncio.sleep(_SECONDS_UNTIL_STREAM)
            await announced(connection)
        # A client that costs little, because it shares the cores with what is measured.
        async with aiohttp.ClientSession(address, headers={"Content-Type": STRUCTURED}) as client:

            async def send(number: int) -> tuple[int, int]:
                async with client.post("/v1/events", data=bodies[number]) as answer:
                    answer.raise_for_status()
                    return parse_record_id((await answer.json())["position"])

            answered = await at_rate(send, rate, seconds)
        # A repetition of what the log held before is answered with its old place: it was visible already.
        sent = [(began, (partition, offset)) for began, (partition, offset) in answered if offset >= held[partition]]
        await until("everything is visible", lambda: all(place in told for _, place in sent), _SECONDS_MAX)
    await connection.close()
    return say(f"from POST to visible at {rate} events/s, {name}", [told[place] - began for began, place in sent])


async def latency_bare(
    stack: Stack, topic: str, owner: str, bodies: Sequence[bytes], seconds: float, rate: int
) -> tuple[float, float]:
    """The limit: a producer without HTTP, a consumer without a group, and one insert and commit for what it got."""
    connection = await asyncpg.connect(owner)
    await connection.execute(_BARE)
    told: dict[tuple[int, int], float] = {}
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka)
    await consumer.start()
    partitions = [TopicPartition(topic, p) for p in range(PARTITIONS_DEFAULT)]
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)

    async def commit() -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=500)
            records = [record for of_partition in batches.values() for record in of_partition]
            if not records:
                continue
            rows = [(str(r.partition), str(r.offset), "", r.value.decode()) for r in records]
            async with connection.transaction():
                await connection.copy_records_to_table(
                    "bare_event", records=rows, columns=["subject", "source", "id", "raw"]
                )
            now = time.monotonic()
            told.update({(r.partition, r.offset): now for r in records})

    committing = asyncio.create_task(commit())
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all", enable_idempotence=True) as producer:

        async def send(number: int) -> tuple[int, int]:
            written = await producer.send_and_wait(topic, bodies[number], key=str(number % 500).encode())
            return written.partition, written.offset

        sent = await at_rate(send, rate, seconds)
    await until("everything is visible", lambda: all(place in told for _, place in sent), _SECONDS_MAX)
    committing.cancel()
    await consumer.stop()
    await connection.close()
    return say(f"limit, from send to commit at {rate} events/s", [told[place] - began for began, place in sent])


def as_sent(value: bytes) -> bytes:
    """A record of the log as a sender writes it."""
    envelope = msgspec.json.decode(value)
    del envelope["recordedtime"]  # the door's own to say
    return msgspec.json.encode(envelope)


async def at_rate(
    send: Callable[[int], Awaitable[tuple[int, int]]], rate: int, seconds: float
) -> list[tuple[float, tuple[int, int]]]:
    """Send on the beat, whether the one before has come back or not; when each began and where it came to lie."""

    async def timed(number: int) -> tuple[float, tuple[int, int]]:
        began = time.monotonic()
        return began, await send(number)

    began = time.monotonic()
    tasks = []
    for number in range(int(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(timed(number)))
    return list(await asyncio.gather(*tasks))


def say(what: str, waited: Sequence[float]) -> tuple[float, float]:
    p50, p99 = percentiles(waited)
    sys.stdout.write(
        f"{what}: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, max {max(waited) * 1000:.0f} ms,"
        f" {len(waited)} events\n"
    )
    return p50, p99


def percentiles(waited: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    cuts = statistics.quantiles(waited, n=100)
    return cuts[49], cuts[98]


async def measure(stack: Stack, events: int, projects: int, seconds: float, rate: int) -> None:
    topic, owner, dsn = await prepared(stack)
    await publish(stack.kafka, topic, troubled_messages(random.Random(1), 0, events, projects))
    total = sum((await log_ends(stack.kafka, topic)).values())
    limit = await bare(stack, topic, owner, total, 500)
    await bare(stack, topic, owner, total, 20_000)
    await live(stack, topic, owner, dsn, total, limit)
    count = int(seconds * rate)
    log = list(rebuild_events.messages(events + 2 * count))
    alone, beside = ([as_sent(value) for _, value in log[events + n * count :][:count]] for n in (0, 1))
    bare_p50, bare_p99 = await latency_bare(stack, topic, owner, alone, seconds, rate)
    topic, owner, dsn = await prepared(stack)
    headers = [("content-type", STRUCTURED.encode())]
    await publish(stack.kafka, topic, [(key, value, headers) for key, value in log[:events]])
    p50, p99 = await latency(stack, topic, owner, dsn, alone, seconds, rate, "alone")
    figures.note("visible p50", p50 * 1000, bare_p50 * 1000)
    figures.note("visible p99", p99 * 1000, bare_p99 * 1000)
    async with rebuilding(stack, topic, dsn) as took:
        _, p99 = await latency(stack, topic, owner, dsn, beside, seconds, rate, "beside a rebuild")
    figures.note("visible beside a rebuild p99", p99 * 1000, bare_p99 * 1000)
    sys.stdout.write(f"rebuilds meanwhile: {len(took)}, each {', '.join(f'{one:.1f} s' for one in took)}\n")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=20_000)
    arguments.add_argument("--projects", type=int, default=2_000)
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--rate", type=int, default=100, help="events a second whose way is timed")
    given = arguments.parse_args()
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()};"
        f" {given.events:,} events, {given.projects:,} projects\n"
    )
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        asyncio.run(measure(stack, given.events, given.projects, given.seconds, given.rate))


if __name__ == "__main__":
    main()
