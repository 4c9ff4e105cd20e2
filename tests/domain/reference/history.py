"""The days of a project on which something changed, up to a day and, if nothing else occurs, after it (sections 2, 8)."""

from __future__ import annotations

import copy
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.domain.reference.days import NEVER, Span, Start, add_months, first_of, last_of
from tests.domain.reference.deals import Deal, Run
from tests.domain.reference.events import Event, Row
from tests.domain.reference.narrowing import narrowed
from tests.domain.reference.project import Project
from tests.domain.reference.registry import Registered
from tests.domain.reference.runs_of_days import IDLE, LEGS, TO_BUILD
from tests.domain.reference.vocabulary import LEVELS


@dataclass(frozen=True, slots=True)
class LegView:
    """A leg at the end of a day."""

    kind: str
    id: str
    rows: tuple[str, ...]
    row: Row
    bound: Span
    valid: bool
    ended: Span | None
    ended_by: str | None
    conditional: bool
    inferred: bool
    financed: bool
    right: str | None
    holders: tuple[str, ...]

    @property
    def is_exploration(self) -> bool:
        """Whether it is an exploration right."""
        return self.kind == "rights" and self.right == "exploration"


@dataclass(frozen=True, slots=True)
class RunView:
    """A run of days: its first day, and where its clock starts."""

    first_day: date
    start: Start


@dataclass(frozen=True, slots=True)
class DealView:
    """A deal at the end of a day."""

    key: str
    phase: int
    first: Row
    living: bool
    level: int | None
    highest: int
    how: str | None
    ended: Span | None
    legs: tuple[LegView, ...]
    valid_legs: tuple[LegView, ...]
    missing: tuple[str, ...]
    steps: tuple[Row, ...]
    papers: tuple[Row, ...]
    lapse: Row | None
    heard: tuple[Row, ...]
    own: tuple[Row, ...]
    permits: tuple[tuple[str | None, str | None, str], ...]
    role: str | None
    pursuers: tuple[str, ...]
    runs: dict[str, RunView]
    suspended: bool
    held_since: date | None

    @property
    def memorandum(self) -> Start | None:
        """M starts at the phase's first memorandum-class event (section 5)."""
        return first_of(row.start for row in self.papers) if self.papers else None

    @property
    def memorandum_runs(self) -> bool:
        """It runs while the deal lives and has no valid leg."""
        return self.living and not self.valid_legs and bool(self.papers)

    @property
    def announcement(self) -> Start | None:
        """A starts at the phase's first row with level announced."""
        rows = [row.start for row in self.steps if row.level == LEVELS.index("announced")]
        return first_of(rows) if rows else None

    @property
    def announcement_runs(self) -> bool:
        """It runs while the deal lives without a valid leg, or any row above announced in this phase."""
        return (
            self.living
            and not self.valid_legs
            and self.announcement is not None
            and not any(row.level is not None and row.level > LEVELS.index("announced") for row in self.steps)
        )

    @property
    def silence(self) -> Start | None:
        """S runs since the latest event that the deal heard."""
        return last_of(row.start for row in self.heard) if self.heard and self.living else None

    @property
    def step(self) -> Start | None:
        """T runs since its latest memorandum-class, study, approval, permit, binding or physical event."""
        rows = [
            row.start
            for row in self.steps
            if row.is_memorandum_class
            or row.is_binding
            or row.is_physical
            or row.name in ("study.started", "study.completed", "finance.approved", "permit.applied", "permit.granted")
        ]
        return last_of(rows) if rows else None


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of works at the end of a day."""

    deal: str | None
    part: str | None
    state: int
    stands: bool
    still: bool
    commercial: bool
    construction: Start | None
    trial: Start | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project at the end of a day."""

    day: date
    level: int
    highest: int
    physical: int
    deals: dict[str, DealView]
    lines: tuple[LineView, ...]
    works_suspended: bool
    works_go_on: bool
    ended_how: str | None
    last_end: str | None
    delisted: bool
    held_since: date | None
    on_hold: bool
    spoken: tuple[Row, ...]
    rows: tuple[Row, ...]

    @property
    def living(self) -> list[DealView]:
        """The deals that live."""
        return [deal for deal in self.deals.values() if deal.living]

    @property
    def rests(self) -> bool:
        """Whether no deal lives, and either one did or the project has ended (section 6, not-producing, overdue)."""
        return not self.living and (bool(self.deals) or self.ended_how is not None)


class History:
    """A project under one known instant, seen from one day."""

    def __init__(
        self, key: str, rows: Sequence[Row], looks: Sequence[Event], registered: Registered, as_of: date
    ) -> None:
        self.key = key
        self.registered = registered.upto(as_of)
        self.looks = sorted((event.recorded.date(), event.order, event.ref) for event in looks)
        self.looks = [look for look in self.looks if look[0] <= as_of]
        deals = {row.deal for row in rows if row.deal is not None}
        ordered = narrowed(rows, lambda before, day: self._fold(before, day, deals))
        counting = [row for row in ordered if row.day <= as_of]
        self.exists_from = min(
            (row.day for row in counting if not row.name.startswith("event.")),
            default=None,
        )
        self.snapshots = self._snapshots(counting, deals)
        self.days = [snapshot.day for snapshot in self.snapshots]

    def _fold(self, rows: Sequence[Row], day: date, deals: set[str]) -> Project:
        """The rows before a place on a day, what ceases by itself until then included."""
        project = Project(self.key, self.registered, deals)
        at: date | None = None
        for row in rows:
            if at is None or row.day > at:
                if at is not None:
                    self._cease(project, at, row.day)
                project.begin_day()
                at = row.day
            project.apply(row)
        if at is not None and at < day:
            self._cease(project, at, day)
            at = None
        if at is None:
            project.begin_day()
        return project

    def _cease(self, project: Project, day: date, until: date) -> None:
        """The end of a day, and of every later one before `until` on which something ceases by itself."""
        project.end_day(day)
        while (due := project.next_change()) < until:
            project.begin_day()
            project.end_day(due)

    def _snapshots(self, rows: Sequence[Row], deals: set[str]) -> list[Snapshot]:
        project = Project(self.key, self.registered, deals)
        of_day: dict[date, list[Row]] = {}
        for row in rows:
            of_day.setdefault(row.day, []).append(row)
        planned = sorted({*of_day, *self.registered.days()})
        snapshots: list[Snapshot] = []
        while True:
            due = project.next_change()
            day = min([due, *planned[:1]])
            if day == NEVER:
                return snapshots
            if planned and planned[0] == day:
                planned.pop(0)
            rows_of_day = of_day.get(day, [])
            if any(row.narrowed_by for row in rows_of_day):
                self._count_the_day_before(project, [row for row in rows_of_day if row.narrowed_by], day)
            project.begin_day()
            for row in rows_of_day:
                project.apply(row)
            project.end_day(day)
            project.note_day(day)
            snapshots.append(_snapshot(project, day))

    def _count_the_day_before(self, project: Project, drawn: list[Row], day: date) -> None:
        """For highest ever a narrowed row counts as if it had counted the day before (section 4)."""
        as_if = copy.deepcopy(project)
        before = day - timedelta(days=1)
        as_if.begin_day()
        for row in drawn:
            as_if.apply(row)
        as_if.end_day(before)
        as_if.note_highest(before, project)

    def at(self, day: date) -> Snapshot | None:
        """The project at the end of a day, None before anything counted."""
        index = self.index(day)
        return None if index < 0 else self.snapshots[index]

    def index(self, day: date) -> int:
        """Where the snapshot of a day is, -1 before the first."""
        return bisect_right(self.days, day) - 1

    def is_there(self, day: date) -> bool:
        """Whether the project is there: from the first day on which one of its events counts (section 8)."""
        return self.exists_from is not None and self.exists_from <= day

    def last_look(self, day: date) -> tuple[date, tuple[str, ...]] | None:
        """The latest day, up to one, on which a row was recorded, and the rows recorded on it."""
        seen = [look for look in self.looks if look[0] <= day]
        if not seen:
            return None
        return seen[-1][0], tuple(ref for looked, _, ref in seen if looked == seen[-1][0])


def _snapshot(project: Project, day: date) -> Snapshot:
    deals = {key: _deal_view(project, deal, day) for key, deal in sorted(project.deals.items()) if deal.phases}
    works = project.works
    return Snapshot(
        day=day,
        level=project.level(day),
        highest=project.highest[None],
        physical=works.state(),
        deals=deals,
        lines=tuple(
            LineView(
                line.deal,
                line.part,
                works.state_of(line),
                line.stands,
                bool(works.standing(line)),
                line.commercial,
                first_of(line.construction_starts) if line.construction_starts else None,
                first_of(line.trial_starts) if line.trial_starts else None,
            )
            for line in works.lines.values()
        ),
        works_suspended=works.is_suspended(),
        works_go_on=works.go_on(),
        ended_how=project.ended_how,
        last_end=project.ended_last.how if project.ended_last is not None else None,
        delisted=project.delisted,
        held_since=project.held_since.get(None),
        on_hold=any(hold.holds(None) for hold in project.holds),
        spoken=tuple(project.spoken),
        rows=tuple(project.rows),
    )


def _deal_view(project: Project, deal: Deal, day: date) -> DealView:
    phase = deal.phase
    legs = tuple(
        LegView(
            leg.kind,
            leg.row.ref,
            tuple(leg.rows),
            leg.row,
            leg.row.span,
            leg.valid,
            leg.ended,
            leg.ended_by,
            leg.conditional and leg.valid,
            leg.inferred,
            leg.financed,
            leg.right,
            tuple(sorted(leg.holders)),
        )
        for leg in phase.legs
    )
    return DealView(
        key=deal.key,
        phase=phase.number,
        first=phase.first,
        living=deal.living,
        level=project.level_of(deal, day),
        highest=project.highest.get(deal.key, 0),
        how=deal.how,
        ended=deal.ended,
        legs=legs,
        valid_legs=tuple(leg for leg in legs if leg.valid),
        missing=tuple(project.missing_legs(deal, day)),
        steps=tuple(phase.rows),
        papers=tuple(phase.papers),
        lapse=phase.lapse,
        heard=tuple(deal.heard),
        own=tuple(deal.plans_and_rows_of_this_phase()),
        permits=tuple(
            (grant.permit, grant.row.part, grant.row.ref) for grant in phase.grants if grant.valid and deal.living
        ),
        role=phase.role(),
        pursuers=tuple(phase.pursuers()),
        runs={name: _run(phase.runs[name]) for name in (LEGS, IDLE, TO_BUILD) if name in phase.runs},
        suspended=deal.living and project.works.suspends(deal.key, phase.number),
        held_since=project.held_since.get(deal.key),
    )


def _run(run: Run) -> RunView:
    """Section 5: at the first of what bound, granted or amended; begun by an ending, at the latest of that and the rest."""
    if run.endings:
        return RunView(run.first_day, last_of([*run.endings, first_of(run.left)]))
    return RunView(run.first_day, first_of(run.begun_by))


def later_by(day: date, months: int) -> date:
    """The first day on which something is more than so many months ago."""
    after = add_months(day, months)
    return NEVER if after == NEVER else after + timedelta(days=1)
