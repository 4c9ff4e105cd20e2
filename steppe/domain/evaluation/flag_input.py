"""What a flag is evaluated from: a deal and its project as they stand at the end of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.milestones import PartMilestone, Plan
from steppe.domain.deals.works import Works
from steppe.domain.values.levels import Level
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True)
class Look:
    """A day on which rows of a project were recorded, and their references (section 6, unchecked)."""

    on: date
    references: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class ProjectFlagInput:
    """A project on a day: what is registered, its works and plans, and the last look at its record.

    `thresholds` are those that hold for the project itself; they are set once its deals were evaluated, because its level
    decides. `pursued` says whether a deal lives, or none ever was and the project is not cancelled, completed or retired;
    `pursued_until` on which day the last living deal ends if nothing else occurs (None: one lives on, or none ever was).
    `required_since` gives the day from which a required leg is required without a break. `last_look` is the last day on
    which a row of the project was recorded. `unmet_plans` are those of the project that nothing has met; `met` what rows
    that speak of the project meet.
    """

    kind: str | None
    works: Works
    required_legs: tuple[str, ...]
    required_since: Callable[[str], date]
    last_look: Look | None
    pursued: Callable[[], bool]
    pursued_until: Callable[[], date | None]
    unmet_plans: Callable[[], list[Plan]]
    met: frozenset[PartMilestone]
    thresholds: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class FlagInput:
    """A living deal at announced or above, with its level, its project and the thresholds that hold for it."""

    deal: Deal
    level: Level
    project: ProjectFlagInput
    thresholds: Mapping[str, int]
