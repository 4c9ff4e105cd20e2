"""The lists: /v1/projects, /v1/deals, /v1/flags. From a question to rows, from rows to items; one query a page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.api import parameters, shapes, stored, tables
from services.api.answers import Page, answer_list
from services.api.cursors import after
from services.api.parameters import Question, described
from services.api.reading import Snapshot
from steppe.contracts.items import flag as flag_item
from steppe.contracts.items import project as project_item

router = APIRouter(tags=["lists"])


@router.get("/v1/projects", openapi_extra=described(parameters.PROJECTS))
async def projects(request: Request) -> Response:
    """Projects as they stand on a day: level, headline, flags, investors."""
    return await answer_list(request, parameters.PROJECTS, tables.PROJECTS, project_page)


@router.get("/v1/deals", openapi_extra=described(parameters.DEALS))
async def deals(request: Request) -> Response:
    """Deals as they stand on a day: level, legs, clocks, flags, and a sentence that says it with the figures."""
    return await answer_list(request, parameters.DEALS, tables.DEALS, _deal_page)


@router.get("/v1/flags", openapi_extra=described(parameters.FLAG_ROWS))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence."""
    return await answer_list(request, parameters.FLAG_ROWS, tables.FLAGS, _flag_page)


async def project_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of projects with their flags."""
    asked = question.filters
    rows = await snapshot.rows(
        "api_project_page",
        question.as_of,
        *_of_project(asked),
        *_named(asked, "level", "flag", "severity", "investor", "investor_country", "forum", "q", "updated_after"),
        asked.get("headline"),
        asked.get("sort", "key"),
        *after(question.after, 2),
        question.limit + 1,
    )
    rows, more = rows[: question.limit], len(rows) > question.limit
    found = stored.flags_by_project(
        await snapshot.rows("api_flags_of_projects", question.as_of, [row["project"] for row in rows])
    )
    schemes = asked.get("crosswalk", ())
    items = []
    for row in rows:
        state = stored.project(row)
        item = project_item(state, found.get(row["project"], []), stored.position(row), question.as_of)
        items.append({**item, **shapes.crosswalk(state, schemes)})
    return Page(
        items=items,
        next_key=[rows[-1]["rank"], rows[-1]["project"]] if more else None,
        columns=tables.crosswalk(schemes),
    )


async def _deal_page(snapshot: Snapshot, question: Question) -> Page:
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
    found = stored.flags_by_project(
        await snapshot.rows("api_flags_of_projects", question.as_of, sorted({row["project"] for row in rows}))
    )
    shared = stored.co_investors(
        await snapshot.rows("api_co_investments", question.as_of, sorted({row["project"] for row in rows}))
    )
    items = [
        shapes.deal(
            row["project"],
            stored.deal(row),
            [flag for flag in found.get(row["project"], []) if flag.deal == row["deal"]],
            shared.get((row["project"], row["deal"]), ()),
            question.as_of,
        )
        for row in rows
    ]
    return Page(items=items, next_key=[rows[-1]["project"], rows[-1]["deal"]] if more else None)


async def _flag_page(snapshot: Snapshot, question: Question) -> Page:
    asked = question.filters
    rows = await snapshot.rows(
        "api_flag_page",
        question.as_of,
        *_named(asked, "flag", "severity", "certainty", "project", "deal", "country", "commodity", "investor_country"),
        *after(question.after, 3),
        question.limit + 1,
    )
    rows, more = rows[: question.limit], len(rows) > question.limit
    items = [flag_item(row["project"], stored.flag(row), question.as_of) for row in rows]
    last = rows[-1] if more else None
    return Page(items=items, next_key=[last["project"], last["deal"], last["flag"]] if last else None)


def _of_project(asked: Any) -> list[Any]:
    return _named(asked, "country", "commodity", "sector")


def _named(asked: Any, *names: str) -> list[Any]:
    """The filters in the order of the query's parameters; None where nothing was asked."""
    return [asked.get(name) for name in names]
