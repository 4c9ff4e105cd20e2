"""The memoranda of a phase: the newest, how many, and the start of the memorandum clock (sections 4 to 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from steppe.domain.deals.clock_starts import first_start
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import MEMORANDUM_CLASS
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class


def is_paper(event: Event) -> bool:
    """Whether an event is a memorandum in the sense of section 3; a treaty is none."""
    return event.kind.name in MEMORANDUM_CLASS and event.data.get("instrument") != "treaty"


@value_class(frozen=True, slots=True)
class Papers:
    """The papers that a phase has had so far. `lapse_declared` is the event that declared the newest one lapsed."""

    start: Start | None = None
    newest: Event | None = None
    count: int = 0
    references: tuple[str, ...] = ()
    lapse_declared: Event | None = None
    counted_on: date | None = None

    def with_paper(self, event: Event) -> Papers:
        """These with one more. Those of one day count once, parts of another document not at all; days come in order."""
        counts = "part_of" not in event.data and event.latest != self.counted_on
        return Papers(
            start=first_start(self.start, event),
            newest=event,
            count=self.count + counts,
            references=(*self.references, event.reference),
            counted_on=event.latest if counts else self.counted_on,
        )

    def with_lapse(self, event: Event) -> Papers:
        """These after a `memorandum.lapsed`, which is of a paper; a newer paper takes the declaration away."""
        return self if self.newest is None else replace(self, lapse_declared=event)
