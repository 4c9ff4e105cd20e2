"""Keeps a transaction that computes apart from one that was left open: the server ends those that idle for too long."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from steppe.database.connection import Connection

_SECONDS_BETWEEN = 0.5


class Pulse:
    """Beats on one connection, from the thread of work that holds it. A process that was stopped does not beat."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last = time.monotonic()

    async def beat(self) -> None:
        """Let others have their turn, and now and then show the server that somebody is at work here."""
        await asyncio.sleep(0)
        if time.monotonic() - self._last >= _SECONDS_BETWEEN:
            await self._connection.execute("SELECT")
            self._last = time.monotonic()
