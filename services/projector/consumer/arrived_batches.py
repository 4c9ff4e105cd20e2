"""Batches of what has arrived on the stream while the batch before was applied."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any


async def arrived_batches(stream: Any, events_max: int, fill_seconds: float = 0.0) -> AsyncGenerator[list[Any]]:
    """The events of a Faust stream in order, all that have arrived at once, at most that many.

    Waits for the first of them, and then `fill_seconds` for others.

    (`take_events` of Faust looks at what has arrived on a fixed beat, so an event waits for the beat although nothing else is
    done.) As there, a batch is acknowledged when the next one is asked for. Ends, or raises, as the stream does.
    """
    stream.enable_acks = False
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    places = asyncio.Semaphore(events_max)

    async def read() -> None:
        async for event in stream.events():
            await places.acquire()
            arrived.put_nowait(event)

    reading = asyncio.create_task(read(), name="stream-reader")
    reading.add_done_callback(lambda _: arrived.put_nowait(None))
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
        await reading
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
