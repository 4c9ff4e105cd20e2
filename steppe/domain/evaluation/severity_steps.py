"""The answer of a flag: severity steps, from mild to severe, each with the days from which it is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from steppe.domain.values.months import add_months
from steppe.domain.values.states import Start
from steppe.domain.values.value_class import value_class


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

    `ends_on` gives the first later day on which the flag is no longer found if nothing else occurs; None: it stays.
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
    ends_on: Callable[[], date | None] | None = None


def step_at_age(severity: str, start: Start, months: int) -> SeverityStep:
    """The step that a clock reaches at an age: possible from its earliest start, certain from its latest (section 5).

    Never before the event counts, which is from its latest day on.
    """
    certain = add_months(start.latest, months)
    possible = certain if start.earliest is None else add_months(start.earliest, months)
    return SeverityStep(
        severity=severity, possible_on=possible, certain_on=certain, threshold_months=months, start=start
    )


def first_to_reach(severity: str, candidates: Sequence[SeverityStep]) -> SeverityStep:
    """Of several clocks of one severity the first that is possible; certain when any of them is.

    Of clocks that reach it on the same days the one that started first: months are clamped, so both may.
    """
    first = min(candidates, key=_order)
    return SeverityStep(
        severity=severity,
        possible_on=min(step.possible_on for step in candidates),
        certain_on=min(step.certain_on for step in candidates),
        threshold_months=first.threshold_months,
        start=first.start,
    )


def _order(step: SeverityStep) -> tuple[date, ...]:
    started = (step.start.latest, step.start.earliest or date.min) if step.start is not None else ()
    return (step.possible_on, step.certain_on, *started)


def step_at_once(severity: str, threshold_months: int | None = None) -> SeverityStep:
    """The step of a flag that does not wait: it is reached as soon as the flag is found."""
    return SeverityStep(severity=severity, possible_on=date.min, certain_on=date.min, threshold_months=threshold_months)
