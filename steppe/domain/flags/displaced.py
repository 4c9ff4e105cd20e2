"""displaced: while this deal was on paper, another group got the asset, or its like in the same market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steppe.domain.flags.severity_steps import Raised, Rung
from steppe.domain.values.states import Crossing


@dataclass(frozen=True, slots=True)
class Cause:
    """A crossing of another group that displaces, where (`asset` or `market`), and whose it is."""

    crossing: Crossing
    tier: str
    groups: frozenset[str]


def raised(causes: Sequence[Cause]) -> Raised | None:
    """Alert while a cause stands; the asset's causes come first and name the tier."""
    if not causes:
        return None
    return Raised(
        rungs=(Rung(severity="alert", possible_on=date.min, certain_on=date.min),),
        clock=None,
        start=None,
        count=len(causes),
        evidence=tuple(cause.crossing.event for cause in causes),
        groups=tuple(sorted(frozenset().union(*(cause.groups for cause in causes)))),
        tier=causes[0].tier,
    )
