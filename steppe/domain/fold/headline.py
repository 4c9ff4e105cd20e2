"""The headline of a project (section 6): the worst `memorandum-only` of its deals, unless something binds or is built."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from steppe.domain.flags import memorandum_only
from steppe.domain.values.flag_clock import FlagClock
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Headline
from steppe.domain.values.value_class import value_class

_NAME, _SEVERITIES = memorandum_only.FLAG.name, memorandum_only.FLAG.severities


@value_class(frozen=True, slots=True)
class Headlines:
    """The day since when the headline has had each severity at least, from the mildest; as many as it has reached."""

    since: tuple[date, ...] = ()

    def on(
        self, day: date, deals: Iterable[tuple[DealState, FlagClock | None]], physical: Level | None
    ) -> tuple[Headlines, Headline | None]:
        """These days as of the end of that day, and the headline. `deals` with the clock of `memorandum-only` of each."""
        highest, certain = _worst(day, deals, physical)
        since = self.since[: highest + 1]
        since += (day,) * (highest + 1 - len(since))
        if highest < 0:
            return Headlines(), None
        return Headlines(since), Headline(
            flag=_NAME,
            severity=_SEVERITIES[highest],
            certainty="certain" if certain else "possible",
            since=since[highest],
        )


def _worst(day: date, deals: Iterable[tuple[DealState, FlagClock | None]], physical: Level | None) -> tuple[int, bool]:
    highest, certain = -1, False
    for state, clock in deals:
        if state.level is None:
            continue
        if physical is not None or state.level.crosses_the_line:
            return -1, False
        if clock is not None and state.memorandum_runs:
            rank = clock.step_on(day)
            is_certain = rank >= 0 and clock.certain_step_on(day) >= rank
            if rank > highest:
                highest, certain = rank, is_certain
            elif rank == highest:
                certain = certain or is_certain
    return highest, certain
