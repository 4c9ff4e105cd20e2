"""Where the log begins and ends, and since when its next record waits, read from Kafka itself and not from what a consumer
believes. Asked at most once a second, and never for longer than a moment: a status must be told while Kafka is away.
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

from steppe.log.topic_info import reader_of, records_at

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
TIMEOUT_SECONDS = 3.0
_WAITING_SECONDS_MAX = 1.5
_RECALL_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Ends:
    """By partition: the offset after the last record, the first one that is there, and since when the oldest record that
    is not applied has been in the log. Or why nothing of this is known.
    """

    offsets: Mapping[int, int]
    unknown_because: str | None = None
    starts: Mapping[int, int] = field(default_factory=dict)
    waiting_since: Mapping[int, datetime] = field(default_factory=dict)


class LogEnds:
    """Remembers the ends for a second; one question at a time."""

    def __init__(self, bootstrap: str | None, topic: str, client: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._client = client
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._ends = Ends({}, "not asked yet")
        self._asked_at = -math.inf
        self._asking: asyncio.Task[Ends] | None = None

    async def read(self, next_offsets: Mapping[int, int]) -> Ends:
        """The ends of these partitions, which are applied up to these offsets; never raises for a broker that is away."""
        if self._bootstrap is None:
            return Ends({}, "STEPPE_KAFKA is not set")
        async with self._lock:
            # An end of before would make what has just been applied look like more than the log has.
            overtaken = any(self._ends.offsets.get(partition, 0) < offset for partition, offset in next_offsets.items())
            if overtaken or time.monotonic() - self._asked_at >= FRESH_SECONDS:
                self._ends = await self._ask(self._bootstrap, next_offsets)
                self._asked_at = time.monotonic()
            return self._ends

    def recall(self, next_offsets: Mapping[int, int]) -> Ends:
        """What was read lately, at once, for those who must not wait for a broker; asks anew in the background."""
        age = time.monotonic() - self._asked_at
        if age >= FRESH_SECONDS and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self.read(next_offsets), name="log-ends")
        return self._ends if age < _RECALL_SECONDS_MAX else Ends({}, "not asked lately")

    async def close(self) -> None:
        """Let go of the broker."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})
        await self._let_go()

    async def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(TimeoutError, KafkaError, OSError):  # we leave either way
                await asyncio.wait_for(consumer.stop(), TIMEOUT_SECONDS)

    async def _ask(self, bootstrap: str, next_offsets: Mapping[int, int]) -> Ends:
        wanted = [TopicPartition(self._topic, partition) for partition in next_offsets]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self._consumer is None:
                    consumer = reader_of(bootstrap, client_id=self._client)
                    try:
                        await consumer.start()
                    except BaseException:  # also cancelled by the time-out: a half-started consumer keeps its tasks
                        await consumer.stop()
                        raise
                    self._consumer = consumer
                ends = {tp.partition: end for tp, end in (await self._consumer.end_offsets(wanted)).items()}
                starts = {tp.partition: start for tp, start in (await self._consumer.beginning_offsets(wanted)).items()}
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("log ends: %s: %s", type(error).__name__, error)
            await self._let_go()
            return Ends({}, f"Kafka does not answer: {type(error).__name__}")
        behind = {
            partition: offset
            for partition, offset in next_offsets.items()
            if starts[partition] <= offset < ends[partition]
        }
        return Ends(ends, starts=starts, waiting_since=await self._waiting_since(behind))

    async def _waiting_since(self, behind: Mapping[int, int]) -> dict[int, datetime]:
        try:
            async with asyncio.timeout(_WAITING_SECONDS_MAX):
                found = await records_at(self._consumer, self._topic, behind)
        except (TimeoutError, KafkaError) as error:
            log.warning("log ends: the oldest waiting records: %s: %s", type(error).__name__, error)
            await self._let_go()
            return {}
        return {partition: datetime.fromtimestamp(one.timestamp_ms / 1000, UTC) for partition, one in found.items()}
