"""Finds the active read model (state `living` in `steppe.read_model`) and puts it on the search path of a transaction.

Whoever reads or writes a read model asks here, inside its transaction; no name of a schema is written anywhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from steppe.database import sql

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = sql.load("active_read_model")
# A cut-over between two attempts is rare, two of them are operators at work, and more is no cut-over any more.
_ATTEMPTS = 3


class NoReadModelError(Exception):
    """No read model is active: the database was not prepared."""

    def __init__(self) -> None:
        super().__init__("no read model is active: run `steppe migrate`, which makes the first one")


async def use_active(connection: Connection, *, first: Literal["", "pg_temp, "] = "") -> str:
    """Read the active model for the rest of this transaction, behind the schemas in `first`; returns its name."""
    row = await connection.fetchrow(*STATEMENTS["use_active"](first=first))
    if row is None:
        raise NoReadModelError
    return str(row["schema_name"])


async def lock_active_for_write(connection: Connection, *, exclusive: bool = False) -> str:
    """Write the active model for the rest of this transaction; it stays the active one until then. Returns its name.

    Waits for a cut-over that is under way. `exclusive`: other writers wait, too.
    """
    name = "lock_active_exclusively" if exclusive else "lock_active_for_write"
    for _ in range(_ATTEMPTS):
        row = await connection.fetchrow(STATEMENTS[name])
        if row is not None:
            return str(row["schema_name"])
    raise NoReadModelError
