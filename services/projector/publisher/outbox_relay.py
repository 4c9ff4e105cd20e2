"""The outbox relay: sends rows of the outbox to Kafka, in order, at least once, and deletes a row that the broker has acknowledged.

A record that was sent and not yet deleted is sent again, byte for byte, so consumers drop what they have by its id. One that is
too large for its topic goes as a pointer to where all of it is; one that is still refused for its size is set aside: nobody
behind it waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from services.projector.publisher.record_sizes import OutboxRecord, fitting, pointer
from steppe.contracts.topics import QUARANTINE
from steppe.database import outbox_writer
from steppe.database.read_model.stored_events import headers_of
from steppe.log.broker_address import client_options

log = logging.getLogger("steppe.projector.publisher")

POINTERS = "pointers"
SET_ASIDE = "set-aside"
_RECORDS_AT_ONCE = 500
# Some milliseconds.
_RECORDS_BETWEEN_PAUSES = 50
_BYTES_AT_ONCE = 16 * 2**20
_RECORD_BYTES_MAX = int(QUARANTINE.settings["max.message.bytes"])
_DELIVER_SECONDS_MAX = 10.0
_CLOSE_SECONDS_MAX = 1.0


class OutboxRelay:
    """One leader's producer. `topics`: the configured name of a public topic, where it differs. `counts`: how many records went
    as pointers, and how many were set aside. `pause` is awaited before each piece of some milliseconds.
    """

    def __init__(
        self,
        bootstrap: str,
        topics: Mapping[str, str],
        pause: Callable[[], Awaitable[None]] = outbox_writer.no_pause,
    ) -> None:
        self._bootstrap = bootstrap
        self._topics = topics
        self._pause = pause
        self._producer: AIOKafkaProducer | None = None
        self.counts = Counter({POINTERS: 0, SET_ASIDE: 0})

    async def send(self, connection: asyncpg.Connection) -> int:
        """Send all rows, or set them aside; return how many that were. Raises KafkaError or TimeoutError: what is left waits."""
        sent = 0
        while True:
            rows = await connection.fetch(
                *outbox_writer.STATEMENTS["outbox_page"](rows=_RECORDS_AT_ONCE, bytes=_BYTES_AT_ONCE)
            )
            if not rows:
                return sent
            by_id = {row["outbox_id"]: _record(row) for row in rows}
            try:
                await self._deliver_fitting(list(by_id.values()))
                await self._acknowledge(connection, *by_id)
            except MessageSizeTooLargeError:
                # Its topic takes less than ours do. Which record it was, only one after the other can show.
                for number, record in by_id.items():
                    await self._deliver_smaller(record)
                    await self._acknowledge(connection, number)
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

    @staticmethod
    async def _acknowledge(connection: asyncpg.Connection, *numbers: int) -> None:
        await connection.execute(*outbox_writer.STATEMENTS["acknowledge_outbox"](ids=list(numbers)))

    async def _deliver_fitting(self, records: Sequence[OutboxRecord]) -> None:
        sent = [fitting(record) for record in records]
        await self._deliver(sent)
        for record, delivered in zip(records, sent, strict=True):
            if delivered is not record:
                self._count_pointer(record)

    async def _deliver_smaller(self, record: OutboxRecord) -> None:
        try:
            await self._deliver_fitting([record])
            return
        except MessageSizeTooLargeError:
            pass
        try:
            await self._deliver([pointer(record)])
            self._count_pointer(record)
        except MessageSizeTooLargeError:
            self.counts[SET_ASIDE] += 1
            log.error(
                "a record of %d bytes with key %.80r is not published: %s takes not even a pointer; raise its max.message.bytes",
                record.size, record.key, self._topics.get(record.topic, record.topic),
            )  # fmt: skip

    def _count_pointer(self, record: OutboxRecord) -> None:
        self.counts[POINTERS] += 1
        log.warning("a record of %d bytes with key %.80r is published as a pointer", record.size, record.key)

    async def _deliver(self, records: Sequence[OutboxRecord]) -> None:
        try:
            async with asyncio.timeout(_DELIVER_SECONDS_MAX):
                await self._send_all(records)
        except BaseException:  # also cancelled, in the middle of a delivery
            # A batch that failed is in the producer's sequence: nothing more goes through it.
            await self.close()
            raise

    async def _send_all(self, records: Sequence[OutboxRecord]) -> None:
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
        acknowledged = []
        for number, record in enumerate(records):
            if number % _RECORDS_BETWEEN_PAUSES == 0:
                await self._pause()
            acknowledged.append(
                await self._producer.send(
                    self._topics.get(record.topic, record.topic),
                    record.value,
                    key=record.key,
                    headers=list(record.headers),
                )
            )
        await asyncio.gather(*acknowledged)


def _record(row: asyncpg.Record) -> OutboxRecord:
    return OutboxRecord(topic=row["topic"], key=row["key"], value=row["value"], headers=headers_of(row["headers"]))
