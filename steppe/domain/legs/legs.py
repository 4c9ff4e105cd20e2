"""The legs of a deal: the documents that bind it, who holds them, and until when (section 4, legs and holders)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.legs.given_ends import day_after, given_end, months_after, not_before
from steppe.domain.values import edtf
from steppe.domain.values.months import add_months
from steppe.domain.values.states import LegState, Start
from steppe.domain.values.value_class import value_class

_HOLDER_ROLE = {"equity": "investor", "offtake": "offtaker"}
EXPLORATION = "exploration"
# How a leg ended that ceased by itself.
ENDED_BY_THEMSELVES = frozenset({"expired", "long-stop"})
_ENDING_TERMS = ("starts_on", "ends_on", "term_years")


@value_class(frozen=True, slots=True, kw_only=True)
class Leg:
    """A bound leg from its binding day until it ceases. `number`: its place among those of its deal and phase."""

    number: int
    leg: str
    event: Event
    since: date
    holders: frozenset[str] = frozenset()
    right: str | None = None
    # What the event, and the amendments since, say about its end: `starts_on`, `ends_on`, `term_years`.
    terms: Mapping[str, Any]
    # The last amendment of them.
    amendment: Event | None = None
    long_stop: date | None = None
    conditional: bool = False
    financed: bool = False
    inferred: bool = False
    ended: Start | None = None
    ended_how: str | None = None

    @property
    def valid(self) -> bool:
        """Whether it still binds."""
        return self.ended is None

    @property
    def ended_on(self) -> date | None:
        """The first day on which it no longer binds, as far as it has ended."""
        return None if self.ended is None else self.ended.latest

    @property
    def explores(self) -> bool:
        """Whether it is a right to explore, and nothing more."""
        return self.leg == "rights" and self.right == EXPLORATION

    @property
    def firm(self) -> bool:
        """Whether it lets one build: any leg but an offtake and a right to explore (section 6, not-building)."""
        return self.leg != "offtake" and not self.explores

    @property
    def ceases_on(self) -> date | None:
        """The day at whose end it ceases by itself, if nothing changes."""
        ends = self._term_ends_on()
        if not self.conditional or self.long_stop is None:
            return ends
        return self.long_stop if ends is None else min(ends, self.long_stop)

    def _term_ends_on(self) -> date | None:
        """The day after `ends_on`; without one, the day on which the years of an offtake are over (section 3)."""
        if "ends_on" in self.terms:
            last = _latest_day(self.terms["ends_on"])
            return None if last is None or last == date.max else last + timedelta(days=1)
        if self.terms.get("term_years") is None:
            return None
        start = self.since
        if "starts_on" in self.terms:
            start = _latest_day(self.terms["starts_on"]) or start
        ends = add_months(start, self._term_months)
        return None if ends == date.max else ends

    @property
    def _term_months(self) -> int:
        return int(self.terms["term_years"] * 12 + 1e-9)

    def ended_by_itself(self, day: date) -> Start:
        """The interval of the day at whose end it ceased by itself: both ends, as they were given.

        What was over when it bound, or was amended, ended with that row.
        """
        ended = self._stop_or_term_end()
        if ended is not None and ended.latest == day:
            return not_before(ended, self.event.earliest)
        row = self.amendment or self.event
        if row.latest == day:
            return Start(earliest=row.earliest, latest=day, given=row.given)
        return Start(earliest=day, latest=day)

    def _stop_or_term_end(self) -> Start | None:
        """As `ceases_on`, with both ends."""
        if self.stops:
            return given_end(self.event.data["long_stop"])
        if "ends_on" in self.terms:
            last = given_end(self.terms["ends_on"])
            return None if last is None else day_after(last)
        began = given_end(self.terms.get("starts_on")) or Start(
            earliest=self.event.earliest, latest=self.since, given=self.event.given
        )
        return months_after(began, self._term_months)

    @property
    def stops(self) -> bool:
        """Whether it is its long stop at which it ceases by itself."""
        return self.conditional and self.long_stop is not None and self.long_stop == self.ceases_on

    def binds_for(self, event: Event) -> bool:
        """Whether it is this event that bound it."""
        return (event.source, event.id) == (self.event.source, self.event.id)


def leg_from(event: Event, leg: str, number: int, *, inferred: bool = False) -> Leg:
    """The leg that an event binds."""
    role = _HOLDER_ROLE.get(leg)
    may_end = leg in ("offtake", "rights") and not inferred
    return Leg(
        number=number,
        leg=leg,
        event=event,
        since=event.latest,
        holders=frozenset() if inferred else frozenset(party.party for party in event.parties if party.role == role),
        right=event.data.get("right") if leg == "rights" else None,
        terms={term: event.data[term] for term in _ENDING_TERMS if may_end and term in event.data},
        long_stop=latest_day_of(event, "long_stop"),
        conditional=bool(event.data.get("conditional")),
        financed=event.kind.name in ("finance.closed", "funds.disbursed"),
        inferred=inferred or leg == UNKNOWN_LEG,
    )


def amended(leg: Leg, event: Event) -> dict[str, Any]:
    """What an amendment changes of a leg: the fields that it gives, the others stay."""
    terms = {term: event.data[term] for term in _ENDING_TERMS if term in event.data}
    return {"terms": {**leg.terms, **terms}, "right": event.data.get("right", leg.right), "amendment": event}


def latest_day_of(event: Event, name: str) -> date | None:
    """The latest day of an EDTF field; None when absent or open."""
    text = event.data.get(name)
    return None if text is None else _latest_day(text)


@lru_cache(maxsize=4096)  # asked again of every valid leg, at every event of its deal
def _latest_day(text: str) -> date | None:
    return edtf.parse(text).latest


class Legs:
    """The legs of one phase in the order in which they bound, with counts, so that no question goes through all of them."""

    def __init__(self) -> None:
        self._all: list[Leg] = []
        self._valid: dict[int, Leg] = {}
        self._valid_of: dict[str, int] = {}
        # What `kinds` said of these; None: not asked yet.
        self._kinds: frozenset[str] | None = None
        self._firm = 0
        self._exploring = 0
        self._financed = 0
        self._ceasing: list[tuple[date, int]] = []
        self._states: list[LegState] = []
        self._changed: set[int] = set()
        self._frozen: tuple[LegState, ...] = ()
        # What `last_to_cease` said of these legs, of all and of the firm ones.
        self._last_to_cease: dict[bool, Sequence[Leg]] = {}

    def fork(self) -> Legs:
        """An independent copy."""
        fork = Legs()
        fork._kinds = self._kinds
        fork._firm = self._firm
        fork._exploring = self._exploring
        fork._financed = self._financed
        fork._frozen = self._frozen
        fork._last_to_cease = self._last_to_cease
        fork._all = self._all.copy()
        fork._valid = self._valid.copy()
        fork._valid_of = self._valid_of.copy()
        fork._ceasing = self._ceasing.copy()
        fork._states = self._states.copy()
        fork._changed = self._changed.copy()
        return fork

    def __bool__(self) -> bool:
        return bool(self._valid)

    def __iter__(self) -> Iterator[Leg]:
        """The valid ones."""
        return iter(self._valid.values())

    def __len__(self) -> int:
        """How many bound in this phase, valid or not."""
        return len(self._all)

    def numbered(self, number: int) -> Leg:
        """One of the phase, valid or not, as it stands."""
        return self._all[number]

    @property
    def any_firm(self) -> bool:
        """Whether a valid one lets one build."""
        return self._firm > 0

    @property
    def any_financed(self) -> bool:
        """Whether a valid one is from a financial close or was disbursed."""
        return self._financed > 0

    @property
    def only_explore(self) -> bool:
        """Whether there are valid ones, and all of them are rights to explore."""
        return bool(self._valid) and len(self._valid) == self._exploring

    @property
    def only_unknown(self) -> bool:
        """Whether every valid leg is an inferred one, `unknown`; also if there is none."""
        return len(self._valid) == self._valid_of.get(UNKNOWN_LEG, 0)

    def missing(self, required: Iterable[str]) -> tuple[str, ...]:
        """The required legs of which none is valid, in alphabetical order."""
        return tuple(sorted({leg for leg in required if not self._valid_of.get(leg)}))

    @property
    def kinds(self) -> frozenset[str]:
        """The names of the valid ones."""
        if self._kinds is None:
            self._kinds = frozenset(name for name, count in self._valid_of.items() if count)
        return self._kinds

    def count_of(self, name: str) -> int:
        """How many of a name are valid."""
        return self._valid_of.get(name, 0)

    def of(self, name: str) -> list[Leg]:
        """The valid ones of a name."""
        return [leg for leg in self._valid.values() if leg.leg == name] if self._valid_of.get(name) else []

    def add(self, leg: Leg) -> None:
        """A new one; its number must be the next."""
        self._all.append(leg)
        self._changed.add(leg.number)
        self._last_to_cease = {}
        self._count(leg, 1)
        self._valid[leg.number] = leg
        self._watch(leg)

    def change(self, leg: Leg, **changes: Any) -> Leg:
        """Replace a valid one; with `ended` it ceases."""
        current = self._valid[leg.number]
        changed = replace(current, **changes)
        self._all[leg.number] = changed
        self._changed.add(leg.number)
        self._last_to_cease = {}
        self._count(current, -1)
        if changed.valid:
            self._count(changed, 1)
            self._valid[leg.number] = changed
            self._watch(changed)
        else:
            del self._valid[leg.number]
        return changed

    def ceasing_by(self, day: date) -> list[Leg]:
        """Take off the valid ones that cease by themselves at the end of this day or should have before."""
        if not self._ceasing or self._ceasing[0][0] > day:
            return []
        due = {}
        while self._ceasing and self._ceasing[0][0] <= day:
            on, number = heapq.heappop(self._ceasing)
            leg = self._valid.get(number)
            if leg is not None and leg.ceases_on == on:
                due[number] = leg
        return [due[number] for number in sorted(due)]

    def next_ceasing_on(self) -> date | None:
        """The next day at whose end one ceases by itself, if nothing changes."""
        while self._ceasing:
            on, number = self._ceasing[0]
            leg = self._valid.get(number)
            if leg is not None and leg.ceases_on == on:
                return on
            heapq.heappop(self._ceasing)
        return None

    def last_ceasing_on(self, *, firm: bool = False) -> date | None:
        """The day at whose end the last valid one (the last firm one) ceases by itself, if nothing changes; None: one stays."""
        last = self.last_to_cease(firm=firm)
        return last[0].ceases_on if last else None

    def last_to_cease(self, *, firm: bool = False) -> Sequence[Leg]:
        """Those valid (those firm) that are the last to cease by themselves, if nothing changes; empty: one stays."""
        last = self._last_to_cease.get(firm)
        if last is None:
            last = self._last_to_cease[firm] = self._find_last_to_cease(firm=firm)
        return last

    def _find_last_to_cease(self, *, firm: bool) -> Sequence[Leg]:
        # An inferred leg goes with the last other.
        only_firm = firm and not self._valid_of.get(UNKNOWN_LEG)
        last: list[Leg] = []
        last_on = date.min
        for leg in self:
            if leg.leg == UNKNOWN_LEG or (only_firm and not leg.firm):
                continue
            ceases_on = leg.ceases_on
            if ceases_on is None:
                return []
            if ceases_on > last_on:
                last, last_on = [leg], ceases_on
            elif ceases_on == last_on:
                last.append(leg)
        return last

    def states(self) -> tuple[LegState, ...]:
        """All of the phase, valid or not."""
        if self._changed:
            for number in sorted(self._changed):
                state = _state(self._all[number])
                if number < len(self._states):
                    self._states[number] = state
                else:
                    self._states.append(state)
            self._changed.clear()
            self._frozen = tuple(self._states)
        return self._frozen

    def _count(self, leg: Leg, sign: int) -> None:
        self._kinds = None
        self._valid_of[leg.leg] = self._valid_of.get(leg.leg, 0) + sign
        self._firm += sign * leg.firm
        self._exploring += sign * leg.explores
        self._financed += sign * leg.financed

    def _watch(self, leg: Leg) -> None:
        on = leg.ceases_on
        if on is not None:
            heapq.heappush(self._ceasing, (on, leg.number))


def _state(leg: Leg) -> LegState:
    stops = given_end(leg.event.data["long_stop"]) if leg.long_stop is not None else None
    return LegState(
        leg=leg.leg,
        since=leg.since,
        since_earliest=leg.event.earliest,
        valid=leg.valid,
        ended_on=leg.ended_on,
        ended_on_earliest=None if leg.ended is None else leg.ended.earliest,
        since_given=leg.event.given,
        ended_on_given=None if leg.ended is None else leg.ended.given,
        ended_how=leg.ended_how,
        conditional=leg.valid and leg.conditional,
        long_stop=leg.long_stop,
        long_stop_earliest=None if stops is None else stops.earliest,
        long_stop_given=None if stops is None else stops.given,
        inferred=leg.inferred,
        closed=leg.financed,
        holders=tuple(sorted(leg.holders)),
        events=(leg.event.reference,),
        right=leg.right,
    )
