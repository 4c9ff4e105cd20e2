"""crowded: several other groups were bound in the market of late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steppe.domain.flags.severity_steps import Raised, Rung
from steppe.domain.values.states import Crossing


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A crossing of other groups in a shared market, not too long ago, whose leg is still held."""

    crossing: Crossing
    groups: frozenset[str]


def raised(neighbours: Sequence[Neighbour], *, groups_least: int, months: int) -> Raised | None:
    """Notice when enough different groups are among them."""
    groups = frozenset[str]().union(*(neighbour.groups for neighbour in neighbours))
    if not neighbours or len(groups) < groups_least:
        return None
    return Raised(
        rungs=(Rung(severity="notice", possible_on=date.min, certain_on=date.min, threshold_months=months),),
        clock=None,
        start=None,
        count=len(groups),
        evidence=tuple(neighbour.crossing.event for neighbour in neighbours),
        groups=tuple(sorted(groups)),
    )
