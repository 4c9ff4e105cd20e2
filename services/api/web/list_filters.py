"""The filters of a list as the parameters of the statements that read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, TypedDict

from services.api.store.party_groups import read_parents, with_members
from services.api.store.snapshot import Snapshot
from services.api.web.query_parameters import Question

PROJECT_FILTERS_OF_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "sector": "sector", "level": "level", "headline": "headline", "overlay": "overlay", "project_flag": "flag",
        "project_severity": "severity", "forum": "forum", "q": "q", "updated_after": "updated_after",
    }
)  # fmt: skip
"""What a list of flags can ask of the project alone, by the names that a list of projects has for it."""


class _PursuedFilters(TypedDict):
    as_of: date
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    sectors: Sequence[str] | None
    levels: Sequence[int] | None
    flags: Sequence[str] | None
    severities: Sequence[str] | None
    overlays: Sequence[str] | None
    investors: Sequence[str] | None
    investor_countries: Sequence[str] | None
    forums: Sequence[str] | None
    text: str | None
    updated_after: Any


class ProjectFilters(_PursuedFilters):
    """Of the statements that include `project_page`. A filter that is not set is None."""

    headlines: Sequence[str] | None
    located: bool | None


class DealFilters(_PursuedFilters):
    """Of the statements that include `deals_standing`. A filter that is not set is None."""

    projects: Sequence[str] | None
    deals: Sequence[str] | None


class FlagFilters(TypedDict):
    """Of the statements that include `flags_standing`. A filter that is not set is None."""

    as_of: date
    flags: Sequence[str] | None
    severities: Sequence[str] | None
    certainties: Sequence[str] | None
    projects: Sequence[str] | None
    deals: Sequence[str] | None
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    investors: Sequence[str] | None
    investor_countries: Sequence[str] | None
    next_before: date | None


async def investors_of(snapshot: Snapshot, question: Question) -> list[str] | None:
    """The parties of the filter `investor` and whoever belongs to one of them on the day; None: it is not set."""
    if "investor" not in question.filters:
        return None
    return await with_members(question.filters["investor"], await read_parents(snapshot, question.as_of))


async def project_keys(snapshot: Snapshot, question: Question) -> list[str]:
    """The keys of all projects that pass the filters of a list of projects."""
    rows = await snapshot.rows(
        "project_keys",
        **project_filters(question, await investors_of(snapshot, question)),
        sort="key",
        after_rank=None,
        after_project=None,
        limit=None,
    )
    return [row["project"] for row in rows]


async def projects_of_flags(snapshot: Snapshot, question: Question) -> list[str] | None:
    """The projects that a list of flags is asked for by PROJECT_FILTERS_OF_FLAGS and by key; None: of any project."""
    named: list[str] | None = question.filters.get("project")
    of_projects = {
        name: question.filters[own] for own, name in PROJECT_FILTERS_OF_FLAGS.items() if own in question.filters
    }
    if not of_projects:
        return named
    keys = await project_keys(snapshot, replace(question, filters=of_projects))
    return keys if named is None else sorted(set(named).intersection(keys))


def project_filters(question: Question, investors: Sequence[str] | None) -> ProjectFilters:
    """For lists of projects, and for what is counted of them. `investors` as `investors_of` gives them."""
    return {
        **_pursued(question, investors),
        "headlines": question.filters.get("headline"),
        "located": question.filters.get("located"),
    }


def deal_filters(question: Question, investors: Sequence[str] | None) -> DealFilters:
    """For a page of deals, and their number. `investors` as `investors_of` gives them."""
    return {
        **_pursued(question, investors),
        "projects": question.filters.get("project"),
        "deals": question.filters.get("deal"),
    }


def flag_filters(question: Question, investors: Sequence[str] | None, projects: Sequence[str] | None) -> FlagFilters:
    """For a page of flags, and their number. `investors` as `investors_of` gives them, `projects` as `projects_of_flags` does."""
    filters = question.filters
    return {
        "as_of": question.as_of,
        "flags": filters.get("flag"),
        "severities": filters.get("severity"),
        "certainties": filters.get("certainty"),
        "projects": projects,
        "deals": filters.get("deal"),
        "countries": filters.get("country"),
        "commodities": filters.get("commodity"),
        "investors": investors,
        "investor_countries": filters.get("investor_country"),
        "next_before": filters.get("next_before"),
    }


def _pursued(question: Question, investors: Sequence[str] | None) -> _PursuedFilters:
    filters = question.filters
    return {
        "as_of": question.as_of,
        "countries": filters.get("country"),
        "commodities": filters.get("commodity"),
        "sectors": filters.get("sector"),
        "levels": filters.get("level"),
        "flags": filters.get("flag"),
        "severities": filters.get("severity"),
        "overlays": filters.get("overlay"),
        "investors": investors,
        "investor_countries": filters.get("investor_country"),
        "forums": filters.get("forum"),
        "text": filters.get("q"),
        "updated_after": filters.get("updated_after"),
    }
