"""/v1/status, /livez, /readyz: how far the read model is behind the log, and whether this service can answer.

Lag is reported and takes no instance out of rotation: an answer that says which prefix of the log it reflects is a true answer.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from fastapi import APIRouter, Request, Response

from services.api.export import csv_columns
from services.api.problems import DATABASE_AWAY, NOT_PREPARED, STANDBY_CONFLICT, TOO_SLOW
from services.api.store import row_decoding
from services.api.store.snapshot import Reader, Snapshot
from services.api.views import projection_status, record_view
from services.api.views.list_answers import QuarantineList
from services.api.views.projection_status import Liveness, Readiness, StatusAnswer
from services.api.web import pagination, query_parameters
from services.api.web.operations import health_operation, operation
from services.api.web.pagination import PARTITION, WHOLE_NUMBER, after
from services.api.web.query_parameters import Question
from services.api.web.responses import JSON, Page, answer_list, service_of, wait_for_position
from steppe.log.end_offsets import EndOffsetsReader
from steppe.release import RELEASE

router = APIRouter(tags=["status"])


@router.get("/v1/status", openapi_extra=operation("get_status", query_parameters.WAITING, StatusAnswer))
async def status(request: Request) -> Response:
    """Per partition: position, log start and end, lag in events and seconds, state, why it is halted, and what is not folded.
    The state of the whole is that of the worst partition.

    `quarantined`: records that could not be applied. `held`: events that wait for one of their project. `parked`: corrections
    that wait for their target. `conflicts`: other contents under a name that was taken. `unknown`: types of a later release.
    `waiting_projects`, `waiting_records`, `waiting_seconds`: large projects are folded beside the stream, and these wait for it.
    `rebuild`: how far a rebuild beside this read model is (null: none is under way).
    """
    question = query_parameters.read(request, query_parameters.WAITING, formats=("json",))
    await wait_for_position(request, question.min_position)
    body = await read_status(request, service_of(request).reader)
    headers = {"Cache-Control": "no-store", "Steppe-Position": body["position"]}
    return Response(msgspec.json.encode(body), headers=headers, media_type=JSON)


async def read_status(request: Request, reader: Reader) -> StatusAnswer:
    """The answer of `/v1/status`."""
    topic = request.app.state.topic
    async with reader.snapshot() as snapshot:
        rows = await snapshot.rows("partition_status", topic=topic)
        totals = await snapshot.row("totals")
        halts = await snapshot.rows("halts", topic=topic)
        log = await snapshot.row("log_identity", topic=topic)
        rebuild = await snapshot.row("rebuild")
        waiting = await snapshot.rows("waiting_projects")
    ends = request.app.state.log_ends
    assert isinstance(ends, EndOffsetsReader)
    # After the snapshot: the end can only be later than what was applied, so lag is never negative.
    end = await ends.read(snapshot.next_offsets)
    now = datetime.now(UTC)
    halted = {row["partition"]: row for row in halts}
    partitions = [projection_status.partition(row, end, halted.get(row["partition"]), now) for row in rows]
    return {
        "topic": topic,
        "release": RELEASE,
        "position": snapshot.position,
        "state": projection_status.worst(partition["state"] for partition in partitions),
        "partitions": partitions,
        "halts": [projection_status.halt(row) for row in halts],
        "log": projection_status.log_identity(log),
        # None: unknown. False: the read models cannot be folded anew from what is left of the log.
        "log_complete": None if end.unknown_because else not any(end.starts.values()),
        "log_end_unknown_because": end.unknown_because,
        "rebuild": projection_status.rebuild(rebuild),
        "totals": projection_status.totals(rows, partitions, totals, waiting),
    }


@router.get("/v1/quarantine", openapi_extra=operation("list_quarantine", query_parameters.QUARANTINE, QuarantineList))
async def quarantine(request: Request) -> Response:
    """Records that could not be applied, in the order of the log, with the reason and the beginning of their bytes.

    `value` and `key` are `{"text": …}` where they are UTF-8 and `{"hex": …}` where not, 2 KiB at most; `steppe quarantine show
    --raw` gives all of them. `held_events` counts what waits behind a record of a project.
    """
    return await answer_list(request, query_parameters.QUARANTINE, csv_columns.QUARANTINE, quarantine_page)


async def quarantine_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of open records."""
    after_partition, after_offset = after(question.after, PARTITION, WHOLE_NUMBER)
    rows = await snapshot.rows(
        "quarantine_page", after_partition=after_partition, after_offset=after_offset, limit=question.limit + 1
    )
    rows, more = pagination.cut_page(rows, question.limit)
    held = row_decoding.held_events(
        await snapshot.rows("held_events", projects=[row["subject"] for row in rows if row["subject"]])
    )
    last = rows[-1] if more else None
    return Page(
        next_key=[str(last["partition"]), str(last["log_offset"])] if last else None,
        compute=lambda: [record_view.quarantine(row, held) for row in rows],
        rows=len(rows),
    )


@router.get("/livez", openapi_extra=health_operation("get_liveness", Liveness))
async def livez() -> Response:
    """The loop turns."""
    body: Liveness = {"status": "live"}
    return Response(msgspec.json.encode(body), media_type=JSON)


@router.get(
    "/readyz",
    openapi_extra=health_operation("get_readiness", Readiness, DATABASE_AWAY, NOT_PREPARED, TOO_SLOW, STANDBY_CONFLICT),
)
async def readyz(request: Request) -> Response:
    """The database answers and has a read model; else 503. How the projection stands is told and takes nobody out of
    rotation: what it has covered is answered truly, and a projector has a /readyz of its own.
    """
    topic = request.app.state.topic
    async with service_of(request).health_reader.snapshot() as snapshot:
        await snapshot.row("ready")
        rows = await snapshot.rows("progress", topic=topic)
        halted = {row["partition"]: row for row in await snapshot.rows("halts", topic=topic)}
    ends = request.app.state.log_ends
    assert isinstance(ends, EndOffsetsReader)
    now = datetime.now(UTC)
    end_offsets = ends.latest(snapshot.next_offsets)
    states = [projection_status.state(row, end_offsets, halted.get(row["partition"]), now) for row in rows]
    body: Readiness = {
        "status": "ready",
        "position": snapshot.position,
        "projection": projection_status.worst(states),
    }
    return Response(msgspec.json.encode(body), media_type=JSON)
