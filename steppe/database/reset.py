"""Puts the active read model back to its beginning, for a log that has become another one.

A projector that lives on sees that its checkpoint went back, ends itself, and is started again at 0 by whatever keeps it
running. Readers see a model that fills up; for everything else there is the rebuild beside the active one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from steppe.database import active_read_model, sql

if TYPE_CHECKING:
    import asyncpg


async def empty(connection: asyncpg.Connection) -> None:
    """Empty every table and set the checkpoints back to 0, between two batches. Needs the rights of the projector."""
    statements = sql.load("reset")
    async with connection.transaction():
        await active_read_model.lock_active_for_write(connection, exclusive=True)
        await connection.execute(statements["empty_read_model"])
        await connection.execute(statements["reset_checkpoints"])
