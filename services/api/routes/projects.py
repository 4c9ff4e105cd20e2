"""Projects: /v1/projects, /v1/portfolio, /v1/projects/{key} and its timeline."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, TypedDict

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import by_size, computed
from services.api.export import csv_columns
from services.api.problems import COMPUTATION_ENDED, unknown_key
from services.api.store import row_decoding
from services.api.store.knowledge import picklable
from services.api.store.party_groups import read_parents, with_members
from services.api.store.project_events import ProjectEvents, read_project_events
from services.api.store.raised_flags import RaisedFlags, flags_of_projects
from services.api.store.snapshot import Row, Snapshot
from services.api.views import project_view, timeline_view
from services.api.views.list_answers import ProjectList, Timeline
from services.api.views.market_view import PAPER_SEVERITIES
from services.api.views.project_view import (
    NO_DEALS,
    Coordinates,
    DealCount,
    PortfolioAnswer,
    PortfolioItem,
    ProjectAnswer,
    ProjectRow,
    StoredProject,
)
from services.api.views.timeline_view import StoredTimeline
from services.api.web import pagination, query_parameters
from services.api.web.list_filters import investors_of, project_filters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one, encoded, service_of
from steppe.contracts.items import project as project_item
from steppe.domain.markets.group_members import GroupMembers
from steppe.domain.values.levels import Level
from steppe.http.problems import NOT_FOUND, Refusal

router = APIRouter()

# Some seconds: of a project of 1,000 events a page tells what 100 corrections did.
_FOLDED_EVENTS_MAX = 100_000
FACETS = ("country", "commodity", "sector", "investor", "investor_country", "forum")


@router.get(
    "/v1/projects", tags=["lists"], openapi_extra=operation("list_projects", query_parameters.PROJECTS, ProjectList)
)
async def projects(request: Request) -> Response:
    """Projects as they stand on a day: level, headline, flags, investors."""
    return await answer_list(request, query_parameters.PROJECTS, csv_columns.PROJECTS, project_page)


@router.get(
    "/v1/portfolio",
    tags=["lists"],
    openapi_extra=operation("get_portfolio", query_parameters.PORTFOLIO, PortfolioAnswer),
)
async def portfolio(request: Request) -> Response:
    """How many projects stand where on a day: by level, by severity of the headline, and by what one can filter for.

    Filters as of `/v1/projects`: each count is the number of items that the list has with that filter added.
    """
    return await answer_one(request, query_parameters.PORTFOLIO, portfolio_item)


@router.get(
    "/v1/projects/{key}",
    tags=["one project"],
    openapi_extra=operation("get_project", query_parameters.PROJECT, ProjectAnswer, NOT_FOUND, COMPUTATION_ENDED),
)
async def project(request: Request, key: Annotated[str, Path(description="The key of the project.")]) -> Response:
    """A project with its deals, legs, stakes, offtakes, money and value chain on a day.

    `explanation` says in plain words where it stands, what is missing, and what happens next and when (`stands`, `missing`,
    `next`: one to three sentences each, with the figures of the day); each deal has its own `sentence`. `next` is the first
    later day on which a flag that stands becomes more severe.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_project(snapshot, question, key)
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _project_in_json, stored))

    return await answer_one(request, query_parameters.PROJECT, item, project=key)


def _project_in_json(stored: StoredProject) -> bytes:
    return encoded(project_view.project_answer(stored))


@router.get(
    "/v1/projects/{key}/timeline",
    tags=["one project"],
    openapi_extra=operation("get_timeline", query_parameters.TIMELINE, Timeline, NOT_FOUND, COMPUTATION_ENDED),
)
async def project_timeline(
    request: Request, key: Annotated[str, Path(description="The key of the project.")]
) -> Response:
    """What happened to a project until a day, in the order of the fold, and what it did to levels and flags.

    `confidence` and `evidence` choose among the events that are shown; levels and flags are judged from all of them.
    """

    async def page(snapshot: Snapshot, question: Question) -> Page:
        if question.whole:  # all events of the project are read for each page, so one page is the cheapest
            question = replace(question, limit=sys.maxsize)
        stored = await read_timeline(snapshot, question, key, with_effects=question.format == "json")

        async def finish() -> Page:
            queue = service_of(request).queues.folds
            part = await computed(queue, stored.rows, timeline_view.timeline_page, stored, folds=stored.folds_again)
            beside = {"project": key, "flag_changes": part.flag_changes, "conflicts": part.conflicts}
            return Page(items=part.entries, next_key=part.next_place, beside=beside)

        return Page(next_key=None, finish=finish)

    return await answer_list(request, query_parameters.TIMELINE, csv_columns.TIMELINE, page, project=key)


async def read_project(
    snapshot: Snapshot, question: Question, key: str, events: ProjectEvents | None = None
) -> StoredProject:
    """What the answer of `/v1/projects/{key}` is made of. Raises Refusal when there is no such project on the day.

    `events` are those of this snapshot and knowledge, where the caller has read them already.
    """
    as_of = question.as_of
    row = await _project_row(snapshot, as_of, key)
    events = events or await read_project_events(snapshot, key, question.knowledge)
    deals_ahead, flags_ahead = list[Row](), list[Row]()
    if not events.occur_after(as_of):
        deals_ahead = await snapshot.rows("deal_spans_ahead", as_of=as_of, project=key)
        flags_ahead = await snapshot.rows("flag_spans_ahead", as_of=as_of, project=key)
    return StoredProject(
        key=key,
        as_of=as_of,
        known_on=question.known_at.date(),
        rules=picklable(snapshot.rules),
        tell=question.tell,
        schemes=question.filters.get("crosswalk", ()),
        row=row,
        deals=await snapshot.rows("deals_of_project", as_of=as_of, project=key),
        flags=await flags_of_projects(snapshot, as_of, [key]),
        co_investments=await snapshot.rows("co_investments", as_of=as_of, projects=[key]),
        held=row_decoding.held_events(await snapshot.rows("held_events", projects=[key])),
        events=events,
        deals_ahead=deals_ahead,
        flags_ahead=flags_ahead,
    )


async def read_timeline(
    snapshot: Snapshot, question: Question, key: str, events: ProjectEvents | None = None, *, with_effects: bool = False
) -> StoredTimeline:
    """What a page of a timeline is made of. `events` as for `read_project`; `with_effects`: it tells what corrections did to flags.
    Raises Refusal as `read_project` does, and for a cursor of another list.
    """
    await _project_row(snapshot, question.as_of, key)
    place = tuple(after(question.after, *[text] * timeline_view.PLACE_PARTS)) if question.after is not None else None
    return StoredTimeline(
        project=key,
        as_of=question.as_of,
        rules=picklable(snapshot.rules),
        events=events or await read_project_events(snapshot, key, question.knowledge),
        deal_spans=await snapshot.rows("deal_spans_of_project", project=key),
        project_spans=await snapshot.rows("project_spans_of_project", project=key),
        flag_spans=await snapshot.rows("flag_spans_of_project", as_of=question.as_of, project=key),
        conflicts=await snapshot.rows("conflicts_of_project", project=key),
        stated={name: question.filters[name] for name in query_parameters.STATED if name in question.filters},
        after=place,
        limit=question.limit,
        folded_events_max=_FOLDED_EVENTS_MAX if with_effects else None,
    )


async def _project_row(snapshot: Snapshot, as_of: date, key: str) -> Row:
    """A project on a day, or what stands in its place. Raises Refusal when there is none on that day."""
    row = await snapshot.row("project_at", as_of=as_of, project=key) if "\x00" not in key else None
    if row is not None:
        return row
    readable = key.replace("\x00", "")
    row = await snapshot.row("superseded_project", project=readable)
    if row is not None:
        return row
    if await snapshot.row("held_events", projects=[readable]) is not None:
        held = "its events wait in quarantine; see `steppe quarantine list`."
        raise Refusal(NOT_FOUND, f"No project {key[:80]!r} yet: {held}", suggestions=[])
    first = await snapshot.row("first_day_of_project", project=readable)
    if first is not None and first["valid_from"] is not None and first["valid_from"] > as_of:
        begins = f"the first of its events counts on {first['valid_from']}. Ask for a later day with as_of=."
        raise Refusal(NOT_FOUND, f"No project {key[:80]!r} on {as_of}: {begins}", suggestions=[])
    if first is not None and first["valid_from"] is None and first["named"]:
        none_stands = "none of its events stands. See /v1/retractions."
        raise Refusal(NOT_FOUND, f"No project {key[:80]!r}: {none_stands}", suggestions=[])
    similar = [row["project"] for row in await snapshot.rows("similar_project_keys", key=readable)]
    raise unknown_key("project", key, similar, otherwise="Search with /v1/projects?q=.")


async def project_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of projects, with their flags unless the question includes none."""
    after_rank, after_project = after(question.after, text, text)
    rows = await snapshot.rows(
        "project_page",
        **project_filters(question, await investors_of(snapshot, question)),
        sort=question.filters.get("sort", "key"),
        after_rank=after_rank,
        after_project=after_project,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    keys = [row["project"] for row in rows]
    raised = await flags_of_projects(snapshot, question.as_of, keys if _has_flags(question) else ())
    counts = await snapshot.rows("deal_counts", as_of=question.as_of, projects=keys)
    held = row_decoding.held_events(await snapshot.rows("held_events", projects=keys))
    return Page(
        next_key=[rows[-1]["rank"], rows[-1]["project"]] if more else None,
        left_out=() if _has_flags(question) else csv_columns.FLAGS_OF_PROJECTS,
        columns=csv_columns.crosswalk(question.filters.get("crosswalk", ())),
        compute=partial(_items, rows, raised, counts, held, question),
        rows=len(rows) + len(raised.rows),
    )


def _has_flags(question: Question) -> bool:
    return "flags" in question.filters.get("include", ("flags",))


def _items(
    rows: Sequence[Row], raised: RaisedFlags, counts: Sequence[Row], held: Mapping[str, int], question: Question
) -> list[ProjectRow]:
    flags = raised.by_project()
    deals: dict[str, DealCount] = {
        row["project"]: {"living_deals": row["living"], "ended_deals": row["ended"]} for row in counts
    }
    schemes = question.filters.get("crosswalk", ())
    items: list[ProjectRow] = []
    for row in rows:
        state = row_decoding.project(row)
        item = project_item(
            state, flags.get(row["project"], []), row_decoding.position(row), question.as_of, question.tell
        )
        place: Coordinates = {"latitude": state.latitude, "longitude": state.longitude}
        listed: ProjectRow = {
            **item,
            **place,
            **deals.get(row["project"], NO_DEALS),
            **project_view.quarantined(held, row["project"]),
            **project_view.crosswalk(state, schemes),
            **project_view.names(state, wanted="names" in question.filters.get("include", ())),
        }
        if not _has_flags(question):
            del listed["flags"]
        items.append(listed)
    return items


class ProjectPoint(TypedDict):
    """A project with coordinates, as a map shows it. `headline` is the severity of its headline."""

    key: str
    name: str | None
    countries: list[str]
    level: str
    overlays: list[str]
    headline: str | None
    latitude: float
    longitude: float


async def project_points(snapshot: Snapshot, question: Question, rows_max: int) -> list[ProjectPoint]:
    """The projects with coordinates that pass the filters, by key; at most so many."""
    located = replace(question, filters={**question.filters, "located": True})
    rows = await snapshot.rows(
        "project_points",
        **project_filters(located, await investors_of(snapshot, question)),
        sort="key",
        after_rank=None,
        after_project=None,
        limit=rows_max,
    )
    return [
        {
            "key": row["project"],
            "name": row["name"],
            "countries": row["countries"],
            "level": Level(row["level"]).label,
            "overlays": _overlays_of_point(row),
            "headline": row["headline_severity"],
            "latitude": row["latitude"],
            "longitude": row["longitude"],
        }
        for row in rows
    ]


def _overlays_of_point(row: Row) -> list[str]:
    dead = (row["headline_severity"], row["headline_certainty"]) == ("presumed-dead", "certain")
    return sorted([*row["overlays"], "presumed-dead"]) if dead else row["overlays"]


async def portfolio_item(snapshot: Snapshot, question: Question) -> PortfolioItem:
    """The counts of `/v1/portfolio`."""
    parents = await read_parents(snapshot, question.as_of)
    members = await by_size(len(parents), GroupMembers, parents)
    rows = await snapshot.rows(
        "portfolio",
        **project_filters(question, await with_members(question.filters.get("investor"), parents)),
        sort="key",
        after_rank=None,
        after_project=None,
        limit=None,
        related=sorted(members.related),
    )
    return await by_size(len(rows) + len(parents), _portfolio, rows, members)


def _portfolio(rows: Sequence[Row], members: GroupMembers) -> PortfolioItem:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["facet"], {})[row["value"]] = row["projects"]
    levels, headlines = counts.pop("level", {}), counts.pop("headline", {})
    of_groups = members.counts({row["value"]: row["of_related"] for row in rows if row["of_related"]})
    investors = {**counts.get("investor", {}), **of_groups}
    counts["investor"] = {party: investors[party] for party in sorted(investors)}
    by_level = {level.label: levels.get(str(int(level)), 0) for level in Level}
    return {
        "projects": sum(by_level.values()),
        "above_the_line": sum(by_level[level.label] for level in Level if level.crosses_the_line),
        "by_level": by_level,
        "by_headline": {name: headlines.get(name, 0) for name in ("none", *PAPER_SEVERITIES)},
        "facets": {name: counts.get(name, {}) for name in FACETS},
    }
