"""The headline of a project (section 6): the worst `memorandum-only` of its deals, unless something binds or is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.flags import memorandum_only
from steppe.domain.values.flag_clock import FlagClock, FlagEvaluation, SeverityStep
from steppe.domain.values.levels import Level
from steppe.domain.values.states import FOREVER, DealState

_SEVERITIES = memorandum_only.FLAG.severities


def headline_state(rule_version: str) -> FlagState:
    """The headline before anything happened. It goes from evaluation to evaluation as a flag does, and holds are in what it is of."""
    return FlagState(memorandum_only.FLAG, None, rule_version)


def clocks_of(deals: Iterable[tuple[DealState, FlagClock | None]], physical: Level | None) -> tuple[FlagClock, ...]:
    """The clocks that it follows from, none where something binds or is built. `deals` with their `memorandum-only`."""
    clocks = []
    for state, clock in deals:
        if state.level is None:
            continue
        if physical is not None or state.level.crosses_the_line:
            return ()
        if clock is not None and state.memorandum_runs:
            clocks.append(clock)
    return tuple(clocks)


def evaluate(clocks: Sequence[FlagClock]) -> FlagEvaluation | None:
    """The headline of these clocks: each severity from when one of the deals has it."""
    if not clocks:
        return None
    steps = []
    for index, severity in enumerate(_SEVERITIES):
        possible_on = min([_possible_on(clock, index) for clock in clocks])
        certain_on = min([_certain_on(clock, index) for clock in clocks])
        steps.append(SeverityStep(severity=severity, possible_on=possible_on, certain_on=certain_on))
    return FlagEvaluation(steps=tuple(steps))


def _possible_on(clock: FlagClock, index: int) -> date:
    held = clock.cap is not None and index > clock.cap.possible
    return FOREVER if held else clock.possible_since(index)


def _certain_on(clock: FlagClock, index: int) -> date:
    held = clock.cap is not None and index > clock.cap.certain
    return FOREVER if held else clock.certain_since_day(index)
