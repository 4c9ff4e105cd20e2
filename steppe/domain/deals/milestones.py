"""The planned days of a deal's milestones, and how often each slipped (section 6, slipping)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.values import edtf

_NEVER = (date.max, date.max)


@dataclass(frozen=True, slots=True)
class MilestonePlans:
    """The day planned last of each milestone (latest, earliest), and the events that put it off."""

    planned: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    slips: Mapping[str, tuple[Event, ...]] = field(default_factory=dict)

    def with_plan(self, event: Event) -> MilestonePlans:
        """These plans with those of one more `milestone.planned`."""
        days = edtf.parse(event.data["planned_on"])
        on = (days.latest or date.max, days.earliest or date.min)
        milestone = event.data["milestone"]
        slips = self.slips
        if on > self.planned.get(milestone, _NEVER):
            slips = {**slips, milestone: (*slips.get(milestone, ()), event)}
        return MilestonePlans({**self.planned, milestone: on}, slips)
