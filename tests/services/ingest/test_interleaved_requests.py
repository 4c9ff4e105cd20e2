"""Requests with the same ids at the same time: what is refused harms nobody, and what is on its way is waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from services.ingest.accept import EventIntake, PendingBatch
from services.ingest.ingest_result import IngestResult
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.memory.recent_ids import RecentIds
from services.ingest.producer import LogProducer
from services.ingest.settings import Settings
from tests.services.ingest.ingest_client import logged, memorandum
from tests.stack import Stack

_TURNS = 100  # of the loop, in which a request that does not wait for another is done
_SECONDS_MAX = 30.0
_LINES = 1_000
SAME, OTHER = "2022-03-01", "2022-03-02"


@pytest.fixture
async def intake(stack: Stack, topic: str) -> AsyncIterator[EventIntake]:
    log = LogProducer(Settings.model_validate({"kafka": stack.kafka, "topic": topic}))
    log.start()
    async with asyncio.timeout(_SECONDS_MAX):
        while await log.health_check():  # noqa: ASYNC110  # another's connection, which has no event to wait for
            await asyncio.sleep(0.05)
    yield EventIntake(log, 256 * 1024, RecentIds(), KnownKeys(50_000))
    await log.close()


async def _accept(
    intake: EventIntake, events: Iterable[dict[str, Any]], *, all_or_nothing: bool = True
) -> tuple[PendingBatch, IngestResult]:
    result = IngestResult(1_000)
    inputs = [(index, json.dumps(event).encode()) for index, event in enumerate(events)]
    return await intake.accept(inputs, result, all_or_nothing=all_or_nothing), result


@pytest.mark.parametrize("occurred", [SAME, OTHER])
async def test_a_long_request_that_is_refused_keeps_no_event_of_another_sender_out(
    intake: EventIntake, stack: Stack, topic: str, occurred: str
) -> None:
    wrong = [memorandum(f"m-{number}") for number in range(_LINES)] + [{"id": "wrong"}]
    refused = asyncio.create_task(_accept(intake, wrong))
    sent = 0
    async with asyncio.timeout(_SECONDS_MAX):
        while not refused.done():
            batch, result = await _accept(intake, [memorandum(f"m-{sent}", occurred=occurred)])
            await intake.send(batch, result)
            assert (result.accepted, result.rejected_total) == (1, 0)
            sent += 1
    batch, result = await refused
    assert result.rejected_total >= 1
    assert batch.records == []
    assert {record.event["id"] for record in await logged(stack.kafka, topic)} == {f"m-{n}" for n in range(sent)}


@pytest.mark.parametrize("all_or_nothing", [True, False])
@pytest.mark.parametrize("occurred", [SAME, OTHER])
@pytest.mark.parametrize("delivered", [True, False])
async def test_an_event_whose_id_is_on_its_way_waits_and_is_judged_by_what_became_of_that(
    intake: EventIntake, delivered: bool, occurred: str, all_or_nothing: bool
) -> None:
    first, first_result = await _accept(intake, [memorandum("m-1", occurred=SAME)])
    waiting = asyncio.create_task(
        _accept(intake, [memorandum("m-1", occurred=occurred)], all_or_nothing=all_or_nothing)
    )
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    assert not waiting.done()
    if delivered:
        await intake.send(first, first_result)
    else:
        intake.discard(first)
    async with asyncio.timeout(_SECONDS_MAX):
        second, result = await waiting
        await intake.send(second, result)
    assert first_result.accepted == delivered
    assert result.accepted == (not delivered)
    assert result.duplicates == (delivered and occurred == SAME)
    assert result.rejected_total == (delivered and occurred == OTHER)


async def test_of_two_requests_that_name_each_others_ids_both_are_answered(intake: EventIntake) -> None:
    ids = [f"m-{number}" for number in range(500)]

    async def send(own_ids: Iterable[str]) -> IngestResult:
        batch, result = await _accept(intake, [memorandum(event_id) for event_id in own_ids])
        await intake.send(batch, result)
        return result

    async with asyncio.timeout(_SECONDS_MAX):
        results = await asyncio.gather(send(ids), send(reversed(ids)))
    assert sorted((result.accepted, result.duplicates) for result in results) == [(0, 500), (500, 0)]


async def test_a_batch_that_is_discarded_twice_leaves_the_claim_of_another_alone(intake: EventIntake) -> None:
    first, _ = await _accept(intake, [memorandum("m-1")])
    intake.discard(first)
    second, second_result = await _accept(intake, [memorandum("m-1")])
    intake.discard(first)
    waiting = asyncio.create_task(_accept(intake, [memorandum("m-1")]))
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    assert not waiting.done()
    await intake.send(second, second_result)
    assert (await waiting)[1].duplicates == 1
