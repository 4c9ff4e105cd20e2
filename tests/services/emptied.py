"""Puts the living read model back to its beginning, as an old backup would, so that the log has to be read again."""

from __future__ import annotations

import asyncpg

from steppe.database import living

_TABLES = (
    "event", "conflict", "quarantine", "parked", "project", "project_span", "deal_span", "flag_span", "party_span", "forum",
    "standing", "co_investment_span",
)  # fmt: skip


async def emptied(connection: asyncpg.Connection) -> None:
    """Empty every table and set the checkpoints back to 0, between two batches. Needs the rights of the projector."""
    async with connection.transaction():
        await living.hold(connection, alone=True)
        for table in _TABLES:
            await connection.execute(f"DELETE FROM {table}")
        await connection.execute(
            "UPDATE checkpoint SET next_offset = 0, last_record_sha256 = NULL, last_record_at = NULL, applied_at = now()"
        )
