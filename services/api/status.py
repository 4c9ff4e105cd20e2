"""/v1/status, /livez, /readyz: how far the read model is behind the log, and whether this service can answer.

Lag is told and takes nobody out of rotation: an answer that says which prefix of the log it reflects is a true answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.api import parameters
from services.api.answers import JSON, reach, service_of
from services.api.logends import Ends, LogEnds
from services.api.parameters import described
from services.api.reading import Row
from services.api.release import RELEASE

router = APIRouter(tags=["status"])


@router.get("/v1/status", openapi_extra=described(parameters.WAITING))
async def status(request: Request) -> Response:
    """Per partition: position, log end, lag in events and seconds, state, what could not be decoded, conflicts; and how
    far a rebuild beside this read model is (null: none is under way)."""
    asked = parameters.read(request, parameters.WAITING, formats=("json",))
    await reach(request, asked.min_position)
    async with service_of(request).reader.snapshot() as snapshot:
        rows = await snapshot.rows("api_status", request.app.state.topic)
        totals = await snapshot.row("api_totals")
        rebuild = await snapshot.row("api_rebuild")
    ends = request.app.state.log_ends
    assert isinstance(ends, LogEnds)
    # After the snapshot: the end can only be later than what was applied, so lag is never negative.
    end = await ends.read([row["partition"] for row in rows])
    now = datetime.now(UTC)
    partitions = [partition(row, end, now) for row in rows]
    lags = [one["lag_events"] for one in partitions]
    body = {
        "topic": request.app.state.topic,
        "release": RELEASE,
        "position": snapshot.position,
        "partitions": partitions,
        "log_end_unknown_because": end.unknown_because,
        "rebuild": None if rebuild is None else dict(rebuild),
        "totals": {
            "applied": sum(row["next_offset"] for row in rows),
            "lag_events": None if None in lags else sum(lags),
            "lag_seconds": max(
                (one["lag_seconds"] for one in partitions if one["lag_seconds"] is not None), default=None
            ),
            "quarantined": sum(row["quarantined"] for row in rows),
            "conflicts": sum(row["conflicts"] for row in rows),
            "projects": totals["projects"] if totals else 0,
            "events_of_projects": totals["events_of_projects"] if totals else 0,
        },
    }
    headers = {"Cache-Control": "no-store", "Steppe-Position": snapshot.position}
    return Response(msgspec.json.encode(body), headers=headers, media_type=JSON)


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The loop turns."""
    return {"status": "live"}


@router.get("/readyz")
async def readyz(request: Request) -> dict[str, str]:
    """The database answers and has a read model; else 503."""
    async with service_of(request).reader.snapshot() as snapshot:
        await snapshot.row("api_ready")
    return {"status": "ready", "position": snapshot.position}


def partition(row: Row, ends: Ends, now: datetime) -> dict[str, Any]:
    """One partition. Lag in seconds is the age of the last record that was applied, and 0 when nothing waits."""
    next_offset = row["next_offset"]
    end = ends.offsets.get(row["partition"])
    lag = None if end is None else max(end - next_offset, 0)
    seconds: float | None = None
    if lag is not None:
        since = row["last_record_at"] or row["applied_at"]
        seconds = 0.0 if lag == 0 else round(max((now - since).total_seconds(), 0.0), 3)
    return {
        "partition": row["partition"],
        "position": next_offset - 1 if next_offset else None,
        "next_offset": next_offset,
        "log_end": end,
        "lag_events": lag,
        "lag_seconds": seconds,
        "state": "unknown" if end is None else _state(end, next_offset),
        "last_record_at": row["last_record_at"],
        "applied_at": row["applied_at"],
        "quarantined": row["quarantined"],
        "conflicts": row["conflicts"],
    }


def _state(end: int, next_offset: int) -> str:
    if end < next_offset:
        return "ahead-of-log"  # the log was cut or made anew: the projector will halt and say so
    return "caught-up" if end == next_offset else "behind"
