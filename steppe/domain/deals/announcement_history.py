"""The announcements of a phase: the start of the announcement clock, and the pledges that stand (sections 3 and 5, A)."""

from __future__ import annotations

from steppe.domain.deals.clock_starts import first_start
from steppe.domain.events.event import Event
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Announcements:
    """The rows of a phase with level announced, and those of them that are pledges and were not withdrawn."""

    start: Start | None = None
    events: tuple[Event, ...] = ()
    pledges: tuple[Event, ...] = ()

    def with_event(self, event: Event) -> Announcements:
        """With one more."""
        is_pledge = event.kind.name == "pledge.announced"
        return Announcements(
            start=first_start(self.start, event),
            events=(*self.events, event),
            pledges=(*self.pledges, event) if is_pledge else self.pledges,
        )

    def after_withdrawal(self, event: Event) -> Announcements:
        """After a `pledge.withdrawn`: without the pledge that it names, or without any."""
        ends = event.data.get("ends")
        left = () if ends is None else tuple(pledge for pledge in self.pledges if not pledge.is_named_by(ends))
        return Announcements(self.start, self.events, left)
