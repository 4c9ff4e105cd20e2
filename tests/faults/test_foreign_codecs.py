"""Batches that other producers compress, with every codec that Kafka allows, and a topic that its broker compresses again."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.projector.commands.verify import verify
from steppe.log import archive
from tests.faults.invariants import hold
from tests.faults.load import identities, messages
from tests.faults.own_stack import World
from tests.faults.workers import QUICK, Workers
from tests.journeys.test_backup import Steppe
from tests.services.projector.projection import Message, publish
from tests.services.rebuild.rebuilding import ran, settings_of
from tests.stack import Stack

CODECS = ("gzip", "snappy", "lz4", "zstd")


def test_batches_in_every_codec_of_kafka_are_projected_backed_up_and_rebuilt(world: World) -> None:
    written = messages(0, 200, projects=10)
    share = len(written) // len(CODECS)
    for number, codec in enumerate(CODECS):
        asyncio.run(_publish_compressed(world, written[number * share : (number + 1) * share], codec))
    _projected_and_kept(world, written)


def test_a_log_that_its_broker_compresses_again_is_projected_backed_up_and_rebuilt(world: World) -> None:
    """The broker's own libraries write what its topic is set to, whatever the producer sent."""
    written = messages(0, 200, projects=10)
    share = len(written) // len(CODECS)
    for number, codec in enumerate(CODECS):
        asyncio.run(set_topic(world, {"compression.type": codec}))
        asyncio.run(publish(world.kafka, world.topic, written[number * share : (number + 1) * share]))
    _projected_and_kept(world, written)


def _projected_and_kept(world: World, written: list[Message]) -> None:
    workers = Workers(lambda: world.start("projector", QUICK))
    hold(world, identities(written), workers)
    assert workers.exits == []
    file = world.folder / "log.zip"
    asyncio.run(Steppe(world.kafka, world.topic, world.database.owner)("backup", str(file)))
    with archive.open_archive(file) as backup:
        backup.verify()
        assert backup.manifest.complete
        assert sorted(record.value or b"" for record in backup.merged()) == sorted(
            value or b"" for _, value, _ in written
        )
    stack = Stack(kafka=world.kafka, database=world.database.owner, kind="of the test")
    ran(settings_of(stack, world.database, world.topic))
    assert asyncio.run(verify(world.kafka, world.database.api, world.topic)).differences == []


async def _publish_compressed(world: World, written: list[Message], codec: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=world.kafka, compression_type=codec, linger_ms=50) as producer:
        await asyncio.gather(*[await producer.send(world.topic, value, key=key) for key, value, _ in written])


async def set_topic(world: World, settings: dict[str, str]) -> None:
    """Set what an operator may set of a topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, world.topic, configs=settings)])
    finally:
        await admin.close()
