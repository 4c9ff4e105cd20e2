"""Keeps the session of a long computation alive: the server ends transactions that idle for too long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steppe.database.connection import Connection

_SECONDS_BETWEEN = 0.5


class KeepAlive:
    """Pings on one connection, from the thread that computes while it holds it: a process that was stopped does not ping.

    `on_step` is called at each ping: a piece of the work is done. It must return at once.
    """

    def __init__(self, connection: Connection, on_step: Callable[[], None] = lambda: None) -> None:
        self._connection = connection
        self._on_step = on_step
        self._last = time.monotonic()

    async def ping(self) -> None:
        """Let other tasks run, and twice a second show the server that this session is at work. To be called between steps."""
        self._on_step()
        await asyncio.sleep(0)
        if time.monotonic() - self._last >= _SECONDS_BETWEEN:
            await self._connection.execute("SELECT")
            self._last = time.monotonic()
