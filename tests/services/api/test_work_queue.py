"""Turns for work that takes seconds: shared evenly, bounded, told in advance, and free again when nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from services.api.work_queue import WorkQueue
from steppe.http.problems import Refusal


@asynccontextmanager
async def asked(
    queue: WorkQueue, *callers: str
) -> AsyncIterator[tuple[list[str], asyncio.Event, list[asyncio.Task[None]]]]:
    """Requests of these callers in this order: whose turn came, an event that ends turns, and the tasks."""
    turns: list[str] = []
    over = asyncio.Event()

    async def work(caller: str) -> None:
        async with queue.turn(caller):
            turns.append(caller)
            await over.wait()

    tasks = []
    for caller in callers:
        tasks.append(asyncio.create_task(work(caller)))
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    try:
        yield turns, over, tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_callers_take_turns_however_many_questions_one_of_them_asks() -> None:
    queue = WorkQueue("tests", at_once=1)
    async with asked(queue, "a", "a", "a", "a", "b", "c") as (turns, over, tasks):
        assert turns == ["a"]
        over.set()
        await asyncio.gather(*tasks)
        assert turns == ["a", "a", "b", "c", "a", "a"]


async def test_who_is_to_be_first_goes_before_the_others_of_his_caller_only() -> None:
    queue = WorkQueue("tests", at_once=1)
    turns: list[str] = []
    over = asyncio.Event()

    async def work(caller: str, name: str, *, first: bool = False) -> None:
        async with queue.turn(caller, first=first):
            turns.append(name)
            await over.wait()

    async with asyncio.TaskGroup() as tasks:
        for name in ("a1", "a2", "a3"):
            tasks.create_task(work("a", name))
        tasks.create_task(work("b", "b1"))
        await asyncio.sleep(0)
        tasks.create_task(work("a", "a first", first=True))
        await asyncio.sleep(0)
        over.set()
    assert turns == ["a1", "a first", "b1", "a2", "a3"]


async def test_one_caller_never_has_more_than_half_of_the_turns() -> None:
    queue = WorkQueue("tests", at_once=4)
    async with asked(queue, *["a"] * 6, "b") as (turns, _, _):
        assert turns == ["a", "a", "b"]
        assert (queue.running, queue.waiting) == (3, 4)


async def test_who_comes_when_the_queue_is_full_is_told_at_once_where_he_would_stand_and_how_long_it_takes() -> None:
    queue = WorkQueue("tests", at_once=1, waiting_max=3, waiting_of_one_max=2)
    async with asked(queue, "a", "a", "a"):
        with pytest.raises(Refusal) as refused:
            async with queue.turn("a"):
                pass
        assert refused.value.problem.slug == "queue-full"
        assert refused.value.members["place"] == 3
        assert int(refused.value.headers["Retry-After"]) >= 1
        async with asked(queue, "b"):  # others still find a place
            assert queue.waiting == 3
            with pytest.raises(Refusal):
                async with queue.turn("c"):
                    pass


async def test_who_leaves_the_queue_or_the_work_makes_room() -> None:
    queue = WorkQueue("tests", at_once=1)
    async with asked(queue, "a", "b", "c") as (turns, _, tasks):
        tasks[1].cancel()
        tasks[0].cancel()
        await asyncio.gather(*tasks[:2], return_exceptions=True)
        await asyncio.sleep(0)
        assert turns == ["a", "c"]
        assert (queue.running, queue.waiting) == (1, 0)
    assert (queue.running, queue.waiting) == (0, 0)


async def test_a_turn_that_comes_together_with_a_cancellation_is_passed_on() -> None:
    queue = WorkQueue("tests", at_once=1)
    async with AsyncExitStack() as ours:
        await ours.enter_async_context(queue.turn("a"))
        async with asked(queue, "b", "c") as (turns, _, tasks):
            await ours.aclose()  # our turn goes to b
            tasks[0].cancel()
            await asyncio.gather(tasks[0], return_exceptions=True)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert turns == ["c"]
    assert (queue.running, queue.waiting) == (0, 0)
