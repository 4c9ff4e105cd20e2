"""What tests of the quarantine share: a worker of the projector in this process, fed from a real log in batches of choice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from services.projector.commands.verify import Verdict, verify
from services.projector.consumer import log_reader
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.large_projects.late_fold import LateFold, reading_log
from services.projector.projection.batches import Record
from services.projector.projection.quarantine_entries import RecordId
from services.projector.quarantine.actions import QuarantineActions
from services.projector.quarantine.refold import Operator
from services.projector.settings import Settings
from steppe.contracts.partitioning import partition_of
from steppe.database import active_read_model
from steppe.database.read_model.market_cache import MarketCache
from tests.services.projector.projection import Message, log_ends
from tests.stack import PARTITIONS, Database, Stack

_TABLES = (
    "event", "conflict", "quarantine", "parked", "project", "project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "party_span", "forum",
    "standing", "co_investment_span", "pending_fold",
)  # fmt: skip
BY = Operator(name="desk", reason="a test")


def neighbours(of: str, how_many: int) -> list[str]:
    """Projects whose records lie in the same partition."""
    home = partition_of(of.encode(), PARTITIONS)
    names = (f"neighbour-{number}" for number in count())
    near = (name for name in names if partition_of(name.encode(), PARTITIONS) == home)
    return [next(near) for _ in range(how_many)]


@dataclass(frozen=True, slots=True)
class Worked:
    """One log and its read model, and the rights of an operator."""

    stack: Stack
    database: Database
    topic: str
    owner: asyncpg.Connection

    async def send(self, *messages: Message, partition: int | None = None) -> list[RecordId]:
        """Append to the log, in this order, and say where each one is."""
        async with AIOKafkaProducer(bootstrap_servers=self.stack.kafka, acks="all") as producer:
            sent = [
                await producer.send(self.topic, value, key=key, headers=list(headers), partition=partition)
                for key, value, headers in messages
            ]
            return [(written.partition, written.offset) for written in await asyncio.gather(*sent)]

    @asynccontextmanager
    async def worker(self, **settings: Any) -> AsyncIterator[ProjectionStore]:
        """A worker's store, begun where the read model ends."""
        store = await ProjectionStore.open(
            Settings(kafka=self.stack.kafka, database=self.database.projector, topic=self.topic, **settings)
        )
        try:
            await store.start_offsets(range(PARTITIONS))
            yield store
        finally:
            await store.close()

    async def log(self) -> list[Record]:
        """Every record."""
        ends = await log_ends(self.stack.kafka, self.topic)
        records: dict[int, list[Record]] = {partition: [] for partition in sorted(ends)}
        async with log_reader.reading(self.stack.kafka, self.topic, dict.fromkeys(ends, 0)) as log:
            while any(records[p][-1].offset + 1 < end if records[p] else end for p, end in ends.items()):
                for partition, batch in (await log.batch(1000)).items():
                    records[partition] += batch
        return [record for of_partition in records.values() for record in of_partition if record.void_from is None]

    async def apply(self, size: int = 500, **settings: Any) -> None:
        """Bring in what the read model lacks, in batches of this size, by a worker that ends afterwards."""
        async with self.worker(**settings) as store:
            await self.feed(store, size)

    async def feed(self, store: ProjectionStore, size: int = 500) -> None:
        """Bring in what the read model lacks, in batches of this size."""
        reached = store.progress.next_offsets
        rest = [record for record in await self.log() if record.offset >= reached.get(record.partition, 0)]
        for first in range(0, len(rest), size):
            await store.apply(rest[first : first + size])

    async def fold_beside(self, project: str) -> bool:
        """Fold a large project of which events wait, as the process beside a worker does."""
        connection = await asyncpg.connect(self.database.projector)
        try:
            settings = Settings(kafka=self.stack.kafka, database=self.database.projector, topic=self.topic)
            return await LateFold(connection, settings, reading_log(settings), MarketCache()).fold(project)
        finally:
            await connection.close()

    async def afresh(self, size: int = 500, **settings: Any) -> None:
        """Forget the read model, between two batches, and bring the whole log in again in batches of this size."""
        async with self.owner.transaction():
            await active_read_model.lock_active_for_write(self.owner, exclusive=True)
            for table in _TABLES:
                await self.owner.execute(f"DELETE FROM {table}")
            await self.owner.execute("UPDATE checkpoint SET next_offset = 0, last_record_sha256 = NULL")
        await self.apply(size, **settings)

    async def act(self, act: Callable[[QuarantineActions], Awaitable[Any]]) -> Any:
        """As an operator, with the rights of the projector."""
        connection = await asyncpg.connect(self.database.projector)
        try:
            return await act(await QuarantineActions.of(connection, self.topic, BY))
        finally:
            await connection.close()

    async def skip(self, *places: RecordId) -> list[str]:
        """Give records up; what became of each."""
        return [done.outcome for done in await self.act(lambda quarantine: quarantine.skip(places))]

    async def retry(self, *places: RecordId) -> list[str]:
        """Try records again; what became of each."""
        return [done.outcome for done in await self.act(lambda quarantine: quarantine.retry(places))]

    async def verified(self) -> Verdict:
        """The read model is what follows from the log."""
        verdict = await verify(self.stack.kafka, self.database.api, self.topic)
        assert verdict.differences == []
        assert verdict.behind == 0
        return verdict

    async def states(self, subject: str) -> dict[str, str]:
        """What is done with each stored event of a subject, in log order."""
        rows = await self._living("SELECT id, state FROM event WHERE subject = $1 ORDER BY log_offset", subject)
        return {row["id"]: row["state"] for row in rows}

    async def stages(self, subject: str) -> list[tuple[str, str]]:
        """The diverted records of a subject, in log order: stage and state."""
        rows = await self._living("SELECT stage, state FROM quarantine WHERE subject = $1 ORDER BY log_offset", subject)
        return [(row["stage"], row["state"]) for row in rows]

    async def _living(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        async with self.owner.transaction():
            await active_read_model.use_active(self.owner)
            return await self.owner.fetch(query, *arguments)


def ids(states: dict[str, str], *wanted: str) -> list[str]:
    """Those in one of these states."""
    return [name for name, state in states.items() if state in wanted]
