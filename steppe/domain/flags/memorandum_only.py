"""memorandum-only: paper that has been running for too long while nothing binding follows."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import in_age, papers
from steppe.domain.rules.thresholds import Override
from steppe.domain.values.flag_clock import FlagEvaluation, SeverityStep
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch and stagnant by the memorandum clock; presumed dead when, besides, no step was made for long."""
    deal = given.deal
    start, step = deal.papers.start, deal.step
    if not deal.memorandum_runs or start is None or step is None:
        return None
    by_paper = step_at_age("presumed-dead", start, given.thresholds["memorandum-only.presumed-dead"])
    by_step = step_at_age("presumed-dead", step, given.thresholds["memorandum-only.presumed-dead.step"])
    return FlagEvaluation(
        steps=(
            step_at_age("watch", start, given.thresholds["memorandum-only.watch"]),
            step_at_age("stagnant", start, given.thresholds["memorandum-only.stagnant"]),
            SeverityStep(
                severity=by_paper.severity,
                possible_on=max(by_paper.possible_on, by_step.possible_on),
                certain_on=max(by_paper.certain_on, by_step.certain_on),
                threshold_months=by_paper.threshold_months,
                start=start,
            ),
        ),
        start=start,
        count=deal.papers.count,
        evidence=deal.papers.references,
    )


def counted_papers(flag: Flag) -> Message:
    """How many papers, as a sentence begins; none counts where it is part of another deal's document."""
    return papers(flag.count) if flag.count else message("Part of another deal's paper")


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("%(papers)s %(age)s, nothing binding.", papers=counted_papers(flag), age=in_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="memorandum-only",
    severities=("watch", "stagnant", "presumed-dead"),
    thresholds={
        "memorandum-only.watch": 12,
        "memorandum-only.stagnant": 24,
        "memorandum-only.presumed-dead": 48,
        "memorandum-only.presumed-dead.step": 24,
    },
    overrides=(Override(rule="memorandum-only.presumed-dead", sector="mining", value=36),),
    clock="memorandum",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("something binding or physical happens first"),
    warns_of_unbound=True,
)
