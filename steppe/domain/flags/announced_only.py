"""announced-only: said and said again, and nothing on paper."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Message, counting, message
from steppe.domain.messages.phrases import in_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch and stagnant by the announcement clock."""
    deal = given.deal
    start = deal.announcements.start
    if start is None or not deal.announcement_runs:
        return None
    events = deal.announcements.events
    first = [event for event in events if event.latest == start.latest or event.earliest == start.earliest]
    return FlagEvaluation(
        steps=(
            step_at_age("watch", start, given.thresholds["announced-only.watch"]),
            step_at_age("stagnant", start, given.thresholds["announced-only.stagnant"]),
        ),
        start=start,
        count=len(events),
        evidence=tuple(event.reference for event in first),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    announcements = counting(flag.count or 1, "%(num)s announcement", "%(num)s announcements")
    return message(
        "%(announcements)s %(age)s, nothing on paper.", announcements=announcements, age=in_age(flag.start, as_of)
    )


FLAG: DealFlag = DealFlag(
    name="announced-only",
    severities=("watch", "stagnant"),
    thresholds={"announced-only.watch": 24, "announced-only.stagnant": 48},
    clock="announcement",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("a paper, a study, a permit or something binding comes first"),
    warns_of_unbound=True,
)
