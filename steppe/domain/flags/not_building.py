"""not-building: bound or permitted for long, and nothing is begun on the ground."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.events.vocabulary import DELIVERING_KINDS
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch by the present run of legs and permits that let one build; any physical event since it began clears it."""
    deal, project = given.deal, given.project
    run = deal.held.building
    if run is None or project.kind not in DELIVERING_KINDS or project.works.level is not None:
        return None
    last_physical = project.works.last_event_on
    if last_physical is not None and last_physical >= run.latest:
        return None
    return FlagEvaluation(
        steps=(step_at_age("watch", run, given.thresholds["not-building.watch"]),),
        start=run,
        evidence=(
            *(leg.event.reference for leg in deal.legs if leg.firm),
            *(grant.event.reference for grant in deal.permits.building),
        ),
        ends_on=deal.building_until(),
    )


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("Bound or permitted %(age)s, and nothing was begun on the ground.", age=for_age(flag.start, as_of))


FLAG: DealFlag = DealFlag(
    name="not-building",
    severities=("watch",),
    thresholds={"not-building.watch": 24},
    clock="delivery",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("something begins on the ground first"),
)
