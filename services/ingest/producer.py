"""The Kafka producer of ingest: appends records to the log, reconnects by itself, and answers the health check.

Rules that hold here:
- A record's offset is returned only after acks=all.
- Any failure or timeout ends the session of the producer, and a new one is opened. aiokafka counts a failed batch in its
  sequence, so an idempotent producer that failed once is refused with OutOfOrderSequenceNumber for ever after.
- A record without an acknowledgement may still be in the log. The sender retries it under the same id, and the fold counts it
  once.
- Backpressure: `append` returns when the broker has acknowledged, and a stream is read no faster than that (routes.py).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.ingest.memory.recent_ids import RecordId
from services.ingest.settings import KIB, Settings
from steppe.contracts.partitioning import partition_of
from steppe.log.broker_address import client_options
from steppe.log.positions import format_record_id
from steppe.telemetry import tracing
from steppe.telemetry.tracing import LISTED_MAX, POSITION, Header

log = logging.getLogger(__name__)

CONTENT_TYPE: Header = ("content-type", b"application/cloudevents+json")
_BATCH_BYTES = 256 * KIB
_LINGER_MS = 2
_RECONNECT_SECONDS = 0.5
_HEALTH_CHECK_TIMEOUT_SECONDS = 2.0
_CLOSE_TIMEOUT_SECONDS = 15.0


class BrokerUnavailableError(Exception):
    """The broker did not acknowledge in time, so nothing may be reported as accepted. Passing: retry with the same ids."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record to append: the subject as key, and the event in structured mode as value."""

    key: bytes
    value: bytes


class _ProducerSession:
    """One producer, from its connection to its first failure."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int) -> None:
        self.producer = producer
        self.failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._topic = topic
        self._partitions = partitions
        # First come, first served. Without the lock two calls that wait for room in one partition overtake each other, and a
        # later line of a stream stands before an earlier one.
        self._partition_locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def fail(self, reason: str) -> None:
        """End the session: nothing more goes through this producer. The first reason stays."""
        if not self.failure.done():
            self.failure.set_result(reason)

    async def append(self, records: Sequence[Record], headers: Sequence[Header]) -> list[RecordId]:
        """Append records; those of one partition keep their order, in a call and between calls that begin one after the other."""
        indexes: dict[int, list[int]] = defaultdict(list)
        for index, record in enumerate(records):
            indexes[partition_of(record.key, self._partitions)].append(index)
        record_ids: list[RecordId] = [(-1, -1)] * len(records)
        append = self._append_batches if len(records) > 1 else self._append_one
        await asyncio.gather(*(append(p, own, records, headers, record_ids) for p, own in indexes.items()))
        return record_ids

    async def _append_one(
        self,
        partition: int,
        indexes: Sequence[int],
        records: Sequence[Record],
        headers: Sequence[Header],
        record_ids: list[RecordId],
    ) -> None:
        """Append a single record through aiokafka's accumulator, where the events of many senders share a batch."""
        record = records[indexes[0]]
        async with self._partition_locks[partition]:
            acknowledged = await self.producer.send(
                self._topic, record.value, key=record.key, partition=partition, headers=headers
            )
        record_ids[indexes[0]] = _record_id(partition, (await acknowledged).offset)

    async def _append_batches(
        self,
        partition: int,
        indexes: Sequence[int],
        records: Sequence[Record],
        headers: Sequence[Header],
        record_ids: list[RecordId],
    ) -> None:
        """Append in batches of our own: one future a batch, instead of one a record as `send` has it, is what makes this fast."""
        sent_batches: list[tuple[asyncio.Future[object], list[int]]] = []
        batch = self.producer.create_batch()
        members: list[int] = []
        now = int(time.time() * 1000)
        async with self._partition_locks[partition]:
            for index in indexes:
                record = records[index]
                while batch.append(timestamp=now, key=record.key, value=record.value, headers=headers) is None:
                    sent_batches.append((await self._send(batch, partition), members))
                    batch, members = self.producer.create_batch(), []
                members.append(index)
            sent_batches.append((await self._send(batch, partition), members))
        for acknowledged, own_indexes in sent_batches:
            first = (await acknowledged).offset  # type: ignore[attr-defined]  # aiokafka ships no types
            for offset, index in enumerate(own_indexes, start=first):
                record_ids[index] = _record_id(partition, offset, first)

    async def _send(self, batch: object, partition: int) -> asyncio.Future[object]:
        batch.close()  # type: ignore[attr-defined]  # or `send` would add the records of others to it
        future: asyncio.Future[object] = await self.producer.send_batch(batch, self._topic, partition=partition)
        return future


def _record_id(partition: int, offset: int, first: int | None = None) -> RecordId:
    if (offset if first is None else first) < 0:
        # DuplicateSequenceNumber: the batch is in the log, the broker has forgotten where.
        raise KafkaError("the broker acknowledged without an offset")
    return partition, offset


class LogProducer:
    """Appends to the log while the broker is available, and reconnects by itself when it was not. One for the service."""

    def __init__(self, settings: Settings, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        """`prepare` is awaited once the broker answers for the first time, before anything is appended."""
        self._settings = settings
        self._prepare = prepare
        self._session: _ProducerSession | None = None
        self._unavailable_because = "not connected yet"
        self._reconnect_task: asyncio.Task[None] | None = None
        self._closing_tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect in the background; returns at once, also when there is no broker."""
        self._reconnect_task = asyncio.create_task(self._reconnect_forever())

    @property
    def alive(self) -> bool:
        """Liveness: whether the reconnect task runs. False is a bug that only a restart of the process mends."""
        return self._reconnect_task is not None and not self._reconnect_task.done()

    async def append(self, records: Sequence[Record], references: Sequence[str] = ()) -> list[RecordId]:
        """Append all, and return partition and offset of each once the brokers have acknowledged. Raises BrokerUnavailableError.

        `references` name the events in the trace; a sampled trace goes into the headers of every record.
        """
        with tracing.send_span(self._settings.topic, references, len(records)) as span:
            record_ids = await self._append(records, [CONTENT_TYPE, *tracing.headers()])
            span.set_attribute(POSITION, [format_record_id(*record_id) for record_id in record_ids[:LISTED_MAX]])
        return record_ids

    async def _append(self, records: Sequence[Record], headers: Sequence[Header]) -> list[RecordId]:
        session = self._session
        if session is None:
            raise BrokerUnavailableError(self._unavailable_because)
        if not records:
            return []
        timeout = self._settings.ingest_deliver_seconds_max
        delivery = asyncio.ensure_future(session.append(records, headers))
        try:
            outcomes: set[asyncio.Future[Any]] = {delivery, session.failure}
            await asyncio.wait(outcomes, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if delivery.done():
                return delivery.result()
            session.fail(f"no acknowledgement within {timeout:g} s")
            raise BrokerUnavailableError(session.failure.result())
        except KafkaError as error:
            session.fail(f"{type(error).__name__}: {error}")
            raise BrokerUnavailableError(session.failure.result()) from error
        finally:
            delivery.cancel()

    async def health_check(self) -> str | None:
        """Readiness: ask the broker now. None when it answers, else the reason why events cannot be accepted."""
        session = self._session
        if session is None:
            return self._unavailable_because
        try:
            async with asyncio.timeout(_HEALTH_CHECK_TIMEOUT_SECONDS):
                await session.producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError) as error:
            return f"the broker does not answer ({type(error).__name__})"
        return None

    async def close(self) -> None:
        """Deliver what was handed over, and disconnect."""
        if self._reconnect_task is not None:
            self._reconnect_task.cancel()
            await asyncio.wait({self._reconnect_task})
        if self._session is not None:
            await asyncio.wait({asyncio.create_task(self._session.producer.stop())}, timeout=_CLOSE_TIMEOUT_SECONDS)
        if self._closing_tasks:
            await asyncio.wait(self._closing_tasks, timeout=_CLOSE_TIMEOUT_SECONDS)

    async def _reconnect_forever(self) -> None:
        while True:
            try:
                session = await self._connect()
                await self._prepare_once(session)
            except (KafkaError, OSError, TimeoutError, BrokerUnavailableError) as error:
                self._log_unavailable(str(error) or f"no connection to {self._settings.kafka} ({type(error).__name__})")
                await asyncio.sleep(_RECONNECT_SECONDS)
                continue
            self._session, self._unavailable_because = session, ""
            log.info("connected to %s, topic %s", self._settings.kafka, self._settings.topic)
            await asyncio.wait({session.failure})  # not `await`: cancelling that would cancel the future for everybody
            self._session = None
            self._log_unavailable(session.failure.result())
            self._close_in_background(session.producer)

    async def _prepare_once(self, session: _ProducerSession) -> None:
        if self._prepare is None:
            return
        self._unavailable_because = "the end of the log is being read, so that duplicates are recognised"
        try:
            await self._prepare()
        except BaseException:  # also when cancelled: nobody else knows of this producer yet, and it is raised on
            self._close_in_background(session.producer)
            raise
        self._prepare = None

    def _log_unavailable(self, reason: str) -> None:
        if reason != self._unavailable_because:
            log.warning("the broker is unavailable: %s", reason)
        self._unavailable_because = reason

    async def _connect(self) -> _ProducerSession:
        producer = AIOKafkaProducer(
            **client_options(self._settings.kafka),
            client_id="steppe-ingest",
            acks="all",
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            request_timeout_ms=int(self._settings.ingest_deliver_seconds_max * 1000),
        )
        try:
            async with asyncio.timeout(self._settings.ingest_connect_seconds_max):
                await producer.start()
                metadata = await producer.client.fetch_all_metadata()
                partitions = metadata.partitions_for_topic(self._settings.topic)
                if not partitions:
                    raise BrokerUnavailableError(
                        f"the broker has no topic {self._settings.topic}; run `steppe migrate`"
                    )
                await producer.partitions_for(self._settings.topic)
        except BaseException:  # also CancelledError: a half-started producer keeps its tasks running
            self._close_in_background(producer)
            raise
        return _ProducerSession(producer, self._settings.topic, len(partitions))

    def _close_in_background(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(_stop_without_flush(producer))
        self._closing_tasks.add(task)
        task.add_done_callback(self._closing_tasks.discard)


async def _stop_without_flush(producer: AIOKafkaProducer) -> None:
    """Stop a producer that cannot flush. `stop` alone would wait for ever, and no public method drops unsent records."""
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
        await asyncio.wait({sender})
        producer._message_accumulator.fail_all(KafkaError("given up"))
    await producer.stop()
