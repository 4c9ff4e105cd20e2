"""The present runs of days on which a deal holds something: any leg, what lets one build, nothing but exploration rights.

Section 5: a run starts at the first of the rows that bound, granted or amended what held, those of its later days included;
one that an ending began, at the latest of those endings and of the first of what was left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from steppe.domain.deals.clock_starts import run_start, start_of
from steppe.domain.deals.permits import Grant, Permits
from steppe.domain.events.event import Event
from steppe.domain.legs.legs import ENDED_BY_THEMSELVES, Leg, Legs
from steppe.domain.values import edtf
from steppe.domain.values.states import Start


class HeldRuns:
    """The starts of the runs at the end of the day before (None: none), and what happened to legs and permits since."""

    def __init__(self) -> None:
        self.any_leg: Start | None = None
        self.building: Start | None = None
        self.exploring: Start | None = None
        self._exploring_by_ending = False
        self._rows: list[tuple[int, Event]] = []
        self._grants: list[Grant] = []
        self._ended: list[Leg] = []

    def fork(self) -> HeldRuns:
        """An independent copy."""
        fork = HeldRuns()
        fork.any_leg = self.any_leg
        fork.building = self.building
        fork.exploring = self.exploring
        fork._exploring_by_ending = self._exploring_by_ending
        fork._rows, fork._grants, fork._ended = self._rows.copy(), self._grants.copy(), self._ended.copy()
        return fork

    def note_bound(self, leg: Leg) -> None:
        """A leg bound."""
        self._rows.append((leg.number, leg.event))

    def note_amended(self, leg: Leg, event: Event) -> None:
        """A leg was amended."""
        self._rows.append((leg.number, event))

    def note_permit(self, grant: Grant) -> None:
        """A permit was granted."""
        self._grants.append(grant)

    def note_ended(self, leg: Leg) -> None:
        """A leg ceased."""
        self._ended.append(leg)

    def bound_today(self, legs: Legs) -> list[Leg]:
        """The legs that were bound since the end of the day before, as they stand."""
        return [legs.numbered(number) for number, event in self._rows if legs.numbered(number).binds_for(event)]

    def end_day(self, legs: Legs, permits: Permits) -> None:
        """Go on to the end of the day, after everything that ceases on it."""
        if not legs and not permits.grants:
            self.any_leg = self.building = self.exploring = None
            self._rows, self._grants, self._ended = [], [], []
            return
        self.any_leg = run_start(self.any_leg, self._rows_of(legs, lambda leg: True)) if legs else None
        building = permits.building
        if legs.any_firm or building:
            granted = [grant.event for grant in self._grants if grant in building]
            self.building = run_start(self.building, [*self._rows_of(legs, lambda leg: leg.firm), *granted])
        else:
            self.building = None
        self.exploring = self._exploring(legs)
        self._rows, self._grants, self._ended = [], [], []

    def _exploring(self, legs: Legs) -> Start | None:
        if not legs.only_explore:
            return None
        if self.exploring is not None and self._exploring_by_ending:
            return self.exploring
        # Only an ending of other legs can leave nothing but rights to explore behind.
        endings = [
            _reckoned(leg, leg.ended)
            for leg in self._ended
            if not leg.explores and leg.ended is not None and not self._new(leg)
        ]
        left = [start_of(leg.event) for leg in legs]
        self._exploring_by_ending = self.exploring is None and bool(endings)
        return run_start(self.exploring, self._rows_of(legs, lambda leg: leg.explores), endings, left)

    def _new(self, leg: Leg) -> bool:
        """Whether a leg was bound on this very day, and so held at the end of none."""
        return any(number == leg.number and leg.binds_for(event) for number, event in self._rows)

    def _rows_of(self, legs: Legs, counts: Callable[[Leg], bool]) -> Iterable[Event]:
        for number, event in self._rows:
            leg = legs.numbered(number)
            if leg.valid and counts(leg):
                yield event


def _reckoned(leg: Leg, ended: Start) -> Start:
    """The end of a leg as a start of a clock. What ceased by itself did so on one day, however roughly that was given."""
    if leg.ended_how not in ENDED_BY_THEMSELVES:
        return ended
    given = edtf.text_of(edtf.Days(ended.earliest, ended.latest)) if ended.earliest != ended.latest else None
    return Start(earliest=ended.latest, latest=ended.latest, given=ended.given or given)
