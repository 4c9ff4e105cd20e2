"""The forecast: what changes by itself after a day. Flags escalate, legs expire, deals end with them, holds end.

It is read from the later spans of a history in which nothing more occurs: the fold goes on to every later day on which
something changes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby, pairwise

from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flag_spans
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, SEVERITIES, DealState, Flag, LegState, Start
from steppe.domain.values.value_class import value_class


@value_class(frozen=True, slots=True, kw_only=True)
class FlagEscalates:
    """A flag is raised, or becomes more severe; `flag` is what it is then."""

    on: date
    flag: Flag


@value_class(frozen=True, slots=True, kw_only=True)
class LegsExpire:
    """Legs of a deal cease by themselves; `ends` how the deal ends with them, None if it lives on.

    `told` is the interval that `on` is the last day of, as it was given.
    """

    on: date
    deal: str
    legs: tuple[LegState, ...]
    ends: str | None
    told: Start


@value_class(frozen=True, slots=True, kw_only=True)
class HoldEnds:
    """The hold on a deal ends; `told` as for legs."""

    on: date
    deal: str
    told: Start


UpcomingChange = FlagEscalates | LegsExpire | HoldEnds


def foreseen_changes(project: str, events: Sequence[Event], rules: Rules, as_of: date) -> tuple[UpcomingChange, ...]:
    """What could be foreseen on a day, the next first, of a project with these events only."""
    history = fold_history(project, events, rules)
    return upcoming_changes(history.deals, flag_spans(history.flags), as_of)


def upcoming_changes(
    deals: Iterable[Span[DealState]], flags: Iterable[Span[Flag]], as_of: date
) -> tuple[UpcomingChange, ...]:
    """What changes after a day, the next first. The spans must be of a history in which nothing occurs after that day."""
    changes: list[UpcomingChange] = []
    by_flag = sorted(flags, key=lambda span: (_flag_key(span.value), span.valid_from))
    for _, spans_of_flag in groupby(by_flag, key=lambda span: _flag_key(span.value)):
        changes += _escalations(list(spans_of_flag), as_of)
    by_deal = sorted(deals, key=lambda span: (span.value.deal, span.valid_from))
    for _, deal_spans in groupby(by_deal, key=lambda span: span.value.deal):
        changes += _expiries_and_hold_ends(list(deal_spans), as_of)
    return tuple(sorted(changes, key=lambda change: (change.on, _key(change))))


def _flag_key(flag: Flag) -> tuple[str, str]:
    return (flag.deal or "", flag.flag)


def _key(change: UpcomingChange) -> tuple[str, str]:
    return _flag_key(change.flag) if isinstance(change, FlagEscalates) else (change.deal, "")


def _escalations(spans: Sequence[Span[Flag]], as_of: date) -> Iterator[FlagEscalates]:
    before: Span[Flag] | None = None
    for span in spans:
        severity_before = before.value.severity if before is not None and before.valid_to == span.valid_from else None
        is_escalation = severity_before is None or (
            SEVERITIES.index(span.value.severity) > SEVERITIES.index(severity_before)
        )
        if span.valid_from > as_of and is_escalation:
            yield FlagEscalates(on=span.valid_from, flag=span.value)
        before = span


def _expiries_and_hold_ends(spans: Sequence[Span[DealState]], as_of: date) -> Iterator[LegsExpire | HoldEnds]:
    for before, after in pairwise(spans):
        if after.valid_from <= as_of or after.valid_from != before.valid_to:
            continue
        on, deal, old, new = after.valid_from, after.value.deal, before.value, after.value
        still_valid = {(leg.leg, leg.events) for leg in new.legs if leg.valid}
        expired = [leg for leg in old.legs if leg.valid and (leg.leg, leg.events) not in still_valid]
        ends = new.ended_how if old.ended_on is None else None
        if expired or ends:
            yield LegsExpire(on=on, deal=deal, legs=tuple(expired), ends=ends, told=_ended(expired, new, on))
        if old.held_until is not None and new.held_until is None:
            yield HoldEnds(on=on, deal=deal, told=_on_that_day([old.hold_ends], on))


def _ended(expired: Sequence[LegState], new: DealState, on: date) -> Start:
    """When legs ceased that were valid before, as the deal tells it since; a deal that begins anew tells nothing of them."""
    names = {(leg.leg, leg.events) for leg in expired}
    return _on_that_day([new.ended, *(leg.ended for leg in new.legs if (leg.leg, leg.events) in names)], on)


def _on_that_day(intervals: Iterable[Start | None], on: date) -> Start:
    """The interval that is known best of those of that day, else the day itself."""
    of_day = [interval for interval in intervals if interval is not None and interval.latest == on]
    exactly = Start(earliest=on, latest=on)
    return max(of_day, key=lambda interval: interval.earliest or BEGINNING, default=exactly)
