"""Records as producers write them that are not ours, and what has to go on whatever they write."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.produce import ProduceRequest

from services.projector.commands.verify import Verdict, verify
from steppe.contracts.partitioning import partition_of
from steppe.log import archive
from steppe.log.records import Record
from steppe.log.topic_info import TopicInfo, open_topic
from tests.faults.invariants import until_reached
from tests.faults.own_stack import World
from tests.faults.workers import Workers
from tests.journeys.test_backup import Steppe
from tests.services.projector.projection import Message
from tests.services.rebuild.rebuilding import ran, settings_of
from tests.stack import PARTITIONS, Stack


def everything_goes_on(world: World, workers: Workers, waiting: int = 0) -> tuple[Verdict, list[Record]]:
    """Projection, status, verify, backup and rebuild go on to the end of what is committed; the records that the backup holds.
    `waiting`: how many records lie behind an open transaction.
    """
    ends = asyncio.run(topic_info(world)).ends
    until_reached(world, dict(ends), workers)
    assert workers.exits == []
    answer = status(world)
    assert answer["halts"] == []
    assert (answer["state"], answer["totals"]["lag_events"]) == (("behind", waiting) if waiting else ("caught-up", 0))
    verdict = asyncio.run(verify(world.kafka, world.database.api, world.topic))
    assert (verdict.differences, verdict.behind) == ([], 0)
    file = world.folder / f"{time.monotonic_ns()}.zip"
    asyncio.run(Steppe(world.kafka, world.topic, world.database.owner)("backup", str(file)))
    with archive.open_archive(file) as backup:
        backup.verify()
        assert backup.manifest.unbroken
        assert {number: part.end for number, part in backup.manifest.partitions.items()} == ends
        records = list(backup.merged())
    stack = Stack(kafka=world.kafka, database=world.database.owner, kind="of the test")
    ran(settings_of(stack, world.database, world.topic))
    rebuilt = asyncio.run(verify(world.kafka, world.database.api, world.topic))
    assert (rebuilt.differences, rebuilt.behind) == ([], 0)
    return verdict, records


def status(world: World) -> dict[str, Any]:
    """What the API says of the projection."""
    api = world.start("api")
    try:
        return dict(httpx.get(f"{api.address}/v1/status", timeout=10).raise_for_status().json())
    finally:
        api.stop()


async def topic_info(world: World) -> TopicInfo:
    """Of the world's log."""
    async with open_topic(world.kafka, world.topic) as reader:
        assert reader is not None
        return reader.info


async def publish_compressed(world: World, written: list[Message], codec: str, bytes_max: int = 2**20) -> None:
    """As one producer that compresses; each partition's records in one batch, if they are not too many."""
    async with AIOKafkaProducer(
        bootstrap_servers=world.kafka, compression_type=codec, linger_ms=50, max_batch_size=bytes_max,
        max_request_size=bytes_max,
    ) as producer:  # fmt: skip
        await asyncio.gather(*[await producer.send(world.topic, value, key=key) for key, value, _ in written])


async def transaction(world: World, written: list[Message], end: str, *, id: str = "other") -> None:
    """Write in a transaction that is to `commit`, to `abort`, or neither."""
    async with AIOKafkaProducer(bootstrap_servers=world.kafka, transactional_id=id) as producer:
        await producer.begin_transaction()
        await asyncio.gather(*[await producer.send(world.topic, value, key=key) for key, value, _ in written])
        if end == "commit":
            await producer.commit_transaction()
        elif end == "abort":
            await producer.abort_transaction()


async def publish_batch(world: World, batch: bytes, key: bytes) -> None:
    """Write the bytes of a batch as they are, where its key belongs; clients of other languages refuse less than ours."""
    place = TopicPartition(world.topic, partition_of(key, PARTITIONS))
    async with AIOKafkaProducer(bootstrap_servers=world.kafka) as producer:
        await producer.partitions_for(world.topic)
        request = ProduceRequest(None, -1, 10_000, [(world.topic, [(place.partition, batch)])])
        response = await producer.client.send(producer.client.cluster.leader_for_partition(place), request)
    ((_, ((_, error, *_),)),) = response.topics
    assert error == 0, response


async def set_topic(world: World, settings: dict[str, str]) -> None:
    """Set what an operator may set of a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, world.topic, configs=settings)])
    finally:
        await admin.close()
