"""A flag from day to day: since when it stands, how certain it is, what comes next, and what a hold allows (section 6)."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import FlagDefinition
from steppe.domain.evaluation.severity_steps import FlagEvaluation, SeverityStep
from steppe.domain.values.states import FOREVER, Flag


class FlagState:
    """One flag of one deal (None: of the project) up to the day of the last update. Days must come in order."""

    def __init__(self, definition: FlagDefinition, deal: str | None, rule_version: str) -> None:
        self._definition = definition
        self._deal = deal
        self._rule_version = rule_version
        # The first day of the run of days on which each step, counted from the mildest, is reached.
        self._since: tuple[date, ...] = ()
        self._certain_since: tuple[date, ...] = ()
        # The highest step that a hold lets show, possibly and certainly; None: no hold.
        self._cap: tuple[int, int] | None = None

    def fork(self) -> FlagState:
        """An independent copy."""
        fork = object.__new__(FlagState)
        fork.__dict__.update(self.__dict__)
        return fork

    def update(
        self, day: date, evaluation: FlagEvaluation | None, hold_until: date | None, *, hold_began: bool
    ) -> Flag | None:
        """The flag as shown at the end of a day; None when it is not. `hold_began`: the first day of a run of holds."""
        shown, certain = self._reached_on(day, evaluation, hold_until, hold_began=hold_began)
        self._since = _since_by_step(self._since, shown, day)
        self._certain_since = _since_by_step(self._certain_since, certain, day)
        if evaluation is None or shown < 0:
            return None
        step = evaluation.steps[shown]
        next_step = self._next_step(evaluation, shown, day, hold_until)
        named = [subject for subject in evaluation.subjects if subject.on <= day]
        return Flag(
            flag=self._definition.name,
            deal=self._deal,
            severity=step.severity,
            certainty="certain" if certain >= shown else "possible",
            certain_severity=evaluation.steps[certain].severity if certain >= 0 else None,
            since=self._since[shown],
            certain_on=self._certain_on(evaluation, shown, certain, hold_until),
            clock=self._definition.clock,
            start=step.start or evaluation.start,
            threshold_months=step.threshold_months,
            count=evaluation.count,
            evidence=(*evaluation.evidence, *(reference for subject in named for reference in subject.evidence)),
            next_severity=next_step[1] if next_step else None,
            next_on=next_step[0] if next_step else None,
            on_hold=hold_until is not None,
            rule_version=self._rule_version,
            expired_on=evaluation.expired_on,
            expired_given=evaluation.expired_given,
            missing=evaluation.missing,
            groups=evaluation.groups,
            tier=evaluation.tier,
            milestones=tuple(sorted({subject.milestone for subject in named if subject.milestone is not None})),
            parts=tuple(subject.part for subject in named if subject.milestone is None),
        )

    def _reached_on(
        self, day: date, evaluation: FlagEvaluation | None, hold_until: date | None, *, hold_began: bool
    ) -> tuple[int, int]:
        """The highest steps that are reached possibly and certainly (-1: none), as far as the hold lets them show."""
        shown = certain = -1
        for index, step in enumerate(evaluation.steps if evaluation is not None else ()):
            if step.possible_on <= day:
                shown = index
            if step.certain_on <= day:
                certain = index
        if hold_until is None:
            self._cap = None
        elif hold_began:
            self._cap = (shown, certain)
        elif self._cap is None:
            self._cap = (-1, -1)  # the flag did not stand when the hold began
        if self._cap is None:
            return shown, certain
        return min(shown, self._cap[0]), min(certain, self._cap[1])

    def _certain_on(self, evaluation: FlagEvaluation, shown: int, certain: int, hold_until: date | None) -> date | None:
        if certain >= shown:
            return self._certain_since[shown]
        held = self._cap is not None and shown > self._cap[1]
        reached_on = min(step.certain_on for step in evaluation.steps[shown:])
        return _shown_on(reached_on, evaluation, hold_until if held else None)

    def _next_step(
        self, evaluation: FlagEvaluation, shown: int, day: date, hold_until: date | None
    ) -> tuple[date, str] | None:
        """When it rises if nothing else occurs, and to which severity."""
        held = self._cap is not None and shown >= self._cap[0]
        higher_on = [
            _shown_on(max(step.possible_on, day), evaluation, hold_until if held else None)
            for step in evaluation.steps[shown + 1 :]
        ]
        days = [on for on in higher_on if on is not None and day < on < FOREVER]
        if not days:
            return None
        on = min(days)
        highest = _highest_possible(evaluation.steps, on)
        if self._cap is not None and hold_until is not None and on < hold_until:
            highest = min(highest, self._cap[0])
        return on, evaluation.steps[highest].severity


def changes_on(evaluation: FlagEvaluation, day: date) -> bool:
    """Whether the flag may change by itself on that day."""
    steps = any(day in (step.possible_on, step.certain_on) for step in evaluation.steps)
    return steps or any(subject.on == day for subject in evaluation.subjects)


def next_change_on(evaluation: FlagEvaluation, day: date) -> date:
    """The next later day on which the flag may change by itself; FOREVER if there is none."""
    change = FOREVER
    for subject in evaluation.subjects:
        if day < subject.on < change:
            change = subject.on
    for step in evaluation.steps:
        if day < step.possible_on < change:
            change = step.possible_on
        if day < step.certain_on < change:
            change = step.certain_on
    return change


def _highest_possible(steps: tuple[SeverityStep, ...], day: date) -> int:
    return max((index for index, step in enumerate(steps) if step.possible_on <= day), default=-1)


def _since_by_step(since: tuple[date, ...], highest: int, day: date) -> tuple[date, ...]:
    if len(since) == highest + 1:
        return since
    return since[: highest + 1] + (day,) * (highest + 1 - len(since))


def _shown_on(day: date, evaluation: FlagEvaluation, hold_until: date | None) -> date | None:
    """The day on which a step shows that is reached on `day`; None if the hold or the flag's end prevents it."""
    if hold_until == FOREVER:
        return None
    on = day if hold_until is None else max(day, hold_until)
    ends_on = evaluation.ends_on() if evaluation.ends_on is not None else None
    return None if ends_on is not None and ends_on <= on else on
