"""When the flags of a deal, and those of a project itself, are raised (section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from tests.domain.reference.days import (
    NEVER,
    Start,
    add_days,
    bounds,
    certain_from,
    first_of,
    last_of,
    latest_day,
    possible_from,
)
from tests.domain.reference.events import Row
from tests.domain.reference.history import DealView, History, Snapshot
from tests.domain.reference.registry import FROM_EVER
from tests.domain.reference.runs_of_days import IDLE, LEGS, TO_BUILD
from tests.domain.reference.thresholds import Subject, Thresholds
from tests.domain.reference.vocabulary import CONSTRUCTION, PRODUCING
from tests.domain.reference.works import NONE

SEVERITIES = ("notice", "watch", "stagnant", "presumed-dead", "alert")
_BUILT = ("deposit", "plant", "corridor")


@dataclass(frozen=True, slots=True)
class Step:
    """From when one severity is possible, and certain, as long as nothing changes."""

    severity: str
    possible: date
    certain: date
    threshold: int | None = None
    start: Start | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A flag's condition as it is while nothing changes."""

    flag: str
    deal: str | None
    steps: tuple[Step, ...]
    # What it is about on a day: the milestones, the parts, the legs.
    about: Callable[[date], Mapping[str, Any]] = field(default=lambda day: {})

    def step(self, day: date) -> Step | None:
        """The highest severity that is at least possible on a day."""
        return next((step for step in reversed(self.steps) if step.possible <= day), None)

    def certain(self, day: date) -> Step | None:
        """The highest severity that is certain on a day."""
        return next((step for step in reversed(self.steps) if step.certain <= day), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """One of several clocks that may raise a flag, and what it runs for."""

    name: Any
    start: Start
    thresholds: tuple[int, ...]
    evidence: tuple[str, ...]


def subject_of(history: History, level: str | None, day: date) -> Subject:
    """What thresholds may depend on, on a day."""
    registered = history.registered
    return Subject(
        level=level,
        commodities=tuple(registered.names("commodities", day)),
        sector=registered.value("sector", day),
        countries=countries_of(history, day),
    )


def countries_of(history: History, day: date) -> tuple[str, ...]:
    """The country of a project and its further countries."""
    country = history.registered.value("country", day)
    named = [] if country is None else [str(country)]
    return tuple(dict.fromkeys([*named, *history.registered.names("countries", day)]))


def conditions(
    history: History, snapshot: Snapshot, day: date, rules: Thresholds, levels: Sequence[str]
) -> list[Condition]:
    """All flags but displaced and crowded that stand or will, as things are at the end of a day."""
    flags: list[Condition] = []
    for deal in snapshot.living:
        flags += _Judge(history, snapshot, deal, day, _of(rules, history, levels[deal.level or 0], day)).all()
    threshold = _of(rules, history, levels[snapshot.level], day)
    flags += _overdue_of_project(snapshot, threshold)
    flags += _not_producing(history, snapshot, day, threshold)
    return flags


def _of(rules: Thresholds, history: History, level: str, day: date) -> Callable[[str], int]:
    """The thresholds for a deal, or a project, of a level on a day."""
    subject = subject_of(history, level, day)
    return lambda rule: rules.of(rule, subject)


class _Judge:
    """The flags of one living deal."""

    def __init__(
        self, history: History, snapshot: Snapshot, deal: DealView, day: date, threshold: Callable[[str], int]
    ) -> None:
        self.history = history
        self.snapshot = snapshot
        self.deal = deal
        self.day = day
        self.threshold = threshold

    def all(self) -> list[Condition]:
        """Every flag of the deal that stands or will."""
        flags = [
            self._memorandum_only(),
            self._churn(),
            self._announced_only(),
            self._silent(),
            self._unchecked(),
            self._overdue(),
            self._idle_right(),
            self._lapsed(),
            self._partly_bound(),
            self._not_building(),
            self._slipping(),
        ]
        return [condition for condition in flags if condition is not None]

    def _condition(self, flag: str, steps: Iterable[Step], about: Mapping[str, Any] | None = None) -> Condition:
        named = about or {}
        return Condition(flag, self.deal.key, tuple(steps), lambda day: named)

    def _clock(self, flag: str, severities: Sequence[str], start: Start) -> Condition:
        steps = []
        for severity in severities:
            months = self.threshold(f"{flag}.{severity}")
            possible, certain = possible_from(start, months), certain_from(start, months)
            steps.append(Step(severity, possible, certain, months, start, start.ids))
        return self._condition(flag, steps)

    def _memorandum_only(self) -> Condition | None:
        paper, step = self.deal.memorandum, self.deal.step
        if not self.deal.memorandum_runs or paper is None or step is None:
            return None
        condition = self._clock("memorandum-only", ("watch", "stagnant"), paper)
        dead = self.threshold("memorandum-only.presumed-dead")
        idle = self.threshold("memorandum-only.presumed-dead.step")
        return self._condition(
            "memorandum-only",
            [
                *condition.steps,
                Step(
                    "presumed-dead",
                    max(possible_from(paper, dead), possible_from(step, idle)),
                    max(certain_from(paper, dead), certain_from(step, idle)),
                    dead,
                    paper,
                    paper.ids,
                ),
            ],
        )

    def _churn(self) -> Condition | None:
        papers: dict[date, Row] = {}
        for row in self.deal.papers:
            if "part_of" not in row.data:  # it repeats that document
                papers.setdefault(row.day, row)
        needed = self.threshold("memorandum-churn.watch")
        if self.deal.valid_legs or len(papers) < needed:
            return None
        ids = tuple(row.ref for row in papers.values())
        step = Step("watch", self.snapshot.day, self.snapshot.day, needed, self.deal.memorandum, ids)
        return self._condition("memorandum-churn", [step], {"count": len(papers)})

    def _announced_only(self) -> Condition | None:
        start = self.deal.announcement
        if not self.deal.announcement_runs or start is None:
            return None
        return self._clock("announced-only", ("watch", "stagnant"), start)

    def _silent(self) -> Condition | None:
        start = self.deal.silence
        if start is None or (self.deal.level or 0) >= PRODUCING:
            return None
        return self._clock("silent", ("watch",), start)

    def _unchecked(self) -> Condition | None:
        look = self.history.last_look(self.day)
        if look is None or (self.deal.level or 0) >= PRODUCING:
            return None
        return self._clock("unchecked", ("notice",), Start(look[0], look[0], look[1]))

    def _overdue(self) -> Condition | None:
        plans = [row for row in self.deal.own if _plans(row)]
        clocks = _late(plans, [*self.deal.own, *self.snapshot.spoken], self.threshold)
        return _first_to_reach("overdue", self.deal.key, ("watch", "stagnant"), clocks, "milestones")

    def _idle_right(self) -> Condition | None:
        run = self.deal.runs.get(IDLE)
        if run is None:
            return None
        works = [
            row.start
            for row in self.deal.heard
            if row.is_physical or row.name.startswith(("exploration.reported", "study.", "permit."))
        ]
        start = last_of([run.start, last_of(works)]) if works else run.start
        return self._clock("idle-right", ("watch", "stagnant"), start)

    def _lapsed(self) -> Condition | None:
        if self.deal.valid_legs or not self.deal.papers:
            return None
        newest = self.deal.papers[-1]
        expires = latest_day(newest.data.get("expires_on"))
        grace = self.threshold("lapsed.watch")
        from_day = NEVER if expires is None else add_days(expires, grace)
        evidence = (newest.ref,)
        if self.deal.lapse is not None and self.deal.lapse.day <= from_day:
            from_day, evidence = self.deal.lapse.day, (self.deal.lapse.ref,)
        if from_day == NEVER:
            return None
        return self._condition("lapsed", [Step("watch", from_day, from_day, None, None, evidence)])

    def _partly_bound(self) -> Condition | None:
        run = self.deal.runs.get(LEGS)
        if run is None or not self.deal.missing or (self.deal.level or 0) >= CONSTRUCTION:
            return None
        months = self.threshold("partly-bound.watch")
        clocks = []
        for leg in self.deal.missing:
            start = run.start
            since = self.history.registered.required_since(leg, self.day)
            if since != FROM_EVER:
                start = last_of([start, Start(since, since)])
            clocks.append(Clock(leg, start, (months,), start.ids))
        condition = _first_to_reach("partly-bound", self.deal.key, ("watch",), clocks, "missing")
        if condition is None:
            return None
        return self._condition("partly-bound", condition.steps, {"missing": list(self.deal.missing)})

    def _not_building(self) -> Condition | None:
        run = self.deal.runs.get(TO_BUILD)
        kind = self.history.registered.value("kind", self.day)
        if run is None or kind not in _BUILT or self.snapshot.physical != NONE:
            return None
        worked = any(
            row.is_physical and row.name != "funds.disbursed" and row.day >= run.first_day for row in self.snapshot.rows
        )
        return None if worked else self._clock("not-building", ("watch",), run.start)

    def _slipping(self) -> Condition | None:
        if (self.deal.level or 0) >= PRODUCING:
            return None
        plans: dict[tuple[str, str | None], list[Row]] = {}
        for row in self.deal.own:
            if _plans(row):
                plans.setdefault((str(row.data.get("milestone")), row.part), []).append(row)
        needed = self.threshold("slipping.watch")
        moved: list[Row] = []
        names: list[str] = []
        for (milestone, _), rows in plans.items():
            later = [now for before, now in pairwise(rows) if _planned(now) > _planned(before)]
            if len(later) >= needed:
                moved += later
                names.append(milestone)
        if not moved:
            return None
        ids = tuple(row.ref for row in self.deal.own if row in moved)
        step = Step("watch", self.snapshot.day, self.snapshot.day, needed, None, ids)
        about = {"count": len(moved), "milestones": sorted(set(names))}
        return self._condition("slipping", [step], about)


def _plans(row: Row) -> bool:
    """Whether it plans something: what became a plan by reclassification need not say what."""
    return row.name == "milestone.planned" and "milestone" in row.data


def _planned(row: Row) -> tuple[date, date]:
    """Plans compare by latest, then earliest day; an open end sorts after every day (section 2)."""
    earliest, latest = _planned_bounds(row)
    return latest or NEVER, earliest or date.min


def _planned_bounds(row: Row) -> tuple[date | None, date | None]:
    planned = row.data.get("planned_on")
    return (None, None) if planned is None else bounds(str(planned))


_STANDS_FOR: Mapping[str, Callable[[Row], bool]] = {
    "construction-start": lambda row: row.name == "construction.started",
    "construction-end": lambda row: row.name == "construction.completed",
    "first-output": lambda row: row.name == "production.started",
    "production-start": lambda row: row.name == "production.started" and row.data.get("phase") == "commercial",
    "financial-close": lambda row: row.name == "finance.closed",
    "final-investment-decision": lambda row: row.name == "investment.decided",
    "equity": lambda row: row.name in ("equity.agreed", "equity.closed"),
    "offtake": lambda row: row.name == "offtake.signed",
    "feasibility-study": lambda row: row.name == "study.completed" and row.data.get("kind") == "feasibility",
    "rights": lambda row: row.name == "rights.granted",
    "permit": lambda row: row.name == "permit.granted",
}


def _late(plans: Sequence[Row], may_meet: Sequence[Row], threshold: Callable[[str], int]) -> list[Clock]:
    """The plans in force that are not met, each with its clock in the interval of `planned_on`."""
    in_force: dict[tuple[str, str | None], Row] = {}
    for row in plans:
        in_force[str(row.data.get("milestone")), row.part] = row
    months = (threshold("overdue.watch"), threshold("overdue.stagnant"))
    clocks = []
    for (milestone, part), plan in in_force.items():
        earliest, latest = _planned_bounds(plan)
        if latest is None or any(_meets(row, milestone, part) for row in may_meet):
            continue
        clocks.append(Clock(milestone, Start(earliest, latest, (plan.ref,)), months, (plan.ref,)))
    return clocks


def _meets(row: Row, milestone: str, part: str | None) -> bool:
    """By a `milestone.met` of that name, or the row that it stands for; with `part`, of that part."""
    if part is not None and row.part != part:
        return False
    if row.name == "milestone.met":
        return row.data.get("milestone") == milestone
    return milestone in _STANDS_FOR and _STANDS_FOR[milestone](row)


def _first_to_reach(
    flag: str, deal: str | None, severities: Sequence[str], clocks: Sequence[Clock], about: str
) -> Condition | None:
    """Of several clocks the first to reach a severity counts, and all that have are named."""
    if not clocks:
        return None
    steps = []
    for index, severity in enumerate(severities):
        first = min(
            clocks,
            key=lambda clock: (
                possible_from(clock.start, clock.thresholds[index]),
                certain_from(clock.start, clock.thresholds[index]),
            ),
        )
        certain = min(certain_from(clock.start, clock.thresholds[index]) for clock in clocks)
        months = first.thresholds[index]
        steps.append(Step(severity, possible_from(first.start, months), certain, months, first.start, first.evidence))

    def named(day: date) -> Mapping[str, Any]:
        names = {clock.name for clock in clocks if possible_from(clock.start, clock.thresholds[0]) <= day}
        return {about: sorted(names, key=lambda name: (name is not None, name))}

    return Condition(flag, deal, tuple(steps), named)


def _overdue_of_project(snapshot: Snapshot, threshold: Callable[[str], int]) -> list[Condition]:
    """Plans that speak of the project: anybody may meet them."""
    if snapshot.rests:
        return []
    plans = [row for row in snapshot.spoken if _plans(row)]
    clocks = _late(plans, snapshot.rows, threshold)
    condition = _first_to_reach("overdue", None, ("watch", "stagnant"), clocks, "milestones")
    return [] if condition is None else [condition]


def _not_producing(history: History, snapshot: Snapshot, day: date, threshold: Callable[[str], int]) -> list[Condition]:
    """Of each part construction, or a trial, for too long without commercial production of that part."""
    if history.registered.value("kind", day) not in _BUILT or snapshot.rests:
        return []
    parts = dict.fromkeys(line.part for line in snapshot.lines if line.stands)
    clocks = []
    for part in parts:
        lines = [line for line in snapshot.lines if line.part == part and line.stands]
        if any(line.commercial for line in lines):
            continue
        built = [line.construction for line in lines if line.construction is not None]
        tried = [line.trial for line in lines if line.trial is not None]
        if built:
            start = first_of(built)
            months = (threshold("not-producing.watch"), threshold("not-producing.stagnant"))
            clocks.append(Clock(part, start, months, start.ids))
        if tried:
            start = first_of(tried)
            months = (threshold("not-producing.trial.watch"), threshold("not-producing.trial.stagnant"))
            clocks.append(Clock(part, start, months, start.ids))
    condition = _first_to_reach("not-producing", None, ("watch", "stagnant"), clocks, "parts")
    return [] if condition is None else [condition]
