"""Flags that stand on a day: /v1/flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.snapshot import Row, Snapshot
from services.api.views.list_answers import UNNAMED, FlagList, FlagRow, OfProject, of_projects
from services.api.web import pagination, query_parameters
from services.api.web.list_filters import flag_filters, investors_of, projects_of_flags
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.contracts.items import flag as flag_item

router = APIRouter(tags=["lists"])


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPage(Page):
    """One page of flags, and how many flags all pages have; of a page of a file of every row, how many it has itself."""

    total: int


@router.get("/v1/flags", openapi_extra=operation("list_flags", query_parameters.FLAG_ROWS, FlagList))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence: the gravest first, and of these the oldest."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def flag_page(snapshot: Snapshot, question: Question, projects: Sequence[str] | None = None) -> FlagPage:
    """One page of flags. `projects`: of these only, whatever the filters say of projects."""
    investors = await investors_of(snapshot, question)
    projects = await projects_of_flags(snapshot, question) if projects is None else projects
    after_rank, after_project, after_deal, after_flag = after(question.after, text, text, text, text)
    sort = question.filters.get("sort", "severity")
    rows = await snapshot.rows(
        "flag_page",
        **flag_filters(question, investors, projects),
        sort=sort,
        after_rank=after_rank,
        after_project=after_project,
        after_deal=after_deal,
        after_flag=after_flag,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    total = len(rows)
    if not question.whole and (more or question.after is not None):  # a file of all of them counts its rows
        count = await snapshot.row("flag_count", **flag_filters(question, investors, projects))
        assert count is not None, "a count is always a row"
        total = count["flags"]
    keys = sorted({row["project"] for row in rows})
    named = of_projects(await snapshot.rows("names_of_projects", as_of=question.as_of, projects=keys))
    last = rows[-1] if more else None
    return FlagPage(
        compute=partial(_items, rows, named, question),
        rows=len(rows),
        next_key=[last["rank"], last["project"], last["deal"], last["flag"]] if last else None,
        beside={"total": total},
        total=total,
    )


def _items(rows: Sequence[Row], named: Mapping[str, OfProject], question: Question) -> list[FlagRow]:
    return [
        {
            **flag_item(row["project"], row_decoding.flag(row, question.as_of), question.as_of, question.tell),
            **named.get(row["project"], UNNAMED),
        }
        for row in rows
    ]
