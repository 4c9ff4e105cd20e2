"""What does an answer cost as known then, the first time and once warm, beside the same question as known now?

    python -m benchmarks.known_at [--events 100000] [--projects 2000]

Events of fourteen years, each reported up to a hundred days late, so that of nearly every project something was not known at
the instants that are asked: the worst that a world can be. The limit in the same run is the answer as known now.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from datetime import date, timedelta

import asyncpg
import httpx

from benchmarks import figures
from benchmarks.projector_live import prepared
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import PARTITIONS_DEFAULT
from tests.faults.load import STEPS
from tests.services.api.reading_api import api
from tests.services.projector.projection import Message, event
from tests.stack import Stack, database_of, kind_of_stack, started

_ASKED = ("2025-06-01", "2019-06-30", "2015-01-01")
_LISTS = ("/v1/flags", "/v1/projects", "/v1/projects/project-7", "/v1/projects/project-7/timeline")
_MARKETS = 200
_FIRST = date(2012, 1, 1)


def messages(count: int, projects: int) -> list[Message]:
    """Registered deposits in two hundred markets, and steps of three investors in each."""
    chance = random.Random(1)
    made = [
        event(
            "registered", f"project-{number}", "project.registered", name=f"Project {number}", country="KZ",
            sector="mining", kind="deposit", commodities=[f"commodity-{number % _MARKETS}"], reported="2010-01-01",
        )
        for number in range(projects)
    ]  # fmt: skip
    for number in range(count):
        name, data = chance.choice(STEPS)
        day = _FIRST + timedelta(days=chance.randrange(5000))
        reported = day + timedelta(days=chance.randrange(100))
        parties = [{"party": f"investor-{chance.randrange(3)}", "role": "investor"}]
        days = {"occurred": day.isoformat(), "reported": reported.isoformat()}
        made.append(event(f"e{number}", f"project-{chance.randrange(projects)}", name, **days, parties=parties, **data))
    return made


async def apply(database: str, topic: str, found: list[Message]) -> None:
    """Write the read model as the projector would, in one batch and without a broker."""
    applier = Applier(STATEMENTS, topic, PARTITIONS_DEFAULT)
    records: dict[int, list[Record]] = {partition: [] for partition in range(PARTITIONS_DEFAULT)}
    for key, value, _ in found:
        assert key is not None, "every event has a key"
        partition = partition_of(key, PARTITIONS_DEFAULT)
        records[partition].append(Record(partition, len(records[partition]), 1_700_000_000_000, key, value))
    async with (
        asyncpg.create_pool(database, min_size=1, max_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        fence = await applier.fence(connection, list(records))
        await applier.apply(connection, records, fence, ProjectCache(0))


async def asked(client: httpx.AsyncClient, path: str, known_at: str | None) -> float:
    """Milliseconds of one answer."""
    began = time.perf_counter()
    answer = await client.get(path, params={} if known_at is None else {"known_at": known_at}, timeout=600)
    answer.raise_for_status()
    return (time.perf_counter() - began) * 1000


async def measure(stack: Stack, count: int, projects: int) -> None:
    topic, owner, dsn = await prepared(stack)
    began = time.perf_counter()
    await apply(dsn, topic, messages(count, projects))
    sys.stdout.write(f"{count:,} events on {projects:,} projects applied in {time.perf_counter() - began:.0f} s\n")
    reading = database_of(stack.database, owner.rpartition("/")[2]).api
    async with api(reading, topic) as client:
        for path in _LISTS:
            await asked(client, path, None)
            sys.stdout.write(f"as known now          {path}: {await asked(client, path, None):.0f} ms\n")
        first, warm = [], []
        for known_at in _ASKED:
            first.append(await asked(client, _LISTS[0], known_at))
            sys.stdout.write(f"first {known_at}      {_LISTS[0]}: {first[-1]:,.0f} ms\n")
        for known_at in _ASKED:
            for path in _LISTS:
                warm.append(await asked(client, path, known_at))
                sys.stdout.write(f"warm {known_at}       {path}: {warm[-1]:.0f} ms\n")
        figures.note("known_at first", max(first) / 1000)
        figures.note("known_at warm", max(warm))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=100_000)
    arguments.add_argument("--projects", type=int, default=2_000)
    given = arguments.parse_args()
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        asyncio.run(measure(stack, given.events, given.projects))


if __name__ == "__main__":
    main()
