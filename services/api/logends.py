"""Where the log ends, read from Kafka itself and not from what the projector believes. Knows the broker; no rows.

Asked at most once a second, and never for longer than a moment: a status page must answer while Kafka is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Ends:
    """The offset after the last record of each partition, or why it is not known."""

    offsets: dict[int, int]
    unknown_because: str | None = None


class LogEnds:
    """Remembers the ends for a second; one question at a time."""

    def __init__(self, bootstrap: str | None, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()
        self._ends = Ends({}, "not asked yet")
        self._asked_at = -FRESH_SECONDS

    async def read(self, partitions: Sequence[int]) -> Ends:
        """The ends of these partitions; never raises for a broker that is away."""
        if self._bootstrap is None:
            return Ends({}, "STEPPE_KAFKA is not set")
        async with self._lock:
            if time.monotonic() - self._asked_at >= FRESH_SECONDS:
                self._ends = await self._ask(self._bootstrap, partitions)
                self._asked_at = time.monotonic()
            return self._ends

    async def close(self) -> None:
        """Let go of the broker."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(TimeoutError, KafkaError, OSError):  # we leave either way
                await asyncio.wait_for(consumer.stop(), TIMEOUT_SECONDS)

    async def _ask(self, bootstrap: str, partitions: Sequence[int]) -> Ends:
        wanted = [TopicPartition(self._topic, partition) for partition in partitions]
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if self._consumer is None:
                    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, client_id="steppe-api-status")
                    try:
                        await consumer.start()
                    except BaseException:  # also cancelled by the time-out: a half-started consumer keeps its tasks
                        await consumer.stop()
                        raise
                    self._consumer = consumer
                offsets = await self._consumer.end_offsets(wanted)
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("log ends: %s: %s", type(error).__name__, error)
            await self.close()
            return Ends({}, f"Kafka does not answer: {type(error).__name__}")
        return Ends({partition.partition: offset for partition, offset in offsets.items()})
