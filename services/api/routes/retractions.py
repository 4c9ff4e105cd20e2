"""What the record took back and where sources disagree: /v1/retractions, /v1/conflicts (domain page, section 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from services.api.computation import by_size, computed
from services.api.export import csv_columns
from services.api.problems import COMPUTATION_ENDED
from services.api.store import row_decoding
from services.api.store.project_events import documents_named, rows_until
from services.api.store.snapshot import Row, Snapshot
from services.api.views import record_view
from services.api.views.list_answers import ConflictList, RetractionList
from services.api.views.record_view import ConflictItem, StoredClaims, StoredRetractions
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import PARTITION, WHOLE_NUMBER, after, text
from services.api.web.parse_values import one_of
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list, service_of
from services.api.work_queue import WorkQueue
from steppe.domain.analysis.idle_references import OWN_REFERENCES_PATTERN, REFERRING_NAMES
from steppe.domain.events.vocabulary import CORRECTION_NAMES, REGISTRY_NAMES
from steppe.log.positions import format_position, parse_position

router = APIRouter(tags=["the record"])

_CORRECTING = sorted((*CORRECTION_NAMES, *REGISTRY_NAMES))
# The two parts of the list of conflicts, as a cursor names them.
_BY_LOG, _BY_PROJECT = "log", "project"
_PROJECTS_A_PAGE = 200
_EVENTS_A_PAGE = 20_000
# More comparisons than this take longer than a thread should.
_PAIRS_IN_THREAD_MAX = 100_000


@router.get(
    "/v1/retractions",
    openapi_extra=operation("list_retractions", query_parameters.RECORD, RetractionList, COMPUTATION_ENDED),
)
async def retractions(request: Request) -> Response:
    """Every retraction that was known: what it takes back, why, and whether it holds, waits or is refused."""

    async def page(snapshot: Snapshot, question: Question) -> Page:
        return await _retraction_page(snapshot, question, service_of(request).queues.folds)

    return await answer_list(request, query_parameters.RECORD, csv_columns.RETRACTIONS, page)


@router.get(
    "/v1/conflicts", openapi_extra=operation("list_conflicts", query_parameters.RECORD, ConflictList, COMPUTATION_ENDED)
)
async def conflicts(request: Request) -> Response:
    """Where what was sent does not fit together: one name for two contents, claims that may be one, sums below zero, other figures,
    money taken off a leg that nobody named, references that lead to nothing.

    Nothing is decided here. Say `part_of` where two claims are one; correct what is wrong; figures of a cost stand beside each other.
    A page looks at 200 projects and 20,000 events at most (of one project at all): it may hold fewer items than `limit`, or none, and have a `next_cursor` nevertheless.
    What does not fit together in a project is read, on every page, from the log as it was for the first of these pages: a correction
    in between neither hides an item nor repeats one. What an operator takes out of quarantine in between may.
    """

    async def page(snapshot: Snapshot, question: Question) -> Page:
        return await _conflict_page(snapshot, question, service_of(request).queues.conflicts)

    return await answer_list(request, query_parameters.RECORD, csv_columns.CONFLICTS, page)


async def _retraction_page(snapshot: Snapshot, question: Question, queue: WorkQueue) -> Page:
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
    subjects = sorted({row["subject"] for row in rows})
    corrections = await snapshot.rows("corrections_of_subjects", subjects=subjects, names=_CORRECTING)
    named = await by_size(len(corrections), _targets, corrections)
    targets = await snapshot.rows("events_named", subjects=named.subjects, sources=named.sources, ids=named.ids)
    stored = StoredRetractions(rows=rows, events=[*corrections, *targets], knowledge=question.knowledge)
    next_key = _identity(rows[-1]) if more else None

    async def finish() -> Page:
        items = await computed(queue, len(stored.events), record_view.retractions, stored)
        return Page(items=items, next_key=next_key)

    return Page(next_key=next_key, finish=finish)


class _Targets(NamedTuple):
    subjects: Sequence[str]
    sources: Sequence[str]
    ids: Sequence[str]


def _targets(corrections: Sequence[Row]) -> _Targets:
    """What these events are about, each once."""
    events = [event for row in corrections if (event := row_decoding.event(row)) is not None]
    named = {
        (event.subject, event.data["target"]["source"], event.data["target"]["id"])
        for event in events
        if event.kind.is_correction
    }
    subjects, sources, ids = zip(*sorted(named), strict=True) if named else ((), (), ())
    return _Targets(subjects, sources, ids)


async def _conflict_page(snapshot: Snapshot, question: Question, queue: WorkQueue) -> Page:
    """Records under a name that was taken, by their place in the log; then the doubts about what events say, by project."""
    if question.after is not None and question.after[:1] == [_BY_PROJECT]:
        _, project, shown, until = after(question.after, text, text, WHOLE_NUMBER, parse_position)
        return await _doubts(snapshot, question, queue, until, project, shown)
    same_id, next_key = await _same_id(snapshot, question)
    if next_key is None and len(same_id) < question.limit:
        return await _doubts(snapshot, question, queue, _last_offsets(snapshot), items_before=same_id)
    return Page(items=same_id, next_key=next_key or _by_project_key("", 0, _last_offsets(snapshot)))


async def _doubts(
    snapshot: Snapshot,
    question: Question,
    queue: WorkQueue,
    until: Mapping[int, int],
    first_project: str = "",
    shown: int = 0,
    items_before: Sequence[ConflictItem] = (),
) -> Page:
    """A page of doubts, from a project on, of which so many were shown. It looks at so many projects and events only, whatever it finds.

    They are those of the log `until` a position, which the pages after this one keep: in the log as it grows a correction can
    move, remove or add one, and the number of those shown would lead to another.
    """
    rows = await snapshot.rows(
        "projects_with_doubts",
        projects=question.filters.get("project"),
        after_subject=first_project or None,
        referring_names=REFERRING_NAMES,
        references=OWN_REFERENCES_PATTERN,
        limit=_PROJECTS_A_PAGE + 1,
    )
    projects = [row["subject"] for row in rows]
    counts = await snapshot.rows("event_counts", subjects=projects[:_PROJECTS_A_PAGE])
    looked_at = _within(projects[:_PROJECTS_A_PAGE], {row["subject"]: row["events"] for row in counts})
    event_rows = await snapshot.rows("events_of_subjects", subjects=looked_at)
    events = rows_until(event_rows, until)
    stored = StoredClaims(
        projects=looked_at,
        shown=shown if projects[:1] == [first_project] else 0,
        events=events,
        documents=rows_until(await documents_named(snapshot, events, question.knowledge), until),
        knowledge=question.knowledge,
        as_of=question.as_of,
        limit=question.limit - len(items_before),
    )

    async def finish() -> Page:
        many = stored.pairs > _PAIRS_IN_THREAD_MAX
        items, place = await computed(queue, len(events), record_view.doubts_of_page, stored, folds=many)
        if place is None and len(projects) > len(looked_at):
            place = projects[len(looked_at)], 0
        return Page(items=[*items_before, *items], next_key=None if place is None else _by_project_key(*place, until))

    return Page(next_key=None, finish=finish)


def _within(projects: Sequence[str], events: Mapping[str, int]) -> Sequence[str]:
    """The first of these projects that have so many events together, one at least."""
    sums = accumulate(events.get(project, 0) for project in projects)
    return projects[: max(1, sum(together <= _EVENTS_A_PAGE for together in sums))]


def _last_offsets(snapshot: Snapshot) -> dict[int, int]:
    return {partition: offset - 1 for partition, offset in snapshot.next_offsets.items() if offset > 0}


def _by_project_key(project: str, shown: int, until: Mapping[int, int]) -> list[str]:
    return [_BY_PROJECT, project, str(shown), format_position(until)]


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
    items = await by_size(len(rows), _conflicts, rows)
    last = rows[-1] if more else None
    return items, [_BY_LOG, str(last["partition"]), str(last["log_offset"])] if last else None


def _conflicts(rows: Sequence[Row]) -> list[ConflictItem]:
    return [record_view.conflict(row) for row in rows]


def _identity(row: Row) -> list[str]:
    return [row["subject"], row["source"], row["id"]]
