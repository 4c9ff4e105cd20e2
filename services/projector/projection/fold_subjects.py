"""Folds the subjects of a batch one by one, and finds the record at which one cannot go on. Writes nothing.

A defect of the fold is the misfortune of one subject: it stops before the first record with which its fold raises, and
everybody else goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.projector.projection.decode import StoredEvent
from steppe.database.keepalive import Pulse
from steppe.database.read_model.projection import ReadModel, Subject, Told
from steppe.database.read_model.projection_rows import fault_of
from steppe.domain.events.event import Event
from steppe.domain.fold.fold import Life

if TYPE_CHECKING:
    from steppe.database.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """A subject before a batch, and its new events in log order. `unreadable`: why what is stored of it cannot be read."""

    partition: int
    news: Sequence[StoredEvent]
    events: Sequence[Event] = ()
    last_offset: int = -1
    life: Life | None = None
    unreadable: Exception | None = None

    def subject(self, count: int | None = None) -> Subject:
        """With all news, or with the first of them."""
        news = self.news if count is None else self.news[:count]
        events = [stored.event for stored in news if stored.event is not None]
        return Subject(
            events=[*self.events, *events],
            partition=self.partition,
            last_offset=max((self.last_offset, *(stored.record.offset for stored in news))),
            news=events,
            life=self.life,
        )


@dataclass(slots=True)
class Folded:
    """What follows from the events, and where subjects stopped, with the reason.

    `faults`: subjects without new events that cannot be folded again, and so stand as they stood.
    """

    told: dict[str, Told] = field(default_factory=dict)
    stopped: list[tuple[StoredEvent, str]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


async def fold(connection: Connection, model: ReadModel, arrivals: Mapping[str, Arrivals]) -> Folded:
    """Fold every subject with as many of its new events as it can be folded with. The connection hears that we live."""
    result = Folded()
    pulse = Pulse(connection)
    for name, arrival in arrivals.items():
        await pulse.beat()  # a fold takes milliseconds, and a batch has hundreds
        try:
            if arrival.unreadable is not None:
                raise arrival.unreadable
            result.told[name] = model.tell(name, arrival.subject())
        except Exception as error:
            if not arrival.news:
                result.faults[name] = fault_of(error)
            elif arrival.unreadable is not None:
                result.stopped.append((arrival.news[0], fault_of(error)))
            else:
                await _stop(pulse, model, name, arrival, error, result)
    return result


async def _stop(pulse: Pulse, model: ReadModel, name: str, arrival: Arrivals, error: Exception, result: Folded) -> None:
    for count in range(1, len(arrival.news)):
        await pulse.beat()
        try:
            result.told[name] = model.tell(name, arrival.subject(count))
        except Exception as earlier:
            result.stopped.append((arrival.news[count - 1], fault_of(earlier)))
            return
    result.stopped.append((arrival.news[-1], fault_of(error)))
