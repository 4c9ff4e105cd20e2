"""The items that answers and topics share: a flag and a project as the outside sees them. Pure: no database, no clock.

Names and shapes here are public (the contract). Levels are names; lists of names are alphabetical; ages are reckoned on
the day that is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from steppe.domain.explanation.flag_text import age_months, sentence
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag, ProjectState, Start

Item = dict[str, Any]


def level_name(level: Level | None) -> str | None:
    """The public name; None stays None."""
    return None if level is None else level.label


def clock(name: str, start: Start | None, as_of: date) -> Item | None:
    """A clock that has started; a stopped one may go on from the same start. `age_months` is the age that is certain, `age_months_most` the one that is possible."""
    if start is None:
        return None
    least, most = age_months(start, as_of)
    return {
        "name": name,
        "started": start.latest,
        "started_earliest": start.earliest,
        "age_months": least,
        "age_months_most": most,
    }


def flag(project: str, value: Flag, as_of: date) -> Item:
    """One row of `/v1/flags`."""
    ticking = clock(value.clock, value.start, as_of) if value.clock else None
    return {
        "flag": value.flag,
        "severity": value.severity,
        "certainty": value.certainty,
        "project": project,
        "deal": value.deal,
        "since": value.since,
        "clock": ticking and {**ticking, "threshold_months": value.threshold_months},
        "certain_severity": value.certain_severity,
        "certain_on": value.certain_on,
        "on_hold": value.on_hold,
        "missing": list(value.missing),
        "tier": value.tier,
        "groups": list(value.groups),
        "evidence": list(value.evidence),
        "sentence": sentence(value, as_of),
        "next": {"severity": value.next_severity, "on": value.next_on} if value.next_on else None,
        "rule_version": value.rule_version,
    }


def project(value: ProjectState, flags: Sequence[Flag], position: str, as_of: date) -> Item:
    """One row of `/v1/projects`. `position` is that of the last event that changed it."""
    return {
        "key": value.project,
        "name": value.name,
        "country": value.country,
        "sector": value.sector,
        "kind": value.kind,
        "commodities": sorted(value.commodities),
        "level": value.level.label,
        "highest_level": value.highest_level.label,
        "overlays": sorted(value.overlays),
        "headline": headline(value),
        "flags": [flag(value.project, one, as_of) for one in flags],
        "investors": sorted(value.investors),
        "memorandum_since": value.memorandum_since,
        "bound_on": value.bound_on,
        "last_event_on": value.last_event_on,
        "position": position,
    }


def headline(value: ProjectState) -> Item | None:
    """What the project is headed with: `memorandum-only`, or None."""
    found = value.headline
    if found is None:
        return None
    return {
        "flag": found.flag,
        "severity": found.severity,
        "certainty": found.certainty,
        "since": found.since,
    }
