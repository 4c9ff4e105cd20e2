"""The log as ingest sees it: append, and be told the place of each record. Knows aiokafka and its traps; no HTTP.

Rules that hold here:
- A place is given only after acks=all.
- Whatever fails or is late ends the producer, and a new one is made. aiokafka counts a failed batch in its sequence, so
  an idempotent producer that has failed once is refused with OutOfOrderSequenceNumber for ever after.
- A record whose acknowledgement did not come may still be in the log. The sender repeats it under the same id, and the
  fold counts it once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.ingest.recent_ids import Place
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
_RETRY_SECONDS = 0.5
_PROBE_SECONDS = 2.0
_CLOSE_SECONDS = 15.0


class LogAwayError(Exception):
    """The log did not acknowledge in time; nothing may be said to be accepted. Passing: send the same again."""


@dataclass(frozen=True, slots=True)
class Record:
    """What goes into the log: the subject as key, and the event in structured mode."""

    key: bytes
    value: bytes


class _Line:
    """One producer, from its first connection to its first failure."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int) -> None:
        self.producer = producer
        self.broken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._topic = topic
        self._partitions = partitions
        # Whoever came first is given to the producer first. Without it two that wait for room in one partition overtake
        # each other, and a later line of a stream stands before an earlier one.
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def end(self, reason: str) -> None:
        """Nothing more goes through this producer."""
        if not self.broken.done():
            self.broken.set_result(reason)

    async def append(self, records: Sequence[Record], headers: Sequence[Header]) -> list[Place]:
        """Records of one partition keep their order, in a call and between calls that begin one after the other."""
        indexes: dict[int, list[int]] = defaultdict(list)
        for index, record in enumerate(records):
            indexes[partition_of(record.key, self._partitions)].append(index)
        places: list[Place] = [(-1, -1)] * len(records)
        append = self._append_to if len(records) > 1 else self._append_one
        await asyncio.gather(*(append(p, own, records, headers, places) for p, own in indexes.items()))
        return places

    async def _append_one(
        self,
        partition: int,
        indexes: Sequence[int],
        records: Sequence[Record],
        headers: Sequence[Header],
        places: list[Place],
    ) -> None:
        """Through the accumulator, where the single events of many senders share a batch."""
        record = records[indexes[0]]
        async with self._turns[partition]:
            acknowledged = await self.producer.send(
                self._topic, record.value, key=record.key, partition=partition, headers=headers
            )
        places[indexes[0]] = _place(partition, (await acknowledged).offset)

    async def _append_to(
        self,
        partition: int,
        indexes: Sequence[int],
        records: Sequence[Record],
        headers: Sequence[Header],
        places: list[Place],
    ) -> None:
        """Own batches instead of `send`: one future a batch and not one a record is what keeps the door fast."""
        sent: list[tuple[asyncio.Future[object], list[int]]] = []
        batch = self.producer.create_batch()
        members: list[int] = []
        now = int(time.time() * 1000)
        async with self._turns[partition]:
            for index in indexes:
                record = records[index]
                while batch.append(timestamp=now, key=record.key, value=record.value, headers=headers) is None:
                    sent.append((await self._send(batch, partition), members))
                    batch, members = self.producer.create_batch(), []
                members.append(index)
            sent.append((await self._send(batch, partition), members))
        for acknowledged, own in sent:
            first = (await acknowledged).offset  # type: ignore[attr-defined]  # aiokafka ships no types
            for offset, index in enumerate(own, start=first):
                places[index] = _place(partition, offset, first)

    async def _send(self, batch: object, partition: int) -> asyncio.Future[object]:
        batch.close()  # type: ignore[attr-defined]  # closed, or `send` of others would fill it up
        future: asyncio.Future[object] = await self.producer.send_batch(batch, self._topic, partition=partition)
        return future


def _place(partition: int, offset: int, first: int | None = None) -> Place:
    if (offset if first is None else first) < 0:
        # DuplicateSequenceNumber: the batch is in the log, the broker has forgotten where.
        raise KafkaError("the broker acknowledged without an offset")
    return partition, offset


class Log:
    """Appends to the topic while the broker is there, says why not while it is away, and comes back by itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: _Line | None = None
        self._reason = "not connected yet"
        self._keeper: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to connect; returns at once, also when there is no broker."""
        self._keeper = asyncio.create_task(self._keep_connected())

    @property
    def alive(self) -> bool:
        """Whether somebody still tries: false would be a fault of ours that only a restart mends."""
        return self._keeper is not None and not self._keeper.done()

    async def append(self, records: Sequence[Record], events: Sequence[str] = ()) -> list[Place]:
        """Append all, and give the place of each once it is on the brokers' disks. Raises LogAwayError.

        `events` are what a trace tells of them; where it is recorded, every record says in its headers whence it came.
        """
        with tracing.send_span(self._settings.topic, events, len(records)) as span:
            places = await self._append(records, [CONTENT_TYPE, *tracing.headers()])
            span.set_attribute(POSITION, [format_record_id(*place) for place in places[:LISTED_MAX]])
        return places

    async def _append(self, records: Sequence[Record], headers: Sequence[Header]) -> list[Place]:
        line = self._line
        if line is None:
            raise LogAwayError(self._reason)
        if not records:
            return []
        seconds = self._settings.ingest_deliver_seconds_max
        work = asyncio.ensure_future(line.append(records, headers))
        try:
            either: set[asyncio.Future[Any]] = {work, line.broken}
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            line.end(f"no acknowledgement within {seconds:g} s")
            raise LogAwayError(line.broken.result())
        except KafkaError as error:
            line.end(f"{type(error).__name__}: {error}")
            raise LogAwayError(line.broken.result()) from error
        finally:
            work.cancel()

    async def why_away(self) -> str | None:
        """Ask the broker now: None when it answers, else the reason."""
        line = self._line
        if line is None:
            return self._reason
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                await line.producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError) as error:
            return f"the broker does not answer ({type(error).__name__})"
        return None

    async def close(self) -> None:
        """Let what was given be delivered, and disconnect."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        if self._line is not None:
            await asyncio.wait({asyncio.create_task(self._line.producer.stop())}, timeout=_CLOSE_SECONDS)
        if self._closing:
            await asyncio.wait(self._closing, timeout=_CLOSE_SECONDS)

    async def _keep_connected(self) -> None:
        while True:
            try:
                line = await self._connect()
            except (KafkaError, OSError, TimeoutError, LogAwayError) as error:
                self._note(str(error) or f"no connection to {self._settings.kafka} ({type(error).__name__})")
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._line, self._reason = line, ""
            log.info("connected to %s, topic %s", self._settings.kafka, self._settings.topic)
            await asyncio.wait({line.broken})  # not `await`: to cancel that would cancel the future for everybody
            self._line = None
            self._note(line.broken.result())
            self._discard(line.producer)

    def _note(self, reason: str) -> None:
        if reason != self._reason:
            log.warning("the log is away: %s", reason)
        self._reason = reason

    async def _connect(self) -> _Line:
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
                    raise LogAwayError(f"the broker has no topic {self._settings.topic}; run `steppe migrate`")
                await producer.partitions_for(self._settings.topic)
        except BaseException:  # also cancelled: a half-started producer keeps its tasks
            self._discard(producer)
            raise
        return _Line(producer, self._settings.topic, len(partitions))

    def _discard(self, producer: AIOKafkaProducer) -> None:
        task = asyncio.create_task(_abandon(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop a producer that cannot flush. `stop` alone would wait for ever, and nothing public drops what is unsent."""
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
        await asyncio.wait({sender})
        producer._message_accumulator.fail_all(KafkaError("given up"))
    await producer.stop()
