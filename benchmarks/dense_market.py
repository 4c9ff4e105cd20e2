"""What does an event cost the projection where every project is in one market, and does that grow with the market?

    python -m benchmarks.dense_market [--projects 400 2000] [--batch 500] [--single 300]

The lives of `benchmarks/rebuild_events.py`, all in one market: twenty events a project, one project in eight has a deal that crosses
the line, which concerns every deal on paper in the market. In order of the steps, applied in batches by the code of the projector,
on a real database and without a broker; the last events one by one, as they arrive when little happens. Rows are those that
Postgres inserted, updated and deleted. The limit of the run is the same log in 400 markets.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks import figures, rebuild_events
from benchmarks.projector_live import prepared
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.database.read_model.market_cache import MarketCache
from tests.stack import Stack, kind_of_stack, started

_CACHED_EVENTS_MAX = 100_000
_ROWS = "SELECT COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables WHERE relname <> 'checkpoint'"


@dataclass(slots=True)
class Cost:
    """What some events took. Seconds of CPU are those of this process."""

    events: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    rows: int = 0

    def text(self) -> str:
        """A line."""
        return (
            f"{self.events:,} events, {self.seconds / self.events * 1000:.2f} ms and {self.cpu / self.events * 1000:.2f} ms CPU"
            f" an event, {self.rows / self.events:.1f} rows an event"
        )


class Projection:
    """A database with all that the projector keeps between batches."""

    def __init__(self, connection: asyncpg.Connection, statistics: asyncpg.Connection, topic: str) -> None:
        self._connection = connection
        self._statistics = statistics
        self._applier = Applier(STATEMENTS, topic, PARTITIONS_DEFAULT, market_cache=MarketCache())
        self._cache = ProjectCache(_CACHED_EVENTS_MAX)

    async def apply(self, records: Sequence[Record], batch: int) -> Cost:
        """Apply them in batches of that size."""
        cost = Cost(events=len(records), rows=-await self._rows())
        began, busy = time.perf_counter(), time.process_time()
        for first in range(0, len(records), batch):
            await self._apply_batch(records[first : first + batch])
        cost.seconds, cost.cpu = time.perf_counter() - began, time.process_time() - busy
        cost.rows += await self._rows()
        return cost

    async def _apply_batch(self, records: Sequence[Record]) -> None:
        by_partition: dict[int, list[Record]] = {}
        for record in records:
            by_partition.setdefault(record.partition, []).append(record)
        async with self._connection.transaction():
            fence = await self._applier.fence(self._connection, sorted(by_partition))
            self._cache.invalidate_stale(fence)
            applied = await self._applier.apply(self._connection, by_partition, fence, self._cache)
        for (partition, name), subject in applied.subjects.items():
            self._cache.put(partition, name, subject)
        self._cache.mark_valid_at(applied.next_offsets)

    async def _rows(self) -> int:
        await self._connection.execute("SELECT pg_stat_force_next_flush()")
        await self._statistics.execute("SELECT pg_stat_clear_snapshot()")
        rows: int = await self._statistics.fetchval(_ROWS)
        return rows


def log(projects: int, markets: int) -> list[Record]:
    """The records of so many projects in so many markets."""
    count = projects * rebuild_events.EVENTS_OF_A_PROJECT + rebuild_events.PARTIES
    offsets = [0] * PARTITIONS_DEFAULT
    records = []
    for key, value in rebuild_events.messages(count, markets=markets):
        partition = partition_of(key, PARTITIONS_DEFAULT)
        records.append(Record(partition, offsets[partition], 1_700_000_000_000, key, value))
        offsets[partition] += 1
    return records


async def measure(stack: Stack, projects: int, markets: int, batch: int, single: int) -> Cost:
    """Apply and print; returns what the second half cost in batches."""
    topic, owner, dsn = await prepared(stack)
    connection, statistics = await asyncpg.connect(dsn), await asyncpg.connect(owner)
    try:
        projection = Projection(connection, statistics, topic)
        records = log(projects, markets)
        name = f"{projects:,} projects in {markets} market{'s' if markets > 1 else ''}"
        head, tail = records[: len(records) - single], records[len(records) - single :]
        half = len(head) // 2
        costs: list[Cost] = []
        for part, some, size in (
            ("first half", head[:half], batch),
            ("second half", head[half:], batch),
            ("one by one", tail, 1),
        ):
            cost = await projection.apply(some, size)
            costs.append(cost)
            sys.stdout.write(f"{name}, {part}: {cost.text()}\n")
            sys.stdout.flush()
        return costs[1]
    finally:
        await connection.close()
        await statistics.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--projects", type=int, nargs="+", default=[400, 2_000])
    arguments.add_argument("--markets", type=int, nargs="+", default=[rebuild_events.MARKETS, 1])
    arguments.add_argument("--batch", type=int, default=500, help="records in one transaction")
    arguments.add_argument("--single", type=int, default=300, help="so many of the last events are applied one by one")
    given = arguments.parse_args()
    sys.stdout.write(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}\n"
    )
    with started(kind_of_stack()) as stack:
        sys.stdout.write(f"stack: {stack.kind}\n")
        for projects in given.projects:
            costs = {
                markets: asyncio.run(measure(stack, projects, markets, given.batch, given.single))
                for markets in given.markets
            }
            if 1 in costs:
                limit, cost = costs[max(costs)], costs[1]
                figures.note("market time", cost.cpu / cost.events * 1000, limit.cpu / limit.events * 1000)
                figures.note("market rows", cost.rows / cost.events, limit.rows / limit.events)


if __name__ == "__main__":
    main()
