"""Shares the event loop between requests that take long and those that do not.

Validation is work of the processor, and while it goes on the loop answers nobody. So a request works for two milliseconds, then
queues behind all others that have more to do; those in the queue work one after the other, and between them the loop turns.

The first slice of a request, or of a part of a stream, does not queue, so that who needs no more never waits. What begins in
one turn of the loop therefore adds up: a hundred that begin together hold it for two tenths of a second. And what
must not be interrupted is no part of a slice: the pass that claims the ids of a request, and one event that is large.
"""

from __future__ import annotations

import asyncio
import time

SLICE_SECONDS = 0.002


class LoopShare:
    """One for the service; `begin` gives each request its slices."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()  # first come, first served

    def begin(self) -> WorkSlices:
        """The first slice of a request starts now."""
        return WorkSlices(self._turn)


class WorkSlices:
    """The slices of one request."""

    def __init__(self, turn: asyncio.Lock) -> None:
        self._turn = turn
        self._ends_at = time.perf_counter() + SLICE_SECONDS

    @property
    def over(self) -> bool:
        """Whether the slice is used up: then `wait` before going on."""
        return time.perf_counter() >= self._ends_at

    async def wait(self) -> None:
        """Let the others work; returns at the beginning of the next slice."""
        async with self._turn:
            await asyncio.sleep(0)
        self._ends_at = time.perf_counter() + SLICE_SECONDS
