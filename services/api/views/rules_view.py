"""Versions of the rules, and what put them in force. Pure: no database, no clock, no HTTP."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

import msgspec

from services.api.store.snapshot import Row
from services.api.views.frames import OnDay
from steppe.contracts.field_types import (
    Count,
    Instant,
    LevelName,
    Sector,
    doc,
)


class RuleOverride(TypedDict):
    """A rule that has another value somewhere."""

    rule: Annotated[str, doc("The rule, as in silent.watch.")]
    value: Annotated[Count, doc("Its value there; months unless the rule's name says otherwise.")]
    level: NotRequired[Annotated[LevelName, doc("Only of deals or projects at this level.")]]
    commodity: NotRequired[Annotated[str, doc("Only of projects with this commodity.")]]
    sector: NotRequired[Annotated[Sector, doc("Only of projects of this sector.")]]
    country: NotRequired[Annotated[str, doc("Only of projects in this country.")]]


class RuleVersion(TypedDict):
    """A version of the rules: every threshold by name."""

    version: Annotated[str, doc("Its name, as in 2026-1.")]
    values: Annotated[dict[str, Count], doc("The value of each rule; months unless its name says otherwise.")]
    overrides: Annotated[list[RuleOverride], doc("Where a rule has another value.")]
    note: Annotated[str | None, doc("What was said when it was added; null: nothing.")]
    added_by: Annotated[str, doc("By whom it was added.")]
    added_at: Annotated[Instant, doc("When it was added.")]
    in_force_from: Annotated[list[Instant], doc("When it came into force, the latest first; empty: never.")]


class RuleChange(TypedDict):
    """What put a version in force."""

    version: Annotated[str, doc("The version.")]
    in_force_from: Annotated[Instant, doc("Since when.")]
    by: Annotated[str, doc("By whom.")]
    reason: Annotated[str | None, doc("Why; null: nobody said.")]
    projects: Annotated[Count, doc("How many projects were judged again.")]
    transitions: Annotated[Count, doc("How many flags came out otherwise.")]


class RulesItem(TypedDict):
    """Every version of the rules."""

    in_force: Annotated[str, doc("The version in force.")]
    items: Annotated[list[RuleVersion], doc("The versions, the newest first.")]
    changes: Annotated[list[RuleChange], doc("The latest of what put a version in force, the newest first.")]


class RulesAnswer(OnDay, RulesItem):
    """Every version of the rules, and what put them in force."""


def rule_version(row: Row) -> RuleVersion:
    """One stored version."""
    document: Any = msgspec.json.decode(row["document"])
    return {
        "version": document["version"],
        "values": document["values"],
        "overrides": document["overrides"],
        "note": row["note"],
        "added_by": row["added_by"],
        "added_at": row["added_at"],
        "in_force_from": row["in_force_from"],
    }


def rule_change(row: Row) -> RuleChange:
    """What put a version in force."""
    return {
        "version": row["version"],
        "in_force_from": row["in_force_from"],
        "by": row["changed_by"],
        "reason": row["reason"],
        "projects": row["projects"],
        "transitions": row["transitions"],
    }
