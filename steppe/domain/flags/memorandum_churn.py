"""memorandum-churn: paper after paper, and nothing binding."""

from __future__ import annotations

from datetime import date

from steppe.domain.flags.severity_steps import Raised, Rung, Sight


def raised(sight: Sight) -> Raised | None:
    """Watch as soon as there are too many papers in the phase, at any age."""
    deal = sight.deal
    if not deal.memorandum_runs or deal.paper_count < sight.thresholds["memorandum-churn.papers"]:
        return None
    return Raised(
        rungs=(Rung(severity="watch", possible_on=date.min, certain_on=date.min),),
        clock="memorandum",
        start=deal.memorandum_start,
        count=deal.paper_count,
        evidence=deal.paper_references,
    )
