"""Where the log begins and ends, and since when its next record waits: read from the brokers, not from a consumer's own count.

The brokers are asked at most once a second and with a short timeout, so that a status can be answered while they are down.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from steppe.log.topic_info import make_consumer, records_at

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
TIMEOUT_SECONDS = 3.0
_WAITING_SECONDS_MAX = 1.5
_CACHED_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class EndOffsets:
    """By partition: `offsets`, the one after the last committed record; `written`, the one after the last record, also where it
    waits for the end of a transaction; `starts`, the first one that is there; `waiting_since`, when (UTC)
    the oldest record that is not applied came into the log. `unknown_because`: why nothing of this is known.
    """

    offsets: Mapping[int, int]
    unknown_because: str | None = None
    starts: Mapping[int, int] = field(default_factory=dict)
    written: Mapping[int, int] = field(default_factory=dict)
    waiting_since: Mapping[int, datetime] = field(default_factory=dict)


class EndOffsetsReader:
    """Reads the end offsets and caches them for a second; one request at a time."""

    def __init__(self, bootstrap: str | None, topic: str, client: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._client = client
        self._consumer: AIOKafkaConsumer | None = None
        self._uncommitted: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._ends = EndOffsets({}, "not asked yet")
        self._read_at = -math.inf
        self._refresh: asyncio.Task[EndOffsets] | None = None

    async def read(self, next_offsets: Mapping[int, int]) -> EndOffsets:
        """The ends of these partitions, which are applied up to these offsets; never raises for a broker that is down."""
        if self._bootstrap is None:
            return EndOffsets({}, "STEPPE_KAFKA is not set")
        async with self._lock:
            # An older end would make it look as if more were applied than the log has.
            outdated = any(self._ends.offsets.get(partition, 0) < offset for partition, offset in next_offsets.items())
            if outdated or time.monotonic() - self._read_at >= FRESH_SECONDS:
                self._ends = await self._fetch(self._bootstrap, next_offsets)
                self._read_at = time.monotonic()
            return self._ends

    def latest(self, next_offsets: Mapping[int, int]) -> EndOffsets:
        """What was read within the last half minute, at once, without waiting for a broker; refreshes in the background."""
        age = time.monotonic() - self._read_at
        if age >= FRESH_SECONDS and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self.read(next_offsets), name="log-ends")
        return self._ends if age < _CACHED_SECONDS_MAX else EndOffsets({}, "not asked lately")

    async def close(self) -> None:
        """Disconnect from the brokers. Twice is safe."""
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait({self._refresh})
        await self._disconnect()

    async def _disconnect(self) -> None:
        consumers = (self._consumer, self._uncommitted)
        self._consumer = self._uncommitted = None
        for consumer in filter(None, consumers):
            with suppress(TimeoutError, KafkaError, OSError):  # closed either way
                await asyncio.wait_for(consumer.stop(), TIMEOUT_SECONDS)

    async def _fetch(self, bootstrap: str, next_offsets: Mapping[int, int]) -> EndOffsets:
        wanted = [TopicPartition(self._topic, partition) for partition in next_offsets]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self._consumer is None:
                    self._consumer = await _started(make_consumer(bootstrap, client_id=self._client))
                if self._uncommitted is None:
                    uncommitted = make_consumer(bootstrap, client_id=self._client, isolation_level="read_uncommitted")
                    self._uncommitted = await _started(uncommitted)
                ends = {tp.partition: end for tp, end in (await self._consumer.end_offsets(wanted)).items()}
                starts = {tp.partition: start for tp, start in (await self._consumer.beginning_offsets(wanted)).items()}
                # After the others: never less than what is committed.
                written = {tp.partition: end for tp, end in (await self._uncommitted.end_offsets(wanted)).items()}
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("log ends: %s: %s", type(error).__name__, error)
            await self._disconnect()
            return EndOffsets({}, f"Kafka does not answer: {type(error).__name__}")
        behind = {
            partition: offset
            for partition, offset in next_offsets.items()
            if starts[partition] <= offset < ends[partition]
        }
        return EndOffsets(ends, starts=starts, written=written, waiting_since=await self._waiting_since(behind))

    async def _waiting_since(self, behind: Mapping[int, int]) -> dict[int, datetime]:
        try:
            async with asyncio.timeout(_WAITING_SECONDS_MAX):
                records = await records_at(self._consumer, self._topic, behind)
        except (TimeoutError, KafkaError) as error:
            log.warning("log ends: the oldest waiting records: %s: %s", type(error).__name__, error)
            await self._disconnect()
            return {}
        return {
            partition: datetime.fromtimestamp(record.timestamp_ms / 1000, UTC) for partition, record in records.items()
        }


async def _started(consumer: AIOKafkaConsumer) -> AIOKafkaConsumer:
    try:
        await consumer.start()
    except BaseException:  # also cancelled by the time-out: a half-started consumer keeps its tasks
        await consumer.stop()
        raise
    return consumer
