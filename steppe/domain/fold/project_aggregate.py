"""A project as its events build it up: its deals, its works, its holds and plans, without any flag (sections 1 to 5).

Mutable, owned by the fold, which evaluates it at the end of each day; narrowing asks it what stands before an ending.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from steppe.domain.deals.clock_starts import start_of
from steppe.domain.deals.deal import ENDS_DEALS, Deal
from steppe.domain.deals.milestones import MilestonePlans
from steppe.domain.deals.works import STARTS_OF_WORKS, Works
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.fold.holds import Holds
from steppe.domain.values.states import Start


class ProjectAggregate:
    """The project up to the events applied so far. Events must come in fold order, and `end_day` between days."""

    def __init__(self) -> None:
        self.deals: dict[str, Deal] = {}
        self.works = Works()
        self.holds = Holds()
        self.plans = MilestonePlans()
        # How the project as a whole ended last; None: it did not, or went on since.
        self.ended_how: str | None = None
        self.ended: Start | None = None
        self.last_deal_ended_how: str | None = None
        self.delisted = False
        self.last_event: Start | None = None
        # Whether a row without deal that had a level, or was physical, came since the project last ended.
        self.stands_without_deal = False
        # Milestones that rows without deal meet: they meet the plans of every deal.
        self.met_for_all = MilestonePlans()
        self._suspended = False
        self._freed: frozenset[str] = frozenset()

    def fork(self) -> ProjectAggregate:
        """An independent copy."""
        fork = ProjectAggregate()
        fork.plans = self.plans
        fork.ended_how = self.ended_how
        fork.ended = self.ended
        fork.last_deal_ended_how = self.last_deal_ended_how
        fork.delisted = self.delisted
        fork.last_event = self.last_event
        fork.stands_without_deal = self.stands_without_deal
        fork.met_for_all = self.met_for_all
        fork._suspended = self._suspended
        fork._freed = self._freed
        fork.deals = {key: deal.fork() for key, deal in self.deals.items()}
        fork.works = self.works.fork()
        fork.holds = self.holds.fork()
        return fork

    def is_suspended(self, deal: Deal) -> bool:
        """Whether a suspension by `project.suspended` concerns a living deal."""
        suspended = deal.suspended or (self._suspended and deal.key not in self._freed)
        return deal.alive and (suspended or self.works.part_is_suspended(deal.key))

    def all_living_deals_are_suspended(self) -> bool:
        """Whether there are living deals, and all of them are suspended."""
        any_lives = False
        for deal in self.deals.values():
            if deal.alive and deal.has_begun:
                if not self.is_suspended(deal):
                    return False
                any_lives = True
        return any_lives

    def apply(self, event: Event) -> bool:
        """Take in an event; whether it concerns the project, and not its own deal alone."""
        name = event.kind.name
        if event.kind.effect is Effect.RECORD:
            if name.startswith("hold."):
                self.holds.apply(event)
            elif name == "review.confirmed":
                self.delisted = event.data.get("finding") == "not-listed"
            return True
        self.delisted = False
        self.last_event = start_of(event)
        physical = event.kind.effect is Effect.PHYSICAL
        if event.kind.level is not None or physical:
            self.ended_how = self.ended = None
            self.stands_without_deal = self.stands_without_deal or event.deal is None
        if physical or name.startswith("project."):
            self.works.apply(event)
        self.plans = self._with_plans_of_project(event)
        if event.deal is None:
            self._apply_to_all_deals(event)
        else:
            self._apply_to(self._deal(event.deal), event)
        self._apply_suspension(event)
        self._apply_physical_state(event, everywhere=event.deal is None or physical)
        return event.deal is None or physical or name.startswith("project.")

    def end_day(self, day: date, keys: Iterable[str]) -> None:
        """End what ceases by itself at the end of a day; `keys` are the deals that may stand otherwise than before."""
        for key in keys:
            deal = self.deals[key]
            lived = deal.alive
            deal.end_day(day)
            if lived and not deal.alive:
                self.last_deal_ended_how = deal.ended_how
        self.holds.end_of_day(day)

    def _deal(self, key: str) -> Deal:
        deal = self.deals.get(key)
        if deal is None:
            deal = self.deals[key] = Deal(key)
        return deal

    def _apply_to_all_deals(self, event: Event) -> None:
        ends = event.kind.name in ENDS_DEALS and "part" not in event.data
        self.met_for_all = (
            self.met_for_all if event.kind.name == "milestone.planned" else self.met_for_all.with_event(event)
        )
        for deal in self.deals.values():
            deal.hear(event)
            if ends and deal.alive:
                self._apply_to(deal, event)
        if ends:
            self.ended_how = event.kind.name.removeprefix("project.")
            self.ended = start_of(event)
            self.stands_without_deal = False

    def _apply_to(self, deal: Deal, event: Event) -> None:
        lived, phase = deal.alive, deal.phase
        deal.apply(event)
        if not deal.alive and (lived or deal.phase > phase):
            self.last_deal_ended_how = deal.ended_how

    def _with_plans_of_project(self, event: Event) -> MilestonePlans:
        """The plans of the project are those of rows without deal; anybody meets them."""
        if event.kind.name == "milestone.planned" and event.deal is not None:
            return self.plans
        return self.plans.with_event(event)

    def _apply_suspension(self, event: Event) -> None:
        """The suspensions of deals (section 4, overlays): of the project, of the deals that have a line of a part, or of one."""
        name, part, key = event.kind.name, event.data.get("part"), event.deal
        if name == "project.suspended":
            if key is None and part is None:
                self._suspended, self._freed = True, frozenset()
            elif key is not None and part is None:
                deal = self.deals[key]
                deal.suspended = deal.alive and deal.has_begun
        elif name == "project.resumed":
            if key is None and part is None:
                self._suspended, self._freed = False, frozenset()
            for deal in self._of_suspension(key, part):
                deal.suspended = False
                self._freed |= {deal.key}
        elif name in STARTS_OF_WORKS and key is not None:
            self._freed |= {key}

    def _of_suspension(self, key: str | None, part: str | None) -> list[Deal]:
        deals = self.deals.values() if key is None else [self.deals[key]]
        return [deal for deal in deals if part is None or self.works.has_line(deal.key, part)]

    def _apply_physical_state(self, event: Event, *, everywhere: bool) -> None:
        level = self.works.level
        deals = self.deals.values() if everywhere or event.deal is None else [self.deals[event.deal]]
        for deal in deals:
            deal.note_physical_state(level)
