"""The frozen value of a deal at the end of a day."""

from __future__ import annotations

from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Start


def snapshot(
    deal: Deal,
    level: Level | None,
    required: tuple[str, ...],
    overlays: tuple[str, ...],
    held_since: date | None,
    hold_ends: Start | None,
) -> DealState:
    """The state of a deal. `level` and `overlays` are those of the day, as the fold found them."""
    return DealState(
        deal=deal.key,
        phase=deal.phase,
        level=level,
        highest_level=deal.highest_level,
        overlays=overlays,
        ended_on=deal.ended_on,
        ended_on_earliest=None if deal.ended is None else deal.ended.earliest,
        ended_on_given=None if deal.ended is None else deal.ended.given,
        ended_how=deal.ended_how,
        pursuers=deal.pursuers,
        investors=deal.investors,
        legs=deal.legs.states(),
        missing_legs=deal.legs.missing(required) if required and deal.alive else (),
        memorandum=deal.papers.start,
        memorandum_runs=deal.memorandum_runs,
        announcement=deal.announcements.start,
        announcement_runs=deal.announcement_runs,
        silence=deal.news.silence if deal.alive else None,
        step=deal.step if deal.alive else None,
        bound_on=None if deal.bound is None else deal.bound.latest,
        bound_on_earliest=None if deal.bound is None else deal.bound.earliest,
        bound_on_given=None if deal.bound is None else deal.bound.given,
        papers=deal.papers.count,
        permits=deal.permits.states() if deal.alive else (),
        pursuing_role=deal.pursuing_role,
        first_step_on=None if deal.first_step is None else deal.first_step.latest,
        first_step_on_earliest=None if deal.first_step is None else deal.first_step.earliest,
        first_step_on_given=None if deal.first_step is None else deal.first_step.given,
        held_since=held_since,
        held_until=None if hold_ends is None else hold_ends.latest,
        held_until_earliest=None if hold_ends is None else hold_ends.earliest,
        held_until_given=None if hold_ends is None else hold_ends.given,
    )
