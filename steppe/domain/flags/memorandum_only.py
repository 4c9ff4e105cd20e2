"""memorandum-only: paper that has been running for too long while nothing binding follows."""

from __future__ import annotations

from dataclasses import replace

from steppe.domain.flags.severity_steps import Raised, Sight, rung


def raised(sight: Sight) -> Raised | None:
    """Watch and stagnant by the memorandum clock; presumed dead when, besides, no step was made for long."""
    deal = sight.deal
    start, step = deal.memorandum_start, deal.step
    if not deal.memorandum_runs or start is None or step is None:
        return None
    dead = rung("presumed-dead", start, sight.thresholds["memorandum-only.presumed-dead"])
    idle = rung("presumed-dead", step, sight.thresholds["memorandum-only.presumed-dead.step"])
    return Raised(
        rungs=(
            rung("watch", start, sight.thresholds["memorandum-only.watch"]),
            rung("stagnant", start, sight.thresholds["memorandum-only.stagnant"]),
            replace(
                dead,
                possible_on=max(dead.possible_on, idle.possible_on),
                certain_on=max(dead.certain_on, idle.certain_on),
            ),
        ),
        clock="memorandum",
        start=start,
        count=deal.paper_count,
        evidence=deal.paper_references,
    )
