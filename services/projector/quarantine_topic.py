"""Publishes what was diverted to the topic of the quarantine: each record once known, at least once, its bytes untouched.

Reads the outbox `steppe.quarantine_publication`, which the batches fill; knows no read model. A broker that is away, or a
topic that is missing, makes records wait and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.projector import transient
from steppe.database import queries
from steppe.database.stored_events import headers_of

log = logging.getLogger("steppe.projector")

PREFIX = "steppe.quarantine."
_STATEMENTS = queries.load("quarantine")
# Any number will do, as long as nobody else takes it with a topic beside it: "QUAR" in ASCII.
_LOCK = 0x51554152
_ROWS_AT_ONCE = 100
_SECONDS_BETWEEN_LOOKS = 5.0
_SECONDS_TO_ANSWER = 10.0


class QuarantineTopic:
    """The way out for one worker. Of several workers one publishes at a time."""

    def __init__(self, pool: asyncpg.Pool, kafka: str, log_topic: str, topic: str) -> None:
        self._pool = pool
        self._kafka = kafka
        self._log_topic = log_topic
        self._topic = topic

    async def publish_for_ever(self, diverted: asyncio.Event) -> None:
        """Publish what waits, now and whenever `diverted` is set; cancel it to stop. Raises nothing else."""
        while True:
            diverted.clear()
            try:
                await self.publish()
            except (KafkaError, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                level = logging.INFO if transient.passes(error) else logging.WARNING
                log.log(level, "what was diverted waits to be published to %s: %r", self._topic, error)
            try:
                await asyncio.wait_for(diverted.wait(), _SECONDS_BETWEEN_LOOKS)
            except TimeoutError:
                continue

    async def publish(self) -> int:
        """Publish what waits and return how many records that were. Raises KafkaError, or what the database does."""
        count = 0
        async with self._pool.acquire() as connection:
            if not await connection.fetchval(_STATEMENTS["await_one_publisher"], _LOCK, self._log_topic):
                return 0
            try:
                while rows := await connection.fetch(_STATEMENTS["unpublished"], self._log_topic, _ROWS_AT_ONCE):
                    await self._send(rows)
                    await connection.execute(
                        _STATEMENTS["mark_published"],
                        self._log_topic,
                        [row["partition"] for row in rows],
                        [row["log_offset"] for row in rows],
                    )
                    count += len(rows)
            finally:
                if not connection.is_closed():
                    await connection.execute(_STATEMENTS["leave_publishing"], _LOCK, self._log_topic)
        return count

    async def _send(self, rows: Sequence[asyncpg.Record]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            acks="all",
            enable_idempotence=True,
            max_request_size=16 * 2**20,
            request_timeout_ms=int(_SECONDS_TO_ANSWER * 1000),
        )
        await producer.start()
        try:
            # Sending to a topic that does not exist would wait in a buffer that cannot be left.
            await producer.partitions_for(self._topic)
            sent = [
                await producer.send(self._topic, row["value"], key=row["key"], headers=self._headers(row))
                for row in rows
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    def _headers(self, row: asyncpg.Record) -> list[tuple[str, bytes | None]]:
        own = {
            "topic": self._log_topic,
            "partition": str(row["partition"]),
            "offset": str(row["log_offset"]),
            "stage": row["stage"],
            "reason": row["reason"],
            "at": row["found_at"].isoformat().replace("+00:00", "Z"),
            "release": row["release"],
        }
        return [*headers_of(row["headers"]), *((PREFIX + name, text.encode()) for name, text in own.items())]
