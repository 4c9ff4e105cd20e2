"""The life of one deal, event by event (sections 1, 4, 5): phases, legs, papers and clocks.

Knows its own events and those that speak of the project; the project's physical state is told to it. The fold owns it,
and nothing outside sees it: what leaves is a frozen `DealState`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steppe.domain.deals.clock_starts import first_start, latest_start
from steppe.domain.deals.legs import Leg, Legs, bound_by, day_of
from steppe.domain.deals.milestones import Plans
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.deals.shareholdings import Holdings
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CLOSINGS, MEMORANDUM_CLASS, PURSUING_ROLES, UNKNOWN_LEG, Effect
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Start

_STUDIES_AND_APPROVALS = frozenset({"study.started", "study.completed", "finance.approved"})


@dataclass(frozen=True, slots=True)
class Crossed:
    """The first leg of a phase that was valid at the end of a day, and who stood behind the deal then."""

    phase: int
    leg: Leg
    parties: tuple[str, ...]
    pursuers: tuple[str, ...]
    pursuing_role: str | None


class DealLife:
    """Mutable inside the fold. Events must come in fold order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.phase = 0
        self.highest_level = Level.IDENTIFIED
        self.suspended = False
        self._earlier_crossings: tuple[Crossed, ...] = ()
        self._crossed: Crossed | None = None
        self._open()

    def _open(self) -> None:
        self._earlier_crossings = self.crossings()
        self._crossed = None
        self.phase += 1
        self.ended_on: date | None = None
        self.ended_how: str | None = None
        self.steps_level = Level.IDENTIFIED
        self.legs = Legs()
        self.closed = False
        self.bound_on: date | None = None
        self.newest_paper: Event | None = None
        self.paper_count = 0
        self.paper_references: tuple[str, ...] = ()
        self._paper_counted_on: date | None = None
        self.lapse_declared: Event | None = None
        self.memorandum_start: Start | None = None
        self.silence: Start | None = None
        self.step: Start | None = None
        self.last_heard: Event | None = None
        self._holdings = Holdings()
        self.first_step_on: date | None = None
        self.legs_since: Start | None = None
        self.firm_legs_since: Start | None = None
        self.plans = Plans()
        self._pursuers = Pursuers()

    def fork(self) -> DealLife:
        """A copy that goes its own way."""
        twin = object.__new__(DealLife)
        twin.__dict__.update(self.__dict__)
        twin.legs = self.legs.fork()
        twin._holdings = self._holdings.fork()
        return twin

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
        """Whether the memorandum clock runs: it lives, has a paper and nothing binding."""
        return self.memorandum_start is not None and self.ended_on is None and not self.legs

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

    def is_unseen_on(self) -> date | None:
        """The day on which it ends, or nothing at announced or above is left of it, if nothing else occurs; None: never."""
        if self.steps_level < Level.ANNOUNCED:
            return self.legs.last_ceasing_on()
        return self.ends_by_itself_on()

    def hear(self, event: Event) -> None:
        """An event that speaks of the project: news, and a physical one cures conditions."""
        if event.kind.effect is Effect.RECORD or not self.alive:
            return
        self._hear(event)
        if event.kind.effect is Effect.PHYSICAL:
            self._cure()

    def apply(self, event: Event) -> None:
        """An event of this deal."""
        kind = event.kind
        if kind.effect is Effect.RECORD:
            return
        if not self.alive:
            if kind.level is None and kind.effect is not Effect.PHYSICAL:
                return
            self._open()
        if self.first_step_on is None and (kind.level is not None or kind.effect is Effect.PHYSICAL):
            self.first_step_on = event.latest
        self._hear(event)
        self._holdings_before_exit(event)
        if kind.level is not None:
            self._pursuers = self._pursuers.with_those_of(event)
        match kind.effect:
            case Effect.NOT_BINDING:
                self._not_binding(event)
            case Effect.BINDING:
                self._bind(event)
            case Effect.PHYSICAL:
                self._physical(event)
            case _:
                self._end_something(event)

    def _holdings_before_exit(self, event: Event) -> None:
        if event.kind.name != "equity.exited":
            self._holdings.hear(event)

    def _hear(self, event: Event) -> None:
        self.silence = latest_start(self.silence, event)
        self.last_heard = event
        name = event.kind.name
        if event.deal != self.key:
            return
        treaty = event.data.get("instrument") == "treaty"
        if (
            (name in MEMORANDUM_CLASS and not treaty)
            or name in _STUDIES_AND_APPROVALS
            or event.kind.effect in (Effect.BINDING, Effect.PHYSICAL)
        ):
            self.step = latest_start(self.step, event)

    def _not_binding(self, event: Event) -> None:
        name = event.kind.name
        if event.kind.level is not None:
            self.steps_level = max(self.steps_level, event.kind.level)
        if name in MEMORANDUM_CLASS and event.data.get("instrument") != "treaty":
            self.newest_paper = event
            self.paper_references = (*self.paper_references, event.reference)
            # Those of one day count once, parts of another document not at all; days come in order.
            if "part_of" not in event.data and event.latest != self._paper_counted_on:
                self._paper_counted_on = event.latest
                self.paper_count += 1
            self.lapse_declared = None
            self.memorandum_start = first_start(self.memorandum_start, event)
        elif name == "milestone.planned":
            if self.first_step_on is not None:  # plans before the phase's first step are not its slips
                self.plans = self.plans.with_plan(event)
        elif name == "offtake.amended":
            for leg in self._amended(event):
                if "ends_on" in event.data:
                    self.legs.change(leg, ends_on=day_of(event, "ends_on"))

    def _amended(self, event: Event) -> list[Leg]:
        offtakes = self.legs.of("offtake")
        amends = event.data.get("amends")
        if amends is not None:
            target = (amends["source"], amends["id"])
            return [leg for leg in offtakes if (leg.event.source, leg.event.id) == target]
        named = _named(event, "offtaker")
        return [leg for leg in offtakes if not named or leg.holders & named]

    def _bind(self, event: Event) -> None:
        assert event.kind.leg is not None, "a binding row names its leg"
        self._add(bound_by(event, event.kind.leg, len(self.legs)))
        if event.kind.name in CLOSINGS:
            self.closed = True
            self._cure()

    def _physical(self, event: Event) -> None:
        if event.kind.name == "funds.disbursed":
            self._disburse(event)
        elif not self.bound:
            self._add(bound_by(event, UNKNOWN_LEG, len(self.legs), inferred=True))
        self._cure()

    def _disburse(self, event: Event) -> None:
        roles = {party.role for party in event.parties}
        name = event.data.get("leg") or ("grant" if "donor" in roles and "financier" not in roles else "debt")
        valid = self.legs.of(name)
        for leg in valid:
            self.legs.change(leg, financed=True)
        if not valid:
            self._add(bound_by(event, name, len(self.legs), inferred=True))
        self.closed = True

    def _add(self, leg: Leg) -> None:
        self.legs.add(leg)
        self.legs_since = first_start(self.legs_since, leg.event)
        if leg.firm:
            self.firm_legs_since = first_start(self.firm_legs_since, leg.event)
        if self.bound_on is None:
            self.bound_on = leg.since

    def _cure(self) -> None:
        for leg in [leg for leg in self.legs if leg.conditional]:
            self.legs.change(leg, conditional=False)

    def _end_something(self, event: Event) -> None:
        day = event.latest
        match event.kind.name:
            case "memorandum.lapsed":
                self.lapse_declared = event
            case "rights.revoked":
                right = event.data.get("right")
                self._cease(
                    [leg for leg in self.legs.of("rights") if right in (None, leg.event.data.get("right"))],
                    day,
                    "terminated",
                    "revoked",
                )
            case "offtake.ended":
                self._take_out("offtake", _named(event, "offtaker"), day, "completed", "ended")
            case "equity.exited":
                holders = {party for leg in self.legs.of("equity") for party in leg.holders}
                gone = self._holdings.leave(event, holders)
                everybody = "stake_percent" not in event.data and not _named(event, "investor")
                if gone or everybody:
                    self._take_out("equity", gone, day, "exited", "exited")
            case "contract.terminated":
                name = event.data.get("leg")
                self._cease([leg for leg in self.legs if name in (None, leg.leg)], day, "terminated", "terminated")
            case "investor.withdrew":
                mine = set(self.pursuers)
                named = {p.party for p in event.parties if p.role in PURSUING_ROLES or p.party in mine}
                if not named or not mine - named:
                    self.end(day, "withdrawn")
                else:
                    self._pursuers = self._pursuers.without(named)
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

    def _take_out(self, name: str, parties: set[str], day: date, how: str, leg_how: str) -> None:
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
        self._cease(ceasing, day, how, leg_how)

    def _cease(self, legs: list[Leg], day: date, how: str, leg_how: str) -> None:
        """End these legs. `how` is what the deal's end is called if none is left; a termination before any closing is no
        end: the deal lives on and the memorandum clock goes on from its original start."""
        if not legs:
            return
        self._take_down(legs, day, leg_how)
        if self.legs.only_unknown and any(leg.leg != UNKNOWN_LEG for leg in legs):
            self._take_down(list(self.legs), day, leg_how)
        if not self.legs and (how != "terminated" or self.closed):
            self.end(day, how)

    def _take_down(self, legs: list[Leg], day: date, how: str) -> None:
        for leg in legs:
            self.legs.change(leg, ended_on=day, ended_how=how)

    def expire(self, day: date) -> None:
        """What ceases by itself at the end of this day."""
        if not self.alive:
            return
        due = self.legs.ceasing_by(day)
        if due:
            stopped = [leg for leg in due if leg.conditional and leg.long_stop is not None and leg.long_stop <= day]
            self._cease(stopped, day, "terminated", "long-stop")
            if self.alive:
                # A long stop takes an inferred leg along, which may be due itself.
                left = {leg.number for leg in self.legs}
                self._cease([leg for leg in due if leg.number in left], day, "completed", "expired")
        if not self.legs:
            self.legs_since = None
        if not self.legs.any_firm:
            self.firm_legs_since = None
        if self._crossed is None and self.legs:
            leg = next(iter(self.legs))
            investors = tuple(sorted(_named(leg.event, "investor")))
            self._crossed = Crossed(self.phase, leg, investors or self.pursuers, self.pursuers, self.pursuing_role)

    def crossings(self) -> tuple[Crossed, ...]:
        """How each phase crossed the line, with the leg as it stands now."""
        if self._crossed is None:
            return self._earlier_crossings
        leg = self.legs.numbered(self._crossed.leg.number)
        crossed = self._crossed
        now = Crossed(crossed.phase, leg, crossed.parties, crossed.pursuers, crossed.pursuing_role)
        return (*self._earlier_crossings, now)

    def see(self, physical: Level | None) -> None:
        """Physical state while bound is a closing."""
        if physical is not None and self.alive and self.bound:
            self.closed = True

    def end(self, day: date, how: str) -> None:
        """End the deal: its legs cease. Ending an ended deal changes nothing."""
        if not self.alive:
            return
        self._take_down(list(self.legs), day, how)
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
        """How it stands, frozen."""
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
            memorandum=self.memorandum_start,
            memorandum_runs=self.memorandum_runs,
            silence=self.silence if self.alive else None,
            step=self.step if self.alive else None,
            bound_on=self.bound_on,
            papers=self.paper_count,
            pursuing_role=self.pursuing_role,
            first_step_on=self.first_step_on,
            held_since=held_since,
            held_until=held_until,
        )


def _named(event: Event, role: str) -> set[str]:
    return {party.party for party in event.parties if party.role == role}
