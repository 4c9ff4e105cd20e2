"""slipping: the same milestone is put off again and again."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.severity_steps import Raised, Rung, Sight
from steppe.domain.values.levels import Level


def raised(sight: Sight) -> Raised | None:
    """Watch once a milestone's plan was moved later often enough in this phase; moving it earlier counts for nothing."""
    if sight.level >= Level.PRODUCING:
        return None
    moves = sight.thresholds["slipping.moves"]
    slipped = [events for events in sight.deal.plans.slips.values() if len(events) >= moves]
    if not slipped:
        return None
    events = sorted((event for events in slipped for event in events), key=lambda event: event.order)
    return Raised(
        rungs=(Rung(severity="watch", possible_on=date.min, certain_on=date.min),),
        clock=None,
        start=None,
        count=max(len(events) for events in slipped),
        evidence=tuple(event.reference for event in events),
    )
