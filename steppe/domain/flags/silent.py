"""silent: nothing was heard of the deal, good or bad, for long."""

from __future__ import annotations

from steppe.domain.flags.severity_steps import Raised, Sight, rung
from steppe.domain.values.levels import Level


def raised(sight: Sight) -> Raised | None:
    """Watch by the silence clock, unless the mine is producing."""
    deal = sight.deal
    if deal.silence is None or deal.last_heard is None or sight.level >= Level.PRODUCING:
        return None
    return Raised(
        rungs=(rung("watch", deal.silence, sight.thresholds["silent.watch"]),),
        clock="silence",
        start=deal.silence,
        evidence=(deal.last_heard.reference,),
        ends_on=deal.falls_below_announced_on,
    )
