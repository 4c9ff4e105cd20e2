"""idle-right: all that binds is a right to explore, and nobody works on it."""

from __future__ import annotations

from datetime import date

from steppe.domain.deals.clock_starts import latest_of
from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch and stagnant since the run of such days began, or since the latest work that the deal heard of."""
    deal = given.deal
    run = deal.held.exploring
    if run is None:
        return None
    start = run if deal.news.work is None else latest_of((run, deal.news.work))
    return FlagEvaluation(
        steps=(
            step_at_age("watch", start, given.thresholds["idle-right.watch"]),
            step_at_age("stagnant", start, given.thresholds["idle-right.stagnant"]),
        ),
        start=start,
        evidence=tuple(leg.event.reference for leg in deal.legs),
        ends_on=deal.legs.last_ceasing_on(),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("Nothing but a right to explore, and no work told %(age)s.", age=for_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="idle-right",
    severities=("watch", "stagnant"),
    thresholds={"idle-right.watch": 24, "idle-right.stagnant": 48},
    clock="work",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("work on it, or another document that binds, is told first"),
    warns_of_unbound=True,
)
