"""The liveness and readiness checks of a worker, judged from outside its event loop. Pure: a status in, a problem or None out."""

from __future__ import annotations

from dataclasses import dataclass

STARTING = "starting"
HALTED = "halted"
STUCK = "stuck"
LOG_UNKNOWN = "log-unknown"
LOOP_STOPPED = "loop-stopped"
_TITLES = {
    STARTING: "The worker is starting",
    HALTED: "The projection is halted until somebody acts",
    STUCK: "Records wait and nothing is committed",
    LOG_UNKNOWN: "The end of the log is unknown",
    LOOP_STOPPED: "The event loop is stuck",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """What is known of a worker. Seconds are durations until now."""

    seconds_since_heartbeat: float
    assigned: bool
    halted: str | None
    stalled_seconds: float
    waiting: int
    log_unknown_seconds: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a check fails; `as_json` is the problem document of RFC 9457."""

    slug: str
    detail: str

    def as_json(self, path: str) -> dict[str, str | int]:
        """With status 503, as the health server answers it."""
        return {
            "type": f"urn:steppe:problem:{self.slug}",
            "title": _TITLES[self.slug],
            "status": 503,
            "detail": self.detail,
            "instance": path,
        }


def liveness_problem(status: WorkerStatus, loop_seconds_max: float) -> Problem | None:
    """None while the event loop runs. Not live: the worker is to be restarted."""
    if status.seconds_since_heartbeat > loop_seconds_max:
        return Problem(
            LOOP_STOPPED, f"The loop has not turned for {status.seconds_since_heartbeat:.0f} s: restart the worker."
        )
    return None


def readiness_problem(status: WorkerStatus, loop_seconds_max: float, stuck_seconds_max: float) -> Problem | None:
    """None when it has its partitions and is caught up or makes progress. Not ready: the detail says what to look at."""
    if status.halted is not None:
        return Problem(HALTED, status.halted)
    if not status.assigned:
        return Problem(STARTING, "It waits for its partitions, or for Kafka or Postgres; its log says for which.")
    if problem := liveness_problem(status, loop_seconds_max):
        return problem
    if status.stalled_seconds > stuck_seconds_max:
        return Problem(
            STUCK,
            f"{status.waiting} records wait, and nothing was committed for {status.stalled_seconds:.0f} s, nor did a batch get on: "
            "see its log; a slow or locked database is the usual cause.",
        )
    if status.log_unknown_seconds > stuck_seconds_max:
        return Problem(
            LOG_UNKNOWN,
            f"Kafka has not said for {status.log_unknown_seconds:.0f} s where the log ends: check STEPPE_KAFKA and the broker.",
        )
    return None
