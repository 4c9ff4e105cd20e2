"""memorandum-churn: paper after paper, and nothing binding."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_once
from steppe.domain.flags.memorandum_only import counted_papers
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import in_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch as soon as there are too many papers in the phase, at any age."""
    deal = given.deal
    if not deal.memorandum_runs or deal.papers.count < given.thresholds["memorandum-churn.papers"]:
        return None
    return FlagEvaluation(
        steps=(step_at_once("watch"),),
        start=deal.papers.start,
        count=deal.papers.count,
        evidence=deal.papers.references,
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message(
        "%(papers)s one after another, nothing binding %(age)s.",
        papers=counted_papers(flag),
        age=in_age(flag.start, as_of),
    )


FLAG: DealFlag = DealFlag(
    name="memorandum-churn",
    severities=("watch",),
    thresholds={"memorandum-churn.papers": 3},
    clock="memorandum",
    evaluate=evaluate,
    sentence=_sentence,
    warns_of_unbound=True,
)
