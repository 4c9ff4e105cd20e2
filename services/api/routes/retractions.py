"""What the record took back and where sources disagree: /v1/retractions, /v1/conflicts (domain page, section 7)."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store import row_decoding
from services.api.store.knowledge import read_as_known
from services.api.store.project_events import stated_elsewhere
from services.api.store.snapshot import Row, Snapshot
from services.api.views import record_view
from services.api.views.list_answers import ConflictList, RetractionList
from services.api.views.record_view import ConflictItem
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import PARTITION, WHOLE_NUMBER, after, text
from services.api.web.parse_values import one_of
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list
from steppe.domain.analysis.doubtful_claims import doubts
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order, superseded_by

router = APIRouter(tags=["the record"])

# The two parts of the list of conflicts, as a cursor names them.
_BY_LOG, _BY_PROJECT = "log", "project"
_PROJECTS_AT_ONCE = 200


@router.get("/v1/retractions", openapi_extra=operation("list_retractions", query_parameters.RECORD, RetractionList))
async def retractions(request: Request) -> Response:
    """Every retraction that was known: what it takes back, why, and whether it holds, waits or is refused."""
    return await answer_list(request, query_parameters.RECORD, csv_columns.RETRACTIONS, _retraction_page)


@router.get("/v1/conflicts", openapi_extra=operation("list_conflicts", query_parameters.RECORD, ConflictList))
async def conflicts(request: Request) -> Response:
    """Where what was sent does not fit together: one name for two contents, claims that may be one, sums below zero, other figures,
    money taken off a leg that nobody named, references that lead to nothing.

    Nothing is decided here. Say `part_of` where two claims are one; correct what is wrong; figures of a cost stand beside each other.
    """
    return await answer_list(request, query_parameters.RECORD, csv_columns.CONFLICTS, _conflict_page)


async def _retraction_page(snapshot: Snapshot, question: Question) -> Page:
    known_at = None if question.knowledge is None else question.knowledge.known_at
    recorded = question.knowledge is not None and question.knowledge.recorded
    after_subject, after_source, after_id = after(question.after, text, text, text)
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
    """Records under a name that was taken, by their place in the log; then the doubts about what events say, by project."""
    if question.after is not None and question.after[:1] == [_BY_PROJECT]:
        _, after_subject, shown = after(question.after, text, text, WHOLE_NUMBER)
        items, next_key = await _doubts(snapshot, question, after_subject, shown, question.limit)
        return Page(items=items, next_key=next_key)
    same_id, next_key = await _same_id(snapshot, question)
    left = question.limit - len(same_id)
    if next_key is None and left > 0:
        items, next_key = await _doubts(snapshot, question, None, 0, left)
        return Page(items=[*same_id, *items], next_key=next_key)
    return Page(items=same_id, next_key=next_key or [_BY_PROJECT, "", "0"])


async def _doubts(
    snapshot: Snapshot, question: Question, after_subject: str | None, shown: int, limit: int
) -> tuple[list[ConflictItem], list[str] | None]:
    """Up to `limit` doubts, from a project on, of which so many were shown; and where the next page begins."""
    items: list[ConflictItem] = []
    subject = after_subject or None
    while True:
        rows = await snapshot.rows(
            "projects_with_doubts",
            projects=question.filters.get("project"),
            after_subject=subject,
            limit=_PROJECTS_AT_ONCE + 1,
        )
        projects = [row["subject"] for row in rows]
        events = await _events_of(snapshot, projects[:_PROJECTS_AT_ONCE])
        for project in projects[:_PROJECTS_AT_ONCE]:
            await asyncio.sleep(0)  # others are answered between two projects
            stored = events.get(project, [])
            read = read_as_known([event for event, _ in stored], question.knowledge)
            if superseded_by(read.events) is not None:
                continue
            by_reference = {event.reference: row for event, row in stored}
            in_order = in_fold_order(read.events)
            elsewhere = await stated_elsewhere(snapshot, project, in_order, question.knowledge)
            found = doubts(in_order, read.by_identity, question.as_of, elsewhere)
            doubt_items = [record_view.doubt(one, by_reference) for one in found]
            rest = doubt_items[shown if project == after_subject else 0 :]
            room = limit - len(items)
            if len(rest) > room:
                already = len(doubt_items) - len(rest)
                return [*items, *rest[:room]], [_BY_PROJECT, project, str(already + room)]
            items += rest
        if len(projects) <= _PROJECTS_AT_ONCE:
            return items, None
        subject = projects[-1]


async def _events_of(snapshot: Snapshot, projects: list[str]) -> dict[str, list[tuple[Event, Row]]]:
    events: dict[str, list[tuple[Event, Row]]] = defaultdict(list)
    for row in await snapshot.rows("events_of_subjects", subjects=projects):
        event = row_decoding.event(row)
        if event is not None:
            events[row["subject"]].append((event, row))
    return events


async def _same_id(snapshot: Snapshot, question: Question) -> tuple[list[ConflictItem], list[str] | None]:
    _, after_partition, after_offset = after(question.after, one_of((_BY_LOG,)), PARTITION, WHOLE_NUMBER)
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
    return items, [_BY_LOG, str(last["partition"]), str(last["log_offset"])] if last else None


def _identity(row: Row) -> list[str]:
    return [row["subject"], row["source"], row["id"]]
