"""The items that answers and topics share: a flag and a project as the outside sees them. Pure: no database, no clock.

Names and shapes here are public (the contract). Levels are names; lists of names are alphabetical; ages are reckoned on
the day that is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, TypeAlias, TypedDict

from steppe.contracts.field_types import (
    EARLIEST,
    Certainty,
    Count,
    Day,
    Given,
    Key,
    LevelName,
    Position,
    Reference,
    Sector,
    Severity,
    doc,
)
from steppe.domain.explanation.flag_text import sentence
from steppe.domain.messages.english import english
from steppe.domain.messages.message import Sentences
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag, ProjectState, Start, age_months

Tell: TypeAlias = Callable[[Sentences], str]
"""Puts sentences into a language: answers and topics are in English, the page is in that of its reader."""


class Clock(TypedDict):
    """A clock that has started. Its start lies between two days where the event says no exact one."""

    name: Annotated[str, doc("Which clock: memorandum, silence, step, or that of the flag.")]
    started: Annotated[Day, doc("The latest day on which it may have started.")]
    started_earliest: Annotated[Day | None, doc("The earliest such day; null: open or unknown.")]
    started_given: Given
    age_months: Annotated[int, doc("Whole months since the start, at least; as of the day that is judged.")]
    age_months_most: Annotated[int | None, doc("Whole months since the start, at most; null: unknown.")]


class FlagClock(Clock):
    """The clock that raised a flag."""

    threshold_months: Annotated[
        Count | None, doc("The age in months at which the flag got its severity; null: by no age.")
    ]


class NextSeverity(TypedDict):
    """What a flag becomes if nothing else occurs."""

    severity: Annotated[Severity, doc("The severity it will have.")]
    on: Annotated[Day, doc("The first day on which it has it.")]


class FlagItem(TypedDict):
    """A flag that stands on a deal, or on a project as a whole: one row of /v1/flags."""

    flag: Annotated[str, doc("Its name, as in memorandum-only. A release may add names.")]
    severity: Annotated[Severity, doc("How severe it is on the day that is judged.")]
    certainty: Annotated[
        Certainty, doc("Whether the severity is certain, or only possible by the days that are known.")
    ]
    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    since: Annotated[Day, doc("Since when it stands at this severity.")]
    clock: Annotated[FlagClock | None, doc("The clock that raised it; null: no clock did.")]
    certain_severity: Annotated[Severity | None, doc("The severity that is certain; null: none is.")]
    certain_on: Annotated[
        Day | None, doc("Since when, or from when on, the severity is certain; null: never by itself.")
    ]
    on_hold: Annotated[bool, doc("Whether the project is on hold: the flag stands and gets no worse.")]
    missing: Annotated[list[str], doc("The legs that are missing, for partly-bound; else empty.")]
    milestones: Annotated[list[str], doc("The milestones that are overdue, for overdue; else empty.")]
    parts: Annotated[
        list[str | None], doc("The parts that it names, for not-producing and overdue; null: rows that name no part.")
    ]
    tier: Annotated[str | None, doc("Of a displaced deal: whether rivals got the same asset or the market; else null.")]
    groups: Annotated[list[str], doc("The groups of companies that overtook or crowd the deal; else empty.")]
    evidence: Annotated[list[Reference], doc("Events, each as source#id, on which the flag rests.")]
    sentence: Annotated[str, doc("The flag in one English sentence, with the figures of the day.")]
    next: Annotated[NextSeverity | None, doc("What it becomes if nothing else occurs; null: nothing.")]
    rule_version: Annotated[str, doc("The version of the rules that judged it, as in /v1/rules.")]


class HeadlineItem(TypedDict):
    """What a project is headed with: its memorandum-only flag."""

    flag: Annotated[str, doc("The flag's name.")]
    severity: Annotated[Severity, doc("How severe it is.")]
    certainty: Annotated[Certainty, doc("Whether the severity is certain, or only possible.")]
    since: Annotated[Day, doc("Since when it stands at this severity.")]


class ProjectFacts(TypedDict):
    """A project as it stands on a day, but for its flags. What was never registered is null, or an empty list."""

    key: Annotated[Key, doc("The key of the project.")]
    name: Annotated[str | None, doc("Its name; null: not registered.")]
    country: Annotated[str | None, doc("Where it is, ISO 3166-1 alpha-2; null: not registered.")]
    countries: Annotated[list[str], doc("All countries that it lies in, that of `country` among them, alphabetical.")]
    sector: Annotated[Sector | None, doc("Its sector; null: not registered.")]
    kind: Annotated[str | None, doc("What it is, as in deposit; null: not registered.")]
    commodities: Annotated[list[str], doc("What it yields or carries, alphabetical.")]
    level: Annotated[LevelName, doc("How far it has come: the level of its furthest living deal, or of the ground.")]
    highest_level: Annotated[LevelName, doc("How far it ever came.")]
    overlays: Annotated[list[str], doc("What lies over its level, such as on-hold, alphabetical.")]
    headline: Annotated[
        HeadlineItem | None, doc("Its memorandum-only flag; null: something binds, or nothing was signed.")
    ]
    investors: Annotated[list[Key], doc("The parties that pursue it as investors, alphabetical.")]
    memorandum_since: Annotated[Day | None, doc("The day of the first paper that still counts; null: there is none.")]
    memorandum_since_earliest: Annotated[Day | None, doc(EARLIEST)]
    memorandum_since_given: Given
    bound_on: Annotated[Day | None, doc("The day on which something first bound; null: nothing has.")]
    bound_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    bound_on_given: Given
    last_event_on: Annotated[Day | None, doc("The latest day of its latest event; null: it has none with a day.")]
    last_event_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    last_event_on_given: Given
    position: Annotated[Position, doc("Where the last event that changed it stands in the log, partition:offset.")]


class ProjectItem(ProjectFacts):
    """A project as it stands on a day. What was never registered is null, or an empty list."""

    flags: Annotated[list[FlagItem], doc("The flags that stand, of its deals and its own.")]


def level_name(level: Level | None) -> str | None:
    """The public name; None stays None."""
    return None if level is None else level.label


def clock(name: str, start: Start | None, as_of: date) -> Clock | None:
    """A clock that has started; a stopped one may go on from the same start. `age_months` is the age that is certain, `age_months_most` the one that is possible."""
    if start is None:
        return None
    least, most = age_months(start, as_of)
    return {
        "name": name,
        "started": start.latest,
        "started_earliest": start.earliest,
        "started_given": start.given,
        "age_months": least,
        "age_months_most": most,
    }


def flag(project: str, value: Flag, as_of: date, tell: Tell = english) -> FlagItem:
    """One row of `/v1/flags`."""
    ticking = clock(value.clock, value.start, as_of) if value.clock else None
    return {
        "flag": value.flag,
        "severity": value.severity,
        "certainty": value.certainty,
        "project": project,
        "deal": value.deal,
        "since": value.since,
        "clock": None if ticking is None else {**ticking, "threshold_months": value.threshold_months},
        "certain_severity": value.certain_severity,
        "certain_on": value.certain_on,
        "on_hold": value.on_hold,
        "missing": list(value.missing),
        "milestones": list(value.milestones),
        "parts": list(value.parts),
        "tier": value.tier,
        "groups": list(value.groups),
        "evidence": list(value.evidence),
        "sentence": tell(sentence(value, as_of)),
        "next": next_severity(value),
        "rule_version": value.rule_version,
    }


def next_severity(value: Flag) -> NextSeverity | None:
    """What a flag becomes if nothing else occurs, and when; None: nothing."""
    if value.next_on is None or value.next_severity is None:
        return None
    return {"severity": value.next_severity, "on": value.next_on}


def project(
    value: ProjectState, flags: Sequence[Flag], position: str, as_of: date, tell: Tell = english
) -> ProjectItem:
    """One row of `/v1/projects`. `position` is that of the last event that changed it."""
    return {
        "key": value.project,
        "name": value.name,
        "country": value.country,
        "countries": sorted(value.countries),
        "sector": value.sector,
        "kind": value.kind,
        "commodities": sorted(value.commodities),
        "level": value.level.label,
        "highest_level": value.highest_level.label,
        "overlays": sorted(value.overlays),
        "headline": headline(value),
        "flags": [flag(value.project, raised, as_of, tell) for raised in flags],
        "investors": sorted(value.investors),
        "memorandum_since": value.memorandum_since,
        "memorandum_since_earliest": value.memorandum_since_earliest,
        "memorandum_since_given": value.memorandum_since_given,
        "bound_on": value.bound_on,
        "bound_on_earliest": value.bound_on_earliest,
        "bound_on_given": value.bound_on_given,
        "last_event_on": value.last_event_on,
        "last_event_on_earliest": value.last_event_on_earliest,
        "last_event_on_given": value.last_event_on_given,
        "position": position,
    }


def headline(value: ProjectState) -> HeadlineItem | None:
    """What the project is headed with: `memorandum-only`, or None."""
    shown = value.headline
    if shown is None:
        return None
    return {
        "flag": shown.flag,
        "severity": shown.severity,
        "certainty": shown.certainty,
        "since": shown.since,
    }
