"""Notifications of Postgres that something is new. A standby sends none, and a pooler in transaction mode passes none on: who waits
there looks again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from services.api.store.sessions import Sessions

# One look serves all who wait in a process.
_SECONDS_BETWEEN_LOOKS = 0.25
_ANSWER_SECONDS_MAX = 5.0


class Notifications:
    """What is announced on one channel, by one connection; None: nobody can listen."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record] | None, channel: str) -> None:
        self._connection = connection
        self._channel = channel
        self._listens = False
        self._announced = asyncio.Event()

    async def listen(self) -> None:
        """Listen from now on, where that can be done; call it before each look, as a standby may have become the primary.

        Raises what the driver does when the connection is broken.
        """
        self._announced.clear()
        if self._connection is None:
            return
        in_recovery = await self._connection.fetchval("SELECT pg_is_in_recovery()", timeout=_ANSWER_SECONDS_MAX)
        if not in_recovery and not self._listens:
            await self._connection.add_listener(self._channel, lambda *_: self._announced.set())
            self._listens = True

    async def wait(self, seconds: float) -> None:
        """Return when something was announced since `listen`, or when it is time to look, after so many seconds at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(
                self._announced.wait(), seconds if self._listens else min(seconds, _SECONDS_BETWEEN_LOOKS)
            )


@asynccontextmanager
async def notifications(sessions: Sessions, channel: str) -> AsyncIterator[Notifications]:
    """The notifications of a channel, by a connection that is closed with the context. Raises what the driver does when it cannot connect."""
    if sessions.pooled:
        yield Notifications(None, channel)
        return
    connection = await sessions.open()
    try:
        yield Notifications(connection, channel)
    finally:
        connection.terminate()
