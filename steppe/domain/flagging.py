"""From rungs to a flag on a day: since when, how certain, what comes next, and what a hold allows (section 6).

Knows days and severities; knows no single flag, no deal and no event.
"""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.rungs import Raised, Rung
from steppe.domain.history import FOREVER, Flag


class FlagLife:
    """One flag of one deal through the days. Days must come in order."""

    def __init__(self, name: str, deal: str | None, rule_version: str) -> None:
        self._name = name
        self._deal = deal
        self._rule_version = rule_version
        self._since: dict[int, date] = {}
        self._certain_since: dict[int, date] = {}
        self._cap: tuple[int, int] | None = None

    def on(self, day: date, raised: Raised | None, hold_until: date | None, *, hold_began: bool) -> Flag | None:
        """The flag as shown at the end of a day; None when it is not. `hold_began`: the first day of a run of holds."""
        rungs = raised.rungs if raised is not None else ()
        shown = _highest(rungs, day, certain=False)
        certain = _highest(rungs, day, certain=True)
        if hold_until is None:
            self._cap = None
        elif hold_began:
            self._cap = (shown, certain)
        elif self._cap is None:
            self._cap = (-1, -1)  # nothing stood when the hold began
        if self._cap is not None:
            shown, certain = min(shown, self._cap[0]), min(certain, self._cap[1])
        _remember(self._since, shown, day)
        _remember(self._certain_since, certain, day)
        if raised is None or shown < 0:
            return None
        standing = rungs[shown]
        certain_on = self._certain_since.get(shown)
        if certain_on is None:
            certain_on = _free_on(standing.certain_on, hold_until, held=self._cap is not None and shown > self._cap[1])
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
        rungs = raised.rungs
        allowed = len(rungs) if self._cap is None else self._cap[0]
        days = [
            on
            for index, higher in enumerate(rungs)
            if index > shown
            and (on := _free_on(max(higher.possible_on, day), hold_until, held=index > allowed)) is not None
            and day < on < raised.ends_on
        ]
        if not days:
            return None
        on = min(days)
        risen = _highest(rungs, on, certain=False)
        if hold_until is not None and on < hold_until:
            risen = min(risen, allowed)
        return on, rungs[risen].severity


def turning_days(raised: Raised, day: date) -> list[date]:
    """The later days on which the flag may change by itself."""
    days = {on for rung in raised.rungs for on in (rung.possible_on, rung.certain_on)}
    return [on for on in days if day < on < FOREVER]


def _highest(rungs: tuple[Rung, ...], day: date, *, certain: bool) -> int:
    reached = [index for index, rung in enumerate(rungs) if (rung.certain_on if certain else rung.possible_on) <= day]
    return max(reached, default=-1)


def _remember(since: dict[int, date], highest: int, day: date) -> None:
    for index in [index for index in since if index > highest]:
        del since[index]
    for index in range(highest + 1):
        since.setdefault(index, day)


def _free_on(day: date, hold_until: date | None, *, held: bool) -> date | None:
    """When it may show: on its day, or if the hold allows no such thing on the thaw; None when no thaw is in sight."""
    if hold_until is None or not held:
        return day
    return None if hold_until == FOREVER else max(day, hold_until)
