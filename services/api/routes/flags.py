"""Flags that stand on a day: /v1/flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.party_groups import read_parents, with_members
from services.api.store.snapshot import Snapshot
from services.api.views.list_answers import UNNAMED, FlagList, FlagRow, of_projects
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.contracts.items import flag as flag_item
from steppe.domain.values.states import SEVERITIES

router = APIRouter(tags=["lists"])
# How the ranks of the statement begin.
_RANKS = {severity: str(place) for place, severity in enumerate(reversed(SEVERITIES), 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagPage(Page):
    """One page of flags, and how many flags all pages have; of a page of a file of every row, how many it has itself."""

    total: int


@router.get("/v1/flags", openapi_extra=operation("list_flags", query_parameters.FLAG_ROWS, FlagList))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence: the gravest first, and of these the oldest."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def flag_page(snapshot: Snapshot, question: Question, among: Sequence[str] | None = None) -> FlagPage:
    """One page of flags; `among`: of these projects only, whatever the filters say of projects."""
    filters = question.filters
    projects = filters.get("project") if among is None else among
    after_rank, after_project, after_deal, after_flag = after(question.after, text, text, text, text)
    parents = await read_parents(snapshot, question.as_of) if "investor" in filters else {}
    investors = with_members(filters.get("investor"), parents)
    sort = filters.get("sort", "severity")
    ranks = [_RANKS[severity] for severity in filters.get("severity", ())] if sort == "severity" else []
    rows = await snapshot.rows(
        "flag_page",
        as_of=question.as_of,
        flags=filters.get("flag"),
        severities=filters.get("severity"),
        certainties=filters.get("certainty"),
        projects=projects,
        deals=filters.get("deal"),
        countries=filters.get("country"),
        commodities=filters.get("commodity"),
        investors=investors,
        investor_countries=filters.get("investor_country"),
        next_before=filters.get("next_before"),
        sort=sort,
        rank_from=min(ranks, default=None),
        rank_to=str(int(max(ranks)) + 1) if ranks else None,
        after_rank=after_rank,
        after_project=after_project,
        after_deal=after_deal,
        after_flag=after_flag,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    total = len(rows)
    if not question.whole and (more or question.after is not None):  # a file of all of them counts its rows
        counted = await snapshot.row(
            "flag_count",
            as_of=question.as_of,
            flags=filters.get("flag"),
            severities=filters.get("severity"),
            certainties=filters.get("certainty"),
            projects=projects,
            deals=filters.get("deal"),
            countries=filters.get("country"),
            commodities=filters.get("commodity"),
            investors=investors,
            investor_countries=filters.get("investor_country"),
            next_before=filters.get("next_before"),
        )
        assert counted is not None, "a count is always a row"
        total = counted["flags"]
    shown = sorted({row["project"] for row in rows})
    named = of_projects(await snapshot.rows("names_of_projects", as_of=question.as_of, projects=shown))
    items: list[FlagRow] = [
        {
            **flag_item(row["project"], row_decoding.flag(row), question.as_of, question.tell),
            **named.get(row["project"], UNNAMED),
        }
        for row in rows
    ]
    last = rows[-1] if more else None
    return FlagPage(
        items=items,
        next_key=[last["rank"], last["project"], last["deal"], last["flag"]] if last else None,
        beside={"total": total},
        total=total,
    )
