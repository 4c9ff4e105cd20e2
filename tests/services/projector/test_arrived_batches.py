"""What a batch of the stream holds: everything that has arrived, in order, and nothing is waited for but the first event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from services.projector.consumer.arrived_batches import arrived_batches


class Stream:
    """As much of a stream of Faust as is read: events when they are sent, and acknowledgements."""

    enable_acks = True

    def __init__(self) -> None:
        self._events: asyncio.Queue[int | Exception | None] = asyncio.Queue()
        self.read = 0
        self.acknowledged: list[int] = []

    def send(self, *events: int | Exception | None) -> None:
        for event in events:
            self._events.put_nowait(event)

    async def events(self) -> AsyncIterator[int]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, Exception):
                raise event
            self.read += 1
            yield event

    async def ack(self, event: int) -> None:
        self.acknowledged.append(event)


async def test_a_batch_holds_what_arrived_while_the_one_before_was_applied() -> None:
    stream = Stream()
    stream.send(1)
    async with aclosing(arrived_batches(stream, 3)) as batches:
        assert await anext(batches) == [1]
        stream.send(2, 3, 4, 5, 6)
        await asyncio.sleep(0)
        await until(stream, 4)
        assert await anext(batches) == [2, 3, 4]
        assert stream.acknowledged == [1], "a batch is acknowledged when the next one is asked for"
        await until(stream, 6)
        assert await anext(batches) == [5, 6]


async def test_no_more_is_read_ahead_than_one_batch() -> None:
    stream = Stream()
    stream.send(*range(100))
    async with aclosing(arrived_batches(stream, 10)) as batches:
        assert await anext(batches) == list(range(10))
        await until(stream, 20)
        for _ in range(100):
            await asyncio.sleep(0)
        assert stream.read <= 21, "one more is in the hand of the reader"


async def test_the_batches_end_as_the_stream_does() -> None:
    stream = Stream()
    stream.send(1, 2, None)
    assert [event async for batch in arrived_batches(stream, 10) for event in batch] == [1, 2]
    assert stream.acknowledged == [1, 2]
    stream.send(3, OSError("the broker is gone"))
    seen: list[int] = []
    with pytest.raises(OSError, match="the broker is gone"):
        async for batch in arrived_batches(stream, 10):
            seen += batch
    assert seen == [3], "what came before the failure is not lost"


async def test_a_batch_may_wait_to_fill_up() -> None:
    stream = Stream()
    stream.send(1)
    async with aclosing(arrived_batches(stream, 10, 0.5)) as batches:
        first = asyncio.ensure_future(anext(batches))
        await until(stream, 1)
        stream.send(2)
        assert await first == [1, 2]


async def until(stream: Stream, count: int) -> None:
    async with asyncio.timeout(10):
        while stream.read < count:  # noqa: ASYNC110  # the stream has no event for it
            await asyncio.sleep(0)
