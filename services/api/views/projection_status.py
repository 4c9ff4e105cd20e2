"""How the projection of the log stands, partition by partition, in the words of /v1/status. Pure: rows and log ends in.

Lag in seconds is how long the oldest record that is not applied has been in the log. A projection is stuck when that is
long, and nothing was committed for as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.api.store.snapshot import Row
from steppe.log.end_offsets import Ends

# As long as it takes the watchdog of a projector to end it; see docs/operating.md.
STUCK_SECONDS = 60.0
# The worst first.
STATES = ("halted", "ahead-of-log", "stuck", "unknown", "behind", "caught-up")


def partition(row: Row, ends: Ends, halt: Row | None, now: datetime) -> dict[str, Any]:
    """One partition."""
    number, next_offset = row["partition"], row["next_offset"]
    end = ends.offsets.get(number)
    lag = None if end is None else max(end - next_offset, 0)
    return {
        "partition": number,
        "position": next_offset - 1 if next_offset else None,
        "next_offset": next_offset,
        "log_start": ends.starts.get(number),
        "log_end": end,
        "lag_events": lag,
        "lag_seconds": _lag_seconds(lag, ends.waiting_since.get(number), now),
        "state": state(row, ends, halt, now),
        "halted": halt and {"reason": halt["reason"], "message": halt["message"], "since": halt["since"]},
        "last_record_at": row["last_record_at"],
        "applied_at": row["applied_at"],
        "quarantined": row["quarantined"],
        "conflicts": row["conflicts"],
    }


def state(row: Row, ends: Ends, halt: Row | None, now: datetime) -> str:
    """How a partition fares: one of STATES."""
    number, next_offset = row["partition"], row["next_offset"]
    end = ends.offsets.get(number)
    if halt is not None:
        return "halted"
    if end is None:
        return "unknown"
    if end < next_offset:
        return "ahead-of-log"  # the log was cut or made anew: the projector will halt and say so
    if end == next_offset:
        return "caught-up"
    since = ends.waiting_since.get(number)
    stuck = since is not None and (now - max(since, row["applied_at"])).total_seconds() > STUCK_SECONDS
    return "stuck" if stuck else "behind"


def worst(states: Iterable[str]) -> str:
    """The state of the whole: that of the partition that fares worst."""
    return min(states, key=STATES.index, default="unknown")


def _lag_seconds(lag: int | None, waiting_since: datetime | None, now: datetime) -> float | None:
    if lag is None:
        return None
    if lag == 0:
        return 0.0
    if waiting_since is None:
        return None
    return round(max((now - waiting_since).total_seconds(), 0.0), 3)
