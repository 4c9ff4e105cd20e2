"""lapsed: the paper ran out, by declaration or by its own date, and nothing binding followed."""

from __future__ import annotations

from datetime import date, timedelta

from steppe.domain.deals.legs import latest_day_of
from steppe.domain.flags.severity_steps import Raised, Rung, Sight


def raised(sight: Sight) -> Raised | None:
    """Watch from the declaration, or some days after the newest paper's `expires_on`; until a later paper."""
    deal = sight.deal
    if deal.bound:
        return None
    declared = deal.lapse_declared
    if declared is not None:
        return _from(declared.latest, declared.latest, (declared.reference,))
    newest = deal.newest_paper
    if newest is None:
        return None
    expires_on = latest_day_of(newest, "expires_on")
    if expires_on is None:
        return None
    days = sight.thresholds["lapsed.days"]
    if (date.max - expires_on).days < days:
        return None
    return _from(expires_on + timedelta(days=days), expires_on, (newest.reference,))


def _from(day: date, expired_on: date, evidence: tuple[str, ...]) -> Raised:
    return Raised(
        rungs=(Rung(severity="watch", possible_on=day, certain_on=day),),
        clock=None,
        start=None,
        evidence=evidence,
        expired_on=expired_on,
    )
