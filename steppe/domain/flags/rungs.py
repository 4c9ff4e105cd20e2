"""What a flag looks at and what it answers. Knows no single flag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from steppe.domain.deal import DealLife
from steppe.domain.events import Event
from steppe.domain.history import FOREVER, Start
from steppe.domain.levels import Level
from steppe.domain.months import add_months
from steppe.domain.physical import PhysicalState
from steppe.domain.rules import Circumstances, Rules

DELIVERING_KINDS = frozenset({"deposit", "plant", "corridor"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSight:
    """A project on a day: what is registered, what stands on the ground, and who looked last.

    `pursued_until`: the day on which the last living deal ends by itself, None when none lives; never ends where none
    ever was and the project is neither cancelled nor completed. `required_since` gives the day from which a required leg
    is required without a break. `last_look` is the latest row about its record.
    """

    rules: Rules
    circumstances: Circumstances
    kind: str | None
    physical: PhysicalState
    required_legs: tuple[str, ...]
    required_since: Callable[[str], date]
    last_look: Event | None
    pursued_until: date | None

    def threshold(self, rule: str) -> int:
        """The threshold of a rule for this project."""
        return self.rules.value(rule, self.circumstances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A living deal at announced or above, with its level, its project and the rules that hold for it."""

    deal: DealLife
    level: Level
    project: ProjectSight
    rules: Rules
    circumstances: Circumstances

    def threshold(self, rule: str) -> int:
        """The threshold of a rule for this deal."""
        return self.rules.value(rule, self.circumstances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One severity, the days from which it is possible and certain if nothing else occurs, and its threshold.

    `start` is the clock's start where the rungs of one flag run by different clocks.
    """

    severity: str
    possible_on: date
    certain_on: date
    threshold_months: int | None = None
    start: Start | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What a flag sees: its rungs from mild to severe, the clock that runs, figures and evidence.

    `ends_on`: the day on which it ends if nothing else occurs, long stops and expiries running on.
    """

    rungs: tuple[Rung, ...]
    clock: str | None
    start: Start | None
    count: int | None = None
    evidence: tuple[str, ...] = ()
    expired_on: date | None = None
    missing: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tier: str | None = None
    ends_on: date = FOREVER


def rung(severity: str, start: Start, months: int) -> Rung:
    """The rung that a clock reaches at an age: possible from its earliest start, certain from its latest (section 5).

    Never before the event counts, which is from its latest day on.
    """
    certain = add_months(start.latest, months)
    possible = certain if start.earliest is None else add_months(start.earliest, months)
    return Rung(severity=severity, possible_on=possible, certain_on=certain, threshold_months=months, start=start)
