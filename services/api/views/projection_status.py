"""How the projection of the log stands, partition by partition, in the words of /v1/status. Pure: rows and log ends in.

Lag in seconds is how long the oldest record that is not applied has been in the log. A projection is stuck when that is
long, and nothing was committed for as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypedDict

from services.api.store.snapshot import Row
from steppe.contracts.field_types import Count, Instant, Positions, choice, doc
from steppe.log.end_offsets import EndOffsets

# As long as the watchdog of a projector waits for progress of a batch. What that is, is not seen from here.
STUCK_SECONDS = 60.0
# The worst first.
STATES = ("halted", "ahead-of-log", "stuck", "unknown", "behind", "caught-up")

_State = Annotated[str, choice(*STATES)]


class HaltReason(TypedDict):
    """Why a partition cannot go on."""

    reason: Annotated[str, doc("In one word.")]
    message: Annotated[str, doc("In a sentence.")]
    since: Annotated[Instant, doc("Since when.")]


class Halt(HaltReason):
    """A partition that cannot go on."""

    partition: Annotated[int, doc("The partition; -1: all of them.")]


class PartitionStatus(TypedDict):
    """How one partition of the log is projected."""

    partition: Annotated[Count, doc("Its number.")]
    position: Annotated[Count | None, doc("The last offset that is applied; null: none is.")]
    next_offset: Annotated[Count, doc("The offset that is applied next.")]
    log_start: Annotated[Count | None, doc("The first offset that the log still has; null: unknown.")]
    log_end: Annotated[Count | None, doc("The offset that the next record will get; null: unknown.")]
    lag_events: Annotated[Count | None, doc("Records that are not applied; null: unknown.")]
    lag_seconds: Annotated[
        float | None,
        doc(
            "How long the oldest of them has been in the log, in seconds; null: unknown, or it waits for an open transaction."
        ),
    ]
    state: Annotated[_State, doc("How it fares.")]
    halted: Annotated[HaltReason | None, doc("Why it is halted; null: it is not.")]
    last_record_at: Annotated[Instant | None, doc("The log's time of the last record applied; null: none is.")]
    applied_at: Annotated[Instant, doc("When something was last committed.")]
    quarantined: Annotated[Count, doc("Records that could not be applied.")]
    conflicts: Annotated[Count, doc("Other contents under a name that was taken.")]


class LogIdentity(TypedDict):
    """Which log the read models are made from."""

    cluster: Annotated[str, doc("The id of the Kafka cluster.")]
    partitions: Annotated[Count, doc("How many partitions the topic has.")]
    first_seen: Annotated[Instant, doc("When it was first read.")]
    adopted_by: Annotated[str | None, doc("Who accepted it in place of another log; null: it is the first.")]
    reason: Annotated[str | None, doc("Why; null: it is the first.")]


class RebuildStatus(TypedDict):
    """How far the rebuild is that is under way."""

    schema: Annotated[str, doc("The database schema that is filled.")]
    phase: Annotated[str, doc("What is being done.")]
    done: Annotated[Count, doc("How much of it is done.")]
    of: Annotated[Count | None, doc("How much there is to do; null: unknown.")]
    eta_seconds: Annotated[float | None, doc("Seconds that this will still take; null: unknown.")]
    updated_at: Annotated[Instant, doc("As of when.")]


class Totals(TypedDict):
    """The sums of all partitions."""

    applied: Annotated[Count, doc("Records applied.")]
    lag_events: Annotated[Count | None, doc("Records that are not applied; null: of some partition unknown.")]
    lag_seconds: Annotated[float | None, doc("The longest lag in seconds; null: unknown.")]
    quarantined: Annotated[Count, doc("Records that could not be applied.")]
    held: Annotated[Count, doc("Events that wait for one of their project.")]
    parked: Annotated[Count, doc("Corrections that wait for their target.")]
    conflicts: Annotated[Count, doc("Other contents under a name that was taken.")]
    unknown: Annotated[Count, doc("Events of types of a later release.")]
    waiting_projects: Annotated[Count, doc("Large projects with records that wait for their fold beside the stream.")]
    waiting_records: Annotated[Count, doc("These records; they are among those applied.")]
    waiting_seconds: Annotated[float, doc("How long the oldest of them has waited, in seconds; 0: none waits.")]
    projects: Annotated[Count, doc("Projects.")]
    events_of_projects: Annotated[Count, doc("Events of projects.")]


class StatusAnswer(TypedDict):
    """How far the read model is behind the log, partition by partition."""

    topic: Annotated[str, doc("The log.")]
    release: Annotated[str, doc("The release of this service.")]
    position: Annotated[Positions, doc("The prefix of the log that answers reflect.")]
    state: Annotated[_State, doc("That of the partition that fares worst.")]
    partitions: Annotated[list[PartitionStatus], doc("Each partition.")]
    halts: Annotated[list[Halt], doc("Why partitions cannot go on.")]
    log: Annotated[LogIdentity | None, doc("Which log it is; null: none was read yet.")]
    log_complete: Annotated[
        bool | None,
        doc("Whether the log still begins at its beginning, so that everything can be folded anew; null: unknown."),
    ]
    log_end_unknown_because: Annotated[str | None, doc("Why the end of the log is unknown; null: it is known.")]
    rebuild: Annotated[
        RebuildStatus | None, doc("How far a rebuild beside this read model is; null: none is under way.")
    ]
    totals: Annotated[Totals, doc("The sums of all partitions.")]


class Liveness(TypedDict):
    """That the process works."""

    status: Annotated[str, choice("live"), doc("It does.")]


class Readiness(TypedDict):
    """That answers can be given, and how the projection stands."""

    status: Annotated[str, choice("ready"), doc("The database answers and has a read model.")]
    position: Annotated[Positions, doc("The prefix of the log that answers reflect.")]
    projection: Annotated[_State, doc("The state of the partition that fares worst.")]


def partition(row: Row, ends: EndOffsets, halt: Row | None, now: datetime) -> PartitionStatus:
    """One partition."""
    number, next_offset = row["partition"], row["next_offset"]
    end = ends.written.get(number)
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
        "halted": None if halt is None else _reason(halt),
        "last_record_at": row["last_record_at"],
        "applied_at": row["applied_at"],
        "quarantined": row["quarantined"],
        "conflicts": row["conflicts"],
    }


def state(row: Row, ends: EndOffsets, halt: Row | None, now: datetime) -> str:
    """How a partition fares: one of STATES."""
    number, next_offset = row["partition"], row["next_offset"]
    end = ends.written.get(number)
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


def halt(row: Row) -> Halt:
    """A partition that cannot go on."""
    return {"partition": row["partition"], **_reason(row)}


def _reason(row: Row) -> HaltReason:
    return {"reason": row["reason"], "message": row["message"], "since": row["since"]}


def log_identity(row: Row | None) -> LogIdentity | None:
    """Which log the read models are made from; None: none was read yet."""
    if row is None:
        return None
    return {
        "cluster": row["cluster"],
        "partitions": row["partitions"],
        "first_seen": row["first_seen"],
        "adopted_by": row["adopted_by"],
        "reason": row["reason"],
    }


def rebuild(row: Row | None) -> RebuildStatus | None:
    """How far the rebuild is; None: none is under way."""
    if row is None:
        return None
    return {
        "schema": row["schema"],
        "phase": row["phase"],
        "done": row["done"],
        "of": row["of"],
        "eta_seconds": row["eta_seconds"],
        "updated_at": row["updated_at"],
    }


def totals(
    rows: Sequence[Row], partitions: Sequence[PartitionStatus], held: Row | None, waiting: Sequence[Row]
) -> Totals:
    """The sums of all partitions; `held` says what the read model holds, `waiting` which large projects wait for their fold."""
    lags = [entry["lag_events"] for entry in partitions]
    return {
        "applied": sum(row["next_offset"] for row in rows),
        "lag_events": None if None in lags else sum(lag for lag in lags if lag is not None),
        "lag_seconds": max(
            (entry["lag_seconds"] for entry in partitions if entry["lag_seconds"] is not None), default=None
        ),
        "quarantined": sum(row["quarantined"] for row in rows),
        "held": sum(row["held"] for row in rows),
        "parked": sum(row["parked"] for row in rows),
        "conflicts": sum(row["conflicts"] for row in rows),
        "unknown": sum(row["unknown"] for row in rows),
        "waiting_projects": len(waiting),
        "waiting_records": sum(row["records"] for row in waiting),
        "waiting_seconds": round(max((row["seconds"] for row in waiting), default=0.0), 3),
        "projects": held["projects"] if held else 0,
        "events_of_projects": held["events_of_projects"] if held else 0,
    }


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
