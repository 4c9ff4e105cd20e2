"""Deals: /v1/deals, one row a deal of a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.raised_flags import RaisedFlags, flags_of_deals
from services.api.store.snapshot import Row, Snapshot
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
    raised = await flags_of_deals(snapshot, question.as_of, [(row["project"], row["deal"]) for row in rows])
    shared_rows = await snapshot.rows("co_investments", as_of=question.as_of, projects=projects)
    named_rows = await snapshot.rows("names_of_projects", as_of=question.as_of, projects=projects)
    living = sum(row["level"] is not None for row in rows)
    if not question.whole and (more or question.after is not None):
        filters = deal_filters(question, investors)
        if any(value is not None for name, value in filters.items() if name != "as_of"):
            count = await snapshot.row("deal_count", **deal_filters(question, investors))
        else:
            count = await snapshot.row("deal_count_of_all", as_of=question.as_of)
        assert count is not None, "a count is always a row"
        living = count["living"]
    return Page(
        compute=partial(_items, rows, raised, shared_rows, named_rows, question),
        rows=len(rows) + len(raised.rows),
        next_key=[rows[-1]["project"], rows[-1]["deal"]] if more else None,
        beside={"living_deals": living},
    )


def _items(
    rows: Sequence[Row],
    raised: RaisedFlags,
    shared_rows: Sequence[Row],
    named_rows: Sequence[Row],
    question: Question,
) -> list[DealRow]:
    flags = raised.by_deal()
    shared = row_decoding.co_investors(shared_rows)
    named = of_projects(named_rows)
    return [
        {
            **deal_view.deal(
                row["project"],
                row_decoding.deal(row),
                flags.get((row["project"], row["deal"]), ()),
                shared.get((row["project"], row["deal"]), ()),
                question.as_of,
                question.tell,
            ),
            **named.get(row["project"], UNNAMED),
        }
        for row in rows
    ]
