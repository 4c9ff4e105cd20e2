"""The runs of days on which a deal holds what counts against rivals, each with its winning day (section 6, displaced)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date

from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.legs.leg_endings import parties_in_role
from steppe.domain.legs.legs import Leg, Legs
from steppe.domain.values.value_class import value_class

# What counts in each scope; None: any leg. A leg `unknown` counts as rights on the days on which investors pursue the deal.
SCOPES: Mapping[str, frozenset[str] | None] = {
    "asset": frozenset({"equity", "rights"}),
    "works": frozenset({"equity", "rights", "works", "investment"}),
    "market": frozenset({"equity", "rights", "offtake"}),
    "any": None,
}


@value_class(frozen=True, slots=True)
class WinningRun:
    """A run of days, its winning event, and who pursued the deal at the end of the winning day."""

    on: date
    leg: str
    event: str
    parties: tuple[str, ...]
    pursuers: tuple[str, ...]
    on_earliest: date | None
    on_given: str | None = None


@value_class(frozen=True, slots=True)
class RunSegment:
    """The days of a run on which the deal was pursued in one role. `until` None: it lasts."""

    scope: str
    since: date
    run: WinningRun
    pursuing_role: str | None
    until: date | None = None


# A scope, and whether a leg `unknown` counts as rights.
_Counting = tuple[str, bool]
_COUNTINGS: Mapping[_Counting, frozenset[str] | None] = {
    (scope, with_unknown): kinds | {UNKNOWN_LEG} if kinds is not None and with_unknown else kinds
    for scope, kinds in SCOPES.items()
    for with_unknown in (False, True)
}


@value_class(frozen=True, slots=True)
class WinningRuns:
    """The segments that are over, the present one of each scope, and the present runs however a leg `unknown` counts."""

    over: tuple[RunSegment, ...] = ()
    present: Mapping[str, RunSegment] = field(default_factory=dict)
    runs: Mapping[_Counting, WinningRun] = field(default_factory=dict)
    # What the last day was judged by: the phase, the kinds of legs that were valid, and the role.
    judged_by: tuple[int, frozenset[str], str | None] = (1, frozenset(), None)

    def at_end_of_day(
        self, day: date, phase: int, legs: Legs, bound_today: Iterable[Leg], pursuers: Pursuers
    ) -> WinningRuns:
        """After a day: a run ends with the last leg that counts, or with its phase, and begins with the first."""
        judged_by = (phase, legs.kinds, pursuers.role)
        if judged_by == self.judged_by:
            return self
        bound = list(bound_today)
        before = self.runs if phase == self.judged_by[0] else {}
        runs = {}
        for counting, kinds in _COUNTINGS.items():
            if (kinds is None and legs) or (kinds is not None and any(legs.count_of(kind) for kind in kinds)):
                runs[counting] = before.get(counting) or _new_run(kinds, day, legs, bound, pursuers)
        over, present = list(self.over), dict(self.present)
        for scope in SCOPES:
            run = runs.get((scope, pursuers.role == "investor"))
            segment = present.get(scope)
            if segment is not None and (segment.run != run or segment.pursuing_role != pursuers.role):
                over.append(replace(segment, until=day))
                del present[scope]
            if run is not None and scope not in present:
                present[scope] = RunSegment(scope, day, run, pursuers.role)
        return WinningRuns(tuple(over), present, runs, judged_by)

    def all(self) -> tuple[RunSegment, ...]:
        """Those that are over and those that last, in order of days."""
        return tuple(sorted((*self.over, *self.present.values()), key=lambda one: (one.run.on, one.scope, one.since)))


def _new_run(
    kinds: frozenset[str] | None, day: date, legs: Legs, bound_today: Iterable[Leg], pursuers: Pursuers
) -> WinningRun:
    counting = [leg for leg in bound_today if leg.valid and (kinds is None or leg.leg in kinds)]
    first = counting[0] if counting else next(leg for leg in legs if kinds is None or leg.leg in kinds)
    investors = tuple(sorted(parties_in_role(first.event, "investor")))
    return WinningRun(
        on=day,
        leg=first.leg,
        event=first.event.reference,
        parties=investors or pursuers.parties,
        pursuers=pursuers.parties,
        on_earliest=first.event.earliest if first.event.latest == day else day,
        on_given=first.event.given if first.event.latest == day else None,
    )
