"""The runs of days on which a deal holds what counts against rivals, each with its winning day (section 6, displaced)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from steppe.domain.deals.leg_endings import parties_in_role
from steppe.domain.deals.legs import Leg, Legs
from steppe.domain.deals.pursuers import Pursuers
from steppe.domain.events.vocabulary import UNKNOWN_LEG

# What counts in each scope; None: any leg. A leg `unknown` of a deal that investors pursue counts as rights.
SCOPES: Mapping[str, frozenset[str] | None] = {
    "asset": frozenset({"equity", "rights"}),
    "works": frozenset({"equity", "rights", "works", "investment"}),
    "market": frozenset({"equity", "rights", "offtake"}),
    "any": None,
}


@dataclass(frozen=True, slots=True)
class WinningRun:
    """A run of days and its winning event. `until` None: it lasts."""

    scope: str
    on: date
    leg: str
    event: str
    parties: tuple[str, ...]
    pursuers: tuple[str, ...]
    pursuing_role: str | None
    on_earliest: date | None
    on_given: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class WinningRuns:
    """The runs that are over, and the present one of each scope."""

    over: tuple[WinningRun, ...] = ()
    present: Mapping[str, WinningRun] = field(default_factory=dict)

    def at_end_of_day(self, day: date, legs: Legs, bound_today: Iterable[Leg], pursuers: Pursuers) -> WinningRuns:
        """After a day: a run ends with the last leg that counts, and begins with the first."""
        if not legs and not self.present:
            return self
        over, present = list(self.over), dict(self.present)
        for scope, kinds in SCOPES.items():
            holds = _holds(legs, kinds, pursuers)
            run = present.get(scope)
            if run is not None and not holds:
                over.append(replace(run, until=day))
                del present[scope]
            elif run is None and holds:
                present[scope] = _begun(scope, kinds, day, legs, bound_today, pursuers)
        if present == self.present and len(over) == len(self.over):
            return self
        return WinningRuns(tuple(over), present)

    def all(self) -> tuple[WinningRun, ...]:
        """Those that are over and those that last, in order of days."""
        return tuple(sorted((*self.over, *self.present.values()), key=lambda run: (run.on, run.scope)))


def _counts(leg: str, kinds: frozenset[str] | None, pursuers: Pursuers) -> bool:
    if kinds is None or leg in kinds:
        return True
    return leg == UNKNOWN_LEG and pursuers.role == "investor"


def _holds(legs: Legs, kinds: frozenset[str] | None, pursuers: Pursuers) -> bool:
    if kinds is None:
        return bool(legs)
    return any(legs.count_of(kind) for kind in kinds) or (
        pursuers.role == "investor" and legs.count_of(UNKNOWN_LEG) > 0
    )


def _begun(
    scope: str,
    kinds: frozenset[str] | None,
    day: date,
    legs: Legs,
    bound_today: Iterable[Leg],
    pursuers: Pursuers,
) -> WinningRun:
    counting = [leg for leg in bound_today if leg.valid and _counts(leg.leg, kinds, pursuers)]
    first = counting[0] if counting else next(leg for leg in legs if _counts(leg.leg, kinds, pursuers))
    investors = tuple(sorted(parties_in_role(first.event, "investor")))
    return WinningRun(
        scope=scope,
        on=day,
        leg="rights" if first.leg == UNKNOWN_LEG and pursuers.role == "investor" else first.leg,
        event=first.event.reference,
        parties=investors or pursuers.parties,
        pursuers=pursuers.parties,
        pursuing_role=pursuers.role,
        on_earliest=first.event.earliest if first.event.latest == day else day,
        on_given=first.event.given if first.event.latest == day else None,
    )
