"""The type of a connection to Postgres: one of a pool, or one that was opened by itself."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection: TypeAlias = PoolConnectionProxy | asyncpg.Connection
