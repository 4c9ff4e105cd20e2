"""One project: /v1/projects/{key} and its timeline. From rows to the whole story of one key."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from services.api import ledger, parameters, shapes, stored, tables, timeline
from services.api.answers import Page, answer_list, answer_one
from services.api.knowledge import read_as_known
from services.api.parameters import Question, described
from services.api.problems import NOT_FOUND, RefusalError, near
from services.api.reading import Row, Snapshot

router = APIRouter(tags=["one project"])


@router.get("/v1/projects/{key}", openapi_extra=described(parameters.PROJECT))
async def project(request: Request, key: str) -> Response:
    """A project with its deals, legs, stakes, offtakes, money and value chain on a day."""

    async def one(snapshot: Snapshot, question: Question) -> dict[str, Any]:
        return await _detail(snapshot, question, key)

    return await answer_one(request, parameters.PROJECT, one)


@router.get("/v1/projects/{key}/timeline", openapi_extra=described(parameters.PAGED))
async def project_timeline(request: Request, key: str) -> Response:
    """What happened to a project until a day, in the order of the fold, and what it did to levels and flags."""

    async def page(snapshot: Snapshot, question: Question) -> Page:
        return await _timeline(snapshot, question, key)

    return await answer_list(request, parameters.PAGED, tables.TIMELINE, page)


async def _detail(snapshot: Snapshot, question: Question, key: str) -> dict[str, Any]:
    as_of = question.as_of
    row = await _found(snapshot, as_of, key)
    deals = [stored.deal(one) for one in await snapshot.rows("api_deals_of_project", as_of, key)]
    flags = stored.flags_by_project(await snapshot.rows("api_flags_of_projects", as_of, [key])).get(key, [])
    shared = stored.co_investors(await snapshot.rows("api_co_investments", as_of, [key]))
    known = [stored.event(one) for one in await snapshot.rows("api_events_of_project", key)]
    record = read_as_known((event for event in known if event is not None), question.knowledge)
    events = sorted((event for event in record.events if event.latest <= as_of), key=lambda event: event.order)
    state = stored.project(row)
    return {
        **shapes.project_detail(state, deals, flags, shared, stored.position(row), as_of),
        **shapes.crosswalk(state, question.filters.get("crosswalk", ())),
        "stakes": ledger.stakes(events, deals),
        "offtakes": ledger.offtakes(events, deals),
        "money": ledger.money(events),
        "value_chain": ledger.value_chain(events),
    }


async def _timeline(snapshot: Snapshot, question: Question, key: str) -> Page:
    await _found(snapshot, question.as_of, key)
    changes = timeline.changes(await snapshot.rows("api_flag_spans_of_project", question.as_of, key), question.as_of)
    told = timeline.Told(
        project=key,
        as_of=question.as_of,
        knowledge=question.knowledge,
        rows=await snapshot.rows("api_events_of_project", key),
        deal_spans=await snapshot.rows("api_deal_spans_of_project", key),
        project_spans=await snapshot.rows("api_project_spans_of_project", key),
        changes=changes,
        rules=snapshot.rules,
    )
    entries, next_key = told.page(question.after, question.limit)
    conflicts = await snapshot.rows("api_conflicts_of_project", key)
    return Page(
        items=entries,
        next_key=next_key,
        beside={
            "project": key,
            "flag_changes": changes,
            "conflicts": [timeline.conflict(row) for row in conflicts],
        },
    )


async def _found(snapshot: Snapshot, as_of: date, key: str) -> Row:
    row = await snapshot.row("api_project_at", as_of, key) if "\x00" not in key else None
    if row is not None:
        return row
    known = [one["project"] for one in await snapshot.rows("api_near_projects", key.replace("\x00", ""))]
    likely = near(key, known)
    hint = f" Did you mean {' or '.join(likely)}?" if likely else " Search with /v1/projects?q=."
    raise RefusalError(NOT_FOUND, f"No project {key[:80]!r}.{hint}", {"suggestions": likely})
