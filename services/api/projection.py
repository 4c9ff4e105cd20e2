"""How the projection of the log stands, partition by partition, in the words of /v1/status. Pure: rows and log ends in.

Lag in seconds is how long the oldest record that is not applied has been in the log. A projection is stuck when that is
long, and nothing was committed for as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.api.reading import Row
from steppe.log.ends import Ends

# As long as it takes the watchdog of a projector to end it; see docs/operating.md.
STUCK_SECONDS = 60.0
# The worst first.
STATES = ("halted", "ahead-of-log", "stuck", "unknown", "behind", "caught-up")


def partition(row: Row, ends: Ends, halt: Row | None, now: datetime) -> dict[str, Any]:
    """One partition."""
    number, next_offset = row["partition"], row["next_offset"]
    end = ends.offsets.get(number)
    lag = None if end is None else max(end - next_offset, 0)
    seconds = _lag_seconds(lag, ends.waiting_since.get(number), now)
    since_commit = (now - row["applied_at"]).total_seconds()
    return {
        "partition": number,
        "position": next_offset - 1 if next_offset else None,
        "next_offset": next_offset,
        "log_start": ends.starts.get(number),
        "log_end": end,
        "lag_events": lag,
        "lag_seconds": seconds,
        "state": _state(end, next_offset, halt, stuck=min(seconds or 0.0, since_commit) > STUCK_SECONDS),
        "halted": halt and {"reason": halt["reason"], "message": halt["message"], "since": halt["since"]},
        "last_record_at": row["last_record_at"],
        "applied_at": row["applied_at"],
        "quarantined": row["quarantined"],
        "conflicts": row["conflicts"],
    }


def worst(partitions: Sequence[Mapping[str, Any]]) -> str:
    """The state of the whole: that of the partition that fares worst."""
    return min((one["state"] for one in partitions), key=STATES.index, default="unknown")


def _lag_seconds(lag: int | None, waiting_since: datetime | None, now: datetime) -> float | None:
    if lag is None:
        return None
    if lag == 0:
        return 0.0
    if waiting_since is None:
        return None
    return round(max((now - waiting_since).total_seconds(), 0.0), 3)


def _state(end: int | None, next_offset: int, halt: Row | None, *, stuck: bool) -> str:
    if halt is not None:
        return "halted"
    if end is None:
        return "unknown"
    if end < next_offset:
        return "ahead-of-log"  # the log was cut or made anew: the projector will halt and say so
    if end == next_offset:
        return "caught-up"
    return "stuck" if stuck else "behind"
