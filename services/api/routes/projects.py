"""Projects: /v1/projects, /v1/portfolio, /v1/projects/{key} and its timeline."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, TypedDict

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import by_size, in_process, in_thread
from services.api.export import csv_columns
from services.api.problems import COMPUTATION_ENDED, unknown_key
from services.api.store import row_decoding
from services.api.store.knowledge import picklable
from services.api.store.party_groups import read_parents, with_members
from services.api.store.project_events import ProjectEvents, read_project_events, stated_elsewhere
from services.api.store.snapshot import Row, Snapshot
from services.api.views import money_and_stakes, project_view, timeline_view
from services.api.views.list_answers import ProjectList, Timeline
from services.api.views.market_view import PAPER_SEVERITIES
from services.api.views.project_view import (
    NO_DEALS,
    Coordinates,
    DealCount,
    PortfolioAnswer,
    PortfolioItem,
    ProjectAnswer,
    ProjectDetail,
    ProjectRow,
)
from services.api.web import pagination, query_parameters
from services.api.web.list_filters import investors_of, project_filters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one, service_of
from services.api.work_queue import WorkQueue
from steppe.contracts.items import project as project_item
from steppe.domain.analysis.forecast import UpcomingChange, foreseen_changes, upcoming_changes
from steppe.domain.events.event import Event
from steppe.domain.explanation.project_text import explanation, superseded_explanation
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.markets.group_members import GroupMembers
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag, ProjectState
from steppe.http.problems import NOT_FOUND, Refusal

router = APIRouter()

# More events than this take longer to fold than a thread should.
_EVENTS_IN_THREAD_MAX = 300

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

    async def item(snapshot: Snapshot, question: Question) -> Reading[ProjectDetail]:
        return await read_project(snapshot, question, key, service_of(request).queues.folds)

    return await answer_one(request, query_parameters.PROJECT, item)


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
        return await timeline_page(snapshot, question, key, service_of(request).queues.folds)

    return await answer_list(request, query_parameters.TIMELINE, csv_columns.TIMELINE, page)


async def read_project(
    snapshot: Snapshot, question: Question, key: str, queue: WorkQueue, events: ProjectEvents | None = None
) -> Reading[ProjectDetail]:
    """The answer of `/v1/projects/{key}`. Raises Refusal when there is no such project on the day.

    `events` are those of this snapshot and knowledge, where the caller has read them already. A past day takes folding the
    project again, which waits for its turn in the queue where there are many events, and can be refused there.
    """
    as_of = question.as_of
    row = await _project_row(snapshot, as_of, key)
    superseded = row_decoding.superseded(row)
    deals = [row_decoding.deal(deal) for deal in await snapshot.rows("deals_of_project", as_of=as_of, project=key)]
    flags = (await _flags(snapshot, as_of, [key])).get(key, [])
    shared = row_decoding.co_investors(await snapshot.rows("co_investments", as_of=as_of, projects=[key]))
    events = events or await read_project_events(snapshot, key, question.knowledge)
    effective = events.corrected.events
    occurred = [event for event in in_fold_order(effective) if event.latest <= as_of]
    elsewhere = await stated_elsewhere(snapshot, key, occurred, question.knowledge)
    state = ProjectState(project=key) if superseded else row_decoding.project(row)
    held = row_decoding.held_events(await snapshot.rows("held_events", projects=[key]))
    if superseded:
        occurred = []
    upcoming = await _read_upcoming(snapshot, question, key, [] if superseded else effective, queue)

    def detail(changes: Sequence[UpcomingChange]) -> ProjectDetail:
        explained = (
            superseded_explanation(superseded)
            if superseded
            else explanation(state, deals, flags, changes, as_of, question.known_at.date())
        )
        return {
            **project_view.project_detail(
                state, deals, flags, shared, row_decoding.position(row), as_of, explained, superseded, question.tell
            ),
            **project_view.crosswalk(state, question.filters.get("crosswalk", ())),
            **project_view.quarantined(held, key),
            "held_events": held.get(key, 0),
            "stakes": money_and_stakes.stakes(occurred, deals),
            "offtakes": money_and_stakes.offtakes(occurred, deals, elsewhere),
            "money": money_and_stakes.money(occurred, elsewhere),
            "costs": money_and_stakes.costs(occurred),
            "value_chain": money_and_stakes.value_chain(occurred),
        }

    async def finish() -> ProjectDetail:
        return await in_thread(detail, await upcoming.finish())

    return Reading(finish)


async def _read_upcoming(
    snapshot: Snapshot, question: Question, key: str, events: Sequence[Event], queue: WorkQueue
) -> Reading[tuple[UpcomingChange, ...]]:
    """What comes by itself after a day. What did occur later must not be foreseen, so then the project is folded without it."""
    as_of = question.as_of
    events_so_far = [event for event in events if event.latest <= as_of or event.kind.is_registry]
    if len(events_so_far) == len(events):
        deals = await snapshot.rows("deal_spans_ahead", as_of=as_of, project=key)
        flags = await snapshot.rows("flag_spans_ahead", as_of=as_of, project=key)

        def stored() -> tuple[UpcomingChange, ...]:
            spans_of_deals = row_decoding.spans(deals, row_decoding.deal)
            return upcoming_changes(
                spans_of_deals, flag_spans(row_decoding.spans(flags, row_decoding.flag_clock)), as_of
            )

        return Reading(lambda: in_thread(stored))
    rules = picklable(snapshot.rules)

    async def fold() -> tuple[UpcomingChange, ...]:
        if len(events_so_far) <= _EVENTS_IN_THREAD_MAX:
            return await in_thread(foreseen_changes, key, events_so_far, rules, as_of)
        async with queue.turn(question.caller):
            return await in_process(foreseen_changes, key, events_so_far, rules, as_of)

    return Reading(fold)


async def timeline_page(
    snapshot: Snapshot, question: Question, key: str, queue: WorkQueue, events: ProjectEvents | None = None
) -> Page:
    """One page of a timeline. `events` as for `read_project`. Raises Refusal as it does, and for a cursor of another list.

    What corrections did takes folding the project again, which waits for its turn in the queue, and can be refused there.
    """
    await _project_row(snapshot, question.as_of, key)
    changes = timeline_view.changes(
        row_decoding.runs_of_flags(
            await snapshot.rows("flag_spans_of_project", as_of=question.as_of, project=key), question.as_of
        ),
        question.as_of,
    )
    view = timeline_view.TimelineView(
        project=key,
        as_of=question.as_of,
        knowledge=question.knowledge,
        events=events or await read_project_events(snapshot, key, question.knowledge),
        deal_spans=await snapshot.rows("deal_spans_of_project", project=key),
        project_spans=await snapshot.rows("project_spans_of_project", project=key),
        changes=changes,
        rules=snapshot.rules,
        stated={name: question.filters[name] for name in query_parameters.STATED if name in question.filters},
    )
    place = tuple(after(question.after, *[text] * timeline_view.PLACE_PARTS)) if question.after is not None else None
    rows, next_key = view.shown(place, question.limit)

    async def with_entries() -> Page:
        corrections, effects = view.corrections(rows), timeline_view.NO_EFFECTS
        if corrections is not None:
            async with queue.turn(question.caller):
                effects = await in_process(timeline_view.effects_of, corrections)
        return replace(page, items=await in_thread(view.entries, rows, effects))

    conflicts = await snapshot.rows("conflicts_of_project", project=key)
    page = Page(
        items=(),
        next_key=next_key,
        beside={
            "project": key,
            "flag_changes": changes,
            "conflicts": [timeline_view.conflict(row) for row in conflicts],
        },
    )
    return replace(page, finish=with_entries)


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


async def project_page(snapshot: Snapshot, question: Question, *, with_flags: bool = True) -> Page:
    """One page of projects with their flags; without them for those who show none."""
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
    flags = await snapshot.rows("flags_of_projects", as_of=question.as_of, projects=keys) if with_flags else list[Row]()
    counts = await snapshot.rows("deal_counts", as_of=question.as_of, projects=keys)
    held = row_decoding.held_events(await snapshot.rows("held_events", projects=keys))
    return Page(
        next_key=[rows[-1]["rank"], rows[-1]["project"]] if more else None,
        columns=csv_columns.crosswalk(question.filters.get("crosswalk", ())),
        compute=partial(_items, rows, flags, counts, held, question),
        rows=len(rows) + len(flags),
    )


def _items(
    rows: Sequence[Row], flag_rows: Sequence[Row], counts: Sequence[Row], held: Mapping[str, int], question: Question
) -> list[ProjectRow]:
    flags = row_decoding.flags_by_project(flag_rows, question.as_of)
    deals: dict[str, DealCount] = {
        row["project"]: {"living_deals": row["living"], "ended_deals": row["ended"]} for row in counts
    }
    schemes = question.filters.get("crosswalk", ())
    items: list[ProjectRow] = []
    for row in rows:
        state = row_decoding.project(row)
        raised = flags.get(row["project"], [])
        item = project_item(state, raised, row_decoding.position(row), question.as_of, question.tell)
        place: Coordinates = {"latitude": state.latitude, "longitude": state.longitude}
        items.append(
            {
                **item,
                **place,
                **deals.get(row["project"], NO_DEALS),
                **project_view.quarantined(held, row["project"]),
                **project_view.crosswalk(state, schemes),
            }
        )
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


async def _flags(snapshot: Snapshot, as_of: date, projects: list[str]) -> dict[str, list[Flag]]:
    rows = await snapshot.rows("flags_of_projects", as_of=as_of, projects=projects)
    return row_decoding.flags_by_project(rows, as_of)
