"""silent: nothing was heard of the deal, good or bad, for long."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch by the silence clock, unless the mine is producing."""
    deal = given.deal
    if deal.news.silence is None or deal.news.last is None or given.level >= Level.PRODUCING:
        return None
    return FlagEvaluation(
        steps=(step_at_age("watch", deal.news.silence, given.thresholds["silent.watch"]),),
        start=deal.news.silence,
        evidence=(deal.news.last.reference,),
        ends_on=deal.falls_below_announced_on(),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("Nothing heard %(age)s.", age=for_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="silent",
    severities=("watch",),
    thresholds={"silent.watch": 24},
    clock="silence",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("something is heard first"),
    warns_of_unbound=True,
)
