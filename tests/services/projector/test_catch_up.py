"""Catch-up and stream, one read model: large batches while much waits, Faust for the rest, and nothing lost or repeated between them."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from services.projector.commands.verify import verify
from services.projector.consumer.catch_up import catch_up, next_size, together
from services.projector.consumer.projection_store import ProjectionStore
from steppe.contracts.partitioning import partition_of
from tests.faults.load import troubled_messages as messages
from tests.services.projector.projection import QUICK, event, log_ends, publish, until, until_covered
from tests.services.rebuild.rebuilding import settings_of
from tests.stack import Database, Service, Stack, wait_for_line

Start = Callable[..., Service]
LOW = {**QUICK, "STEPPE_PROJECTOR_BACKLOG_EVENTS_MIN": "300", "STEPPE_PROJECTOR_BATCH_EVENTS_MAX": "100"}
TAKES_OVER = "backlog: little is left, the stream goes on"


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the api."""
    connection = await asyncpg.connect(database.api)
    yield connection
    await connection.close()


async def test_what_had_piled_up_is_read_in_large_batches_and_the_stream_goes_on_behind_it_again_and_again(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    chance = random.Random(5)
    last = await publish(stack.kafka, topic, messages(chance, 0, 1500, 50))
    service = start("projector", **LOW)
    await until_covered(reader, last, service, 60)
    await until("it changes back", lambda: TAKES_OVER in service.log())
    for burst in range(1, 3):
        last |= await publish(stack.kafka, topic, [event(f"live-{burst}", f"project-{burst}")])
        await until_covered(reader, last, service)
        last |= await publish(stack.kafka, topic, messages(chance, burst * 1500, 1500, 50))
        await until_covered(reader, last, service, 60)
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
    assert service.log().count(TAKES_OVER) >= 1
    assert service.child.alive


async def test_stream_and_catch_up_at_once_are_only_wasteful(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    last = await publish(stack.kafka, topic, messages(random.Random(6), 0, 3000, 50))
    service = start("projector", **QUICK)
    settings = settings_of(stack, database, topic)
    store = await ProjectionStore.open(settings)
    await store.start_offsets(range(4))
    assert await catch_up(settings, store, range(4), lambda: True)
    await until_covered(reader, last, service, 60)
    await store.close()
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
    assert service.child.alive


async def test_what_comes_just_after_is_not_left_to_the_stream_so_that_the_two_do_not_take_turns(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection
) -> None:
    last = await publish(stack.kafka, topic, messages(random.Random(8), 0, 300, 50))
    settings = settings_of(stack, database, topic)
    store = await ProjectionStore.open(settings)
    await store.start_offsets(range(4))
    is_wanted = True
    catching_up = asyncio.create_task(catch_up(settings, store, range(4), lambda: is_wanted))
    await until_covered(reader, last)
    for number in range(3):
        last |= await publish(stack.kafka, topic, [event(f"after-{number}", "project-1")])
        await until_covered(reader, last)
        assert not catching_up.done()
    is_wanted = False
    assert not await catching_up
    await store.close()


async def test_a_rebalance_that_takes_a_partition_away_ends_the_catching_up(
    stack: Stack, topic: str, database: Database
) -> None:
    await publish(stack.kafka, topic, messages(random.Random(5), 0, 1_000, 100))
    settings = settings_of(stack, database, topic)
    store = await ProjectionStore.open(settings)
    await store.start_offsets(range(4))
    questions = 0

    def can_continue() -> bool:
        nonlocal questions
        questions += 1
        if questions == 2:  # what a rebalance does between two batches, and is over again
            store.progress.next_offsets = {0: store.progress.next_offsets[0]}
        return True

    assert not await catch_up(settings, store, range(4), can_continue)
    await store.close()


async def test_a_partition_far_behind_is_read_alone_and_the_others_have_their_turn_before_it_has_another(
    stack: Stack, topic: str, database: Database
) -> None:
    projects = [f"project-{number}" for number in range(100)]
    deep = [project for project in projects if partition_of(project.encode(), 4) == 0]
    await publish(stack.kafka, topic, [event(f"first-{project}", project) for project in projects])
    await publish(stack.kafka, topic, [event(f"e{n}", deep[n % len(deep)]) for n in range(6_500)])
    settings = settings_of(stack, database, topic)
    store = await ProjectionStore.open(settings)
    await store.start_offsets(range(4))
    reached: list[int] = []

    def can_continue() -> bool:
        next_offsets = store.progress.next_offsets
        reached.append(next_offsets[0])
        return not all(next_offsets[partition] for partition in (1, 2, 3))

    assert not await catch_up(settings, store, range(4), can_continue)
    assert reached == [0, 2_000, 2_000], (
        "the first batch is of the partition that is farthest behind, the second of the others"
    )
    await store.close()


def test_a_batch_has_all_that_waits_of_several_partitions_or_a_part_of_one() -> None:
    assert together([2, 0, 1], {0: 400, 1: 500, 2: 600}, 1_000) == [2, 0]
    assert together([2, 0, 1], {0: 400, 1: 500, 2: 1_600}, 1_000) == [2]
    assert together([2, 0, 1], {0: 1_400, 1: 500, 2: 0}, 1_000) == [0]


def test_batches_take_two_seconds_and_five_while_more_waits_than_one_can_hold() -> None:
    assert next_size(4_000, 4_000, 2.0, behind=15_000) == 4_000
    assert next_size(4_000, 4_000, 2.0, behind=100_000) == 8_000
    assert next_size(4_000, 4_000, 4.0, behind=100_000) == 5_000
    assert next_size(4_000, 4_000, 30.0, behind=100_000) == 2_000, "no less than half"
    assert next_size(4_000, 100, 0.05, behind=15_000) == 4_000, "a partition may have had no more"
    assert next_size(4_000, 1, 0.05, behind=0) == 4_000, "nor the log"
    assert next_size(16_000, 16_000, 1.0, behind=100_000) == 20_000


async def test_a_worker_that_catches_up_stops_in_time_and_gives_partitions_to_another(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    await publish(stack.kafka, topic, messages(random.Random(7), 0, 5_000, 300))
    first = start("projector", **LOW)
    await asyncio.to_thread(wait_for_line, first, "backlog: ")
    second = start("projector", **LOW)
    await asyncio.to_thread(wait_for_line, second, "starts at {")
    first.child.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.child.process.wait, 11) == 0, first.log()[-2000:]
    ends = await log_ends(stack.kafka, topic)
    await until_covered(reader, {partition: end - 1 for partition, end in ends.items()}, second, 120)
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
