"""lapsed: the paper ran out, by declaration or by its own date, and nothing binding followed."""

from __future__ import annotations

from datetime import date, timedelta

from steppe.domain.deals.legs import latest_day_of
from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.evaluation.severity_steps import FlagEvaluation, SeverityStep
from steppe.domain.values.states import Flag


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch from the declaration, or some days after the newest paper's `expires_on`; until a later paper."""
    deal = given.deal
    if deal.is_bound:
        return None
    declared = deal.papers.lapse_declared
    if declared is not None:
        return _from(declared.latest, declared.latest, (declared.reference,))
    newest = deal.papers.newest
    if newest is None:
        return None
    expires_on = latest_day_of(newest, "expires_on")
    if expires_on is None:
        return None
    days = given.thresholds["lapsed.days"]
    if (date.max - expires_on).days < days:
        return None
    return _from(expires_on + timedelta(days=days), expires_on, (newest.reference,))


def _from(day: date, expired_on: date, evidence: tuple[str, ...]) -> FlagEvaluation:
    step = SeverityStep(severity="watch", possible_on=day, certain_on=day)
    return FlagEvaluation(steps=(step,), evidence=evidence, expired_on=expired_on)


def _sentence(flag: Flag, as_of: date) -> str:
    return f"The paper ran out on {flag.expired_on or flag.since}, and nothing binding followed."


FLAG = DealFlag(
    name="lapsed",
    severities=("watch",),
    thresholds={"lapsed.days": 90},
    evaluate=evaluate,
    sentence=_sentence,
    unless="a new paper or something binding comes first",
    warns_of_unbound=True,
)
