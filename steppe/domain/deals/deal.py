"""A deal as the fold builds it up, event by event (sections 1, 4, 5): phases, legs, papers and clocks.

An aggregate in the sense of event sourcing: mutable, owned by the fold and seen by the flags only; its frozen value is
`DealState`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from steppe.domain.deals.clock_starts import first_start, latest_start
from steppe.domain.deals.legs import Leg, Legs, latest_day_of, leg_from
from steppe.domain.deals.milestones import MilestonePlans
from steppe.domain.deals.papers import Papers, is_paper
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.deals.shareholdings import Shareholdings
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CLOSINGS, PURSUING_ROLES, UNKNOWN_LEG, Effect
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Start

_STUDIES_AND_APPROVALS = frozenset({"study.started", "study.completed", "finance.approved"})


@dataclass(frozen=True, slots=True)
class PhaseCrossing:
    """The first leg of a phase that was valid at the end of a day, and the parties of the deal on that day."""

    phase: int
    leg: Leg
    parties: tuple[str, ...]
    pursuers: tuple[str, ...]
    pursuing_role: str | None


class Deal:
    """One deal up to the events applied so far. Events must come in fold order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.phase = 0
        self.highest_level = Level.IDENTIFIED
        self.suspended = False
        self._earlier_crossings: tuple[PhaseCrossing, ...] = ()
        self._crossing: PhaseCrossing | None = None
        self._open_phase()

    def _open_phase(self) -> None:
        self._earlier_crossings = self.crossings()
        self._crossing = None
        self.phase += 1
        self.ended_on: date | None = None
        self.ended_how: str | None = None
        self.steps_level = Level.IDENTIFIED
        self.legs = Legs()
        self.closed = False
        self.bound_on: date | None = None
        self.papers = Papers()
        self.silence: Start | None = None
        self.step: Start | None = None
        self.last_heard: Event | None = None
        self._shareholdings = Shareholdings()
        self.first_step_on: date | None = None
        self.legs_since: Start | None = None
        self.firm_legs_since: Start | None = None
        self.plans = MilestonePlans()
        self._pursuers = Pursuers()

    def fork(self) -> Deal:
        """An independent copy."""
        fork = object.__new__(Deal)
        fork.__dict__.update(self.__dict__)
        fork.legs = self.legs.fork()
        fork._shareholdings = self._shareholdings.fork()
        return fork

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.ended_on is None

    @property
    def bound(self) -> bool:
        """Whether a leg is valid."""
        return bool(self.legs)

    @property
    def memorandum_runs(self) -> bool:
        """Whether the memorandum clock runs: the deal lives, has a paper and nothing binding."""
        return self.papers.start is not None and self.ended_on is None and not self.legs

    @property
    def pursuing_role(self) -> str | None:
        """The highest pursuing role seen in its events that have a level; None: nobody pursues."""
        return self._pursuers.role

    @property
    def pursuers(self) -> tuple[str, ...]:
        """The parties of that role."""
        return self._pursuers.parties

    def level(self, required: tuple[str, ...], physical: Level | None) -> Level | None:
        """The current level; None once ended."""
        if self.ended_on is not None:
            return None
        if not self.legs:
            return self.steps_level
        if self.legs.any_financed:
            bound = Level.FINANCED
        else:
            bound = Level.PARTLY_BOUND if required and self.legs.missing(required) else Level.BOUND
        return max(self.steps_level, bound, physical or Level.IDENTIFIED)

    def ends_by_itself_on(self) -> date | None:
        """The day on which it ends if nothing else occurs; None: it lives on."""
        last = self.legs.last_to_cease()
        if not last or (not self.closed and all(leg.stops for leg in last)):
            return None
        return last[0].ceases_on

    def falls_below_announced_on(self) -> date | None:
        """The day on which it ends or its level falls below announced, if nothing else occurs; None: never."""
        if self.steps_level < Level.ANNOUNCED:
            return self.legs.last_ceasing_on()
        return self.ends_by_itself_on()

    def hear(self, event: Event) -> None:
        """Take in an event that speaks of the project: it restarts the silence clock, a physical one cures conditions."""
        if event.kind.effect is Effect.RECORD or not self.alive:
            return
        self._hear(event)
        if event.kind.effect is Effect.PHYSICAL:
            self._cure_conditions()

    def apply(self, event: Event) -> None:
        """Take in an event of this deal."""
        kind = event.kind
        if kind.effect is Effect.RECORD:
            return
        if not self.alive:
            if kind.level is None and kind.effect is not Effect.PHYSICAL:
                return
            self._open_phase()
        if self.first_step_on is None and (kind.level is not None or kind.effect is Effect.PHYSICAL):
            self.first_step_on = event.latest
        self._hear(event)
        if kind.name != "equity.exited":  # an exit changes the stakes itself
            self._shareholdings.note_stakes(event)
        if kind.level is not None:
            self._pursuers = self._pursuers.with_those_of(event)
        match kind.effect:
            case Effect.NOT_BINDING:
                self._apply_step(event)
            case Effect.BINDING:
                self._apply_binding(event)
            case Effect.PHYSICAL:
                self._apply_physical(event)
            case Effect.ENDING:
                self._apply_ending(event)
            case _:
                assert_never(kind.effect)

    def _hear(self, event: Event) -> None:
        self.silence = latest_start(self.silence, event)
        self.last_heard = event
        name = event.kind.name
        if event.deal != self.key:
            return
        if is_paper(event) or name in _STUDIES_AND_APPROVALS or event.kind.effect in (Effect.BINDING, Effect.PHYSICAL):
            self.step = latest_start(self.step, event)

    def _apply_step(self, event: Event) -> None:
        name = event.kind.name
        if event.kind.level is not None:
            self.steps_level = max(self.steps_level, event.kind.level)
        if is_paper(event):
            self.papers = self.papers.with_paper(event)
        elif name == "milestone.planned":
            if self.first_step_on is not None:  # plans before the phase's first step are not its slips
                self.plans = self.plans.with_plan(event)
        elif name == "offtake.amended":
            for leg in self._amended(event):
                if "ends_on" in event.data:
                    self.legs.change(leg, ends_on=latest_day_of(event, "ends_on"))

    def _amended(self, event: Event) -> list[Leg]:
        offtakes = self.legs.of("offtake")
        amends = event.data.get("amends")
        if amends is not None:
            target = (amends["source"], amends["id"])
            return [leg for leg in offtakes if (leg.event.source, leg.event.id) == target]
        named = _parties_in_role(event, "offtaker")
        return [leg for leg in offtakes if not named or leg.holders & named]

    def _apply_binding(self, event: Event) -> None:
        assert event.kind.leg is not None, "a binding row names its leg"
        self._add(leg_from(event, event.kind.leg, len(self.legs)))
        if event.kind.name in CLOSINGS:
            self.closed = True
            self._cure_conditions()

    def _apply_physical(self, event: Event) -> None:
        if event.kind.name == "funds.disbursed":
            self._disburse(event)
        elif not self.bound:
            self._add(leg_from(event, UNKNOWN_LEG, len(self.legs), inferred=True))
        self._cure_conditions()

    def _disburse(self, event: Event) -> None:
        roles = {party.role for party in event.parties}
        name = event.data.get("leg") or ("grant" if "donor" in roles and "financier" not in roles else "debt")
        valid = self.legs.of(name)
        for leg in valid:
            self.legs.change(leg, financed=True)
        if not valid:
            self._add(leg_from(event, name, len(self.legs), inferred=True))
        self.closed = True

    def _add(self, leg: Leg) -> None:
        self.legs.add(leg)
        self.legs_since = first_start(self.legs_since, leg.event)
        if leg.firm:
            self.firm_legs_since = first_start(self.firm_legs_since, leg.event)
        if self.bound_on is None:
            self.bound_on = leg.since

    def _cure_conditions(self) -> None:
        for leg in [leg for leg in self.legs if leg.conditional]:
            self.legs.change(leg, conditional=False)

    def _apply_ending(self, event: Event) -> None:
        day = event.latest
        match event.kind.name:
            case "memorandum.lapsed":
                self.papers = self.papers.with_lapse(event)
            case "rights.revoked":
                right = event.data.get("right")
                self._end_legs(
                    [leg for leg in self.legs.of("rights") if right in (None, leg.event.data.get("right"))],
                    day,
                    "terminated",
                    "revoked",
                )
            case "offtake.ended":
                self._remove_holders("offtake", _parties_in_role(event, "offtaker"), day, "completed", "ended")
            case "equity.exited":
                holders = {party for leg in self.legs.of("equity") for party in leg.holders}
                exited = self._shareholdings.exit(event, holders)
                everybody = "stake_percent" not in event.data and not _parties_in_role(event, "investor")
                if exited or everybody:
                    self._remove_holders("equity", exited, day, "exited", "exited")
            case "contract.terminated":
                name = event.data.get("leg")
                self._end_legs([leg for leg in self.legs if name in (None, leg.leg)], day, "terminated", "terminated")
            case "investor.withdrew":
                pursuers = set(self.pursuers)
                withdrawn = {p.party for p in event.parties if p.role in PURSUING_ROLES or p.party in pursuers}
                if not withdrawn or not pursuers - withdrawn:
                    self.end(day, "withdrawn")
                else:
                    self._pursuers = self._pursuers.without(withdrawn)
            case "project.suspended":
                self.suspended = True
            case "project.resumed":
                self.suspended = False
            case "project.cancelled":
                self.end(day, "cancelled")
            case "project.completed":
                self.end(day, "completed")
            case _:
                return

    def _remove_holders(self, name: str, parties: set[str], day: date, how: str, leg_how: str) -> None:
        ceasing = []
        for leg in self.legs.of(name):
            if parties and leg.holders:
                left = leg.holders - parties
                changed = leg if left == leg.holders else self.legs.change(leg, holders=left)
                if left:
                    continue
                ceasing.append(changed)
            else:
                ceasing.append(leg)
        self._end_legs(ceasing, day, how, leg_how)

    def _end_legs(self, legs: list[Leg], day: date, how: str, leg_how: str) -> None:
        """End these legs, and the deal with the last of them. `how` is what the deal's end is called.

        A termination before any closing is no end: the deal lives on, with the memorandum clock from its original start.
        """
        if not legs:
            return
        self._mark_ended(legs, day, leg_how)
        if self.legs.only_unknown and any(leg.leg != UNKNOWN_LEG for leg in legs):
            self._mark_ended(list(self.legs), day, leg_how)
        if not self.legs and (how != "terminated" or self.closed):
            self.end(day, how)

    def _mark_ended(self, legs: list[Leg], day: date, how: str) -> None:
        for leg in legs:
            self.legs.change(leg, ended_on=day, ended_how=how)

    def expire(self, day: date) -> None:
        """End the legs that cease by themselves at the end of this day, and note the crossing of the phase."""
        if not self.alive:
            return
        due = self.legs.ceasing_by(day)
        if due:
            stopped = [leg for leg in due if leg.conditional and leg.long_stop is not None and leg.long_stop <= day]
            self._end_legs(stopped, day, "terminated", "long-stop")
            if self.alive:
                # A long stop takes an inferred leg along, which may be due itself.
                left = {leg.number for leg in self.legs}
                self._end_legs([leg for leg in due if leg.number in left], day, "completed", "expired")
        if not self.legs:
            self.legs_since = None
        if not self.legs.any_firm:
            self.firm_legs_since = None
        if self._crossing is None and self.legs:
            leg = next(iter(self.legs))
            investors = tuple(sorted(_parties_in_role(leg.event, "investor")))
            self._crossing = PhaseCrossing(
                self.phase, leg, investors or self.pursuers, self.pursuers, self.pursuing_role
            )

    def crossings(self) -> tuple[PhaseCrossing, ...]:
        """The crossing of each phase that had one, with its leg as it stands now."""
        if self._crossing is None:
            return self._earlier_crossings
        leg = self.legs.numbered(self._crossing.leg.number)
        return (*self._earlier_crossings, replace(self._crossing, leg=leg))

    def note_physical_state(self, physical: Level | None) -> None:
        """Take in the physical state of the project: while the deal is bound it counts as a closing."""
        if physical is not None and self.alive and self.bound:
            self.closed = True

    def end(self, day: date, how: str) -> None:
        """End the deal: its legs cease. Ending an ended deal changes nothing."""
        if not self.alive:
            return
        self._mark_ended(list(self.legs), day, how)
        self.ended_on, self.ended_how = day, how
        self.legs_since = self.firm_legs_since = None
        self.suspended = False

    def state(
        self,
        level: Level | None,
        required: tuple[str, ...],
        overlays: tuple[str, ...],
        held_since: date | None,
        held_until: date | None,
    ) -> DealState:
        """Its state at the end of a day. `level` and `overlays` are those of that day, as the fold found them."""
        self.highest_level = max(self.highest_level, level or Level.IDENTIFIED)
        return DealState(
            deal=self.key,
            phase=self.phase,
            level=level,
            highest_level=self.highest_level,
            overlays=overlays,
            ended_on=self.ended_on,
            ended_how=self.ended_how,
            pursuers=self.pursuers,
            investors=self._pursuers.investors,
            legs=self.legs.states(),
            missing_legs=self.legs.missing(required) if required and self.alive else (),
            memorandum=self.papers.start,
            memorandum_runs=self.memorandum_runs,
            silence=self.silence if self.alive else None,
            step=self.step if self.alive else None,
            bound_on=self.bound_on,
            papers=self.papers.count,
            pursuing_role=self.pursuing_role,
            first_step_on=self.first_step_on,
            held_since=held_since,
            held_until=held_until,
        )


def _parties_in_role(event: Event, role: str) -> set[str]:
    return {party.party for party in event.parties if party.role == role}
