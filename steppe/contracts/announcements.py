"""What is told to the outside: transitions of flags and states of projects, as items and as CloudEvents. Pure.

The feed of the api, its stream and the topics tell the same transition with the same words and the same `event_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, NotRequired, TypedDict
from uuid import UUID

from msgspec import Meta

from steppe.contracts import items
from steppe.contracts.field_types import Certainty, Count, Day, Instant, Key, Reference, Severity, choice, doc
from steppe.contracts.items import FlagItem, ProjectItem, Tell
from steppe.domain.explanation.flag_text import ended_sentence, sentence
from steppe.domain.messages.english import english
from steppe.domain.values.states import SEVERITIES, Flag, ProjectState

TRANSITIONS = ("raised", "escalated", "eased", "cleared", "revoked")
CAUSES = ("event", "day", "correction", "rules")
BACKFILL_DAYS = 31
SOURCE = "/steppe"
PROJECT_TYPE = "steppe.project.changed.v1"
_DATAREF = "Where the API has what is too large for a record, as a path; only where `data` is absent."


def transition_type(transition: str) -> str:
    """The CloudEvents type of a transition: `steppe.flag.raised.v1`."""
    return f"steppe.flag.{transition}.v1"


class TransitionItem(TypedDict):
    """What became of one flag: a row of /v1/flags/transitions, an event of /v1/stream, a record of steppe.flags.v1."""

    id: Annotated[Count, doc("Its place in the feed; where /v1/stream and after= go on.")]
    event_id: Annotated[
        str,
        Meta(description="The id of the CloudEvent: drop what you have by it.", extra_json_schema={"format": "uuid"}),
    ]
    project: Annotated[Key, doc("The project.")]
    country: Annotated[str | None, doc("The country of the project, ISO 3166-1 alpha-2; null: not registered.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    flag: Annotated[str, doc("The flag's name, as in memorandum-only. A release may add names.")]
    transition: Annotated[
        str, choice(*TRANSITIONS), doc("What became of it; revoked: what it rested on was taken back.")
    ]
    severity_before: Annotated[Severity | None, doc("The severity it had; null: it did not stand.")]
    severity: Annotated[Severity | None, doc("The severity it has; null: it no longer stands.")]
    certainty: Annotated[Certainty | None, doc("Whether that is certain; null: it no longer stands.")]
    since: Annotated[Day | None, doc("Since when it stands or stood at that severity; null: that was not kept.")]
    on: Annotated[Day, doc("The day (UTC) as of which this is announced.")]
    cause: Annotated[
        str, choice(*CAUSES), doc("What brought it about: an event, the day, a correction, or other rules.")
    ]
    backfill: Annotated[
        bool, doc("History, no news: an event raised it, and it stood for more than 31 days when it was announced.")
    ]
    events: Annotated[list[Reference], doc("The events that brought it about, each as source#id, where known.")]
    evidence: Annotated[list[Reference], doc("The events on which the flag rests or rested, each as source#id.")]
    sentence: Annotated[str | None, doc("The transition in one English sentence; null: the flag was not kept.")]
    standing: Annotated[FlagItem | None, doc("The flag as in /v1/flags, as of the day; null: it no longer stands.")]
    rule_version: Annotated[str, doc("The version of the rules that judged it.")]
    found_at: Annotated[Instant, doc("When it was found out.")]


class AsOf(TypedDict):
    """The day for which something holds."""

    as_of: Annotated[Day, doc("The day (UTC) for which this holds; ages grow from there.")]


class ProjectChanged(AsOf, ProjectItem):
    """How a project stands on a day."""


class CloudEvent(TypedDict):
    """What each announced record says of itself, as CloudEvents 1.0 has it in structured mode."""

    specversion: Annotated[str, Meta(extra_json_schema={"const": "1.0"}), doc("The version of CloudEvents.")]
    id: Annotated[str, Meta(extra_json_schema={"format": "uuid"}), doc("The same at every delivery of the record.")]
    source: Annotated[str, Meta(extra_json_schema={"const": SOURCE}), doc("Who announces.")]
    type: Annotated[str, doc("What kind of record this is.")]
    subject: Annotated[Key, doc("The project; also the key of the record.")]
    time: Annotated[Instant, doc("When it was found out.")]
    datacontenttype: Annotated[
        str, Meta(extra_json_schema={"const": "application/json"}), doc("How `data` is written.")
    ]


class FlagEvent(CloudEvent):
    """What became of one flag."""

    type: Annotated[str, choice(*map(transition_type, TRANSITIONS)), doc("Which transition this is.")]
    data: NotRequired[Annotated[TransitionItem, doc("The transition; absent: see dataref.")]]
    dataref: NotRequired[Annotated[str, doc(_DATAREF)]]


class ProjectEvent(CloudEvent):
    """How a project stands now; the last record of a key counts."""

    type: Annotated[str, choice(PROJECT_TYPE), doc("A project stands otherwise.")]
    data: NotRequired[
        Annotated[ProjectChanged, doc("The item of /v1/projects, and the day for which it holds; absent: see dataref.")]
    ]
    dataref: NotRequired[Annotated[str, doc(_DATAREF)]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What became of one flag. `deal` None: of the project. `severity` None: it is gone.

    `flag` is its name, `flag_state` the flag as it stands since, or as it stood when it is gone; None where that was not
    kept. `on` is the day as of which this is announced, `events` (`source#id`) brought it about where that is known.
    """

    project: str
    deal: str | None
    flag: str
    transition: str
    severity_before: str | None
    severity: str | None
    on: date
    cause: str
    events: Sequence[str]
    rule_version: str
    country: str | None
    flag_state: Flag | None
    event_id: UUID

    @property
    def backfill(self) -> bool:
        """Whether it is history that an event told, and no news: the flag stood for more than 31 days when it was announced.

        What ends is news, and so is what the day, a correction or other rules bring.
        """
        if self.cause != "event" or self.severity is None or self.flag_state is None:
            return False
        return (self.on - self.flag_state.since).days > BACKFILL_DAYS


def transition_between(before: str | None, after: str | None) -> str:
    """Which transition leads from one severity to another; None: the flag is not raised. Tells nothing of revocation."""
    if after is None:
        return "cleared"
    if before is None:
        return "raised"
    return "escalated" if SEVERITIES.index(after) > SEVERITIES.index(before) else "eased"


def transition_item(id: int, found_at: datetime, transition: Transition, tell: Tell = english) -> TransitionItem:
    """A transition as the feed and the topic tell it. `id` is its place in the feed, `found_at` when it was found out."""
    stands = transition.flag_state if transition.severity is not None else None
    return {
        "id": id,
        "event_id": str(transition.event_id),
        "project": transition.project,
        "country": transition.country,
        "deal": transition.deal,
        "flag": transition.flag,
        "transition": transition.transition,
        "severity_before": transition.severity_before,
        "severity": transition.severity,
        "certainty": stands.certainty if stands else None,
        "since": transition.flag_state.since if transition.flag_state else None,
        "on": transition.on,
        "cause": transition.cause,
        "backfill": transition.backfill,
        "events": list(transition.events),
        "evidence": list(transition.flag_state.evidence) if transition.flag_state else [],
        "sentence": _sentence(transition, tell),
        "standing": items.flag(transition.project, stands, transition.on, tell) if stands else None,
        "rule_version": transition.rule_version,
        "found_at": found_at,
    }


def transition_event(id: int, found_at: datetime, transition: Transition) -> FlagEvent:
    """The transition as a CloudEvent of `steppe.flags.v1`; the same transition always has the same id."""
    attributes = _attributes(transition.event_id, transition_type(transition.transition), transition.project, found_at)
    return {**attributes, "data": transition_item(id, found_at, transition)}  # type: ignore[typeddict-item]  # a pointer has dataref


def project_event(
    event_id: UUID, told_at: datetime, state: ProjectState, flags: Sequence[Flag], position: str, as_of: date
) -> ProjectEvent:
    """A project's state on a day as a CloudEvent of `steppe.projects.v1`: the item of `/v1/projects`, and the day."""
    data: ProjectChanged = {"as_of": as_of, **items.project(state, flags, position, as_of)}
    attributes = _attributes(event_id, PROJECT_TYPE, state.project, told_at)
    return {**attributes, "data": data}  # type: ignore[typeddict-item]  # a pointer has dataref


def without_data(event: dict[str, Any]) -> dict[str, Any]:
    """A pointer in place of an announced event that is too large: the same attributes, and `dataref` (the extension of
    CloudEvents) instead of `data`. Of a pointer, itself.
    """
    if "data" not in event:
        return event
    if event["type"] == PROJECT_TYPE:
        path = f"/v1/projects/{event['subject']}"
    else:
        # History, too: the feed would otherwise leave it out and give the transition behind it.
        path = f"/v1/flags/transitions?after={event['data']['id'] - 1}&limit=1&backfill=true"
    return {**{name: value for name, value in event.items() if name != "data"}, "dataref": path}


def _attributes(id: UUID, type: str, subject: str, time: datetime) -> CloudEvent:
    return {
        "specversion": "1.0",
        "id": str(id),
        "source": SOURCE,
        "type": type,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
    }


def _sentence(transition: Transition, tell: Tell) -> str | None:
    if transition.severity is None:
        revoked = transition.transition == "revoked"
        return tell(ended_sentence(transition.flag, transition.severity_before, revoked=revoked))
    return tell(sentence(transition.flag_state, transition.on)) if transition.flag_state else None
