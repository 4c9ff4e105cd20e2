"""Lets batches of the same process go before what the publisher computes."""

from __future__ import annotations

import asyncio
import contextlib

_SECONDS_MAX = 1.0


class BatchesFirst:
    """Pauses of a publisher, for as long as a batch is in hand. `idle` is set while none is; None: nobody applies any here."""

    def __init__(self, idle: asyncio.Event | None = None, seconds_max: float = _SECONDS_MAX) -> None:
        self._idle = idle
        self._seconds_max = seconds_max
        self._seconds_left = seconds_max

    def begin(self) -> None:
        """A turn of the publisher begins: its pauses may take `seconds_max` together, so that it gets on beside a backlog."""
        self._seconds_left = self._seconds_max

    async def pause(self) -> None:
        """To be called before each piece of work of some milliseconds."""
        await asyncio.sleep(0)
        if self._idle is None or self._idle.is_set() or self._seconds_left <= 0:
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        with contextlib.suppress(TimeoutError):  # it has waited long enough
            async with asyncio.timeout(self._seconds_left):
                await self._idle.wait()
        self._seconds_left -= loop.time() - began
