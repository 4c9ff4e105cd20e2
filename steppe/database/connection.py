"""A connection to Postgres: its type, of a pool or opened by itself; and how a command opens one."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from steppe.database.settings import checked

Connection: TypeAlias = PoolConnectionProxy | asyncpg.Connection


class DatabaseUnreachableError(ConnectionError):
    """The address can be read, and no session came of it. `place` is host:port, without a password; `cause` says why."""

    def __init__(self, address: str, cause: Exception) -> None:
        self.place = urlsplit(address).netloc.rpartition("@")[2] or "its usual place"
        self.cause = cause
        super().__init__(f"{self.place}: {cause}")


async def open_connection(address: str, **options: Any) -> asyncpg.Connection:
    """A connection of its own, for a command. Raises DatabaseAddressError or DatabaseUnreachableError."""
    checked(address)
    try:
        return await asyncpg.connect(address, **options)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnreachableError(address, error) from error
