"""Whether this worker lives and is of use, judged from outside its loop. Pure: what was seen in, a problem or None out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STARTING = "starting"
HALTED = "halted"
STUCK = "stuck"
LOG_UNKNOWN = "log-unknown"
LOOP_STOPPED = "loop-stopped"
_TITLES = {
    STARTING: "The worker has not begun yet",
    HALTED: "The projection is halted until somebody acts",
    STUCK: "Records wait and nothing is committed",
    LOG_UNKNOWN: "Kafka does not say where the log ends",
    LOOP_STOPPED: "The worker does nothing any more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What was seen of a worker. Seconds are durations until now."""

    seconds_since_turn: float
    assigned: bool
    halted: str | None
    stalled_seconds: float
    waiting: int
    log_unknown_seconds: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Why not, in words; `as_json` is the document of RFC 9457."""

    slug: str
    detail: str

    def as_json(self, path: str) -> dict[str, Any]:
        """With status 503, as a door answers it."""
        return {
            "type": f"urn:steppe:problem:{self.slug}",
            "title": _TITLES[self.slug],
            "status": 503,
            "detail": self.detail,
            "instance": path,
        }


def why_not_live(vitals: Vitals, loop_seconds_max: float) -> Problem | None:
    """None while the loop turns. Not live: start it again."""
    if vitals.seconds_since_turn > loop_seconds_max:
        return Problem(
            LOOP_STOPPED, f"The loop has not turned for {vitals.seconds_since_turn:.0f} s: start the worker again."
        )
    return None


def why_not_ready(vitals: Vitals, loop_seconds_max: float, stuck_seconds_max: float) -> Problem | None:
    """None when it has its partitions and is caught up or moves. Not ready: look at what the detail says."""
    if vitals.halted is not None:
        return Problem(HALTED, vitals.halted)
    if not vitals.assigned:
        return Problem(STARTING, "It waits for its partitions, or for Kafka or Postgres; its log says for which.")
    if problem := why_not_live(vitals, loop_seconds_max):
        return problem
    if vitals.stalled_seconds > stuck_seconds_max:
        return Problem(
            STUCK,
            f"{vitals.waiting} records wait, and nothing was committed for {vitals.stalled_seconds:.0f} s: see its log; "
            "a slow or locked database is the usual cause.",
        )
    if vitals.log_unknown_seconds > stuck_seconds_max:
        return Problem(LOG_UNKNOWN, f"Not for {vitals.log_unknown_seconds:.0f} s: check STEPPE_KAFKA and the broker.")
    return None
