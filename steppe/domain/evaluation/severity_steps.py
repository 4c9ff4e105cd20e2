"""How the severity steps of a flag follow from the starts of its clocks: the days from which each is reached (section 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.values.flag_clock import SeverityStep
from steppe.domain.values.months import add_months
from steppe.domain.values.states import Start


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
