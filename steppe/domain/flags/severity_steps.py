"""What a flag looks at and what it answers. Knows no single flag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.physical import PhysicalState
from steppe.domain.events.event import Event
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months
from steppe.domain.values.states import Start

DELIVERING_KINDS = frozenset({"deposit", "plant", "corridor"})


@dataclass(slots=True, kw_only=True)
class ProjectSight:
    """A project on a day: what is registered, what stands on the ground, and who looked last.

    `thresholds` are those that hold for the project itself, known once its deals were looked at. `pursued` says whether a deal lives, or none ever was and the
    project is neither cancelled nor completed; `pursued_until` on which day the last living deal ends if nothing else
    occurs (None: one lives on, or none ever was). `required_since` gives the day from which a required leg is required
    without a break. `last_look` is the latest row about its record.
    """

    kind: str | None
    physical: PhysicalState
    required_legs: tuple[str, ...]
    required_since: Callable[[str], date]
    last_look: Event | None
    pursued: Callable[[], bool]
    pursued_until: Callable[[], date | None]
    thresholds: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Sight:
    """A living deal at announced or above, with its level, its project and the thresholds that hold for it."""

    deal: Deal
    level: Level
    project: ProjectSight
    thresholds: Mapping[str, int]


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

    `ends_on` gives the first later day on which the flag is no longer seen if nothing else occurs; None: it stays.
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
    ends_on: Callable[[], date | None] | None = None


def rung(severity: str, start: Start, months: int) -> Rung:
    """The rung that a clock reaches at an age: possible from its earliest start, certain from its latest (section 5).

    Never before the event counts, which is from its latest day on.
    """
    certain = add_months(start.latest, months)
    possible = certain if start.earliest is None else add_months(start.earliest, months)
    return Rung(severity=severity, possible_on=possible, certain_on=certain, threshold_months=months, start=start)
