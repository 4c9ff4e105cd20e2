"""Which version of the rules answers (`rules=`). Knows the stored versions; judges nothing."""

from __future__ import annotations

from services.api.problems import BAD_PARAMETER, RefusalError
from services.api.reading import Snapshot
from steppe.database import rule_versions
from steppe.domain.rules import Rules


async def rules_named(snapshot: Snapshot, version: str | None, field: str = "rules") -> Rules:
    """A stored version; None: the one in force. Raises RefusalError that names the field and lists those there are."""
    if version is None:
        return snapshot.rules
    found = await rule_versions.named(snapshot.connection, version)
    if found is None:
        known = [row["version"] for row in await snapshot.rows("rule_versions")]
        detail = f"{field}: there is no version {version[:40]!r}; there are {', '.join(known)}."
        raise RefusalError(BAD_PARAMETER, detail, {"parameter": field, "versions": known})
    return found
