"""The lists: /v1/projects, /v1/deals, /v1/flags. From a question to rows, from rows to items; one query a page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.problems import NOT_FOUND, RefusalError, near
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.views import project_view
from services.api.views.market_view import PAPER_SEVERITIES
from services.api.web import query_parameters
from services.api.web.pagination import after
from services.api.web.query_parameters import Question, described
from services.api.web.responses import Page, answer_list, answer_one
from steppe.contracts.items import flag as flag_item
from steppe.contracts.items import project as project_item
from steppe.domain.values.levels import Level

router = APIRouter(tags=["lists"])

FACETS = ("country", "commodity", "sector", "investor", "investor_country", "forum")


@router.get("/v1/projects", openapi_extra=described(query_parameters.PROJECTS))
async def projects(request: Request) -> Response:
    """Projects as they stand on a day: level, headline, flags, investors."""
    return await answer_list(request, query_parameters.PROJECTS, csv_columns.PROJECTS, project_page)


@router.get("/v1/portfolio", openapi_extra=described(query_parameters.PORTFOLIO))
async def portfolio(request: Request) -> Response:
    """How many projects stand where on a day: by level, by severity of the headline, and by what one can filter for.

    Filters as of `/v1/projects`: each count is the number of items that the list has with that filter added.
    """
    return await answer_one(request, query_parameters.PORTFOLIO, portfolio_item)


@router.get("/v1/parties/{key}", openapi_extra=described(query_parameters.ONE))
async def party(request: Request, key: str) -> Response:
    """Who somebody is, and every deal that they pursue, in whatever role: how far each is, and how many are only paper."""

    async def one(snapshot: Snapshot, question: Question) -> dict[str, Any]:
        return await party_item(snapshot, question, key)

    return await answer_one(request, query_parameters.ONE, one)


@router.get("/v1/deals", openapi_extra=described(query_parameters.DEALS))
async def deals(request: Request) -> Response:
    """Deals as they stand on a day: level, legs, clocks, flags, and a sentence that says it with the figures."""
    return await answer_list(request, query_parameters.DEALS, csv_columns.DEALS, deal_page)


@router.get("/v1/flags", openapi_extra=described(query_parameters.FLAG_ROWS))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def project_page(snapshot: Snapshot, question: Question, *, with_flags: bool = True) -> Page:
    """One page of projects with their flags; without them for those who show none."""
    asked = question.filters
    rows = await snapshot.rows("api_project_page", *_about_projects(question), question.limit + 1)
    rows, more = rows[: question.limit], len(rows) > question.limit
    found = (
        row_decoding.flags_by_project(
            await snapshot.rows("api_flags_of_projects", question.as_of, [row["project"] for row in rows])
        )
        if with_flags
        else {}
    )
    held = row_decoding.held_events(await snapshot.rows("api_held_events", [row["project"] for row in rows]))
    schemes = asked.get("crosswalk", ())
    items = []
    for row in rows:
        state = row_decoding.project(row)
        item = project_item(state, found.get(row["project"], []), row_decoding.position(row), question.as_of)
        place = {"latitude": state.latitude, "longitude": state.longitude}
        items.append(
            {**item, **place, **project_view.quarantine(held, row["project"]), **project_view.crosswalk(state, schemes)}
        )
    return Page(
        items=items,
        next_key=[rows[-1]["rank"], rows[-1]["project"]] if more else None,
        columns=csv_columns.crosswalk(schemes),
    )


async def portfolio_item(snapshot: Snapshot, question: Question) -> dict[str, Any]:
    """The counts of `/v1/portfolio`."""
    rows = await snapshot.rows("api_portfolio", *_about_projects(question), None)
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["facet"], {})[row["value"]] = row["projects"]
    levels, headlines = counts.pop("level", {}), counts.pop("headline", {})
    by_level = {level.label: levels.get(str(int(level)), 0) for level in Level}
    return {
        "projects": sum(by_level.values()),
        "above_the_line": sum(by_level[level.label] for level in Level if level.crosses_the_line),
        "by_level": by_level,
        "by_headline": {name: headlines.get(name, 0) for name in ("none", *PAPER_SEVERITIES)},
        "facets": {name: counts.get(name, {}) for name in FACETS},
    }


async def party_item(snapshot: Snapshot, question: Question, key: str) -> dict[str, Any]:
    """The answer of `/v1/parties/{key}`. Raises RefusalError when nobody of that name is known on the day."""
    as_of, asked = question.as_of, key.replace("\x00", "")
    row = await snapshot.row("api_party_at", as_of, asked)
    rows = await snapshot.rows("api_deals_of_party", as_of, asked)
    if row is None and not rows:
        likely = near(asked, [one["party"] for one in await snapshot.rows("api_near_parties")])
        hint = f" Did you mean {' or '.join(likely)}?" if likely else ""
        raise RefusalError(NOT_FOUND, f"No party {asked[:80]!r}.{hint}", {"suggestions": likely})
    deals = [(one["project"], row_decoding.deal(one)) for one in rows]
    projects = sorted({project for project, _ in deals})
    flags = row_decoding.flags_by_project(await snapshot.rows("api_flags_of_projects", as_of, projects))
    shared = row_decoding.co_investors(await snapshot.rows("api_co_investments", as_of, projects))
    living = [state for _, state in deals if state.level is not None]
    return {
        "party": asked,
        "name": row and row["name"],
        "home_country": row and row["home_country"],
        "kind": row and row["kind"],
        "parent": row and row["parent"],
        "lei": row and row["lei"],
        "living_deals": len(living),
        "bound": sum(state.level.crosses_the_line for state in living if state.level is not None),
        "paper_only": sum(state.memorandum_runs for state in living),
        "deals_by_level": {level.label: sum(state.level == level for state in living) for level in Level},
        "deals": [
            project_view.deal(
                project,
                state,
                [flag for flag in flags.get(project, []) if flag.deal == state.deal],
                shared.get((project, state.deal), ()),
                as_of,
            )
            for project, state in deals
        ],
    }


async def deal_page(snapshot: Snapshot, question: Question) -> Page:
    asked = question.filters
    rows = await snapshot.rows(
        "api_deal_page",
        question.as_of,
        *_of_project(asked),
        *_named(asked, "level", "flag", "severity", "investor", "investor_country", "forum", "q", "updated_after"),
        *_named(asked, "project", "deal"),
        *after(question.after, 2),
        question.limit + 1,
    )
    rows, more = rows[: question.limit], len(rows) > question.limit
    found = row_decoding.flags_by_project(
        await snapshot.rows("api_flags_of_projects", question.as_of, sorted({row["project"] for row in rows}))
    )
    shared = row_decoding.co_investors(
        await snapshot.rows("api_co_investments", question.as_of, sorted({row["project"] for row in rows}))
    )
    items = [
        project_view.deal(
            row["project"],
            row_decoding.deal(row),
            [flag for flag in found.get(row["project"], []) if flag.deal == row["deal"]],
            shared.get((row["project"], row["deal"]), ()),
            question.as_of,
        )
        for row in rows
    ]
    return Page(items=items, next_key=[rows[-1]["project"], rows[-1]["deal"]] if more else None)


async def flag_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of flags."""
    rows = await snapshot.rows("api_flag_page", *_about_flags(question, question.limit + 1))
    rows, more = rows[: question.limit], len(rows) > question.limit
    items = [flag_item(row["project"], row_decoding.flag(row), question.as_of) for row in rows]
    last = rows[-1] if more else None
    return Page(items=items, next_key=[last["project"], last["deal"], last["flag"]] if last else None)


async def coming_flags(snapshot: Snapshot, question: Question, most: int) -> tuple[list[dict[str, Any]], int]:
    """Of the flags that are asked for with `next_before`, those that rise soonest, and how many there are in all."""
    rows = await snapshot.rows("api_flags_coming", *_about_flags(question, None), most)
    items = [flag_item(row["project"], row_decoding.flag(row), question.as_of) for row in rows]
    return items, rows[0]["flags"] if rows else 0


def _about_flags(question: Question, rows: int | None) -> list[Any]:
    """The parameters of `api_flag_page`."""
    asked = question.filters
    return [
        question.as_of,
        *_named(asked, "flag", "severity", "certainty", "project", "deal", "country", "commodity", "investor_country"),
        *after(question.after, 3),
        rows,
        asked.get("next_before"),
    ]


def _about_projects(question: Question) -> list[Any]:
    """The parameters of `api_project_page` but the last, the number of rows."""
    asked = question.filters
    return [
        question.as_of,
        *_of_project(asked),
        *_named(asked, "level", "flag", "severity", "investor", "investor_country", "forum", "q", "updated_after"),
        asked.get("headline"),
        asked.get("sort", "key"),
        *after(question.after, 2),
    ]


def _of_project(asked: Any) -> list[Any]:
    return _named(asked, "country", "commodity", "sector")


def _named(asked: Any, *names: str) -> list[Any]:
    """The filters in the order of the query's parameters; None where nothing was asked."""
    return [asked.get(name) for name in names]
