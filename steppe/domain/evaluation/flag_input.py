"""What a flag is evaluated from: a deal and its project as they stand at the end of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.physical import PhysicalState
from steppe.domain.events.event import Event
from steppe.domain.values.levels import Level


@dataclass(slots=True, kw_only=True)
class ProjectFlagInput:
    """A project on a day: what is registered, its physical state, and the last look at its record.

    `thresholds` are those that hold for the project itself; they are set once its deals were evaluated, because its level
    decides. `pursued` says whether a deal lives, or none ever was and the project is neither cancelled nor completed;
    `pursued_until` on which day the last living deal ends if nothing else occurs (None: one lives on, or none ever was).
    `required_since` gives the day from which a required leg is required without a break. `last_look` is the latest event
    about the record of the project.
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
class FlagInput:
    """A living deal at announced or above, with its level, its project and the thresholds that hold for it."""

    deal: Deal
    level: Level
    project: ProjectFlagInput
    thresholds: Mapping[str, int]
