"""partly-bound: something binds, and a leg that the project requires does not follow."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.severity_steps import Raised, Sight, rung
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, Start


def raised(sight: Sight) -> Raised | None:
    """Watch by the leg that is missing for longest: since the run of valid legs began, or since it is required."""
    deal = sight.deal
    run = deal.legs_since
    missing = deal.legs.missing(sight.project.required_legs)
    if not missing or run is None or sight.level >= Level.CONSTRUCTION:
        return None
    months = sight.thresholds["partly-bound.watch"]
    each = [rung("watch", _since(run, sight.project.required_since(leg)), months) for leg in missing]
    first = min(each, key=lambda one: (one.certain_on, one.possible_on))
    return Raised(
        rungs=(first,),
        clock="required-leg",
        start=first.start,
        evidence=tuple(leg.event.reference for leg in deal.legs),
        missing=missing,
        ends_on=deal.legs.last_ceasing_on,
    )


def _since(run: Start, required_from: date) -> Start:
    """The later of both (section 5: [max of earliest, max of latest])."""
    if required_from == BEGINNING:
        return run
    earliest = required_from if run.earliest is None else max(run.earliest, required_from)
    return Start(earliest=earliest, latest=max(run.latest, required_from))
