"""How much of the database's time a rebuild takes: it pauses between its pieces of work while a live projection is at work beside it.

Niceness binds the processes of a rebuild, not the sessions of Postgres that work for them. What cannot be cut into pieces, as an
index, takes one process of the server meanwhile, and no others beside it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import asyncpg

from services.projector.settings import Settings
from steppe.database import active_read_model, sql
from steppe.database.connection import open_connection
from steppe.database.read_model.projection_rows import Row, copy

_STATEMENTS = sql.load("rebuild")
# Of a live projection that applied nothing for so long nobody waits for anything.
_SECONDS_LIVE = 5.0
_SECONDS_BETWEEN_LOOKS = 1.0
# So long it works before it pauses: a live batch waits no longer for it than that.
_SECONDS_A_PIECE = 0.05
_ROWS_A_PIECE = 1_000


class Pace:
    """The pace of one session of a rebuild. `share` of the time is the most that it works while a live projection does; 1: no limit.

    `connection` is for looking after the live projection only. `clock` tells seconds, `pause` waits for some.
    """

    def __init__(
        self,
        connection: asyncpg.Connection,
        share: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connection = connection
        self._share = share
        self._clock = clock
        self._pause = pause
        self._worked_since = clock()
        self._looked_at: float | None = None
        self._is_live = False

    async def rest(self) -> None:
        """Pause after a piece of work for as long as the share of it asks, if a live projection is at work. To be called often."""
        worked = self._clock() - self._worked_since
        if worked < _SECONDS_A_PIECE:
            return
        if await self.is_bounded():
            await self._pause(worked * (1 / self._share - 1))
        self._worked_since = self._clock()

    async def is_bounded(self) -> bool:
        """Whether a live projection is at work, which is looked after once a second, and the share leaves something to it."""
        if self._share == 1:
            return False
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            async with self._connection.transaction():
                await active_read_model.use_active(self._connection)
                self._is_live = await self._connection.fetchval(*_STATEMENTS["is_live"](seconds=_SECONDS_LIVE))
            self._looked_at = now
        return self._is_live

    async def bound(self, connection: asyncpg.Connection) -> None:
        """Let each statement of a session take one process of the server beside a live projection, else as many as the server gives."""
        await connection.execute(_STATEMENTS["one_process_a_statement" if await self.is_bounded() else "any_processes"])


async def copy_in_pieces(
    connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Sequence[Row], pace: Pace
) -> None:
    """COPY rows into a table that the search path finds, and rest between some and the next."""
    for first in range(0, len(rows), _ROWS_A_PIECE):
        await copy(connection, table, columns, rows[first : first + _ROWS_A_PIECE])
        await pace.rest()


@asynccontextmanager
async def pacing(settings: Settings) -> AsyncIterator[Pace]:
    """The pace of a session that opens now."""
    connection = await open_connection(settings.database, server_settings={"application_name": "steppe-rebuild-pace"})
    try:
        yield Pace(connection, settings.rebuild_share)
    finally:
        await connection.close()
