"""What do pages and lists cost at 5,000 projects and 100,000 events, beside the API's answers and the bare rows of the same answers?

    python -m benchmarks.page [--events 100000] [--projects 5000] [--rounds 30]

Time is from the request to the last byte, one request at a time, after three that warm caches. The limit of a page in the same run is
the API's JSON of its main list. The limit of an answer of the API is what nobody can avoid who has these rows: the statements
that read them, with bare asyncpg on one connection, and the rows dumped as JSON as they are, without HTTP. What every answer reads
(the active read model, the position, the rules) is not counted among them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import asyncpg
import httpx
import msgspec

from benchmarks import figures
from benchmarks.known_at import apply, messages
from benchmarks.projector_live import prepared
from services.api.settings import Settings
from services.api.store.sessions import Sessions
from steppe.database import active_read_model
from tests.services.api.reading_api import api
from tests.stack import Stack, database_of, kind_of_stack, start_service, started

_PAGES = {
    "portfolio": ("/", "/v1/projects?sort=severity&headline=any&limit=50"),
    "portfolio, filtered": ("/?country=KZ&commodity=commodity-7", "/v1/projects?sort=severity&headline=any&country=KZ&commodity=commodity-7&limit=50"),
    "project": ("/projects/project-7", "/v1/projects/project-7"),
    "flags": ("/flags", "/v1/flags?limit=50"),
    "markets": ("/markets", "/v1/markets?limit=50"),
    "market": ("/markets/KZ/commodity-7", "/v1/markets/KZ/commodity-7"),
    "party": ("/parties/investor-1", "/v1/parties/investor-1"),
    "map": ("/map", "/v1/projects?located=true&limit=500"),
    "status": ("/status", "/v1/status"),
}  # fmt: skip
_ANSWERS = (
    "/v1/projects?limit=50", "/v1/projects?limit=50&include=", "/v1/projects?sort=severity&headline=any&limit=50", "/v1/portfolio",
    "/v1/deals?limit=50", "/v1/flags?limit=50", "/v1/flags", "/v1/parties/investor-1", "/v1/markets?limit=50",
    "/v1/markets/KZ/commodity-7", "/v1/projects/project-7", "/v1/projects/project-7/timeline",
)  # fmt: skip
_WARMING = 3

Statement = tuple[str, tuple[Any, ...]]


class _Recorded(asyncpg.Connection):
    """A connection that remembers what it was asked."""

    asked: ClassVar[list[Statement]] = []

    async def fetch(self, query: str, *args: Any, **named: Any) -> Any:
        self.asked.append((query, args))
        return await super().fetch(query, *args, **named)

    async def fetchrow(self, query: str, *args: Any, **named: Any) -> Any:
        self.asked.append((query, args))
        return await super().fetchrow(query, *args, **named)


async def statements(database: str, topic: str, paths: Iterable[str]) -> dict[str, Sequence[Statement]]:
    """The statements of each answer but for those that every answer has."""
    asked: dict[str, list[Statement]] = {}
    create_pool = asyncpg.create_pool
    asyncpg.create_pool = partial(create_pool, connection_class=_Recorded)
    try:
        async with api(database, topic) as client:
            for path in paths:
                for _ in range(2):  # what is kept of the first is not read for the second
                    _Recorded.asked.clear()
                    (await client.get(path)).raise_for_status()
                asked[path] = list(_Recorded.asked)
    finally:
        asyncpg.create_pool = create_pool
    of_all = set.intersection(*({query for query, _ in of_path} for of_path in asked.values()))
    return {path: [one for one in of_path if one[0] not in of_all] for path, of_path in asked.items()}


async def bare(database: str, topic: str, asked: Mapping[str, Sequence[Statement]], rounds: int) -> dict[str, float]:
    """The median of each answer's limit, in milliseconds."""
    connection = await Sessions.of(Settings(database=database, topic=topic)).open()
    encode = msgspec.json.Encoder().encode
    medians = {}
    async with connection.transaction(readonly=True):
        await active_read_model.use_active(connection)
        for path, of_path in asked.items():
            took = []
            for _ in range(rounds + _WARMING):
                began = time.perf_counter()
                for query, arguments in of_path:
                    encode([tuple(row) for row in await connection.fetch(query, *arguments)])
                took.append((time.perf_counter() - began) * 1000)
            medians[path] = statistics.median(took[_WARMING:])
    await connection.close()
    return medians


def timed(client: httpx.Client, path: str, rounds: int) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and bytes of the answer."""
    took = []
    size = 0
    for _ in range(rounds + _WARMING):
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
        size = len(answer.content)
    took = took[_WARMING:]
    return statistics.median(took), statistics.quantiles(took, n=20)[18], size


def measure_pages(client: httpx.Client, rounds: int) -> None:
    """Print the table of pages."""
    medians: list[tuple[float, float]] = []
    print("| page | p50 | p95 | size | the API's answer, p50 |\n| --- | --- | --- | --- | --- |")
    for name, (page, path) in _PAGES.items():
        median, slow, size = timed(client, page, rounds)
        limit, _, _ = timed(client, path, rounds)
        medians.append((median, limit))
        print(f"| {name} | {median:.0f} ms | {slow:.0f} ms | {size / 1000:.0f} kB | {limit:.0f} ms |", flush=True)
    figures.note("pages", *max(medians))


def measure_answers(client: httpx.Client, limits: Mapping[str, float], rounds: int) -> None:
    """Print the table of answers of the API."""
    ratios = []
    print("| answer | p50 | p95 | size | bare rows, p50 | times |\n| --- | --- | --- | --- | --- | --- |")
    for path, limit in limits.items():
        median, slow, size = timed(client, path, rounds)
        ratios.append(median / limit)
        print(
            f"| `{path}` | {median:.1f} ms | {slow:.1f} ms | {size / 1000:.0f} kB | {limit:.1f} ms | {median / limit:.1f} |",
            flush=True,
        )
    figures.note("lists", max(ratios))


def measure(stack: Stack, events: int, projects: int, rounds: int) -> None:
    """Load, start the API, and print the tables."""
    topic, owner, dsn = asyncio.run(prepared(stack))
    asyncio.run(apply(dsn, topic, messages(events, projects)))
    reading = database_of(stack.database, owner.rpartition("/")[2]).api
    asked = asyncio.run(statements(reading, topic, _ANSWERS))
    with tempfile.TemporaryDirectory() as folder:
        settings = {"STEPPE_DATABASE": reading, "STEPPE_TOPIC": topic, "STEPPE_KAFKA": stack.kafka}
        service = start_service("api", settings, Path(folder))
        try:
            with httpx.Client(base_url=service.address, timeout=120) as client:
                measure_pages(client, rounds)
                print()
                measure_answers(client, asyncio.run(bare(reading, topic, asked, rounds)), rounds)
        finally:
            service.stop()


def main() -> None:
    """Read the arguments and measure on whatever stack there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    with started(kind_of_stack()) as stack:
        sys.stderr.write(f"{stack.kind}\n")
        measure(stack, asked.events, asked.projects, asked.rounds)


if __name__ == "__main__":
    main()
