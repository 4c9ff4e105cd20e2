"""/v1/flags/transitions: what became of flags, as a list that is read on from the last id. The stream sends the same items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.store.row_decoding import announced_flag
from services.api.store.snapshot import Row, Snapshot
from services.api.views.list_answers import TransitionList
from services.api.web import pagination
from services.api.web.operations import operation
from services.api.web.pagination import WHOLE_NUMBER, after
from services.api.web.query_parameters import FEED, Question
from services.api.web.responses import Page, answer_list
from steppe.contracts.announcements import Transition, TransitionItem, transition_item
from steppe.contracts.items import Tell
from steppe.domain.messages.english import english
from steppe.http.problems import BAD_PARAMETER, Refusal

router = APIRouter(tags=["feed"])


@router.get("/v1/flags/transitions", openapi_extra=operation("list_transitions", FEED, TransitionList))
async def transitions(request: Request) -> Response:
    """What became of flags (raised, escalated, eased, cleared, revoked), in the order in which it was found out.

    Each is told once, with the same `event_id` as in the topic `steppe.flags.v1`. Go on with `after` the last `id` you have.
    What only told history (`backfill`), as an import of old events does, is left out unless it is asked for.
    """
    return await answer_list(request, FEED, csv_columns.TRANSITIONS, _page, stands_for=_last)


async def last_id(snapshot: Snapshot, after_id: int) -> int:
    """The id of the last transition. Refuses an `after_id` beyond it: it was read from another feed than this."""
    row = await snapshot.row("last_transition")
    last = int(row["transition_id"]) if row else 0
    if after_id > last:
        detail = (
            f"after: {after_id} is beyond the end of the feed, which is {last}: it was read elsewhere. Start with 0."
        )
        raise Refusal(BAD_PARAMETER, detail, parameter="after", last=last)
    return last


async def items_after(
    snapshot: Snapshot, after_id: int, filters: Mapping[str, Any], limit: int
) -> list[TransitionItem]:
    """The transitions behind an id that fit the filters."""
    return [_item(row) for row in await _rows_after(snapshot, after_id, filters, limit)]


async def _rows_after(snapshot: Snapshot, after_id: int, filters: Mapping[str, Any], limit: int) -> list[Row]:
    return await snapshot.rows(
        "transition_page",
        after=after_id,
        projects=filters.get("project"),
        flags=filters.get("flag"),
        countries=filters.get("country"),
        causes=filters.get("cause"),
        backfill=filters.get("backfill", False),
        limit=limit,
    )


async def latest(
    snapshot: Snapshot, limit: int, *, backfill: bool = False, tell: Tell = english
) -> list[TransitionItem]:
    """The last transitions, the newest first. `backfill`: also what is no news."""
    return [_item(row, tell) for row in await snapshot.rows("latest_transitions", backfill=backfill, limit=limit)]


class ProjectChanges(NamedTuple):
    """What changed at one project lately, the newest first; `more`: so many are not listed."""

    project: str
    transitions: Sequence[TransitionItem]
    more: int


async def latest_changes(
    snapshot: Snapshot,
    as_of: date,
    known_at: datetime | None,
    *,
    projects_max: int,
    transitions_max: int,
    severities: Sequence[str] | None = None,
    flags: Sequence[str] | None = None,
    projects: Sequence[str] | None = None,
) -> list[ProjectChanges]:
    """The projects at which flags changed last, the last one first, each with its last transitions, `transitions_max` at most.

    Of these severities, flags and projects only, if any are given. `as_of` and `known_at` (None: now): only what was
    announced as of a day until then, and found out by then. What is no news is left out.
    """
    rows = await snapshot.rows(
        "latest_changes",
        severities=severities,
        flags=flags,
        projects=projects,
        as_of=as_of,
        known_at=known_at,
        projects_max=projects_max,
        transitions_max=transitions_max,
    )
    return [
        ProjectChanges(project, [_item(row) for row in last], last[0]["transitions"] - len(last))
        for project, last in ((project, list(group)) for project, group in groupby(rows, itemgetter("project")))
    ]


async def _page(snapshot: Snapshot, question: Question) -> Page:
    (after_id,) = after(question.after, WHOLE_NUMBER)
    if after_id is None:
        after_id = question.filters.get("after", 0)
    await last_id(snapshot, after_id)
    rows = await _rows_after(snapshot, after_id, question.filters, question.limit + 1)
    rows, more = pagination.cut_page(rows, question.limit)
    next_key = [str(rows[-1]["transition_id"])] if more else None
    return Page(next_key=next_key, compute=lambda: [_item(row) for row in rows], rows=len(rows))


async def _last(snapshot: Snapshot) -> str:
    # The feed grows without the log: a day comes, or the rules change.
    return str(await last_id(snapshot, 0))


def _item(row: Row, tell: Tell = english) -> TransitionItem:
    transition = Transition(
        project=row["project"],
        deal=row["deal"] or None,
        flag=row["flag"],
        transition=row["transition"],
        severity_before=row["severity_before"],
        severity=row["severity"],
        on=row["on_day"],
        cause=row["cause"],
        events=row["events"],
        rule_version=row["rule_version"],
        country=row["country"],
        flag_state=announced_flag(row) if row["document"] else None,
        event_id=row["event_id"],
    )
    return transition_item(row["transition_id"], row["found_at"], transition, tell)
