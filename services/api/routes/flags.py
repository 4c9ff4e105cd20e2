"""Flags that stand on a day: /v1/flags, and those that rise soonest, for the page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.views.list_answers import UNNAMED, FlagList, FlagRow, of_projects
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.contracts.items import FlagItem
from steppe.contracts.items import flag as flag_item

router = APIRouter(tags=["lists"])


@router.get("/v1/flags", openapi_extra=operation("list_flags", query_parameters.FLAG_ROWS, FlagList))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def flag_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of flags."""
    filters = question.filters
    after_project, after_deal, after_flag = after(question.after, text, text, text)
    rows = await snapshot.rows(
        "flag_page",
        as_of=question.as_of,
        flags=filters.get("flag"),
        severities=filters.get("severity"),
        certainties=filters.get("certainty"),
        projects=filters.get("project"),
        deals=filters.get("deal"),
        countries=filters.get("country"),
        commodities=filters.get("commodity"),
        investor_countries=filters.get("investor_country"),
        next_before=filters.get("next_before"),
        after_project=after_project,
        after_deal=after_deal,
        after_flag=after_flag,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    projects = sorted({row["project"] for row in rows})
    named = of_projects(await snapshot.rows("names_of_projects", as_of=question.as_of, projects=projects))
    items: list[FlagRow] = [
        {
            **flag_item(row["project"], row_decoding.flag(row), question.as_of, question.tell),
            **named.get(row["project"], UNNAMED),
        }
        for row in rows
    ]
    last = rows[-1] if more else None
    return Page(items=items, next_key=[last["project"], last["deal"], last["flag"]] if last else None)


async def next_flags(snapshot: Snapshot, question: Question, rows_max: int) -> tuple[list[FlagItem], int]:
    """Of the flags that pass the filters, `next_before` among them, those that rise soonest, and how many there are in all."""
    filters = question.filters
    rows = await snapshot.rows(
        "next_flags",
        as_of=question.as_of,
        flags=filters.get("flag"),
        severities=filters.get("severity"),
        certainties=filters.get("certainty"),
        projects=filters.get("project"),
        deals=filters.get("deal"),
        countries=filters.get("country"),
        commodities=filters.get("commodity"),
        investor_countries=filters.get("investor_country"),
        next_before=filters.get("next_before"),
        after_project=None,
        after_deal=None,
        after_flag=None,
        limit=None,
        rows_max=rows_max,
    )
    items = [flag_item(row["project"], row_decoding.flag(row), question.as_of, question.tell) for row in rows]
    return items, rows[0]["flags"] if rows else 0
