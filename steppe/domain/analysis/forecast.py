"""What comes by itself after a day: flags that rise, legs that run out, deals that end so, holds that end.

Reads the later spans of a life in which nothing more occurs (the fold walks on through every turning day). Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from steppe.domain.values.states import SEVERITIES, DealState, Flag, LegState, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """A flag is raised, or becomes more severe; `flag` is what it is then."""

    on: date
    flag: Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """Legs of a deal cease by themselves; `ends` how the deal ends with them, None if it lives on."""

    on: date
    deal: str
    legs: tuple[LegState, ...]
    ends: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thaw:
    """The hold on a deal ends."""

    on: date
    deal: str


Coming = Rise | RunOut | Thaw


def ahead(deals: Iterable[Span[DealState]], flags: Iterable[Span[Flag]], as_of: date) -> tuple[Coming, ...]:
    """What comes after a day, the next first. The spans must be of a life in which nothing occurs after that day."""
    found: list[Coming] = []
    for _, spans in groupby(
        sorted(flags, key=lambda span: (_of(span.value), span.valid_from)), key=lambda span: _of(span.value)
    ):
        found += _rises(list(spans), as_of)
    for _, lives in groupby(
        sorted(deals, key=lambda span: (span.value.deal, span.valid_from)), key=lambda span: span.value.deal
    ):
        found += _turns(list(lives), as_of)
    return tuple(sorted(found, key=lambda coming: (coming.on, _kind(coming))))


def _of(flag: Flag) -> tuple[str, str]:
    return (flag.deal or "", flag.flag)


def _kind(coming: Coming) -> tuple[str, str]:
    return _of(coming.flag) if isinstance(coming, Rise) else (coming.deal, "")


def _rises(spans: Sequence[Span[Flag]], as_of: date) -> Iterator[Rise]:
    before: Span[Flag] | None = None
    for span in spans:
        stood = before.value.severity if before is not None and before.valid_to == span.valid_from else None
        rises = stood is None or SEVERITIES.index(span.value.severity) > SEVERITIES.index(stood)
        if span.valid_from > as_of and rises:
            yield Rise(on=span.valid_from, flag=span.value)
        before = span


def _turns(spans: Sequence[Span[DealState]], as_of: date) -> Iterator[RunOut | Thaw]:
    for before, after in pairwise(spans):
        if after.valid_from <= as_of or after.valid_from != before.valid_to:
            continue
        on, deal, old, new = after.valid_from, after.value.deal, before.value, after.value
        still = {(leg.leg, leg.events) for leg in new.legs if leg.valid}
        gone = [leg for leg in old.legs if leg.valid and (leg.leg, leg.events) not in still]
        ends = new.ended_how if old.ended_on is None else None
        if gone or ends:
            yield RunOut(on=on, deal=deal, legs=tuple(gone), ends=ends)
        if old.held_until is not None and new.held_until is None:
            yield Thaw(on=on, deal=deal)
