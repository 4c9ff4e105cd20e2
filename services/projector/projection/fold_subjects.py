"""Folds the subjects of a batch one by one, and finds the record at which one cannot go on. Writes nothing.

A defect of the fold concerns one subject: it stops before the first record with which its fold raises, and all others go on.
"""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from services.projector.projection.decode import StoredEvent
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model.projection import ProjectionResult, ReadModel, Subject
from steppe.database.read_model.projection_rows import fault_of
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import FoldState

if TYPE_CHECKING:
    from steppe.database.connection import Connection

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectBatch:
    """A subject before a batch, and its new events in log order. `unreadable`: why what is stored of it cannot be read."""

    partition: int
    new_events: Sequence[StoredEvent]
    events: Sequence[Event] = ()
    last_offset: int = -1
    fold_state: FoldState | None = None
    written: array[int] | None = None
    unreadable: Exception | None = None

    def subject(self, count: int | None = None) -> Subject:
        """With all new events, or with the first of them."""
        new_events = self.new_events if count is None else self.new_events[:count]
        events = [stored.event for stored in new_events if stored.event is not None]
        return Subject(
            events=[*self.events, *events],
            partition=self.partition,
            last_offset=max((self.last_offset, *(stored.record.offset for stored in new_events))),
            new_events=events,
            fold_state=self.fold_state,
            written=self.written,
        )


@dataclass(slots=True)
class FoldedBatch:
    """What follows from the events of each subject, and before which event subjects stopped, with the reason.

    `faults`: subjects without new events that cannot be folded again, and so keep their rows.
    """

    results: dict[str, ProjectionResult] = field(default_factory=dict)
    stopped: list[tuple[StoredEvent, str]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


async def fold(connection: Connection, model: ReadModel, subjects: Mapping[str, SubjectBatch]) -> FoldedBatch:
    """Fold every subject with as many of its new events as it can be folded with; keeps the connection's transaction alive."""
    result = FoldedBatch()
    keepalive = model.keep_alive(connection)
    for name, batch in subjects.items():
        await keepalive.ping()  # a fold takes milliseconds, and a batch has hundreds
        try:
            if batch.unreadable is not None:
                raise batch.unreadable
            result.results[name] = model.project(name, batch.subject())
        except Exception as error:
            if not batch.new_events:
                result.faults[name] = fault_of(error)
            elif batch.unreadable is not None:
                result.stopped.append((batch.new_events[0], fault_of(error)))
            else:
                await _stop(keepalive, model, name, batch, error, result)
    return result


async def _stop(
    keepalive: KeepAlive, model: ReadModel, name: str, batch: SubjectBatch, error: Exception, result: FoldedBatch
) -> None:
    longest = await fold_before_failure(
        len(batch.new_events), lambda count: model.project(name, batch.subject(count)), error, keepalive.ping
    )
    if longest.result is not None:
        result.results[name] = longest.result
    result.stopped.append((batch.new_events[longest.count], longest.reason))


@dataclass(frozen=True, slots=True)
class LongestFold(Generic[T]):
    """What the first `count` events of a subject give (None: there are none), and why the next one cannot be folded with them."""

    result: T | None
    count: int
    reason: str


async def fold_before_failure(
    count: int, fold: Callable[[int], T], error: Exception, keep_alive: Callable[[], Awaitable[None]]
) -> LongestFold[T]:
    """Stop a subject before an event with which its fold raises and without which it does not: the first, unless a later one heals what
    an earlier one broke. Live, re-fold and rebuild all stop it here.

    `fold` folds that many of its events, in log order; with all of them, `count`, it has raised `error`. `keep_alive` is
    called before every attempt; of a thousand events ten are made.
    """
    result: T | None = None
    folds, raises, reason = 0, count, fault_of(error)
    while raises - folds > 1:
        length = (folds + raises) // 2
        await keep_alive()
        try:
            result, folds = fold(length), length
        except Exception as earlier:
            raises, reason = length, fault_of(earlier)
    return LongestFold(result, folds, reason)
