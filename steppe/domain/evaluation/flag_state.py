"""A flag from evaluation to evaluation: which clock runs, since when its steps have been reached, what a hold allows (section 6)."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import FlagDefinition
from steppe.domain.values.flag_clock import Cap, FlagClock, FlagEvaluation

_DID_NOT_STAND = Cap(-1, -1)


class FlagState:
    """One flag of one deal (None: of the project) up to the last update. Days must come in order."""

    def __init__(self, definition: FlagDefinition, deal: str | None, rule_version: str) -> None:
        self._definition = definition
        self._deal = deal
        self._rule_version = rule_version
        self.clock: FlagClock | None = None
        self._cap: Cap | None = None

    def fork(self) -> FlagState:
        """An independent copy."""
        fork = FlagState(self._definition, self._deal, self._rule_version)
        fork.clock = self.clock
        fork._cap = self._cap
        return fork

    def update(
        self, day: date, evaluation: FlagEvaluation | None, hold_until: date | None, *, hold_began: bool
    ) -> FlagClock | None:
        """The clock that runs from that day on, the one before if nothing of it changes; None when the flag is not found.

        `hold_began`: the first day of a run of holds.
        """
        before = self.clock
        if hold_until is None:
            self._cap = None
            if evaluation is None:
                self.clock = None
                return None
            if before is not None and before.hold_until is None and evaluation == before.evaluation:
                return before
        shown = certain = -1
        if evaluation is not None:
            for index, step in enumerate(evaluation.steps):
                if step.possible_on <= day:
                    shown = index
                if step.certain_on <= day:
                    certain = index
        if hold_until is None:
            cap = None
        elif hold_began:
            cap = Cap(shown, certain)
        else:
            cap = self._cap or _DID_NOT_STAND
        self._cap = cap
        if evaluation is None:
            self.clock = None
            return None
        if (
            before is not None
            and (cap, hold_until) == (before.cap, before.hold_until)
            and evaluation == before.evaluation
        ):
            return before
        if cap is not None:
            shown, certain = min(shown, cap.possible), min(certain, cap.certain)
        since: tuple[date, ...] = ()
        certain_since: tuple[date, ...] = ()
        if before is not None and shown >= 0:
            since = before.possible_before(day)
        if before is not None and certain >= 0:
            certain_since = before.certain_before(day)
        self.clock = FlagClock(
            flag=self._definition.name,
            deal=self._deal,
            clock=self._definition.clock,
            rule_version=self._rule_version,
            evaluation=evaluation,
            since=_reached(since, shown, day),
            certain_since=_reached(certain_since, certain, day),
            cap=cap,
            hold_until=hold_until,
        )
        return self.clock


def _reached(since: tuple[date, ...], highest: int, day: date) -> tuple[date, ...]:
    """Since when each step has been reached, up to the highest of that day."""
    if len(since) == highest + 1:
        return since
    return since[: highest + 1] + (day,) * (highest + 1 - len(since))
