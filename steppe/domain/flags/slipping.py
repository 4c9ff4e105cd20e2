"""slipping: the same milestone is put off again and again."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_once
from steppe.domain.messages.message import Message, counting
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch once a milestone's plan was moved later often enough in this phase; moving it earlier counts for nothing."""
    if given.level >= Level.PRODUCING:
        return None
    moves = given.thresholds["slipping.moves"]
    slipped = [events for events in given.deal.plans.slips.values() if len(events) >= moves]
    if not slipped:
        return None
    events = sorted((event for events in slipped for event in events), key=lambda event: event.order)
    return FlagEvaluation(
        steps=(step_at_once("watch"),),
        count=max(len(events) for events in slipped),
        evidence=tuple(event.reference for event in events),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return counting(flag.count or 0, "A milestone was put off %(num)s times.", "A milestone was put off %(num)s times.")


FLAG: DealFlag = DealFlag(
    name="slipping",
    severities=("watch",),
    thresholds={"slipping.moves": 2},
    evaluate=evaluate,
    sentence=_sentence,
    warns_of_unbound=True,
)
