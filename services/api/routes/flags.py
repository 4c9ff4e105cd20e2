"""Flags that stand on a day: /v1/flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store.raised_flags import RaisedFlags, flags_of_rows
from services.api.store.snapshot import Row, Snapshot
from services.api.views.list_answers import UNNAMED, FlagList, FlagRow, OfProject, of_projects
from services.api.web import pagination, query_parameters
from services.api.web.list_filters import FlagFilters, flag_filters, investors_of, projects_of_flags
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.contracts.items import flag as flag_item
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.values.states import SEVERITIES

router = APIRouter(tags=["lists"])
_PAGE_OF_SEVERITY = {severity: f"flag_page_of_{severity.replace('-', '_')}" for severity in SEVERITIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPage(Page):
    """One page of flags, and how many flags all pages have; of a page of a file of every row, how many it has itself; None: not counted."""

    total: int | None


class _Rank(NamedTuple):
    """Where the page before ended: at which severity, the gravest is 1, and since when the last flag has had it."""

    place: int
    since: date


@router.get("/v1/flags", openapi_extra=operation("list_flags", query_parameters.FLAG_ROWS, FlagList))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence: the gravest first, and of these the oldest."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def flag_page(
    snapshot: Snapshot, question: Question, projects: Sequence[str] | None = None, *, counted: bool = True
) -> FlagPage:
    """One page of flags. `projects`: of these only, whatever the filters say of projects. `counted`: say how many all pages have."""
    investors = await investors_of(snapshot, question)
    projects = await projects_of_flags(snapshot, question) if projects is None else projects
    sort = question.filters.get("sort", "severity")
    if sort == "severity":
        rows = await _gravest_first(snapshot, question, flag_filters(question, investors, projects))
    else:
        after_rank, after_project, after_deal, after_flag = after(question.after, text, text, text, text)
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
    total: int | None = len(rows)
    if not counted:
        total = None
    elif not question.whole and (more or question.after is not None):  # a file of all of them counts its rows
        count = await snapshot.row("flag_count", **flag_filters(question, investors, projects))
        assert count is not None, "a count is always a row"
        total = count["flags"]
    keys = sorted({row["project"] for row in rows})
    named = of_projects(await snapshot.rows("names_of_projects", as_of=question.as_of, projects=keys))
    raised = await flags_of_rows(snapshot, question.as_of, rows)
    last = rows[-1] if more else None
    return FlagPage(
        compute=partial(_items, raised, named, question),
        rows=len(rows),
        next_key=[last["rank"], last["project"], last["deal"], last["flag"]] if last else None,
        beside={"total": total},
        total=total,
    )


async def _gravest_first(snapshot: Snapshot, question: Question, filters: FlagFilters) -> list[Row]:
    """The rows of a page, one more than its limit if there are: one severity after the other, each in the order of its index."""
    after_rank, after_project, after_deal, after_flag = after(question.after, _rank, text, text, text)
    names = question.filters.get("flag")
    possible = {severity for name in names or FLAGS for severity in FLAGS[name].severities}
    severities = possible.intersection(question.filters.get("severity", possible))
    rows: list[Row] = []
    for place, severity in enumerate(reversed(SEVERITIES), 1):
        if severity not in severities or (after_rank is not None and place < after_rank.place):
            continue
        goes_on = after_rank is not None and place == after_rank.place
        rows += await snapshot.rows(
            _PAGE_OF_SEVERITY[severity],
            **filters,
            after_since=after_rank.since if goes_on and after_rank is not None else None,
            after_project=after_project if goes_on else None,
            after_deal=after_deal if goes_on else None,
            after_flag=after_flag if goes_on else None,
            limit=question.limit + 1 - len(rows),
        )
        if len(rows) > question.limit:
            break
    return rows


def _rank(value: str) -> _Rank:
    """Of a cursor; raises ValueError when it is none."""
    return _Rank(int(value[:1]), date.fromisoformat(value[1:]))


def _items(raised: RaisedFlags, named: Mapping[str, OfProject], question: Question) -> list[FlagRow]:
    return [
        {
            **flag_item(row["project"], flag, question.as_of, question.tell),
            **named.get(row["project"], UNNAMED),
        }
        for row, flag in zip(raised.rows, raised.all(), strict=True)
    ]
