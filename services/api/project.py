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
from steppe.domain.ahead import Coming, ahead
from steppe.domain.fold import history
from steppe.domain.project_in_words import explanation
from steppe.domain.record import Record

router = APIRouter(tags=["one project"])


@router.get("/v1/projects/{key}", openapi_extra=described(parameters.PROJECT))
async def project(request: Request, key: str) -> Response:
    """A project with its deals, legs, stakes, offtakes, money and value chain on a day.

    `explanation` says in plain words where it stands, what is missing, and what happens next and when (`stands`, `missing`,
    `next`: one to three sentences each, with the figures of the day); each deal has its own `sentence`. `next` is the first
    later day on which a flag that stands becomes more severe.
    """

    async def one(snapshot: Snapshot, question: Question) -> dict[str, Any]:
        return await detail_item(snapshot, question, key)

    return await answer_one(request, parameters.PROJECT, one)


@router.get("/v1/projects/{key}/timeline", openapi_extra=described(parameters.TIMELINE))
async def project_timeline(request: Request, key: str) -> Response:
    """What happened to a project until a day, in the order of the fold, and what it did to levels and flags.

    `confidence` and `evidence` choose among the events that are shown; levels and flags are judged from all of them.
    """

    async def page(snapshot: Snapshot, question: Question) -> Page:
        return await timeline_page(snapshot, question, key)

    return await answer_list(request, parameters.TIMELINE, tables.TIMELINE, page)


async def detail_item(snapshot: Snapshot, question: Question, key: str) -> dict[str, Any]:
    as_of = question.as_of
    row = await _found(snapshot, as_of, key)
    deals = [stored.deal(one) for one in await snapshot.rows("api_deals_of_project", as_of, key)]
    flags = stored.flags_by_project(await snapshot.rows("api_flags_of_projects", as_of, [key])).get(key, [])
    shared = stored.co_investors(await snapshot.rows("api_co_investments", as_of, [key]))
    known = [stored.event(one) for one in await snapshot.rows("api_events_of_project", key) if stored.folds(one)]
    record = read_as_known((event for event in known if event is not None), question.knowledge)
    events = sorted((event for event in record.events if event.latest <= as_of), key=lambda event: event.order)
    state = stored.project(row)
    held = stored.held_events(await snapshot.rows("api_held_events", [key]))
    told = explanation(
        stored.spans(await snapshot.rows("api_project_spans_of_project", key), stored.project),
        deals,
        flags,
        await _coming(snapshot, as_of, key, record),
        as_of,
        question.known_at.date(),
    )
    return {
        **shapes.project_detail(state, deals, flags, shared, stored.position(row), as_of, told),
        **shapes.crosswalk(state, question.filters.get("crosswalk", ())),
        **shapes.quarantine(held, key, counted=True),
        "stakes": ledger.stakes(events, deals),
        "offtakes": ledger.offtakes(events, deals),
        "money": ledger.money(events),
        "value_chain": ledger.value_chain(events),
    }


async def _coming(snapshot: Snapshot, as_of: date, key: str, record: Record) -> tuple[Coming, ...]:
    """What comes by itself after a day. What did occur later must not be foreseen, so then the life is folded without it."""
    known = [event for event in record.events if event.latest <= as_of or event.kind.is_registry]
    if len(known) < len(record.events):
        life = history(key, known, snapshot.rules)
        return ahead(life.deals, life.flags, as_of)
    return ahead(
        stored.spans(await snapshot.rows("api_deal_spans_ahead", as_of, key), stored.deal),
        stored.spans(await snapshot.rows("api_flag_spans_ahead", as_of, key), stored.flag),
        as_of,
    )


async def timeline_page(snapshot: Snapshot, question: Question, key: str) -> Page:
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
        stated={name: question.filters[name] for name in parameters.STATED if name in question.filters},
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
    asked = key.replace("\x00", "")
    if await snapshot.row("api_held_events", [asked]) is not None:
        held = "its events wait in quarantine; see `steppe quarantine list`."
        raise RefusalError(NOT_FOUND, f"No project {key[:80]!r} yet: {held}", {"suggestions": []})
    known = [one["project"] for one in await snapshot.rows("api_near_projects", asked)]
    likely = near(key, known)
    hint = f" Did you mean {' or '.join(likely)}?" if likely else " Search with /v1/projects?q=."
    raise RefusalError(NOT_FOUND, f"No project {key[:80]!r}.{hint}", {"suggestions": likely})
