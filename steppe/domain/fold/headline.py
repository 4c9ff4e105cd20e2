"""The headline of a project (section 6): the worst `memorandum-only` of its deals, unless something binds or stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Flag, Headline

_FLAG = "memorandum-only"
_SEVERITIES = ("watch", "stagnant", "presumed-dead")


@dataclass(frozen=True, slots=True)
class Headlines:
    """Since when the headline has been at least watch, stagnant, presumed-dead, as far as it is."""

    since: tuple[date, ...] = ()

    def on(
        self, day: date, deals: Iterable[tuple[DealState, Flag | None]], physical: Level | None
    ) -> tuple[Headlines, Headline | None]:
        """The same at the end of that day, and the headline. `deals` with the flag that each shows."""
        highest, certain = _worst(deals, physical)
        since = self.since[: highest + 1]
        since += (day,) * (highest + 1 - len(since))
        if highest < 0:
            return Headlines(), None
        return Headlines(since), Headline(
            flag=_FLAG,
            severity=_SEVERITIES[highest],
            certainty="certain" if certain else "possible",
            since=since[highest],
        )


def _worst(deals: Iterable[tuple[DealState, Flag | None]], physical: Level | None) -> tuple[int, bool]:
    highest, certain = -1, False
    for state, shown in deals:
        if state.level is None:
            continue
        if physical is not None or state.level.crosses_the_line:
            return -1, False
        if shown is not None and state.memorandum_runs:
            rank, sure = _SEVERITIES.index(shown.severity), shown.certainty == "certain"
            certain = sure or certain if rank == highest else (sure if rank > highest else certain)
            highest = max(highest, rank)
    return highest, certain
