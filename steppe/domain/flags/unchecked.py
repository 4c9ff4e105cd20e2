"""unchecked: nobody looked, whether anything happened or not."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import FlagEvaluation, step_at_age
from steppe.domain.values.grammar import age
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag, Start


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Notice some months after the last event that the deal heard or that is about the record of its project."""
    deal = given.deal
    if given.level >= Level.PRODUCING or deal.silence is None or deal.last_heard is None:
        return None
    day, reference = deal.silence.latest, deal.last_heard.reference
    look = given.project.last_look
    if look is not None and look.latest >= day:
        day, reference = look.latest, look.reference
    start = Start(earliest=day, latest=day)
    return FlagEvaluation(
        steps=(step_at_age("notice", start, given.thresholds["unchecked.notice"]),),
        start=start,
        evidence=(reference,),
    )


def _sentence(flag: Flag, as_of: date) -> str:
    return f"Nobody looked for {age(flag.start, as_of)}."


FLAG = DealFlag(
    name="unchecked",
    severities=("notice",),
    thresholds={"unchecked.notice": 6},
    clock="look",
    evaluate=evaluate,
    sentence=_sentence,
    unless="somebody looks first",
    warns_of_unbound=True,
)
