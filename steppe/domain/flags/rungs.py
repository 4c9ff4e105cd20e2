"""What a flag looks at and what it answers. Knows no single flag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from steppe.domain.deal import DealLife
from steppe.domain.history import Start
from steppe.domain.levels import Level
from steppe.domain.months import add_months
from steppe.domain.rules import Circumstances, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A living deal at announced or above, with its level and the rules that hold for it."""

    deal: DealLife
    level: Level
    rules: Rules
    circumstances: Circumstances

    def threshold(self, rule: str) -> int:
        """The threshold of a rule for this deal."""
        return self.rules.value(rule, self.circumstances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One severity, the days from which it is possible and certain if nothing else occurs, and its threshold."""

    severity: str
    possible_on: date
    certain_on: date
    threshold_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What a flag sees: its rungs from mild to severe, the clock that runs, figures and evidence."""

    rungs: tuple[Rung, ...]
    clock: str | None
    start: Start | None
    count: int | None = None
    evidence: tuple[str, ...] = ()
    expired_on: date | None = None


def rung(severity: str, start: Start, months: int) -> Rung:
    """The rung that a clock reaches at an age: possible from its earliest start, certain from its latest (section 5)."""
    certain = add_months(start.latest, months)
    possible = certain if start.earliest is None else add_months(start.earliest, months)
    return Rung(severity=severity, possible_on=possible, certain_on=certain, threshold_months=months)
