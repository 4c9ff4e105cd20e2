"""The outbox relay: sends rows of the outbox to Kafka, in order, at least once, and deletes a row that the broker has acknowledged.

A record that was sent and not yet deleted is sent again, byte for byte, so consumers drop what they have by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from steppe.contracts.topics import QUARANTINE
from steppe.database import outbox_writer
from steppe.database.read_model.stored_events import headers_of
from steppe.log.broker_address import client_options

_RECORDS_AT_ONCE = 500
_BYTES_AT_ONCE = 16 * 2**20
_RECORD_BYTES_MAX = int(QUARANTINE.settings["max.message.bytes"])
_DELIVER_SECONDS_MAX = 10.0
_CLOSE_SECONDS_MAX = 1.0


class OutboxRelay:
    """One leader's producer. `topics`: the configured name of a public topic, where it differs."""

    def __init__(self, bootstrap: str, topics: Mapping[str, str]) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._producer: AIOKafkaProducer | None = None

    async def send(self, connection: asyncpg.Connection) -> int:
        """Send all rows; return how many that were. Raises KafkaError or TimeoutError: what is left waits."""
        sent = 0
        while True:
            rows = await connection.fetch(
                *outbox_writer.STATEMENTS["outbox_page"](rows=_RECORDS_AT_ONCE, bytes=_BYTES_AT_ONCE)
            )
            if not rows:
                return sent
            try:
                async with asyncio.timeout(_DELIVER_SECONDS_MAX):
                    await self._deliver(rows)
            except BaseException:  # also cancelled, in the middle of a delivery
                # A batch that failed is in the producer's sequence: nothing more goes through it.
                await self.close()
                raise
            await connection.execute(
                *outbox_writer.STATEMENTS["acknowledge_outbox"](ids=[row["outbox_id"] for row in rows])
            )
            sent += len(rows)

    async def close(self) -> None:
        """Disconnect, whether the broker answers or not."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        sender = producer._sender.sender_task
        if sender is not None:
            # `stop` alone would wait for ever for what cannot be delivered, and nothing public drops it.
            sender.cancel()
            await asyncio.wait({sender}, timeout=_CLOSE_SECONDS_MAX)
            producer._message_accumulator.fail_all(KafkaError("given up"))
        await asyncio.wait({asyncio.ensure_future(producer.stop())}, timeout=_CLOSE_SECONDS_MAX)

    async def _deliver(self, rows: list[asyncpg.Record]) -> None:
        if self._producer is None:
            self._producer = AIOKafkaProducer(
                **client_options(self._bootstrap),
                client_id="steppe-outbox",
                acks="all",
                enable_idempotence=True,
                linger_ms=5,
                max_request_size=_RECORD_BYTES_MAX,
                request_timeout_ms=int(_DELIVER_SECONDS_MAX * 1000),
            )
            await self._producer.start()
        acknowledged = [
            await self._producer.send(
                self._topics.get(row["topic"], row["topic"]),
                row["value"],
                key=row["key"],
                headers=headers_of(row["headers"]),
            )
            for row in rows
        ]
        await asyncio.gather(*acknowledged)
