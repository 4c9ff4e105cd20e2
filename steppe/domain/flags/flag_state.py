"""From rungs to a flag on a day: since when, how certain, what comes next, and what a hold allows (section 6).

Knows days and severities; knows no single flag, no deal and no event.
"""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.severity_steps import Raised, Rung
from steppe.domain.values.states import FOREVER, Flag


class FlagLife:
    """One flag of one deal through the days. Days must come in order."""

    def __init__(self, name: str, deal: str | None, rule_version: str) -> None:
        self._name = name
        self._deal = deal
        self._rule_version = rule_version
        # The first day of the run of days on which each rung, counted from the mildest, is reached.
        self._since: tuple[date, ...] = ()
        self._certain_since: tuple[date, ...] = ()
        self._cap: tuple[int, int] | None = None

    def fork(self) -> FlagLife:
        """An independent copy."""
        fork = object.__new__(FlagLife)
        fork.__dict__.update(self.__dict__)
        return fork

    def on(self, day: date, raised: Raised | None, hold_until: date | None, *, hold_began: bool) -> Flag | None:
        """The flag as shown at the end of a day; None when it is not. `hold_began`: the first day of a run of holds."""
        shown = certain = -1
        rungs = raised.rungs if raised is not None else ()
        for index, one in enumerate(rungs):
            if one.possible_on <= day:
                shown = index
            if one.certain_on <= day:
                certain = index
        if hold_until is None:
            self._cap = None
        elif hold_began:
            self._cap = (shown, certain)
        elif self._cap is None:
            self._cap = (-1, -1)  # nothing stood when the hold began
        if self._cap is not None:
            shown, certain = min(shown, self._cap[0]), min(certain, self._cap[1])
        self._since = _reached(self._since, shown, day)
        self._certain_since = _reached(self._certain_since, certain, day)
        if raised is None or shown < 0:
            return None
        standing = rungs[shown]
        if certain >= shown:
            certain_on: date | None = self._certain_since[shown]
        else:
            held = self._cap is not None and shown > self._cap[1]
            reached_on = min(one.certain_on for one in rungs[shown:])
            certain_on = _comes(reached_on, raised, hold_until if held else None)
        rises = self._rises(raised, shown, day, hold_until)
        return Flag(
            flag=self._name,
            deal=self._deal,
            severity=standing.severity,
            certainty="certain" if certain >= shown else "possible",
            certain_severity=rungs[certain].severity if certain >= 0 else None,
            since=self._since[shown],
            certain_on=certain_on,
            clock=raised.clock,
            start=standing.start or raised.start,
            threshold_months=standing.threshold_months,
            count=raised.count,
            evidence=raised.evidence,
            next_severity=rises[1] if rises else None,
            next_on=rises[0] if rises else None,
            on_hold=hold_until is not None,
            rule_version=self._rule_version,
            expired_on=raised.expired_on,
            missing=raised.missing,
            groups=raised.groups,
            tier=raised.tier,
        )

    def _rises(self, raised: Raised, shown: int, day: date, hold_until: date | None) -> tuple[date, str] | None:
        held = self._cap is not None and shown >= self._cap[0]
        comes = [
            _comes(max(higher.possible_on, day), raised, hold_until if held else None)
            for higher in raised.rungs[shown + 1 :]
        ]
        days = [on for on in comes if on is not None and day < on < FOREVER]
        if not days:
            return None
        on = min(days)
        highest = _highest_possible(raised.rungs, on)
        if self._cap is not None and hold_until is not None and on < hold_until:
            highest = min(highest, self._cap[0])
        return on, raised.rungs[highest].severity


def turns_on(raised: Raised, day: date) -> date:
    """The next later day on which the flag may change by itself; FOREVER if there is none."""
    turn = FOREVER
    for one in raised.rungs:
        if day < one.possible_on < turn:
            turn = one.possible_on
        if day < one.certain_on < turn:
            turn = one.certain_on
    return turn


def _highest_possible(rungs: tuple[Rung, ...], day: date) -> int:
    return max((index for index, one in enumerate(rungs) if one.possible_on <= day), default=-1)


def _reached(since: tuple[date, ...], highest: int, day: date) -> tuple[date, ...]:
    if len(since) == highest + 1:
        return since
    return since[: highest + 1] + (day,) * (highest + 1 - len(since))


def _comes(day: date, raised: Raised, hold_until: date | None) -> date | None:
    """The day on which a rung will show that is reached on `day`; None if the hold or the flag's end keeps it from it."""
    if hold_until == FOREVER:
        return None
    on = day if hold_until is None else max(day, hold_until)
    ends_on = raised.ends_on() if raised.ends_on is not None else None
    return None if ends_on is not None and ends_on <= on else on
