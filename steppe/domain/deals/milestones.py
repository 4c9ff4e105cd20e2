"""The planned days of milestones, how often each slipped, and what meets them (section 6, slipping and overdue)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.values import edtf
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class

# Which milestones a row meets by itself; a condition on one of its fields stands beside it.
_MET_BY: Mapping[str, tuple[tuple[str, str | None, str | None], ...]] = {
    "construction.started": (("construction-start", None, None),),
    "construction.completed": (("construction-end", None, None),),
    "production.started": (("first-output", None, None), ("production-start", "phase", "commercial")),
    "finance.closed": (("financial-close", None, None),),
    "investment.decided": (("final-investment-decision", None, None),),
    "equity.agreed": (("equity", None, None),),
    "equity.closed": (("equity", None, None),),
    "offtake.signed": (("offtake", None, None),),
    "study.completed": (("feasibility-study", "kind", "feasibility"),),
    "rights.granted": (("rights", None, None),),
    "permit.granted": (("permit", None, None),),
}

# A milestone, and the part of the project that it is of; None: of any.
PartMilestone = tuple[str, str | None]


@value_class(frozen=True, slots=True)
class Plan:
    """A plan in force. `start` is the interval of its day; None: it never comes."""

    milestone: str
    part: str | None
    start: Start | None
    event: Event


def met_by(event: Event) -> Iterator[PartMilestone]:
    """The milestones that a row meets, with its part."""
    part = event.data.get("part")
    if event.kind.name == "milestone.met" and "milestone" in event.data:
        yield event.data["milestone"], part
    for milestone, condition, value in _MET_BY.get(event.kind.name, ()):
        if condition is None or event.data.get(condition) == value:
            yield milestone, part


@value_class(frozen=True, slots=True)
class MilestonePlans:
    """The plan in force of each milestone and part, what of them is met, and the events that put them off."""

    planned: Mapping[PartMilestone, tuple[tuple[date, date], Plan]] = field(default_factory=dict)
    slips: Mapping[PartMilestone, tuple[Event, ...]] = field(default_factory=dict)
    met: frozenset[PartMilestone] = frozenset()

    def with_event(self, event: Event) -> MilestonePlans:
        """After one more event, which may plan milestones or meet them; the same value when it does neither."""
        if event.kind.name == "milestone.planned":
            # A row that became a plan by reclassification need not say of what; then it plans nothing.
            return self._with_plan(event) if "milestone" in event.data else self
        if event.kind.name not in _MET_BY and event.kind.name != "milestone.met":
            return self
        met = frozenset(met_by(event))
        return self if met <= self.met else MilestonePlans(self.planned, self.slips, self.met | met)

    def _with_plan(self, event: Event) -> MilestonePlans:
        text: str = event.data.get("planned_on", "unknown")
        days = edtf.parse(text)
        on = (days.latest or date.max, days.earliest or date.min)
        key = (event.data["milestone"], event.data.get("part"))
        given = None if text == edtf.text_of(days) else text
        start = None if days.latest is None else Start(earliest=days.earliest, latest=days.latest, given=given)
        slips = self.slips
        if key in self.planned and on > self.planned[key][0]:
            slips = {**slips, key: (*slips.get(key, ()), event)}
        plan = Plan(key[0], key[1], start, event)
        return MilestonePlans({**self.planned, key: (on, plan)}, slips, self.met)

    def unmet(self, also_met: Iterable[PartMilestone] = ()) -> list[Plan]:
        """The plans in force, with a day, that nothing has met. A plan without part is met by any."""
        if not self.planned:
            return []
        met = self.met.union(also_met)
        names = {milestone for milestone, _ in met}
        return [
            plan
            for key, (_, plan) in sorted(self.planned.items(), key=lambda item: (item[0][0], item[0][1] or ""))
            if plan.start is not None and not (key in met or (plan.part is None and plan.milestone in names))
        ]
