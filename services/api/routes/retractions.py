"""What the record took back and where sources disagree: /v1/retractions, /v1/conflicts (domain page, section 7)."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.knowledge import read_as_known
from services.api.store.snapshot import Row, Snapshot
from services.api.views import record_view
from services.api.views.list_answers import ConflictList, RetractionList
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, after_numbers
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.domain.events.event import Event

router = APIRouter(tags=["the record"])


@router.get("/v1/retractions", openapi_extra=operation("list_retractions", query_parameters.RECORD, RetractionList))
async def retractions(request: Request) -> Response:
    """Every retraction that was known: what it takes back, why, and whether it holds, waits or is refused."""
    return await answer_list(request, query_parameters.RECORD, csv_columns.RETRACTIONS, _retraction_page)


@router.get("/v1/conflicts", openapi_extra=operation("list_conflicts", query_parameters.RECORD, ConflictList))
async def conflicts(request: Request) -> Response:
    """Records under the name of an event that was there already, with another content; the first in the log stands."""
    return await answer_list(request, query_parameters.RECORD, csv_columns.CONFLICTS, _conflict_page)


async def _retraction_page(snapshot: Snapshot, question: Question) -> Page:
    known_at = None if question.knowledge is None else question.knowledge.known_at
    recorded = question.knowledge is not None and question.knowledge.recorded
    after_subject, after_source, after_id = after(question.after, 3)
    rows = await snapshot.rows(
        "retraction_page",
        projects=question.filters.get("project"),
        known_at=known_at,
        recorded=recorded,
        after_subject=after_subject,
        after_source=after_source,
        after_id=after_id,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    events: dict[str, list[Event]] = defaultdict(list)
    for row in await snapshot.rows("events_of_subjects", subjects=sorted({row["subject"] for row in rows})):
        event = row_decoding.event(row)
        if event is not None:
            events[row["subject"]].append(event)
    readings = {subject: read_as_known(history, question.knowledge).by_identity for subject, history in events.items()}
    items = [record_view.retraction(row, readings[row["subject"]]) for row in rows]
    return Page(items=items, next_key=_identity(rows[-1]) if more else None)


async def _conflict_page(snapshot: Snapshot, question: Question) -> Page:
    after_partition, after_offset = after_numbers(question.after, 2)
    rows = await snapshot.rows(
        "conflict_page",
        projects=question.filters.get("project"),
        after_partition=after_partition,
        after_offset=after_offset,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    items = [record_view.conflict(row) for row in rows]
    last = rows[-1] if more else None
    return Page(items=items, next_key=[str(last["partition"]), str(last["log_offset"])] if last else None)


def _identity(row: Row) -> list[str]:
    return [row["subject"], row["source"], row["id"]]
