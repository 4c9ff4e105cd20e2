"""The plain rebuild: empties the read model and sets its checkpoints back to 0, in one transaction.

A projector that lives on sees that its checkpoint went back, ends itself, and is started again at 0 by whatever keeps it
running. Readers see the old model until the transaction commits, then a model that fills up again.
"""

import asyncpg

from steppe.database import living, queries

_LOCK_TIMEOUT = "30s"


async def rebuild(connection: asyncpg.Connection) -> dict[tuple[str, int], int]:
    """Empty it; return where each (topic, partition) had been. Needs the rights of the projector. Twice is safe."""
    statements = queries.load("rebuild")
    async with connection.transaction():
        # Longer than a batch takes: a projector that does not let go of its rows by then hangs.
        await connection.execute("SELECT set_config('lock_timeout', $1, true)", _LOCK_TIMEOUT)
        await living.hold(connection, alone=True)
        rows = await connection.fetch(statements["lock_every_checkpoint"])
        await connection.execute(statements["empty_read_model"])
        await connection.execute(statements["reset_checkpoints"])
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
