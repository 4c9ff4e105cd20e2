"""Deals: /v1/deals, one row a deal of a project."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.views import project_view
from services.api.web import query_parameters
from services.api.web.pagination import after
from services.api.web.query_parameters import Question, openapi_extra
from services.api.web.responses import Page, answer_list

router = APIRouter(tags=["lists"])


@router.get("/v1/deals", openapi_extra=openapi_extra(query_parameters.DEALS))
async def deals(request: Request) -> Response:
    """Deals as they stand on a day: level, legs, clocks, flags, and a sentence that says it with the figures."""
    return await answer_list(request, query_parameters.DEALS, csv_columns.DEALS, deal_page)


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


def _of_project(asked: Any) -> list[Any]:
    return _named(asked, "country", "commodity", "sector")


def _named(asked: Any, *names: str) -> list[Any]:
    """The filters in the order of the query's parameters; None where nothing was asked."""
    return [asked.get(name) for name in names]
