"""What is announced gives way to the batches of the same worker, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any

import asyncpg

from services.projector.projection.batches import Record
from services.projector.publisher.batches_first import BatchesFirst
from services.projector.publisher.flag_diff import Announcer
from services.projector.publisher.outbox_relay import OutboxRelay
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import FLAGS, PROJECTS
from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.projector.projection import event
from tests.services.publisher.published import Topics
from tests.services.quarantine.quarantining import Worked
from tests.stack import PARTITIONS, Database

WATCH = date(2023, 3, 1)


async def test_announcing_and_sending_wait_for_the_batch_in_hand(
    log: Log, database: Database, topic: str, topics: Topics
) -> None:
    await log.append(registered("north"), memorandum("north", "2022-03-01", "alpha"))
    connection = await asyncpg.connect(database.projector)
    idle = asyncio.Event()
    batches_first = BatchesFirst(idle, seconds_max=60)
    announcer = Announcer(topic, pause=batches_first.pause)
    outbox = OutboxRelay(topics.kafka, {FLAGS.name: topics.flags, PROJECTS.name: topics.projects}, batches_first.pause)

    async def after_the_batch(work: Coroutine[Any, Any, int | None]) -> int | None:
        idle.clear()
        working = asyncio.create_task(work)
        done, _ = await asyncio.wait({working}, timeout=1)
        assert not done
        idle.set()
        return await working

    try:
        assert await after_the_batch(announcer.announce(connection, WATCH, {}))
        assert await after_the_batch(outbox.send(connection))
    finally:
        await outbox.close()
        await connection.close()


async def test_beside_batches_without_end_a_turn_gets_on() -> None:
    loop = asyncio.get_running_loop()
    batches_first = BatchesFirst(asyncio.Event(), seconds_max=0.2)
    began = loop.time()
    for _ in range(2):
        batches_first.begin()
        for _ in range(100):
            await batches_first.pause()
    assert 0.4 <= loop.time() - began < 20


async def test_a_worker_says_while_it_has_a_batch_in_hand(worked: Worked) -> None:
    key, value, headers = event("one")
    record = Record(partition_of(b"deep-lead-mine", PARTITIONS), 0, 1_768_000_000_000, key, value, headers)
    async with worked.worker() as store:
        assert store.idle.is_set()
        applying = asyncio.create_task(store.apply([record]))
        await asyncio.sleep(0)
        assert not store.idle.is_set()
        await applying
        assert store.idle.is_set()
