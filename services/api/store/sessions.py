"""Sessions of Postgres for readers: how they are opened, what holds in each, and who may keep something in one.

A pooler in transaction mode, such as PgBouncer, gives each transaction another session. Then nothing is kept in one: statements
are prepared without a name, limits are set in each transaction, and nobody listens for notifications.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import asyncpg

from services.api.problems import NO_COPIES
from services.api.settings import Settings
from steppe.http.problems import Refusal

_CONNECT_SECONDS_MAX = 5
_RESULT_SECONDS_BEYOND_THE_LIMIT = 5
_OF_THE_CLIENT = {"timezone": "UTC"}
_OF_THE_PLANNER = {
    # Optional filters need a plan of their own each time, not one for all.
    "plan_cache_mode": "force_custom_plan",
    # Postgres takes four by default, as of disks that turn; with it whole tables are read where an index would do.
    "random_page_cost": "1.1",
}
_ON_A_STANDBY = (
    "Answers with known_at or rules are read from a copy of the read model, and a standby of Postgres, which this API reads, can "
    "hold none. Ask without them, or ask an API that reads the primary. Its operator may name the primary in STEPPE_DATABASE_PRIMARY."
)
_BEHIND_A_POOLER = (
    "Answers with known_at or rules are read from a copy of the read model, which needs a session of its own, and the pooler of "
    "this API's database gives none. Ask without them. Its operator may name the primary itself in STEPPE_DATABASE_PRIMARY."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """How one database is reached; may be sent to another process. `pooled`: through a pooler in transaction mode."""

    address: str
    statement_timeout_ms: int
    pooled: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of the database that answers are read from."""
        return cls(
            address=settings.database,
            statement_timeout_ms=settings.statement_timeout_ms,
            pooled=settings.database_pooled,
        )

    @property
    def at_begin(self) -> str:
        """What every transaction begins with; empty where the session itself has it."""
        limits = self._limits if self.pooled else {}
        return "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in limits.items())

    async def pool(self, connections_max: int) -> asyncpg.Pool[asyncpg.Record]:
        """A pool that connects on first use, so that the service starts, and answers 503, while Postgres is unavailable."""
        return await asyncpg.create_pool(
            self.address,
            min_size=0,
            max_size=connections_max,
            command_timeout=self.statement_timeout_ms / 1000 + _RESULT_SECONDS_BEYOND_THE_LIMIT,
            **self._options(),
        )

    async def open(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection of its own."""
        return await asyncpg.connect(self.address, **self._options())

    def _options(self) -> dict[str, Any]:
        session = {"application_name": "steppe-api", **_OF_THE_CLIENT}
        if self.pooled:
            # A pooler knows no other settings at the start, and the next transaction is another session's.
            return {"timeout": _CONNECT_SECONDS_MAX, "server_settings": session, "statement_cache_size": 0}
        limits = {**self._limits, "default_transaction_read_only": "on"}
        return {"timeout": _CONNECT_SECONDS_MAX, "server_settings": session | limits}

    @property
    def _limits(self) -> Mapping[str, str]:
        return {"statement_timeout": str(self.statement_timeout_ms), **_OF_THE_PLANNER}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsOfCopies:
    """Opens the session that holds a copy of the read model in temporary tables: on a primary, and without a pooler between.

    `address` None: there is none without a pooler.
    """

    address: str | None
    statement_timeout_ms: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those of the primary that the settings name; of the database that answers are read from, where they name none."""
        otherwise = None if settings.database_pooled else settings.database
        return cls(address=settings.database_primary or otherwise, statement_timeout_ms=settings.statement_timeout_ms)

    async def open(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection that may write its own temporary tables. Raises Refusal where there can be no copy."""
        if self.address is None:
            raise Refusal(NO_COPIES, _BEHIND_A_POOLER)
        settings = {
            "application_name": "steppe-api-world",
            "statement_timeout": str(self.statement_timeout_ms * 6),
            "default_transaction_read_only": "off",
            **_OF_THE_CLIENT,
            **_OF_THE_PLANNER,
        }
        connection = await asyncpg.connect(self.address, timeout=_CONNECT_SECONDS_MAX, server_settings=settings)
        if await connection.fetchval("SELECT pg_is_in_recovery()"):
            connection.terminate()
            raise Refusal(NO_COPIES, _ON_A_STANDBY)
        return connection
