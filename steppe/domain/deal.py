"""The life of one deal, event by event (sections 1, 4, 5): phases, legs, papers and clocks.

Knows its own events and those that speak of the project; the project's physical state is told to it. The fold owns it,
and nothing outside sees it: what leaves is a frozen `DealState`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steppe.domain import edtf
from steppe.domain.events import Event
from steppe.domain.history import DealState, LegState, Start
from steppe.domain.holdings import Holdings
from steppe.domain.legs import Leg, bound_by, day_of
from steppe.domain.levels import Level
from steppe.domain.starts import first_start, latest_start
from steppe.domain.vocabulary import CLOSINGS, MEMORANDUM_CLASS, PURSUING_ROLES, UNKNOWN_LEG, Row

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
        self.crossings: list[Crossed] = []
        self._open()

    def _open(self) -> None:
        self.phase += 1
        self.ended_on: date | None = None
        self.ended_how: str | None = None
        self.steps_level = Level.IDENTIFIED
        self.standing: list[Leg] = []
        self._legs: list[Leg] = []
        self._leg_states: tuple[LegState, ...] | None = ()
        self.closed = False
        self.bound_on: date | None = None
        self.papers: list[Event] = []
        self.paper_references: tuple[str, ...] = ()
        self._paper_days: set[date] = set()
        self.lapse_declared: Event | None = None
        self.memorandum_start: Start | None = None
        self.silence: Start | None = None
        self.step: Start | None = None
        self.last_heard: Event | None = None
        self._parties: dict[str, dict[str, None]] = {role: {} for role in PURSUING_ROLES}
        self._holdings = Holdings()
        self.first_step_on: date | None = None
        self.legs_since: Start | None = None
        self.firm_legs_since: Start | None = None
        self._crossed = False
        self._plans: dict[str, tuple[date, date]] = {}
        self.slips: dict[str, list[Event]] = {}

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.ended_on is None

    @property
    def bound(self) -> bool:
        """Whether a leg is valid."""
        return bool(self.standing)

    @property
    def ends_on(self) -> date | None:
        """The day at whose end it ends by itself, with its last leg; None while it does not."""
        legs = [leg for leg in self.standing if leg.leg != UNKNOWN_LEG] or self.standing
        days = [leg.ceases_on for leg in legs]
        last = max((day for day in days if day is not None), default=None)
        if last is None or None in days:
            return None
        expires = any(leg.ceases_on == last and not leg.stops_by(last) for leg in legs)
        return last if self.closed or expires else None

    @property
    def memorandum_runs(self) -> bool:
        """Whether the memorandum clock runs: it lives, has a paper and nothing binding."""
        return self.alive and self.memorandum_start is not None and not self.bound

    @property
    def pursuing_role(self) -> str | None:
        """The highest pursuing role seen in its events that have a level; None when nobody is named."""
        return next((role for role, parties in self._parties.items() if parties), None)

    @property
    def pursuers(self) -> tuple[str, ...]:
        """The parties of that role."""
        role = self.pursuing_role
        return () if role is None else tuple(sorted(self._parties[role]))

    @property
    def investors(self) -> tuple[str, ...]:
        """The investors among them."""
        return tuple(sorted(self._parties["investor"]))

    def missing_legs(self, required: tuple[str, ...]) -> tuple[str, ...]:
        """The required legs that no valid leg fills."""
        held = {leg.leg for leg in self.standing}
        return tuple(sorted(set(required) - held))

    def level(self, required: tuple[str, ...], physical: Level | None) -> Level | None:
        """The current level; None once ended."""
        if not self.alive:
            return None
        if not self.bound:
            return self.steps_level
        bound = Level.PARTLY_BOUND if self.missing_legs(required) else Level.BOUND
        if any(leg.financed for leg in self.standing):
            bound = Level.FINANCED
        return max(self.steps_level, bound, physical or Level.IDENTIFIED)

    def hear(self, event: Event) -> None:
        """An event that speaks of the project: news, and a physical one cures conditions."""
        if event.kind.row is Row.RECORD or not self.alive:
            return
        self._hear(event)
        if event.kind.row is Row.PHYSICAL:
            self._cure()

    def apply(self, event: Event) -> None:
        """An event of this deal."""
        kind = event.kind
        if kind.row is Row.RECORD:
            return
        if not self.alive:
            if kind.level is None and kind.row is not Row.PHYSICAL:
                return
            self._open()
        if self.first_step_on is None and (kind.level is not None or kind.row is Row.PHYSICAL):
            self.first_step_on = event.latest
        self._hear(event)
        self._holdings_before_exit(event)
        if kind.level is not None:
            for party in event.parties:
                if party.role in self._parties:
                    self._parties[party.role][party.party] = None
        match kind.row:
            case Row.NOT_BINDING:
                self._not_binding(event)
            case Row.BINDING:
                self._bind(event)
            case Row.PHYSICAL:
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
            or event.kind.row in (Row.BINDING, Row.PHYSICAL)
        ):
            self.step = latest_start(self.step, event)

    def _not_binding(self, event: Event) -> None:
        name = event.kind.name
        if event.kind.level is not None:
            self.steps_level = max(self.steps_level, event.kind.level)
        if name in MEMORANDUM_CLASS and event.data.get("instrument") != "treaty":
            self.papers.append(event)
            self.paper_references = (*self.paper_references, event.reference)
            if "part_of" not in event.data:
                self._paper_days.add(event.latest)
            self.lapse_declared = None
            self.memorandum_start = first_start(self.memorandum_start, event)
        elif name == "milestone.planned":
            self._plan(event)
        elif name == "offtake.amended":
            for leg in self._amended(event):
                if "ends_on" in event.data:
                    leg.ends_on = day_of(event, "ends_on")

    def _plan(self, event: Event) -> None:
        """Plans before the phase's first step are not its slips."""
        if self.first_step_on is None:
            return
        days = edtf.parse(event.data["planned_on"])
        planned = (days.latest or date.max, days.earliest or date.min)
        milestone = event.data["milestone"]
        if planned > self._plans.get(milestone, (date.max, date.max)):
            self.slips.setdefault(milestone, []).append(event)
        self._plans[milestone] = planned

    def _amended(self, event: Event) -> list[Leg]:
        offtakes = self._valid("offtake")
        amends = event.data.get("amends")
        if amends is not None:
            target = (amends["source"], amends["id"])
            return [leg for leg in offtakes if (leg.event.source, leg.event.id) == target]
        named = _named(event, "offtaker")
        return [leg for leg in offtakes if not named or leg.holders & named]

    def _bind(self, event: Event) -> None:
        assert event.kind.leg is not None, "a binding row names its leg"
        self._add(bound_by(event, event.kind.leg))
        if event.kind.name in CLOSINGS:
            self.closed = True
            self._cure()

    def _physical(self, event: Event) -> None:
        if event.kind.name == "funds.disbursed":
            self._disburse(event)
        elif not self.bound:
            self._add(bound_by(event, UNKNOWN_LEG, inferred=True))
        self._cure()

    def _disburse(self, event: Event) -> None:
        roles = {party.role for party in event.parties}
        name = event.data.get("leg") or ("grant" if "donor" in roles and "financier" not in roles else "debt")
        valid = self._valid(name)
        for leg in valid:
            leg.financed = True
            self._leg_states = None
        if not valid:
            self._add(bound_by(event, name, inferred=True))
        self.closed = True

    def _add(self, leg: Leg) -> None:
        self.standing.append(leg)
        self._legs.append(leg)
        self._leg_states = None
        self.legs_since = first_start(self.legs_since, leg.event)
        if leg.firm:
            self.firm_legs_since = first_start(self.firm_legs_since, leg.event)
        if self.bound_on is None:
            self.bound_on = leg.since

    def _cure(self) -> None:
        for leg in self.standing:
            if leg.conditional:
                leg.conditional = False
                self._leg_states = None

    def _end_something(self, event: Event) -> None:
        day = event.latest
        match event.kind.name:
            case "memorandum.lapsed":
                self.lapse_declared = event
            case "rights.revoked":
                right = event.data.get("right")
                self._cease(
                    [x for x in self._valid("rights") if right in (None, x.event.data.get("right"))],
                    day,
                    "terminated",
                    "revoked",
                )
            case "offtake.ended":
                self._take_out("offtake", _named(event, "offtaker"), day, "completed", "ended")
            case "equity.exited":
                holders = {party for leg in self._valid("equity") for party in leg.holders}
                gone = self._holdings.leave(event, holders)
                if gone or not (holders or "stake_percent" in event.data):
                    self._take_out("equity", gone, day, "exited", "exited")
            case "contract.terminated":
                leg = event.data.get("leg")
                self._cease([x for x in self.standing if leg in (None, x.leg)], day, "terminated", "terminated")
            case "investor.withdrew":
                mine = set(self.pursuers)
                named = {p.party for p in event.parties if p.role in PURSUING_ROLES or p.party in mine}
                if not named or not mine - named:
                    self.end(day, "withdrawn")
                else:
                    for parties in self._parties.values():
                        for party in named:
                            parties.pop(party, None)
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

    def _valid(self, name: str) -> list[Leg]:
        return [leg for leg in self.standing if leg.leg == name]

    def _take_out(self, name: str, parties: set[str], day: date, how: str, leg_how: str) -> None:
        ceasing = []
        for leg in self._valid(name):
            if parties and leg.holders:
                leg.take_out(parties)
                self._leg_states = None
                if leg.holders:
                    continue
            ceasing.append(leg)
        self._cease(ceasing, day, how, leg_how)

    def _cease(self, legs: list[Leg], day: date, how: str, leg_how: str) -> None:
        """End these legs. `how` is what the deal's end is called if none is left; a termination before any closing is no
        end: the deal lives on and the memorandum clock goes on from its original start."""
        if not legs:
            return
        self._take_down(legs, day, leg_how)
        if all(leg.leg == UNKNOWN_LEG for leg in self.standing) and any(leg.leg != UNKNOWN_LEG for leg in legs):
            self._take_down(self.standing, day, leg_how)
        if not self.standing and (how != "terminated" or self.closed):
            self.end(day, how)

    def _take_down(self, legs: list[Leg], day: date, how: str) -> None:
        for leg in legs:
            leg.ended_on, leg.ended_how = day, how
            self._leg_states = None
        self.standing = [leg for leg in self.standing if leg.valid]

    def expire(self, day: date) -> None:
        """What ceases by itself at the end of this day."""
        if not self.alive:
            return
        due = [leg for leg in self.standing if leg.ceases_on is not None and leg.ceases_on <= day]
        stopped = [leg for leg in due if leg.stops_by(day)]
        expired = [leg for leg in due if leg not in stopped]
        self._cease(stopped, day, "terminated", "long-stop")
        if self.alive:
            self._cease(expired, day, "completed", "expired")
        if not self.standing:
            self.legs_since = None
        if not any(leg.firm for leg in self.standing):
            self.firm_legs_since = None
        if not self._crossed and self.standing:
            self._crossed = True
            leg = self.standing[0]
            investors = tuple(sorted(_named(leg.event, "investor")))
            self.crossings.append(
                Crossed(self.phase, leg, investors or self.pursuers, self.pursuers, self.pursuing_role)
            )

    def see(self, physical: Level | None) -> None:
        """Physical state while bound is a closing."""
        if physical is not None and self.alive and self.bound:
            self.closed = True

    def end(self, day: date, how: str) -> None:
        """End the deal: its legs cease. Ending an ended deal changes nothing."""
        if not self.alive:
            return
        self._take_down(self.standing, day, how)
        self.ended_on, self.ended_how = day, how
        self.legs_since = self.firm_legs_since = None
        self.suspended = False

    def state(
        self,
        required: tuple[str, ...],
        physical: Level | None,
        overlays: tuple[str, ...],
        held: tuple[date | None, date | None],
    ) -> DealState:
        """How it stands, frozen."""
        level = self.level(required, physical)
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
            investors=self.investors,
            legs=self._states_of_legs(),
            missing_legs=self.missing_legs(required) if self.alive else (),
            memorandum=self.memorandum_start,
            memorandum_runs=self.memorandum_runs,
            silence=self.silence if self.alive else None,
            step=self.step if self.alive else None,
            bound_on=self.bound_on,
            papers=self.paper_count,
            pursuing_role=self.pursuing_role,
            first_step_on=self.first_step_on,
            held_since=held[0],
            held_until=held[1],
        )

    def _states_of_legs(self) -> tuple[LegState, ...]:
        if self._leg_states is None:
            self._leg_states = tuple(map(_leg_state, self._legs))
        return self._leg_states

    @property
    def paper_count(self) -> int:
        """Memorandum-class papers of the phase: those of one day count once, parts of another document not at all."""
        return len(self._paper_days)


def _leg_state(leg: Leg) -> LegState:
    return LegState(
        leg=leg.leg,
        since=leg.since,
        valid=leg.valid,
        ended_on=leg.ended_on,
        ended_how=leg.ended_how,
        conditional=leg.valid and leg.conditional,
        long_stop=leg.long_stop,
        inferred=leg.inferred,
        closed=leg.financed,
        holders=tuple(sorted(leg.holders)),
        events=(leg.event.reference,),
    )


def _named(event: Event, role: str) -> set[str]:
    return {party.party for party in event.parties if party.role == role}
