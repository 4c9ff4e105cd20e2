"""partly-bound: something binds, and a leg that the project requires does not follow."""

from __future__ import annotations

from datetime import date

from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import step_at_age
from steppe.domain.messages.message import Listing, Message, message, terms
from steppe.domain.messages.phrases import for_age
from steppe.domain.values.flag_clock import FlagEvaluation
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, Flag, Start


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch by the leg that is missing for longest: since the run of valid legs began, or since it is required."""
    deal = given.deal
    run = deal.held.any_leg
    missing = deal.legs.missing(given.project.required_legs)
    if not missing or run is None or given.level >= Level.CONSTRUCTION:
        return None
    months = given.thresholds["partly-bound.watch"]
    steps = [step_at_age("watch", _since(run, given.project.required_since(leg)), months) for leg in missing]
    first = min(steps, key=lambda step: (step.certain_on, step.possible_on))
    return FlagEvaluation(
        steps=(first,),
        start=first.start,
        evidence=tuple(leg.event.reference for leg in deal.legs),
        missing=missing,
        ends_on=deal.legs.last_ceasing_on(),
    )


def _since(run: Start, required_from: date) -> Start:
    """The later of both (section 5: [max of earliest, max of latest])."""
    if required_from == BEGINNING:
        return run
    if run.earliest is not None and run.earliest >= required_from:
        return run
    earliest = required_from if run.earliest is None else max(run.earliest, required_from)
    return Start(earliest=earliest, latest=max(run.latest, required_from))


def _sentence(flag: Flag, as_of: date) -> Message:
    return message(
        "Bound in part: %(legs)s missing %(age)s.",
        legs=Listing(terms(flag.missing, "leg"), "chain"),
        age=for_age(flag.start, as_of),
    )


FLAG: DealFlag = DealFlag(
    name="partly-bound",
    severities=("watch",),
    thresholds={"partly-bound.watch": 18},
    clock="required-leg",
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("what is missing is bound first"),
)
