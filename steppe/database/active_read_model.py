"""Which read model lives: finds it and puts it on the search path of a transaction. Knows the pointer and no read model.

Whoever reads or writes a read model asks here, inside its transaction; no name of a schema is written anywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from steppe.database import sql

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = sql.load("active_read_model")
# A flip between two tries is rare, two of them are operators at work, and more is no flip any more.
_TRIES = 3


class NoReadModelError(Exception):
    """No read model lives: the database was not prepared."""

    def __init__(self) -> None:
        super().__init__("no read model lives: run `steppe migrate`, which makes the first one")


async def enter(connection: Connection, *, first: Literal["", "pg_temp, "] = "") -> str:
    """Read the living model for the rest of this transaction, behind the schemas in `first`; returns its name."""
    row = await connection.fetchrow(STATEMENTS["enter_living"], first)
    if row is None:
        raise NoReadModelError
    return str(row["schema_name"])


async def hold(connection: Connection, *, alone: bool = False) -> str:
    """Write the living model for the rest of this transaction, and it stays the living one; returns its name.

    Waits for a flip that is under way. `alone`: whoever else writes waits for us.
    """
    for _ in range(_TRIES):
        row = await connection.fetchrow(STATEMENTS["lock_living" if alone else "hold_living"])
        if row is not None:
            return str(row["schema_name"])
    raise NoReadModelError
