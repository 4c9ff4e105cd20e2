"""What does it take to judge every project again under another version of the rules, and do readers notice?

    python -m benchmarks.rejudge [--projects 1000] [--events 20] [--seconds 10]

The change runs as in `steppe rules use`, in a process of its own and without Kafka, while a reader asks the real api for
`/v1/flags`. The limit in the same run and process is reading and decoding all events, judging none.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from benchmarks.known_at import apply, messages
from benchmarks.projector_live import prepared
from steppe.database import rule_versions, sql
from steppe.database.read_model import rule_change
from steppe.database.read_model.stored_events import stored_event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from tests.stack import Stack, database_of, kind_of_stack, start_service, started

_STRICT: dict[str, Any] = {
    "version": "strict-1",
    "values": {"memorandum-only.watch": 6, "memorandum-only.stagnant": 12, "silent.watch": 12},
}
_PROJECTS_AT_ONCE = 200
_PAUSE_SECONDS = 0.05


@dataclass(slots=True)
class Reader:
    """Asks for one page of flags again and again, and remembers what it got."""

    client: httpx.AsyncClient
    waited_ms: list[float] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    failed: int = 0
    mixed: int = 0

    async def ask(self) -> None:
        """One answer."""
        began = time.perf_counter()
        answer = await self.client.get("/v1/flags", params={"limit": 500})
        self.waited_ms.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            self.failed += 1
            return
        versions = {item["rule_version"] for item in answer.json()["items"]}
        self.mixed += len(versions) > 1
        self.versions += sorted(versions)

    async def until(self, done: asyncio.Event) -> None:
        """Until told to stop."""
        while not done.is_set():
            await self.ask()
            await asyncio.sleep(_PAUSE_SECONDS)

    def told(self) -> str:
        """The figures in a line."""
        cuts = statistics.quantiles(self.waited_ms, n=100, method="inclusive")
        return (
            f"{len(self.waited_ms)} answers, p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, longest {max(self.waited_ms):.0f} ms;"
            f" {self.failed} failed, {self.mixed} with two versions"
        )


def judge_again(dsn: str) -> tuple[float, float, int, int]:
    """Seconds and CPU seconds of the change, projects judged, flags that differ. In a process of its own."""
    return asyncio.run(_timed(_judge_again(dsn)))


def decode_only(dsn: str) -> tuple[float, float, int, int]:
    """The same of reading and decoding every event; events instead of flags."""
    return asyncio.run(_timed(_decode_only(dsn)))


async def _timed(work: Coroutine[Any, Any, tuple[int, int]]) -> tuple[float, float, int, int]:
    began, busy = time.perf_counter(), time.process_time()
    projects, count = await work
    return time.perf_counter() - began, time.process_time() - busy, projects, count


async def _judge_again(dsn: str) -> tuple[int, int]:
    connection = await asyncpg.connect(dsn)
    try:
        change = await rule_change.put_in_force(connection, _STRICT["version"], by="benchmark")
        return change.projects, len(change.differences)
    finally:
        await connection.close()


async def _decode_only(dsn: str) -> tuple[int, int]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(rule_versions.STATEMENTS["subjects_of_projects"])
        projects, count = [row["project"] for row in rows], 0
        for first in range(0, len(projects), _PROJECTS_AT_ONCE):
            some = projects[first : first + _PROJECTS_AT_ONCE]
            for row in await connection.fetch(*sql.load("event")["events_of_subjects"](subjects=some)):
                count += stored_event(row) is not None
        return len(projects), count
    finally:
        await connection.close()


async def measure(stack: Stack, projects: int, events: int, seconds: float, folder: Path) -> None:
    topic, owner, dsn = await prepared(stack)
    await apply(dsn, topic, messages(events * projects, projects))
    connection = await asyncpg.connect(dsn)
    await rule_versions.add(connection, rules_from(_STRICT, RULES), by="benchmark")
    await connection.close()
    reading = database_of(stack.database, owner.rpartition("/")[2]).api
    api = start_service("api", {"STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": reading, "STEPPE_TOPIC": topic}, folder)
    loop = asyncio.get_running_loop()
    try:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            await loop.run_in_executor(alone, decode_only, dsn)  # starts the process and warms the database
            took, busy, _, count = await loop.run_in_executor(alone, decode_only, dsn)
            sys.stdout.write(f"limit, reading and decoding {count:,} events: {took:.2f} s, {busy:.2f} s CPU\n")
            async with httpx.AsyncClient(base_url=api.address, timeout=120) as client:
                await Reader(client).ask()
                before, during, done = Reader(client), Reader(client), asyncio.Event()
                loop.call_later(seconds, done.set)
                await before.until(done)
                sys.stdout.write(f"reader before the change: {before.told()}\n")
                done.clear()
                polling = asyncio.create_task(during.until(done))
                took, busy, judged, flags = await loop.run_in_executor(alone, judge_again, dsn)
                done.set()
                await polling
                sys.stdout.write(
                    f"{judged:,} projects judged again, {flags:,} flags differ: {took:.1f} s, {busy:.1f} s CPU\n"
                    f"reader during the change: {during.told()}\n"
                )
                await during.ask()
                order = [
                    version
                    for version, later in zip(during.versions, [*during.versions[1:], ""], strict=True)
                    if version != later
                ]
                sys.stdout.write(f"versions that it saw, in order: {', '.join(order)}\n")
    finally:
        api.stop()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--projects", type=int, default=1_000)
    arguments.add_argument("--events", type=int, default=20, help="of each project, about")
    arguments.add_argument("--seconds", type=float, default=10, help="of reading before the change")
    given = arguments.parse_args()
    with started(kind_of_stack()) as stack, tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(
            f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python"
            f" {platform.python_version()}; stack: {stack.kind}\n"
        )
        asyncio.run(measure(stack, given.projects, given.events, given.seconds, Path(folder)))


if __name__ == "__main__":
    main()
