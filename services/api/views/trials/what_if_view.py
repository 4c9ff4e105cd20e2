"""What events would do: projects before and after them, and what differs. Pure: no database, no clock, no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypedDict

from services.api.store.snapshot import Row
from services.api.views.deal_view import DealItem
from services.api.views.frames import OnDay
from services.api.views.project_view import ProjectDetail
from steppe.contracts.acceptance import Accepted
from steppe.contracts.field_types import Count, Key, Positions, Reference, Severity, choice, doc

CHANGED = ("level", "overlay", "deal", "leg", "clock", "flag")


class Change(TypedDict):
    """One thing that is otherwise after the events."""

    what: Annotated[
        str,
        choice(*CHANGED),
        doc("What is otherwise: the level, an overlay, whether a deal lives, a leg, a clock, a flag."),
    ]
    deal: Annotated[Key | None, doc("The deal; null: it is the project's own.")]
    name: Annotated[str | None, doc("Which overlay, leg, clock or flag; null for a level and a deal.")]
    before: Annotated[
        str | None,
        doc("The level, `stands`, `lives`, `binds`, `runs`, or the severity of a flag; null: there is none."),
    ]
    after: Annotated[str | None, doc("The same after the events.")]


class TriedProject(TypedDict):
    """A project that the events name."""

    project: Annotated[Key, doc("The project.")]
    before: Annotated[ProjectDetail | None, doc("As /v1/projects/{key} answers; null: it is not there on the day.")]
    after: Annotated[
        ProjectDetail | None, doc("As it would answer; its position is where the events would stand if sent now.")
    ]
    changes: Annotated[list[Change], doc("What is otherwise.")]


class MarketChange(TypedDict):
    """A flag of another project that comes otherwise because of what happens in its market."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    flag: Annotated[str, doc("The flag, as in crowded.")]
    before: Annotated[Severity | None, doc("Its severity before the events; null: it did not stand.")]
    after: Annotated[Severity | None, doc("Its severity after the events; null: it no longer stands.")]


class TriedEvent(TypedDict):
    """An event of the request that is not in the log."""

    index: Annotated[Count, doc("Its place in the request, from 0.")]
    event: Annotated[Reference, doc("What it would be called, source#id.")]
    subject: Annotated[str, doc("Its subject.")]
    name: Annotated[str, doc("Its name, as in equity.agreed.")]
    warnings: Annotated[list[str], doc("What ingest would warn of, as far as the event itself shows it.")]


class WhatIfItem(TypedDict):
    """What events would do."""

    events: Annotated[list[TriedEvent], doc("The events that were tried.")]
    duplicates: Annotated[Count, doc("How many more there are that are in the log already, or twice in the request.")]
    projects: Annotated[list[TriedProject], doc("The projects that they name, alphabetical.")]
    others: Annotated[list[MarketChange], doc("What becomes of the flags of other projects in their markets.")]
    position: Annotated[Positions, doc("The prefix of the log before them, as in 0:41,3:7.")]


class WhatIfAnswer(OnDay, WhatIfItem):
    """What events would do; nothing was written."""


def tried_event(index: int, event: Accepted) -> TriedEvent:
    """One of `events`."""
    return {
        "index": index,
        "event": f"{event.source}#{event.id}",
        "subject": event.subject,
        "name": event.name,
        "warnings": list(event.warnings),
    }


def tried_project(project: str, before: ProjectDetail | None, after: ProjectDetail | None) -> TriedProject:
    """One of `projects`, with what differs."""
    return {"project": project, "before": before, "after": after, "changes": changes(before, after)}


def changes(before: ProjectDetail | None, after: ProjectDetail | None) -> list[Change]:
    """What differs between two judgements of a project, the project's own first, then deal by deal."""
    earlier, later = dict(_facts(before)), dict(_facts(after))
    differing = [key for key in earlier.keys() | later.keys() if earlier.get(key) != later.get(key)]
    return [
        {"what": what, "deal": deal or None, "name": name or None, "before": earlier.get(key), "after": later.get(key)}
        for key in sorted(differing, key=lambda key: (key[0], CHANGED.index(key[1]), key[2]))
        for deal, what, name in [key]
    ]


_Fact = tuple[tuple[str, str, str], str | None]


def _facts(project: ProjectDetail | None) -> Iterator[_Fact]:
    """What can be compared, by deal (none: ''), kind and name."""
    if project is None:
        return
    yield ("", "level", ""), project["level"]
    for overlay in project["overlays"]:
        yield ("", "overlay", overlay), "stands"
    for flag in project["flags"]:
        yield (flag["deal"] or "", "flag", flag["flag"]), flag["severity"]
    for deal in project["deals"]:
        yield from _facts_of_deal(deal)


def _facts_of_deal(deal: DealItem) -> Iterator[_Fact]:
    key = deal["deal"]
    yield (key, "level", ""), deal["level"]
    yield (key, "deal", ""), "lives" if deal["ended"] is None else deal["ended"]["how"] or "ended"
    for overlay in deal["overlays"]:
        yield (key, "overlay", overlay), "stands"
    for leg in deal["legs"]:
        if leg["valid"]:
            yield (key, "leg", leg["leg"]), "conditional" if leg["conditional"] else "binds"
    for clock in (deal["clocks"]["memorandum"], deal["clocks"]["announcement"]):
        if clock is not None and clock["running"]:
            yield (key, "clock", clock["name"]), "runs"


def market_changes(before: Iterable[Row], after: Iterable[Row], but: Sequence[str]) -> list[MarketChange]:
    """What differs between two readings of flags, of other projects than these."""
    earlier, later = _severities(before, but), _severities(after, but)
    return [
        {
            "project": project,
            "deal": deal or None,
            "flag": flag,
            "before": earlier.get((project, deal, flag)),
            "after": later.get((project, deal, flag)),
        }
        for project, deal, flag in sorted(earlier.keys() | later.keys())
        if earlier.get((project, deal, flag)) != later.get((project, deal, flag))
    ]


def _severities(rows: Iterable[Row], but: Sequence[str]) -> Mapping[tuple[str, str, str], str]:
    return {(row["project"], row["deal"], row["flag"]): row["severity"] for row in rows if row["project"] not in but}
