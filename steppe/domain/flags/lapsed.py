"""lapsed: the paper ran out, by declaration or by its own date, and nothing binding followed."""

from __future__ import annotations

from datetime import date, timedelta

from steppe.domain.deals.clock_starts import start_of
from steppe.domain.evaluation.flag_definition import DealFlag
from steppe.domain.evaluation.flag_input import FlagInput
from steppe.domain.legs.legs import latest_day_of
from steppe.domain.messages.message import Message, message
from steppe.domain.messages.phrases import on
from steppe.domain.values import edtf
from steppe.domain.values.flag_clock import FlagEvaluation, SeverityStep
from steppe.domain.values.states import Flag, Start


def evaluate(given: FlagInput) -> FlagEvaluation | None:
    """Watch from the declaration, or some days after the newest paper's `expires_on`; until a later paper."""
    deal = given.deal
    if deal.is_bound:
        return None
    declared = deal.papers.lapse_declared
    if declared is not None:
        expired = start_of(declared)
        return _from(declared.latest, expired.latest, _as_given(expired), (declared.reference,))
    newest = deal.papers.newest
    if newest is None:
        return None
    expires_on = latest_day_of(newest, "expires_on")
    if expires_on is None:
        return None
    days = given.thresholds["lapsed.days"]
    if (date.max - expires_on).days < days:
        return None
    text: str = newest.data["expires_on"]
    as_given = None if text == expires_on.isoformat() else text
    return _from(expires_on + timedelta(days=days), expires_on, as_given, (newest.reference,))


def _as_given(start: Start) -> str | None:
    if start.earliest == start.latest:
        return start.given
    return start.given or edtf.text_of(edtf.Days(start.earliest, start.latest))


def _from(day: date, expired_on: date, given: str | None, evidence: tuple[str, ...]) -> FlagEvaluation:
    step = SeverityStep(severity="watch", possible_on=day, certain_on=day)
    return FlagEvaluation(steps=(step,), evidence=evidence, expired_on=expired_on, expired_given=given)


def ran_out(flag: Flag) -> Message:
    """On which day the paper ran out, as given: `in 2014`, `on 31 August 2024`."""
    day = flag.expired_on or flag.since
    return on(Start(earliest=day, latest=day, given=flag.expired_given))


def _sentence(flag: Flag, as_of: date) -> Message:
    return message("The paper ran out %(day)s, and nothing binding followed.", day=ran_out(flag))


FLAG: DealFlag = DealFlag(
    name="lapsed",
    severities=("watch",),
    thresholds={"lapsed.days": 90},
    evaluate=evaluate,
    sentence=_sentence,
    unless=message("a new paper or something binding comes first"),
    warns_of_unbound=True,
)
