"""What Kafka says about a topic: which cluster, how many partitions, its first and last offsets, and single records.

Uses a consumer without a group and an admin client of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from steppe.log.broker_address import client_options
from steppe.log.fetched_records import record_of
from steppe.log.records import Record

_FETCH_BYTES = 64 * 1024
_POLL_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicInfo:
    """A topic at one moment. `starts` and `ends` by partition: the first offset that is there, and the one after the last that is committed."""

    cluster: str
    starts: Mapping[int, int]
    ends: Mapping[int, int]

    @property
    def partitions(self) -> int:
        """The number of partitions."""
        return len(self.ends)

    @property
    def records(self) -> int:
        """The number of offsets between starts and ends."""
        return sum(self.ends[partition] - self.starts[partition] for partition in self.ends)


class TopicReader:
    """A topic that exists, with its `info` as of the opening, and a way to read single records."""

    def __init__(self, topic: str, info: TopicInfo, consumer: AIOKafkaConsumer) -> None:
        self.topic = topic
        self.info = info
        self.consumer = consumer

    async def records_at(self, offsets: Mapping[int, int]) -> dict[int, Record]:
        """As the function `records_at`."""
        return await records_at(self.consumer, self.topic, offsets)


@asynccontextmanager
async def open_topic(kafka: str, topic: str) -> AsyncIterator[TopicReader | None]:
    """Read about a topic; None when the cluster has none of that name. Raises what aiokafka raises; the caller sets a timeout."""
    admin = AIOKafkaAdminClient(**client_options(kafka))
    try:
        await admin.start()
        cluster: str = (await admin.describe_cluster())["cluster_id"]
        partitions: list[int] = []
        # Not described by name at once: a cluster with auto.create.topics would create it.
        if topic in await admin.list_topics():
            (described,) = await admin.describe_topics([topic])
            partitions = sorted(part["partition"] for part in described["partitions"])
    finally:
        await admin.close()
    if not partitions:
        yield None
        return
    consumer = make_consumer(kafka)
    try:
        await consumer.start()
        wanted = [TopicPartition(topic, partition) for partition in partitions]
        starts = await consumer.beginning_offsets(wanted)
        ends = await consumer.end_offsets(wanted)
        info = TopicInfo(
            cluster=cluster,
            starts={tp.partition: offset for tp, offset in starts.items()},
            ends={tp.partition: offset for tp, offset in ends.items()},
        )
        yield TopicReader(topic, info, consumer)
    finally:
        await consumer.stop()


def make_consumer(kafka: str, **options: object) -> AIOKafkaConsumer:
    """A consumer without a group that never commits and never resets its offset; it reads as `fetched_records` says."""
    return AIOKafkaConsumer(
        **client_options(kafka),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        **{"isolation_level": "read_committed", "max_partition_fetch_bytes": _FETCH_BYTES, **options},
    )


async def records_at(consumer: AIOKafkaConsumer, topic: str, offsets: Mapping[int, int]) -> dict[int, Record]:
    """The first record, or remark, at or after each offset, by partition; each must lie below the end, or this waits for it."""
    missing = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    records: dict[int, Record] = {}
    if not missing:
        return records
    consumer.assign(list(missing))
    for partition, offset in missing.items():
        consumer.seek(partition, offset)
    while missing:
        for partition, batch in (await consumer.getmany(*missing, timeout_ms=_POLL_MS)).items():
            records[partition.partition] = record_of(batch[0])
            del missing[partition]
    consumer.unsubscribe()  # or it would go on fetching
    return records
