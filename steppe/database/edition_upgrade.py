"""Judges the read models again when a release brings another edition of the domain page, under the rules of that edition.

From the stored events, in one transaction: readers go on with the old judgement and then see all of the new one. What that does
to flags is announced in the same transaction, with the cause `rules`.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from steppe.database import active_read_model, rule_versions
from steppe.database.read_model import rule_change
from steppe.database.read_model.rule_change import RuleChange
from steppe.domain.flags.flag_registry import RULES
from steppe.release import EDITION, RELEASE


async def upgrade(
    connection: asyncpg.Connection, progress: Callable[[int, int], None] = lambda done, of: None
) -> RuleChange | None:
    """Judge the active read model by this release's edition and rules, if it is not; None: it was. Twice is safe.

    The rules of this release come into force where those of an earlier release were. A version that an operator added and put
    in force stays; what it says nothing of is as in the rules of this release. Needs the rights of the owner.
    """
    edition = await connection.fetchval(active_read_model.STATEMENTS["edition_of_active"])
    version = (await rule_versions.in_force(connection)).version
    wanted = RULES.version if await rule_versions.is_built_in(connection, version) else version
    if edition == EDITION and version == wanted:
        return None
    return await rule_change.put_in_force(
        connection, wanted, by="steppe", reason=f"edition {EDITION} of the domain page, release {RELEASE}",
        progress=progress,
    )  # fmt: skip
