"""What is told to the outside: transitions of flags and states of projects, as items and as CloudEvents. Pure.

The feed of the api, its stream and the topics tell the same transition with the same words and the same `event_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from steppe.contracts import items
from steppe.contracts.items import Item
from steppe.domain.explanation.flag_text import sentence
from steppe.domain.values.states import SEVERITIES, Flag, ProjectState

TRANSITIONS = ("raised", "escalated", "eased", "cleared", "revoked")
CAUSES = ("event", "day", "correction", "rules")
SOURCE = "/steppe"
PROJECT_TYPE = "steppe.project.changed.v1"

Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What became of one flag. `deal` None: of the project. `severity` None: it is gone.

    `flag` is the flag as it stands since, or as it stood when it is gone; None where that was not kept. `on` is the day as
    of which this is told, `events` (`source#id`) brought it about where that is known.
    """

    project: str
    deal: str | None
    name: str
    transition: str
    severity_before: str | None
    severity: str | None
    on: date
    cause: str
    events: Sequence[str]
    rule_version: str
    country: str | None
    flag: Flag | None
    event_id: UUID


def transition_type(transition: str) -> str:
    """The CloudEvents type of a transition: `steppe.flag.raised.v1`."""
    return f"steppe.flag.{transition}.v1"


def turned(before: str | None, after: str | None) -> str:
    """Which transition leads from one severity to another; None: the flag is not raised. Tells nothing of revocation."""
    if after is None:
        return "cleared"
    if before is None:
        return "raised"
    return "escalated" if SEVERITIES.index(after) > SEVERITIES.index(before) else "eased"


def transition_item(id: int, found_at: datetime, told: Transition) -> Item:
    """A transition as the feed and the topic tell it. `id` is its place in the feed, `found_at` when it was found out."""
    stands = told.flag if told.severity is not None else None
    return {
        "id": id,
        "event_id": str(told.event_id),
        "project": told.project,
        "country": told.country,
        "deal": told.deal,
        "flag": told.name,
        "transition": told.transition,
        "severity_before": told.severity_before,
        "severity": told.severity,
        "certainty": stands.certainty if stands else None,
        "since": told.flag.since if told.flag else None,
        "on": told.on,
        "cause": told.cause,
        "events": list(told.events),
        "evidence": list(told.flag.evidence) if told.flag else [],
        "sentence": _sentence(told),
        "standing": items.flag(told.project, stands, told.on) if stands else None,
        "rule_version": told.rule_version,
        "found_at": found_at,
    }


def transition_event(id: int, found_at: datetime, told: Transition) -> Envelope:
    """The transition as a CloudEvent of `steppe.flags.v1`; the same transition always has the same id."""
    return _event(
        str(told.event_id),
        transition_type(told.transition),
        told.project,
        found_at,
        transition_item(id, found_at, told),
    )


def project_event(
    event_id: UUID, told_at: datetime, state: ProjectState, flags: Sequence[Flag], position: str, as_of: date
) -> Envelope:
    """A project's state on a day as a CloudEvent of `steppe.projects.v1`: the item of `/v1/projects`, and the day."""
    data = {"as_of": as_of, **items.project(state, flags, position, as_of)}
    return _event(str(event_id), PROJECT_TYPE, state.project, told_at, data)


def _event(id: str, type: str, subject: str, time: datetime, data: Item) -> Envelope:
    return {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": type,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "data": data,
    }


def _sentence(told: Transition) -> str | None:
    if told.severity is None:
        what = f"{told.name} ({told.severity_before})"
        if told.transition == "revoked":
            return f"{what} is taken back: what it rested on was retracted or corrected."
        return f"{what} no longer stands."
    return sentence(told.flag, told.on) if told.flag else None
