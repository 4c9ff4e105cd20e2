"""Flags that stand on a day: /v1/flags, and those that rise soonest, for the page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.snapshot import Snapshot
from services.api.web import query_parameters
from services.api.web.pagination import after
from services.api.web.query_parameters import Question, openapi_extra
from services.api.web.responses import Page, answer_list
from steppe.contracts.items import FlagItem
from steppe.contracts.items import flag as flag_item

router = APIRouter(tags=["lists"])


@router.get("/v1/flags", openapi_extra=openapi_extra(query_parameters.FLAG_ROWS))
async def flags(request: Request) -> Response:
    """Flags that stand on a day, each with its clock, its evidence and a sentence."""
    return await answer_list(request, query_parameters.FLAG_ROWS, csv_columns.FLAGS, flag_page)


async def flag_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of flags."""
    rows = await snapshot.rows("api_flag_page", *_about_flags(question, question.limit + 1))
    rows, more = rows[: question.limit], len(rows) > question.limit
    items = [flag_item(row["project"], row_decoding.flag(row), question.as_of) for row in rows]
    last = rows[-1] if more else None
    return Page(items=items, next_key=[last["project"], last["deal"], last["flag"]] if last else None)


async def coming_flags(snapshot: Snapshot, question: Question, most: int) -> tuple[list[FlagItem], int]:
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


def _named(asked: Any, *names: str) -> list[Any]:
    """The filters in the order of the query's parameters; None where nothing was asked."""
    return [asked.get(name) for name in names]
