"""One answer, one snapshot: rows and position come from the same transaction.

Every statement runs read-only, whatever the role may do, and under a time limit.
"""

from __future__ import annotations

import copyreg
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.api.store.sessions import Sessions
from steppe.database import active_read_model, rule_versions
from steppe.database.read_model.market_fields import MarketFields
from steppe.database.sql import load
from steppe.domain.rules.thresholds import Rules
from steppe.log.positions import position_before
from steppe.telemetry.tracing import query_span

QUERIES = {
    **load("lists", "services.api"),
    **load("project", "services.api"),
    **load("markets", "services.api"),
    **load("conversion", "services.api"),
    **load("money", "services.api"),
    **load("measures", "services.api"),
    **load("pledges", "services.api"),
    **load("status", "services.api"),
    **load("transitions", "services.api"),
    **load("exports", "services.api"),
    **load("rules"),
}

Row = asyncpg.Record


_columns: dict[tuple[str, ...], tuple[str, ...]] = {}


def _for_another_process(row: Row) -> tuple[Any, tuple[tuple[str, ...], tuple[Any, ...]]]:
    columns = tuple(row.keys())
    # The same tuple for all rows of a statement, so that it is pickled once.
    return _as_dict, (_columns.setdefault(columns, columns), tuple(row.values()))


def _as_dict(columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(columns, values, strict=True))


copyreg.pickle(Row, _for_another_process)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The read model at one moment. `next_offsets` says which prefix of the log it reflects, `rules` what judged it.

    `last_action` is the number of the last action of an operator on the quarantine. `late_folds`: how many folds of large projects were
    written beside the stream, and how many batches wait for one; answers differ with either, at one position. `pooled`: the session
    is a pooler's. `schema` is where the read model is, `market_fields` what was read of its markets before, if that is kept.
    """

    connection: Any  # asyncpg's pool proxy, which has no public type
    next_offsets: dict[int, int]
    rules: Rules
    last_action: int = 0
    late_folds: tuple[int, int] = (0, 0)
    pooled: bool = False
    schema: str = ""
    market_fields: MarketFields | None = None

    @property
    def some_wait(self) -> bool:
        """Whether records of large projects wait for their fold."""
        return self.late_folds[1] > 0

    @property
    def position(self) -> str:
        """The last record covered in each partition that has any."""
        return position_before(self.next_offsets)

    async def rows(self, name: str, **arguments: object) -> list[Row]:
        """All rows of a statement. Raises TypeError when an argument is missing or unknown, as the two below."""
        with query_span(name):
            rows: list[Row] = await self.connection.fetch(*_call(name, arguments))
        return rows

    async def each(self, name: str, **arguments: object) -> AsyncIterator[Row]:
        """The rows of a statement one by one, fetched a few thousand at a time; all at once where the session is a pooler's."""
        if self.pooled:  # a cursor of asyncpg has a prepared statement with a name, which another client may meet
            for row in await self.rows(name, **arguments):
                yield row
            return
        async for row in self.connection.cursor(*_call(name, arguments), prefetch=2000):
            yield row

    async def row(self, name: str, **arguments: object) -> Row | None:
        """The only row of a statement, or None."""
        with query_span(name):
            row: Row | None = await self.connection.fetchrow(*_call(name, arguments))
        return row


def _call(name: str, arguments: Mapping[str, object]) -> tuple[Any, ...]:
    """What asyncpg takes. A statement without parameters is loaded as plain text."""
    return QUERIES[name](**arguments) if arguments else (QUERIES[name],)


class Reader:
    """Opens snapshots."""

    def __init__(self, pool: asyncpg.Pool[Row], topic: str, sessions: Sessions) -> None:
        self._pool = pool
        self._topic = topic
        self._sessions = sessions
        self._market_fields = MarketFields()

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections are open, and how many of them idle."""
        return self._pool.get_size(), self._pool.get_idle_size()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Read several things as of one moment. The first statement takes the snapshot and names the live read model."""
        async with (
            self._pool.acquire(timeout=5) as connection,
            snapshot_of(connection, self._topic, self._sessions, self._market_fields) as snapshot,
        ):
            yield snapshot


@asynccontextmanager
async def snapshot_of(
    connection: Any, topic: str, sessions: Sessions, market_fields: MarketFields | None = None
) -> AsyncIterator[Snapshot]:
    """The snapshot that a connection of these sessions takes now, for as long as the context is open. `market_fields`: what was read of
    markets before, of this database.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if sessions.at_begin:
            await connection.execute(sessions.at_begin)
        schema = await active_read_model.use_active(connection)
        rows = await connection.fetch(*QUERIES["position"](topic=topic))
        next_offsets = {row["partition"]: row["next_offset"] for row in rows}
        rules = await rule_versions.in_force(connection)
        yield Snapshot(
            connection, next_offsets, rules, last_action_of(rows), _late_folds_of(rows), sessions.pooled, schema,
            market_fields,
        )  # fmt: skip


def last_action_of(rows: list[Row]) -> int:
    """From the rows of the statement `position`."""
    return max((row["last_action"] for row in rows), default=0)


def _late_folds_of(rows: list[Row]) -> tuple[int, int]:
    return next(((row["late_folds"], row["waiting_batches"]) for row in rows), (0, 0))
