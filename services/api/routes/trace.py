"""/v1/trace/{event}: the stops of one event, from its place in the log to the flags that rest on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import by_size
from services.api.store.raised_flags import RaisedFlags, flags_of_projects
from services.api.store.snapshot import Row, Snapshot
from services.api.views import record_view
from services.api.views.record_view import TraceAnswer, TraceList
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one
from steppe.domain.events.field_checks import REFERENCE_LENGTH_MAX
from steppe.http.problems import NOT_FOUND, Refusal

_REFERENCE_MAX = 2 * REFERENCE_LENGTH_MAX + 1  # source#id

router = APIRouter(tags=["one event"])


@router.get(
    "/v1/trace/{event:path}", openapi_extra=operation("get_trace", query_parameters.ONE, TraceAnswer, NOT_FOUND)
)
async def trace(
    request: Request, event: Annotated[str, Path(description="The id of an event, or source#id.")]
) -> Response:
    """Where an event is, by its id or by source#id (the # written as %23), and what followed from it."""

    async def item(snapshot: Snapshot, question: Question) -> Reading[TraceList]:
        return await _stops(snapshot, question.as_of, request.app.state.topic, event)

    return await answer_one(request, query_parameters.ONE, item)


async def _stops(snapshot: Snapshot, as_of: date, topic: str, event: str) -> Reading[TraceList]:
    event = event.replace("\x00", "")
    if len(event) > _REFERENCE_MAX:
        raise Refusal(
            NOT_FOUND, f"No event has an id or source#id of {len(event)} characters: at most {_REFERENCE_MAX}."
        )
    cuts = [place for place, letter in enumerate(event) if letter == "#"]
    rows = await snapshot.rows("trace", event=event, ids=[event, *(event[cut + 1 :] for cut in cuts)])
    if not rows:
        detail = (
            f"No event {event[:120]!r} is in the read model; look at the log end in /v1/status, or pass min_position."
        )
        raise Refusal(NOT_FOUND, detail)
    subjects = sorted({row["subject"] for row in rows})
    raised = await flags_of_projects(snapshot, as_of, subjects)
    size = len(rows) + len(raised.rows)
    return Reading(lambda: by_size(size, _items, rows, raised, topic, as_of), rows=size)


def _items(rows: Sequence[Row], raised: RaisedFlags, topic: str, as_of: date) -> TraceList:
    flags = raised.by_project()
    return {"items": [record_view.trace(row, topic, flags, as_of) for row in rows]}
