"""The bitemporal cut-off of an answer, `known_at` and `known_by` (domain page, section 8), and the version of the rules that judges
it. Valid time is the day that is asked for, `as_of`; transaction time is when something was known, by report or by recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.api.store.snapshot import Snapshot
from steppe.database import rule_versions
from steppe.domain.events.corrections import CorrectedEvents, apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.rules.thresholds import Rules
from steppe.http.problems import BAD_PARAMETER, Refusal


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The cut-off: only what was known by an instant (UTC), by report or, with `recorded`, by recording."""

    known_at: datetime
    recorded: bool = False


def read_as_known(events: Iterable[Event], knowledge: Knowledge | None) -> CorrectedEvents:
    """The events of a subject as they are read under that knowledge (None: everything)."""
    if knowledge is None:
        return apply_corrections(events)
    return apply_corrections(events, knowledge.known_at, recorded=knowledge.recorded)


async def rules_named(snapshot: Snapshot, version: str | None, field: str = "rules") -> Rules:
    """A stored version; None: the one in force. Raises Refusal that names the field and lists those there are."""
    if version is None:
        return snapshot.rules
    rules = await rule_versions.find_version(snapshot.connection, version)
    if rules is None:
        versions = [row["version"] for row in await snapshot.rows("rule_versions")]
        detail = f"{field}: there is no version {version[:40]!r}; there are {', '.join(versions)}."
        raise Refusal(BAD_PARAMETER, detail, parameter=field, versions=versions)
    return rules


def picklable(rules: Rules) -> Rules:
    """The same version, with plain values and nothing cached, for another process."""
    return Rules(version=rules.version, values=dict(rules.values), overrides=rules.overrides)
