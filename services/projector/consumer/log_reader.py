"""Reads the log in large batches, without a consumer group, from given offsets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.projector.projection import batches
from services.projector.projection.batches import Record
from steppe.log.fetched_records import record_of
from steppe.log.topic_info import make_consumer

# What is fetched ahead is held in memory, of every partition; a record that is larger comes nevertheless.
_PARTITION_FETCH_BYTES_MAX = 2**20
_FETCH_PARTITIONS = 8
# Of one partition a batch has no more than one fetch: who wants large batches of few partitions has to fetch as much.
LARGE_FETCH_BYTES = 8 * 2**20


class LogReader:
    """Some partitions of the log, each read from its own offset on."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str, start: Mapping[int, int]) -> None:
        self._consumer: Any = consumer
        self._partitions = {partition: TopicPartition(topic, partition) for partition in start}

    async def ends(self) -> dict[int, int]:
        """The offset after the last committed record of each partition, asked of the broker now."""
        ends = await self._consumer.end_offsets(list(self._partitions.values()))
        return {tp.partition: end for tp, end in ends.items()}

    async def batch(
        self, records_max: int, seconds_max: float = 1.0, partitions: Iterable[int] = ()
    ) -> dict[int, list[Record]]:
        """The records that follow in these partitions, none named: in all, in order within each; empty when none came in that time."""
        of = [self._partitions[partition] for partition in partitions]
        messages = await self._consumer.getmany(*of, timeout_ms=int(seconds_max * 1000), max_records=records_max)
        return {tp.partition: [record_of(delivered) for delivered in of_tp] for tp, of_tp in messages.items() if of_tp}

    def seek(self, start: Mapping[int, int]) -> None:
        """Go on from other offsets."""
        for partition, offset in start.items():
            self._consumer.seek(self._partitions[partition], offset)


@asynccontextmanager
async def reading(
    kafka: str, topic: str, start: Mapping[int, int], partition_fetch_bytes: int = _PARTITION_FETCH_BYTES_MAX
) -> AsyncIterator[LogReader]:
    """Read these partitions from these offsets, about so many bytes of a partition at once.

    Raises LogGapError or LogShorterError when the log does not have them.
    """
    consumer = make_consumer(
        kafka,
        max_partition_fetch_bytes=partition_fetch_bytes,
        fetch_max_bytes=partition_fetch_bytes * _FETCH_PARTITIONS,
    )
    try:
        await consumer.start()
        reader = LogReader(consumer, topic, start)
        partitions = list(reader._partitions.values())
        earliest = await consumer.beginning_offsets(partitions)
        batches.refuse_another_log(start, {tp.partition: first for tp, first in earliest.items()}, await reader.ends())
        consumer.assign(partitions)
        reader.seek(start)
        yield reader
    finally:
        await consumer.stop()
