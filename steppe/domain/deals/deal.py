"""A deal as the fold builds it up, event by event (sections 1, 4, 5): phases, legs, papers and clocks.

An aggregate in the sense of event sourcing: mutable, owned by the fold and seen by the flags only; its frozen value is
`DealState` (`deal_snapshot`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from steppe.domain.deals.announcement_history import Announcements
from steppe.domain.deals.clock_starts import latest_of, latest_start, start_of
from steppe.domain.deals.held_runs import HeldRuns
from steppe.domain.deals.milestones import MilestonePlans
from steppe.domain.deals.news import News
from steppe.domain.deals.papers import Papers, is_paper
from steppe.domain.deals.permits import Permits
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.deals.winning_runs import WinningRuns
from steppe.domain.deals.works import STARTS_OF_WORKS
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CLOSINGS, PURSUING_ROLES, UNKNOWN_LEG, Effect
from steppe.domain.legs.leg_endings import ENDS_LEGS, disbursed_leg, legs_concerned, parties_in_role, speaks_of
from steppe.domain.legs.legs import Leg, Legs, amended, leg_from
from steppe.domain.legs.shareholdings import Shareholdings
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Start

_STEPS = frozenset({"study.started", "study.completed", "finance.approved", "permit.applied", "permit.granted"})
ENDS_DEALS = frozenset({"project.cancelled", "project.completed", "project.retired"})
_LEG_ENDED_HOW = {
    "contract.terminated": ("terminated", "terminated"),
    "rights.revoked": ("terminated", "revoked"),
    "offtake.ended": ("completed", "fulfilled"),
    "equity.exited": ("exited", "exited"),
}


class Deal:
    """One deal up to the events applied so far. Events must come in fold order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.phase = 0
        self.highest_level = Level.IDENTIFIED
        self.suspended = False
        self.news = News()
        self.winning_runs = WinningRuns()
        self.permits = Permits()
        # The legs that were valid at the end of the day before, also of an earlier phase.
        self._yesterday: tuple[Leg, ...] = ()
        # Plans, and what meets them, of the day of the last event; the phase that begins on that day takes them over.
        self._plans_of_day: tuple[Event, ...] = ()
        self._open_phase()

    def _open_phase(self) -> None:
        self.phase += 1
        self.ended: Start | None = None
        self.ended_how: str | None = None
        self.steps_level = Level.IDENTIFIED
        self.reached = Level.IDENTIFIED
        self.legs = Legs()
        self.closed = False
        self.bound: Start | None = None
        self.papers = Papers()
        self.only_pledges = True
        self.permits = self.permits.in_new_phase()
        self.announcements = Announcements()
        self.step: Start | None = None
        self._shareholdings = Shareholdings()
        self.first_step: Start | None = None
        self.held = HeldRuns()
        self.plans = MilestonePlans()
        self._pursuers = Pursuers()

    def fork(self) -> Deal:
        """An independent copy."""
        fork = Deal(self.key)
        fork.phase = self.phase
        fork.highest_level = self.highest_level
        fork.suspended = self.suspended
        fork.news = self.news
        fork.winning_runs = self.winning_runs
        fork.permits = self.permits
        fork._yesterday = self._yesterday
        fork._plans_of_day = self._plans_of_day
        fork.ended = self.ended
        fork.ended_how = self.ended_how
        fork.steps_level = self.steps_level
        fork.reached = self.reached
        fork.closed = self.closed
        fork.bound = self.bound
        fork.papers = self.papers
        fork.only_pledges = self.only_pledges
        fork.announcements = self.announcements
        fork.step = self.step
        fork.first_step = self.first_step
        fork.plans = self.plans
        fork._pursuers = self._pursuers
        fork.legs = self.legs.fork()
        fork._shareholdings = self._shareholdings.fork()
        fork.held = self.held.fork()
        return fork

    @property
    def ended_on(self) -> date | None:
        """The day on which it ended; None: it lives."""
        return None if self.ended is None else self.ended.latest

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None

    @property
    def has_begun(self) -> bool:
        """Whether it ever had a step: its own news alone does not begin a deal."""
        return self.phase > 1 or self.first_step is not None

    @property
    def is_bound(self) -> bool:
        """Whether a leg is valid."""
        return bool(self.legs)

    @property
    def memorandum_runs(self) -> bool:
        """Whether the memorandum clock runs: the deal lives, has a paper and nothing binding."""
        return self.papers.start is not None and self.ended is None and not self.legs

    @property
    def announcement_runs(self) -> bool:
        """Whether the announcement clock runs: the deal lives and nothing of this phase was above an announcement."""
        unbound = self.ended is None and not self.legs and self.reached <= Level.ANNOUNCED
        return unbound and self.announcements.start is not None

    @property
    def pursuing_role(self) -> str | None:
        """The highest pursuing role seen in its events that have a level; None: nobody pursues."""
        return self._pursuers.role

    @property
    def pursuers(self) -> tuple[str, ...]:
        """The parties of that role."""
        return self._pursuers.parties

    @property
    def investors(self) -> tuple[str, ...]:
        """The parties that pursue as investors."""
        return self._pursuers.investors

    def level(self, required: tuple[str, ...], physical: Level | None) -> Level | None:
        """The current level; None once ended."""
        if self.ended is not None:
            return None
        if not self.legs:
            return self.steps_level
        if self.legs.any_financed:
            bound = Level.FINANCED
        else:
            bound = Level.PARTLY_BOUND if required and self.legs.missing(required) else Level.BOUND
        return max(self.steps_level, bound, physical or Level.IDENTIFIED)

    def next_change_on(self) -> date | None:
        """The next day at whose end a leg or a permit ceases by itself."""
        days = (self.legs.next_ceasing_on(), self.permits.next_ceasing_on())
        return min((day for day in days if day is not None), default=None)

    def ends_by_itself_on(self) -> date | None:
        """The day on which it ends if nothing else occurs; None: it lives on."""
        last = self.legs.last_to_cease()
        if not last:
            return None
        lives_on = all(leg.stops or leg.leg == "rights" for leg in last) and not self.closed
        return None if lives_on and self.steps_level > Level.IDENTIFIED else last[0].ceases_on

    def building_until(self) -> date | None:
        """The day at whose end nothing that lets one build is left, if nothing changes; None: something is."""
        ends = [grant.ceases_on for grant in self.permits.building]
        if self.legs.any_firm:
            ends.append(self.legs.last_ceasing_on(firm=True))
        days = [day for day in ends if day is not None]
        return max(days) if days and len(days) == len(ends) else None

    def falls_below_announced_on(self) -> date | None:
        """The day on which it ends or its level falls below announced, if nothing else occurs; None: never."""
        if self.steps_level < Level.ANNOUNCED:
            return self.legs.last_ceasing_on()
        return self.ends_by_itself_on()

    def hear(self, event: Event) -> None:
        """Take in an event that speaks of the project: it restarts the silence clock, a physical one cures conditions."""
        if event.kind.effect is Effect.RECORD:
            return
        self.news = self.news.with_project(event)
        if event.kind.effect is Effect.PHYSICAL and self.alive:
            self._cure_conditions()

    def apply(self, event: Event) -> None:
        """Take in an event of this deal."""
        kind = event.kind
        if kind.effect is Effect.RECORD:
            return
        self.news = self.news.with_own(event)
        is_step = kind.level is not None or kind.effect is Effect.PHYSICAL
        if not self.alive:
            if not is_step:
                self._note_plan(event)
                return
            self._open_phase()
        if is_step:
            self._take_step(event)
        if kind.name != "equity.exited":  # an exit changes the stakes itself
            self._shareholdings.note_stakes(event)
        self._note_plan(event)
        match kind.effect:
            case Effect.NOT_BINDING:
                self._apply_not_binding(event)
            case Effect.BINDING:
                self._apply_binding(event)
            case Effect.PHYSICAL:
                self._apply_physical(event)
            case Effect.ENDING:
                self._apply_ending(event)
            case _:
                assert_never(kind.effect)

    def _take_step(self, event: Event) -> None:
        level = event.kind.level
        if self.first_step is None:
            self.first_step = start_of(event)
            for planned in self._plans_of_day:
                if planned.latest == event.latest:
                    self.plans = self.plans.with_event(planned)
        if level is not None:
            self.reached = max(self.reached, level)
            self._pursuers = self._pursuers.with_those_of(event)
        if event.kind.name != "pledge.announced":
            self.only_pledges = False
        if is_paper(event) or event.kind.name in _STEPS or event.kind.effect in (Effect.BINDING, Effect.PHYSICAL):
            self.step = latest_start(self.step, event)

    def _note_plan(self, event: Event) -> None:
        """Plans, and what meets them, count in the phase of their day, though its first step may come after them."""
        if self.alive and self.first_step is not None:
            self.plans = self.plans.with_event(event)
            return
        same_day = self._plans_of_day if self._plans_of_day and self._plans_of_day[0].latest == event.latest else ()
        self._plans_of_day = (*same_day, event)

    def _apply_not_binding(self, event: Event) -> None:
        name = event.kind.name
        if event.kind.level is not None:
            self.steps_level = max(self.steps_level, event.kind.level)
        if event.kind.level is Level.ANNOUNCED:
            self.announcements = self.announcements.with_event(event)
        if is_paper(event):
            self.papers = self.papers.with_paper(event)
        match name:
            case "pledge.withdrawn":
                self._withdraw_pledges(event)
            case "permit.granted":
                self.permits = self.permits.with_grant(event)
                self.held.note_permit(self.permits.grants[-1])
            case "permit.refused" | "permit.lapsed":
                self.permits = self.permits.after_lapse(event)
            case "offtake.amended" | "rights.amended":
                self._amend(event)
            case _:
                return

    def _withdraw_pledges(self, event: Event) -> None:
        before, self.announcements = self.announcements, self.announcements.after_withdrawal(event)
        if before.pledges and not self.announcements.pledges and self.only_pledges:
            self.end(start_of(event), "withdrawn")

    def _amend(self, event: Event) -> None:
        rights = event.kind.name == "rights.amended"
        legs = self.legs.of("rights" if rights else "offtake")
        amends = event.data.get("amends")
        if amends is not None:
            legs = [leg for leg in legs if leg.event.is_named_by(amends)]
        elif rights:
            legs = [leg for leg in legs if event.data.get("right") in (None, leg.right)]
        else:
            named = parties_in_role(event, "offtaker")
            legs = [leg for leg in legs if not named or leg.holders & named]
        for leg in legs:
            self.held.note_amended(self.legs.change(leg, **amended(leg, event)), event)

    def _apply_binding(self, event: Event) -> None:
        assert event.kind.leg is not None, "a binding row names its leg"
        self._add(leg_from(event, event.kind.leg, len(self.legs)))
        if event.kind.name in CLOSINGS:
            self.closed = True
            self._cure_conditions()

    def _apply_physical(self, event: Event) -> None:
        if event.kind.name in STARTS_OF_WORKS:
            self.suspended = False
        if event.kind.name == "funds.disbursed":
            self._disburse(event)
        elif not self.legs:
            self._add(leg_from(event, UNKNOWN_LEG, len(self.legs), inferred=True))
        self._cure_conditions()

    def _disburse(self, event: Event) -> None:
        name = disbursed_leg(event)
        valid = self.legs.of(name)
        for leg in valid:
            self.legs.change(leg, financed=True)
        if not valid:
            self._add(leg_from(event, name, len(self.legs), inferred=True))
        self.closed = True

    def _add(self, leg: Leg) -> None:
        self.legs.add(leg)
        self.held.note_bound(leg)
        if self.bound is None:
            self.bound = start_of(leg.event)

    def _cure_conditions(self) -> None:
        for leg in [leg for leg in self.legs if leg.conditional]:
            self.legs.change(leg, conditional=False)

    def _apply_ending(self, event: Event) -> None:
        name = event.kind.name
        if name in ENDS_LEGS:
            self._apply_leg_ending(event)
        elif name == "memorandum.lapsed":
            self.papers = self.papers.with_lapse(event)
        elif name == "investor.withdrew":
            pursuers = set(self.pursuers)
            withdrawn = {p.party for p in event.parties if p.role in PURSUING_ROLES or p.party in pursuers}
            if not withdrawn or not pursuers - withdrawn:
                self.end(start_of(event), "withdrawn")
            else:
                self._pursuers = self._pursuers.without(withdrawn)
        elif name in ENDS_DEALS and "part" not in event.data:
            self.end(start_of(event), name.removeprefix("project."))

    def _apply_leg_ending(self, event: Event) -> None:
        concerned = legs_concerned(event, self._yesterday, self.legs)
        valid = [leg for leg in self.legs if any(leg.binds_for(taken.event) for taken in concerned)]
        how, leg_how = _LEG_ENDED_HOW[event.kind.name]
        if event.kind.name == "equity.exited":
            holders = {party for leg in concerned for party in leg.holders}
            exited = self._shareholdings.exit(event, holders)
            everybody = "stake_percent" not in event.data and not parties_in_role(event, "investor")
            if exited or everybody:
                self._remove_holders(valid, exited, event, how, leg_how)
        elif event.kind.name == "offtake.ended":
            self._remove_holders(valid, set(parties_in_role(event, "offtaker")), event, how, leg_how)
        else:
            self._end_legs([(leg, start_of(event)) for leg in valid], how, leg_how)

    def _remove_holders(self, legs: list[Leg], parties: set[str], event: Event, how: str, leg_how: str) -> None:
        ceasing = []
        for leg in legs:
            if parties and leg.holders:
                left = leg.holders - parties
                changed = leg if left == leg.holders else self.legs.change(leg, holders=left)
                if left:
                    continue
                ceasing.append(changed)
            else:
                ceasing.append(leg)
        self._end_legs([(leg, start_of(event)) for leg in ceasing], how, leg_how)

    def _end_legs(self, ending: Sequence[tuple[Leg, Start]], how: str, leg_how: str) -> None:
        """End these legs, each when it does, and the deal with the last of them. `how` is what the deal's end is called.

        A termination before any closing is no end while something else of the phase has a level: the deal lives on, with
        the memorandum clock from its original start.
        """
        if not ending:
            return
        for leg, ended in ending:
            self._mark_ended([leg], ended, leg_how)
        on = latest_of([ended for _, ended in ending])
        if self.legs.only_unknown and any(leg.leg != UNKNOWN_LEG for leg, _ in ending):
            self._mark_ended(list(self.legs), on, leg_how)
        if self.legs:
            return
        nothing_left = self.steps_level is Level.IDENTIFIED
        if how != "terminated" or self.closed or nothing_left:
            self.end(on, how)

    def _mark_ended(self, legs: list[Leg], on: Start, how: str) -> None:
        for leg in legs:
            self.held.note_ended(self.legs.change(leg, ended=on, ended_how=how))

    def end_day(self, day: date) -> None:
        """End what ceases by itself at the end of this day, and note what was held on it."""
        if self.alive:
            self._expire(day)
        self.permits = self.permits.at_end_of_day(day)
        self.winning_runs = self.winning_runs.at_end_of_day(
            day, self.phase, self.legs, self.held.bound_today(self.legs), self._pursuers
        )
        self.held.end_day(self.legs, self.permits)
        self._yesterday = tuple(self.legs)

    def _expire(self, day: date) -> None:
        due = self.legs.ceasing_by(day)
        if not due:
            return
        stopped = [(leg, leg.ended_by_itself(day)) for leg in due if leg.stops]
        self._end_legs(stopped, "terminated", "long-stop")
        for name, how in (("rights", "terminated"), ("offtake", "completed")):
            if self.alive:
                # A leg that ceases takes an inferred one along, which may be due itself.
                left = {leg.number for leg in self.legs}
                expired = [leg for leg in due if leg.leg == name and leg.number in left]
                self._end_legs([(leg, leg.ended_by_itself(day)) for leg in expired], how, "expired")

    def note_physical_state(self, physical: Level | None) -> None:
        """Take in the physical state of the project: while the deal is bound it counts as a closing."""
        if physical is not None and self.alive and self.legs:
            self.closed = True

    def end(self, on: Start, how: str) -> None:
        """End the deal: its legs cease. Ending an ended deal, or one that had no step yet, changes nothing."""
        if not self.alive or not self.has_begun:
            return
        self._mark_ended(list(self.legs), on, how)
        self.ended, self.ended_how = on, how
        self.news = News()
        self._plans_of_day = ()
        self.suspended = False

    def note_level(self, level: Level | None) -> None:
        """Take in the level at the end of a day, for the highest ever."""
        self.highest_level = max(self.highest_level, level or Level.IDENTIFIED)

    def ends_of_legs_spoken_of(self, event: Event) -> bool:
        """Whether a leg is valid, or was yesterday, of which an ending row speaks."""
        return any(speaks_of(event, leg) for leg in (*self._yesterday, *self.legs))
