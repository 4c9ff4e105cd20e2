"""What a log may hold that nobody wished for: poison in every place of a batch, ten megabytes, a million repetitions."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.faults.invariants import hold, watched
from tests.faults.load import SOURCE, identities, messages
from tests.faults.own_stack import World
from tests.faults.sizes import FULL
from tests.faults.workers import QUICK, Workers
from tests.services.ingest.ingest_client import LINES, IngestClient, lines, logged, memorandum, problem
from tests.services.projector.projection import Message, event, publish

_BATCH = 8
_KEY, _VALUE, _ = event("poisoned", "poisoned-mine")
assert _VALUE is not None
_POISON: Sequence[Message] = (
    (_KEY, None, ()),
    (_KEY, b"", ()),
    (_KEY, b"{" * 100_000, ()),
    (_KEY, _VALUE[:-20], ()),
    (_KEY, b'{"specversion": "1.0", "id": "\xff\xfe"}', ()),
    (_KEY, _VALUE.replace(b'"mou"', b"NaN"), ()),
    (_KEY, _VALUE.replace(b'"mou"', b"1" * 5_000), ()),
    (_KEY, _VALUE.replace(b'"mou"', b'"' + b"x" * 900_000 + b'"'), ()),
    (_KEY, _VALUE.replace(b"poisoned-mine", b"another-mine"), ()),
    (None, _VALUE, ()),
)
_DUPLICATES = 1_000_000 if FULL else 20_000
_TEN_MEGABYTES = 10 * 2**20


def test_poison_in_every_place_of_a_batch_stops_nobody_else(world: World) -> None:
    """Each kind of poison once at each place among good events of the same partition, all of them in one transaction."""
    workers = Workers(lambda: world.start("projector", QUICK))
    good = iter(messages(0, len(_POISON) * _BATCH * (_BATCH - 1), projects=30))
    written: list[Message] = []
    poisoned = 0
    for poison in _POISON:
        for place in range(_BATCH):
            batch = [next(good) for _ in range(_BATCH - 1)]
            written += [*batch[:place], poison, *batch[place:]]
            poisoned += 1
    with watched(world):
        asyncio.run(publish(world.kafka, world.topic, written))
        acknowledged = {identity for identity in identities(written) if identity[0].startswith("project-")}
        assert len(acknowledged) == len(written) - poisoned
        hold(world, acknowledged, workers)
    assert workers.exits == []


def test_an_event_of_ten_megabytes_is_refused_by_ingest_and_stalls_nobody_behind_it(world: World) -> None:
    ingest = IngestClient(world.start("ingest").address)
    large = memorandum("large", note="x" * _TEN_MEGABYTES)
    refusal = problem(ingest.post(large), 413)
    assert refusal["bytes_max"] == 256 * 1024
    refused = problem(ingest.post(lines([large]), LINES, "?on_error=continue"), 422)
    assert str(256 * 1024) in refused["rejected"][0]["errors"][0]["message"]
    assert asyncio.run(logged(world.kafka, world.topic)) == []
    # Somebody else who writes to the log, with a topic that an operator has opened for it.
    asyncio.run(_allow(world, 16 * 2**20))
    written = [*messages(0, 200, projects=1), event("large", "project-0", note="x" * _TEN_MEGABYTES)]
    written += messages(200, 200, projects=1)
    asyncio.run(_publish_large(world, written))
    workers = Workers(lambda: world.start("projector", QUICK))
    with watched(world):
        # Its text is longer than any field may be: it is quarantined whole, and nobody waits for it.
        hold(world, identities(written) - {("project-0", SOURCE, "large")}, workers)
    assert workers.exits == []


async def _allow(world: World, bytes_max: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(bytes_max)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, world.topic, configs=configs)])
    finally:
        await admin.close()


async def _publish_large(world: World, written: Sequence[Message]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=world.kafka, max_request_size=16 * 2**20) as producer:
        for key, value, _ in written:
            await producer.send_and_wait(world.topic, value, key=key)


def test_repetitions_by_the_hundred_thousand_change_nothing(world: World) -> None:
    """The same events again and again, in one batch and across batches, from a sender that never learnt of its success."""
    workers = Workers(lambda: world.start("projector", QUICK))
    distinct = messages(0, 1_000, projects=100)
    with watched(world):
        began = time.monotonic()
        asyncio.run(_publish_again(world, distinct, _DUPLICATES))
        sent = time.monotonic()
        hold(world, identities(distinct), workers, seconds=120 + _DUPLICATES / 500)
    assert asyncio.run(_count_events(world)) == len(distinct)
    line = f"{_DUPLICATES:,} repetitions sent in {sent - began:.0f} s, all held after {time.monotonic() - sent:.0f} s"
    sys.stdout.write(line + "\n")


async def _publish_again(world: World, distinct: Sequence[Message], times: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=world.kafka, acks="all", linger_ms=20) as producer:
        for number in range(times + len(distinct)):
            key, value, _ = distinct[number % len(distinct)]
            await producer.send(world.topic, value, key=key)


async def _count_events(world: World) -> int:
    connection = await asyncpg.connect(world.database.api)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM event"))
    finally:
        await connection.close()
