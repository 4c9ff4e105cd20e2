"""What a deal hears: its own events, and from the first of these on what speaks of the project (section 5, S)."""

from __future__ import annotations

from steppe.domain.deals.clock_starts import latest_start
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class

_WORK_ON_A_RIGHT = ("study.", "permit.", "exploration.")


@value_class(frozen=True, slots=True)
class News:
    """The news of a deal since its last phase ended, also before the first step of this one.

    `silence` is the start of the silence clock, `last` the event that came last in fold order, `work` the latest study,
    permit, report of exploration or physical event (section 6, idle-right). `listens`: an event of its own was heard.
    """

    silence: Start | None = None
    last: Event | None = None
    work: Start | None = None
    listens: bool = False

    def with_own(self, event: Event) -> News:
        """With an event of the deal."""
        return self._with(event)

    def with_project(self, event: Event) -> News:
        """With an event that speaks of the project, which a deal hears only once it had one of its own."""
        return self._with(event) if self.listens else self

    def _with(self, event: Event) -> News:
        work = self.work
        if event.kind.effect is Effect.PHYSICAL or event.kind.name.startswith(_WORK_ON_A_RIGHT):
            work = latest_start(work, event)
        return News(latest_start(self.silence, event), event, work, listens=True)
