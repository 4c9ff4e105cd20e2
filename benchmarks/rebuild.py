"""How fast is a rebuild with the full judgement, what does an event cost it, and where does the time go?

    python -m benchmarks.rebuild [--events 50000] [--workers 2] [--only-cost]

Against the stack that tests use. The log is that of `benchmarks/rebuild_events.py`. The limit in the same run is what nobody who
keeps the events can avoid: two processes that read the log with getmany, decode JSON, COPY the same rows of events with their
key, add up one row a project, and commit with the position. It folds nothing, judges nothing and has no other index. What an event
costs is told beside it without the start of the processes, which a rebuild of the empty log before it measures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks import figures
from benchmarks.goals import COST_OF
from benchmarks.projector_live import prepared
from benchmarks.rebuild_events import Message, messages
from services.projector.projection import event_rows as record_rows
from services.projector.projection.batches import Record
from services.projector.rebuild.load_events import rows_of
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.database.read_model import projection_rows
from steppe.database.read_model.stored_events import folded_event
from steppe.domain.events.corrections import effective_events
from steppe.domain.fold.fold_state import fold_history
from tests.stack import Stack, kind_of_stack, started

_HEADERS = [("content-type", b"application/cloudevents+json")]
_BARE = """
CREATE TABLE bare_event (LIKE event INCLUDING DEFAULTS, PRIMARY KEY (subject, source, id));
CREATE TABLE bare_project (project text PRIMARY KEY, events integer NOT NULL);
CREATE TABLE bare_checkpoint (partition integer PRIMARY KEY, next_offset bigint NOT NULL);
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
_SIZES = """
SELECT
    sum(pg_total_relation_size(pg_class.oid))::bigint AS bytes,
    sum(pg_total_relation_size(pg_class.oid)) FILTER (WHERE relname = 'event')::bigint AS events
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = $1 AND relkind IN ('r', 'p')
"""
_KNOWN = datetime(2026, 1, 15, tzinfo=UTC)


async def write(kafka: str, topic: str, log: Iterable[Message]) -> int:
    """The log, as ingest would partition it; returns how many records."""
    count = 0
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=20, max_batch_size=2**18) as producer:
        sent = []
        for key, value in log:
            partition = partition_of(key, PARTITIONS_DEFAULT)
            sent.append(await producer.send(topic, value, key=key, headers=_HEADERS, partition=partition))
            count += 1
            if len(sent) == 10_000:
                await asyncio.gather(*sent)
                sent.clear()
        await asyncio.gather(*sent)
    return count


async def bare_worker(kafka: str, topic: str, owner: str, partitions: Sequence[int]) -> None:
    """One process of the limit."""
    connection = await asyncpg.connect(owner, server_settings={"synchronous_commit": "off"})
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, max_partition_fetch_bytes=2**23, fetch_max_bytes=2**25)
    await consumer.start()
    places = [TopicPartition(topic, p) for p in partitions]
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    left = sum((await consumer.end_offsets(places)).values())
    decode = msgspec.json.Decoder().decode
    seen: set[tuple[str, str, str]] = set()
    while left:
        made: list[tuple[Any, ...]] = []
        batches = await consumer.getmany(timeout_ms=500, max_records=20_000)
        for place, records in batches.items():
            left -= len(records)
            for record in records:
                envelope = decode(record.value)
                identity = (envelope["subject"], envelope["source"], envelope["id"])
                if identity in seen:
                    continue
                seen.add(identity)
                made.append(
                    (*identity, place.partition, record.offset, envelope["type"], "folded", None, _KNOWN, _KNOWN, None, None, b"", record.value.decode(), None)
                )  # fmt: skip
        if not batches:
            continue
        async with connection.transaction():
            await connection.copy_records_to_table("bare_event", records=made, columns=list(record_rows.EVENT))
            await connection.execute(_UPSERT, [row[0] for row in made])
            for place, records in batches.items():
                await connection.execute(_ADVANCE, place.partition, records[-1].offset + 1)
    await consumer.stop()
    await connection.close()


@dataclass(frozen=True, slots=True)
class Ran:
    """What processes and their children took: seconds, seconds of processor, MiB of the largest one; and what they printed."""

    took: float
    busy: float
    peak: float
    said: str


def run(command: Sequence[str], count: int = 1, env: dict[str, str] | None = None) -> Ran:
    """Run a command, or so many of it with a number each, to the end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    children = [
        subprocess.Popen(
            [*command, str(number)] if count > 1 else command, env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE, text=True,
        )
        for number in range(count)
    ]  # fmt: skip
    peaks = [0.0]
    watching = threading.Thread(target=_watch, args=(children, peaks))
    watching.start()
    said = [child.communicate()[0] for child in children]
    took = time.monotonic() - began
    watching.join()
    assert all(child.returncode == 0 for child in children), said
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(took, busy, max(peaks), "".join(said))


def _watch(children: Sequence[subprocess.Popen[str]], peaks: list[float]) -> None:
    """The most memory that each process had, descendants too. What the system tells at their end includes this process's own."""
    while any(child.poll() is None for child in children):
        for child in children:
            with contextlib.suppress(psutil.Error):
                parent = psutil.Process(child.pid)
                peaks += [_high_water_mark(one.pid) for one in (parent, *parent.children(recursive=True))]
        time.sleep(0.1)


def _high_water_mark(pid: int) -> float:
    """MiB; 0 of a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)


async def stages(owner: str, until: asyncio.Event) -> dict[str, float]:
    """How long each stage of the rebuild took."""
    connection = await asyncpg.connect(owner)
    spent: dict[str, float] = defaultdict(float)
    last = time.monotonic()
    while not until.is_set():
        stage = await connection.fetchval("SELECT phase FROM steppe.rebuild ORDER BY began_at DESC LIMIT 1")
        now = time.monotonic()
        if stage:
            spent[stage] += now - last
        last = now
        await asyncio.sleep(0.05)
    await connection.close()
    return spent


def parts(log: Sequence[Message]) -> list[tuple[str, float]]:
    """Microseconds of processor an event for what a worker does besides waiting for the database, in one process."""
    records = [
        Record(partition_of(key, PARTITIONS_DEFAULT), number, 1_700_000_000_000, key, value, tuple(_HEADERS))
        for number, (key, value) in enumerate(log)
    ]
    found: list[tuple[str, float]] = []

    def timed(what: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        done = work()
        found.append((what, (time.process_time() - began) / len(log) * 1e6))
        return done

    stored = timed(
        "decode, check, row of the event", lambda: [rows_of(record, PARTITIONS_DEFAULT, {}) for record in records]
    )
    of_subject: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for is_event, row in stored:
        if is_event and ":" not in row[0]:
            of_subject[row[0]].append({"raw": row[-2], "headers": row[-1], "subject": row[0]})
    events = timed(
        "decode again for the fold",
        lambda: {name: effective_events([folded_event(row) for row in of_it]) for name, of_it in of_subject.items()},
    )
    histories = timed("fold", lambda: {name: fold_history(name, known) for name, known in events.items()})
    made = projection_rows.ProjectRows()
    place = projection_rows.LastEvent(0, 0, 0)

    def formatted() -> None:
        for name, one in histories.items():
            projection_rows.add_project(made, one, events[name], place, now=_KNOWN)

    timed("documents and rows of spans", formatted)
    return found


async def measure(stack: Stack, count: int, workers: int, *, only_cost: bool) -> None:
    topic, owner, dsn = await prepared(stack)
    own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": dsn, "STEPPE_TOPIC": topic}
    command = [sys.executable, "-m", "services.projector.rebuild", "--json", "--workers", str(workers)]
    of_nothing = await asyncio.to_thread(run, command, 1, own)
    total = await write(stack.kafka, topic, messages(count))
    connection = await asyncpg.connect(owner)
    await connection.execute(_BARE)
    me = [sys.executable, "-m", "benchmarks.rebuild", "--limit", stack.kafka, topic, owner]
    bare = await asyncio.to_thread(run, me, 2)
    limit = total / bare.took
    sys.stdout.write(
        f"limit, 2 processes: {limit:,.0f} events/s, {bare.busy / total * 1e6:,.0f} µs CPU of them an event\n"
    )
    await connection.execute("DROP TABLE bare_event, bare_project, bare_checkpoint")
    done = asyncio.Event()
    watching = asyncio.create_task(stages(owner, done))
    rebuilt = await asyncio.to_thread(run, command, 1, own)
    done.set()
    assert json.loads(rebuilt.said)["flipped"]
    sys.stdout.write(
        f"rebuild, {workers} workers: {total / rebuilt.took:,.0f} events/s, {rebuilt.busy / total * 1e6:,.0f} µs CPU of them"
        f" an event, {total / rebuilt.took / limit:.2f} of the limit; largest process {rebuilt.peak:,.0f} MiB\n"
    )
    # Without what its processes take to start, which would hide how the cost of an event grows.
    cost = (rebuilt.busy - of_nothing.busy) / total * 1e6
    sys.stdout.write(f"  a rebuild of no events takes {of_nothing.busy:.1f} s CPU; beyond it an event {cost:,.0f} µs\n")
    figures.note(f"{COST_OF}{count}", cost)
    if only_cost:
        await connection.close()
        return
    figures.note("rebuild", total / rebuilt.took, limit)
    figures.note("rebuild memory", rebuilt.peak)
    for stage, seconds in (await watching).items():
        sys.stdout.write(f"  {stage:10} {seconds:8.1f} s  {seconds / rebuilt.took:4.0%}\n")
    sample = list(messages(min(count, 20_000)))
    for what, cost in parts(sample):
        sys.stdout.write(f"  {what:36} {cost:6.0f} µs CPU an event\n")
    schema = json.loads(rebuilt.said)["schema"]
    made = {
        table: await connection.fetchval(f"SELECT count(*) FROM {schema}.{table}")
        for table in ("event", "project", "project_span", "deal_span", "flag_span")
    }
    sizes = await connection.fetchrow(_SIZES, schema)
    assert sizes is not None
    sys.stdout.write(
        f"  rows: {made}; {sizes['bytes'] / total:,.0f} bytes an event, {sizes['events'] / total:,.0f} of events\n"
    )
    await connection.close()
    verified = await asyncio.to_thread(
        run, [sys.executable, "-m", "services.projector.commands.verify", "--json"], 1, own
    )
    verdict = json.loads(verified.said)
    figures.note("verify memory", verified.peak)
    figures.note("verify differences", len(verdict["differences"]))
    figures.note("read model", sizes["bytes"] / total)
    sys.stdout.write(
        f"  verify: {verdict['rows']:,} rows, {len(verdict['differences'])} differences,"
        f" {verified.busy / total * 1e6:,.0f} µs CPU an event; {verified.peak:,.0f} MiB\n"
    )


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--limit"]:
        _, _, kafka, topic, owner, number = sys.argv
        asyncio.run(bare_worker(kafka, topic, owner, range(int(number), PARTITIONS_DEFAULT, 2)))
        return
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=50_000)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--only-cost", action="store_true", help="neither stages nor parts, and no verification")
    given = arguments.parse_args()
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python"
        f" {platform.python_version()}; {given.events:,} events\n"
    )
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        asyncio.run(measure(stack, given.events, given.workers, only_cost=given.only_cost))


if __name__ == "__main__":
    main()
