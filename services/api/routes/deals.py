"""Deals: /v1/deals, one row a deal of a project."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.views import deal_view
from services.api.views.list_answers import UNNAMED, DealList, DealRow, of_projects
from services.api.web import pagination, query_parameters
from services.api.web.list_filters import deal_filters, investors_of
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list

router = APIRouter(tags=["lists"])


@router.get("/v1/deals", openapi_extra=operation("list_deals", query_parameters.DEALS, DealList))
async def deals(request: Request) -> Response:
    """Deals as they stand on a day: level, legs, clocks, flags, and a sentence that says it with the figures."""
    return await answer_list(request, query_parameters.DEALS, csv_columns.DEALS, deal_page)


async def deal_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of deals with their flags; `beside` has how many of all pages live."""
    investors = await investors_of(snapshot, question)
    after_project, after_deal = after(question.after, text, text)
    rows = await snapshot.rows(
        "deal_page",
        **deal_filters(question, investors),
        after_project=after_project,
        after_deal=after_deal,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    projects = sorted({row["project"] for row in rows})
    flags = row_decoding.flags_by_project(
        await snapshot.rows("flags_of_projects", as_of=question.as_of, projects=projects), question.as_of
    )
    shared = row_decoding.co_investors(await snapshot.rows("co_investments", as_of=question.as_of, projects=projects))
    named = of_projects(await snapshot.rows("names_of_projects", as_of=question.as_of, projects=projects))
    items: list[DealRow] = []
    for row in rows:
        deal = deal_view.deal(
            row["project"],
            row_decoding.deal(row),
            [flag for flag in flags.get(row["project"], []) if flag.deal == row["deal"]],
            shared.get((row["project"], row["deal"]), ()),
            question.as_of,
            question.tell,
        )
        items.append({**deal, **named.get(row["project"], UNNAMED)})
    living = sum(item["level"] is not None for item in items)
    if not question.whole and (more or question.after is not None):
        count = await snapshot.row("deal_count", **deal_filters(question, investors))
        assert count is not None, "a count is always a row"
        living = count["living"]
    return Page(
        items=items,
        next_key=[rows[-1]["project"], rows[-1]["deal"]] if more else None,
        beside={"living_deals": living},
    )
