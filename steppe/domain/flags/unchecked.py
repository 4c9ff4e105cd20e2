"""unchecked: nobody looked, whether anything happened or not."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Flag, Start


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Notice some months after the last day on which a row of the project, of whatever kind, was recorded."""
    look = given.project.last_look
    if given.level >= Level.PRODUCING or look is None:
        return None
    start = Start(earliest=look.on, latest=look.on)
    return FlagEvaluation(
        steps=(step_at_age("notice", start, given.thresholds["unchecked.notice"]),),
        start=start,
        evidence=look.references,
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("Nobody looked %(age)s.", age=for_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="unchecked",
    severities=("notice",),
    thresholds={"unchecked.notice": 6},
    clock="look",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("somebody looks first"),
    warns_of_unbound=True,
)
