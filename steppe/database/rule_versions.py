"""The stored versions of the rules and the one in force.

A version is never edited: the same name with other figures is refused, so that `rule_version` in an answer says all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from steppe.database import sql
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import document_of, rules_from
from steppe.domain.rules.thresholds import Rules

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = sql.load("rules")
# Who adds the versions that releases bring.
_RELEASES = "steppe"


class RuleVersionError(Exception):
    """The version cannot be stored or used; the message says why and what to do."""


async def in_force(connection: Connection) -> Rules:
    """The version that judges now. A projector reads it after its fence, so that no batch mixes two."""
    return (await change_in_force(connection))[1]


async def change_in_force(connection: Connection) -> tuple[int, Rules]:
    """The same, with the change that put it in force."""
    row = await connection.fetchrow(STATEMENTS["rules_in_force"])
    if row is None:
        raise RuleVersionError("No version of the rules is in force: run `steppe migrate`.")
    return row["change_id"], decoded(row["document"])


async def of_change(connection: Connection, change_id: int) -> Rules:
    """The version that a change put in force. Raises RuleVersionError when there is no such change."""
    document = await connection.fetchval(*STATEMENTS["rules_of_change"](change_id=change_id))
    if document is None:
        raise RuleVersionError(f"There is no change {change_id} of the rules.")
    return decoded(document)


async def find_version(connection: Connection, version: str) -> Rules | None:
    """A stored version, or None."""
    row = await connection.fetchrow(*STATEMENTS["rule_version"](version=version))
    return None if row is None else decoded(row["document"])


async def add(connection: Connection, rules: Rules, *, by: str, note: str | None = None) -> bool:
    """Store a version; False when the same is stored already. Raises RuleVersionError when it is there with other figures."""
    text = msgspec.json.encode(document_of(rules)).decode()
    statement = STATEMENTS["add_rule_version"](version=rules.version, document=text, note=note, added_by=by)
    if await connection.fetchval(*statement):
        return True
    if await find_version(connection, rules.version) != rules:
        raise RuleVersionError(
            f"Version {rules.version} exists with other figures, and answers name it: give the new one another name."
        )
    return False


async def is_built_in(connection: Connection, version: str) -> bool:
    """Whether a stored version is one that a release brought, and no operator added."""
    return bool(await connection.fetchval(*STATEMENTS["added_by"](version=version)) == _RELEASES)


async def ensure_built_in(connection: Connection) -> None:
    """Store the version of this release, and put it in force where none is. Twice is safe."""
    await add(connection, RULES, by=_RELEASES, note="The defaults of the domain page, section 6.")
    if await connection.fetchrow(STATEMENTS["rules_in_force"]) is None:
        await connection.execute(
            *STATEMENTS["put_in_force"](
                version=RULES.version, changed_by=_RELEASES, reason="the first version", projects=0
            )
        )


def decoded(document: str) -> Rules:
    """A version from its stored form. What a newer release asks for and the version does not know is as built in."""
    stored: Any = msgspec.json.decode(document)
    return rules_from(stored, RULES)
