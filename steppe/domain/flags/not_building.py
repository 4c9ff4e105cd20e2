"""not-building: bound for long, and nothing stirs on the ground."""

from __future__ import annotations

from steppe.domain.flags.severity_steps import DELIVERING_KINDS, Raised, Sight, rung


def raised(sight: Sight) -> Raised | None:
    """Watch by the present run of legs that let one build; anything physical since it began ends the question."""
    deal, project = sight.deal, sight.project
    run = deal.firm_legs_since
    if run is None or project.kind not in DELIVERING_KINDS or project.physical.level is not None:
        return None
    stirred = project.physical.last_row_on
    if stirred is not None and stirred >= run.latest:
        return None
    return Raised(
        rungs=(rung("watch", run, sight.thresholds["not-building.watch"]),),
        clock="delivery",
        start=run,
        evidence=tuple(leg.event.reference for leg in deal.legs if leg.firm),
        ends_on=lambda: deal.legs.last_ceasing_on(firm=True),
    )
