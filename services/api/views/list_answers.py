"""The answers that are lists, one type a route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypedDict

from services.api.store.snapshot import Row
from services.api.views.deal_view import DealItem
from services.api.views.flag_changes import FlagChange
from services.api.views.frames import ListAnswer
from services.api.views.market_answer import MarketSummary
from services.api.views.measures.forum_view import ForumItem
from services.api.views.party_view import KnownParty
from services.api.views.project_view import ProjectRow
from services.api.views.record_view import ConflictItem, QuarantineItem, RetractionItem
from services.api.views.timeline_view import ConflictEntry, TimelineEntry
from steppe.contracts.announcements import TransitionItem
from steppe.contracts.field_types import Count, Key, Sector, doc
from steppe.contracts.items import FlagItem


class OfProject(TypedDict):
    """What a row says of its project, so that a table needs no other beside it."""

    project_name: Annotated[str | None, doc("The project's name; null: not registered.")]
    country: Annotated[str | None, doc("Where the project is, ISO 3166-1 alpha-2; null: not registered.")]
    sector: Annotated[Sector | None, doc("The project's sector; null: not registered.")]


class FlagRow(FlagItem, OfProject):
    """A flag that stands, with its project: one row of /v1/flags."""


class DealRow(DealItem, OfProject):
    """A deal, with its project: one row of /v1/deals."""


class ProjectList(ListAnswer):
    """One page of projects."""

    items: Annotated[list[ProjectRow], doc("The projects, in the order of sort=.")]


class DealList(ListAnswer):
    """One page of deals."""

    living_deals: Annotated[Count, doc("How many deals of all pages live; 0: no deal of the list does.")]
    items: Annotated[list[DealRow], doc("The deals, by project and deal, ended ones too.")]


class FlagList(ListAnswer):
    """One page of flags that stand."""

    total: Annotated[Count, doc("How many flags all pages have.")]
    items: Annotated[list[FlagRow], doc("The flags, in the order of sort=.")]


class TransitionList(ListAnswer):
    """One page of what became of flags."""

    items: Annotated[list[TransitionItem], doc("The transitions, in the order in which they were found out.")]


class PartyList(ListAnswer):
    """One page of parties."""

    items: Annotated[list[KnownParty], doc("The parties, by key.")]


class MarketList(ListAnswer):
    """One page of markets."""

    items: Annotated[list[MarketSummary], doc("The markets, by country and commodity.")]


class ForumList(ListAnswer):
    """One page of forums."""

    items: Annotated[list[ForumItem], doc("The forums, the latest first.")]


class Timeline(ListAnswer):
    """One page of what happened to a project."""

    project: Annotated[Key, doc("The project.")]
    flag_changes: Annotated[list[FlagChange], doc("What each of its flags did until the day, in order of days.")]
    conflicts: Annotated[
        list[ConflictEntry], doc("Records under the name of an event that was there; they change nothing.")
    ]
    items: Annotated[list[TimelineEntry], doc("The events, in the order in which they are folded.")]


class RetractionList(ListAnswer):
    """One page of retractions."""

    items: Annotated[list[RetractionItem], doc("The retractions, by subject.")]


class ConflictList(ListAnswer):
    """One page of conflicts."""

    items: Annotated[
        list[ConflictItem], doc("Those of kind same-id in the order of the log, then the others by project.")
    ]


class QuarantineList(ListAnswer):
    """One page of records that could not be applied."""

    items: Annotated[list[QuarantineItem], doc("The records, in the order of the log.")]


def of_projects(rows: Iterable[Row]) -> dict[str, OfProject]:
    """What rows of `names_of_projects` say, by project."""
    return {
        row["project"]: {"project_name": row["name"], "country": row["country"], "sector": row["sector"]}
        for row in rows
    }


UNNAMED: OfProject = {"project_name": None, "country": None, "sector": None}
"""Of a project that does not stand on the day."""
