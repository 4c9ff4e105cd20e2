"""Batches of what has arrived on the stream while the batch before was applied."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any


async def arrived_batches(stream: Any, events_max: int, fill_seconds: float = 0.0) -> AsyncGenerator[list[Any]]:
    """Yield the events of a Faust stream in order, in batches of those that have arrived, `events_max` at most.

    Waits for the first event of a batch, and then `fill_seconds` for others. A batch is acknowledged when the next one is asked
    for. Ends, or raises, as the stream does.
    """
    # Not `take_events` of Faust: it looks at what has arrived on a fixed beat, so an event waits although nothing else is done.
    stream.enable_acks = False
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    places = asyncio.Semaphore(events_max)

    async def read() -> None:
        async for event in stream.events():
            await places.acquire()
            arrived.put_nowait(event)

    reader = asyncio.create_task(read(), name="stream-reader")
    reader.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        ended = False
        while not ended:
            batch = [await arrived.get()]
            if fill_seconds:
                await asyncio.sleep(fill_seconds)
            while len(batch) < events_max and not arrived.empty():
                batch.append(arrived.get_nowait())
            ended = batch[-1] is None
            events = batch[:-1] if ended else batch
            for _ in events:
                places.release()
            if events:
                yield events
            for event in events:
                await stream.ack(event)
        await reader
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
