"""A flag as its clock implies it: the days of its severity steps, and from these the flag on any day (section 6).

A clock runs from the day on which the flag is found until something else occurs to it. Everything that a flag says on a day
between follows from that day alone, so one value stands for all of these days and no day of them has to be walked to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from steppe.domain.values.spans import Span, SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, Flag, Headline, Start
from steppe.domain.values.value_class import value_class

_ONE_DAY = timedelta(days=1)


@value_class(frozen=True, slots=True, kw_only=True)
class SeverityStep:
    """One severity, the days from which it is possible and certain if nothing else occurs, and its threshold.

    `start` is the clock's start where the steps of one flag run by different clocks.
    """

    severity: str
    possible_on: date
    certain_on: date
    threshold_months: int | None = None
    start: Start | None = None


@value_class(frozen=True, slots=True, kw_only=True)
class FlagSubject:
    """Something that a flag names from a day on: a milestone, or a part (None: what names no part), and its evidence."""

    on: date
    milestone: str | None = None
    part: str | None = None
    evidence: tuple[str, ...] = ()


@value_class(frozen=True, slots=True, kw_only=True)
class FlagEvaluation:
    """What a flag finds on a day: its steps from mild to severe, the start of its clock, figures and evidence.

    `subjects` are what it names, each from its day on; `evidence` is theirs then, as far as they are named.

    `ends_on` is the first later day on which the flag is no longer found if nothing else occurs; None: it stays.
    """

    steps: tuple[SeverityStep, ...]
    start: Start | None = None
    count: int | None = None
    evidence: tuple[str, ...] = ()
    expired_on: date | None = None
    expired_given: str | None = None
    missing: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tier: str | None = None
    subjects: tuple[FlagSubject, ...] = ()
    ends_on: date | None = None


class Cap(NamedTuple):
    """The highest step that a hold lets show, possibly and certainly, counted from the mildest; -1: none."""

    possible: int
    certain: int


@value_class(frozen=True, slots=True, kw_only=True)
class FlagClock:
    """One flag of one deal (None: of the project) on the days of a span, on which nothing occurs to it.

    `since` and `certain_since` have, for each step that was reached on the first of these days, the day since when it has been;
    the days of the steps that follow are those of `evaluation`. `clock` is the public name of what it runs by. `cap` is what the
    hold until `hold_until` lets show; None: there is no hold.
    """

    flag: str
    deal: str | None
    clock: str | None
    rule_version: str
    evaluation: FlagEvaluation
    since: tuple[date, ...] = ()
    certain_since: tuple[date, ...] = ()
    cap: Cap | None = None
    hold_until: date | None = None

    @property
    def shown_from(self) -> date:
        """The first day on which it shows, BEGINNING if it did on the first day of the span; FOREVER: it never does."""
        if self.since:
            return BEGINNING
        return FOREVER if self.cap is not None and self.cap.possible < 0 else self.possible_since(0)

    def step_on(self, day: date) -> int:
        """The step that shows at the end of a day, counted from the mildest; -1: none."""
        shown = -1
        for index, step in enumerate(self.evaluation.steps):
            if step.possible_on <= day:
                shown = index
        return shown if self.cap is None else min(shown, self.cap.possible)

    def certain_step_on(self, day: date) -> int:
        """The step that is certain at the end of a day; -1: none."""
        certain = -1
        for index, step in enumerate(self.evaluation.steps):
            if step.certain_on <= day:
                certain = index
        return certain if self.cap is None else min(certain, self.cap.certain)

    def possible_before(self, day: date) -> tuple[date, ...]:
        """Since when each step that shows before a day has shown."""
        reached = max(len(self.since), self.step_on(day - _ONE_DAY) + 1)
        return tuple([self.possible_since(step) for step in range(reached)])

    def certain_before(self, day: date) -> tuple[date, ...]:
        """Since when each step that is certain before a day has been."""
        reached = max(len(self.certain_since), self.certain_step_on(day - _ONE_DAY) + 1)
        return tuple([self.certain_since_day(step) for step in range(reached)])

    def possible_since(self, step: int) -> date:
        """The day since when at least this step is possible, whatever a hold lets show."""
        if step < len(self.since):
            return self.since[step]
        return min([later.possible_on for later in self.evaluation.steps[step:]])

    def certain_since_day(self, step: int) -> date:
        """The day since when at least this step is certain, whatever a hold lets show."""
        if step < len(self.certain_since):
            return self.certain_since[step]
        return min([later.certain_on for later in self.evaluation.steps[step:]])

    def shown_on(self, day: date, *, held: bool) -> date | None:
        """The day on which a step shows that is reached on `day`; None if the hold, where it is held, or the flag's end prevents it."""
        on = day
        if held and self.hold_until is not None:
            if self.hold_until == FOREVER:
                return None
            on = max(day, self.hold_until)
        ends_on = self.evaluation.ends_on
        return None if ends_on is not None and ends_on <= on else on

    def turns(self) -> Iterator[date]:
        """The days on which it may change by itself."""
        for step in self.evaluation.steps:
            yield step.possible_on
            yield step.certain_on
        for subject in self.evaluation.subjects:
            yield subject.on


class ClockTable(SpanTable[tuple[str, str], FlagClock]):
    """Collects the clocks of flags into spans of the days on which they show; a clock that never shows has none."""

    def _first_day(self, since: date, value: FlagClock) -> date:
        return max(since, value.shown_from)


def flag_on(clock: FlagClock, day: date) -> Flag | None:
    """The flag at the end of a day of the clock's span; None when it does not show."""
    evaluation = clock.evaluation
    shown = clock.step_on(day)
    if shown < 0:
        return None
    certain = clock.certain_step_on(day)
    step = evaluation.steps[shown]
    named = [subject for subject in evaluation.subjects if subject.on <= day]
    next_step = _next_step(clock, shown, day)
    return Flag(
        flag=clock.flag,
        deal=clock.deal,
        severity=step.severity,
        certainty="certain" if certain >= shown else "possible",
        certain_severity=evaluation.steps[certain].severity if certain >= 0 else None,
        since=clock.possible_since(shown),
        certain_on=_certain_on(clock, shown, certain),
        clock=clock.clock,
        start=step.start or evaluation.start,
        threshold_months=step.threshold_months,
        count=evaluation.count,
        evidence=(*evaluation.evidence, *(reference for subject in named for reference in subject.evidence)),
        next_severity=next_step[1] if next_step else None,
        next_on=next_step[0] if next_step else None,
        on_hold=clock.hold_until is not None,
        rule_version=clock.rule_version,
        expired_on=evaluation.expired_on,
        expired_given=evaluation.expired_given,
        missing=evaluation.missing,
        groups=evaluation.groups,
        tier=evaluation.tier,
        milestones=tuple(sorted({subject.milestone for subject in named if subject.milestone is not None})),
        parts=tuple(subject.part for subject in named if subject.milestone is None),
    )


def headline_on(clock: FlagClock, day: date) -> Headline | None:
    """The headline that a clock of its own says on a day; None when it does not show."""
    flag = flag_on(clock, day)
    if flag is None:
        return None
    return Headline(flag=flag.flag, severity=flag.severity, certainty=flag.certainty, since=flag.since)


def flags_on_day(clocks: Iterable[Span[FlagClock]], day: date) -> list[Flag]:
    """The flags that stand on a day, in the order of their clocks."""
    flags = (flag_on(span.value, day) for span in clocks if span.valid_from <= day < span.valid_to)
    return [flag for flag in flags if flag is not None]


def flag_spans(clocks: Iterable[Span[FlagClock]]) -> tuple[Span[Flag], ...]:
    """Every run of days on which a flag says the same. Clocks of one flag must come in order of days."""
    spans: list[Span[Flag]] = []
    for clock in clocks:
        inside = {day for day in clock.value.turns() if clock.valid_from < day < clock.valid_to}
        days = [clock.valid_from, *sorted(inside), clock.valid_to]
        for since, until in pairwise(days):
            flag = flag_on(clock.value, since)
            if flag is None:
                continue
            if spans and spans[-1].valid_to == since and spans[-1].value == flag:
                since = spans.pop().valid_from
            spans.append(Span(valid_from=since, valid_to=until, value=flag))
    return tuple(spans)


def _certain_on(clock: FlagClock, shown: int, certain: int) -> date | None:
    """Since when the step that shows is certain, or when it will be."""
    if certain >= shown:
        return clock.certain_since_day(shown)
    reached_on = min(step.certain_on for step in clock.evaluation.steps[shown:])
    return clock.shown_on(reached_on, held=clock.cap is not None and shown > clock.cap.certain)


def _next_step(clock: FlagClock, shown: int, day: date) -> tuple[date, str] | None:
    """When it rises if nothing else occurs, and to which severity."""
    steps, cap = clock.evaluation.steps, clock.cap
    held = cap is not None and shown >= cap.possible
    higher_on = [clock.shown_on(max(step.possible_on, day), held=held) for step in steps[shown + 1 :]]
    days = [on for on in higher_on if on is not None and day < on < FOREVER]
    if not days:
        return None
    on = min(days)
    highest = max((index for index, step in enumerate(steps) if step.possible_on <= on), default=-1)
    if cap is not None and clock.hold_until is not None and on < clock.hold_until:
        highest = min(highest, cap.possible)
    return on, steps[highest].severity
