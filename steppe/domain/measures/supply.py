"""What offtake contracts deliver by calendar years, and in which unit (domain page, section 9).

A contract delivers from its `starts_on`, else from its end less its `term_years`, else from its signing, until its leg ends. A
volume `per: year` is that of every full year; one `per: total` is spread evenly over the days that the contract agrees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.legs.legs import Leg, leg_from
from steppe.domain.measures.reference_rows import UnitFactor
from steppe.domain.values import edtf
from steppe.domain.values.months import add_months
from steppe.domain.values.states import LegState
from steppe.domain.values.value_class import value_class

OFFTAKE_NAMES = frozenset({"offtake.signed", "offtake.amended"})
_TERMS = ("commodity", "volume", "unit", "per", "term_years", "starts_on", "ends_on")
_ENDS = ("starts_on", "ends_on", "term_years")

NO_OFFTAKER, NO_VOLUME, NO_PER, NO_END, NO_UNIT = "offtaker", "volume", "per", "end", "unit"
REASONS = (NO_OFFTAKER, NO_VOLUME, NO_UNIT, NO_PER, NO_END)
"""What a contract lacks that is in no sum: somebody who buys, a volume, a unit that can be added up, whether the volume is of a
year or in total, an end over which a total could be spread. The first in this order is given."""


@value_class(frozen=True, slots=True, kw_only=True)
class Contract:
    """An offtake contract as amended by a day. `leg`: what it binds, as it stands on that day."""

    event: Event
    terms: Mapping[str, Any]
    leg: LegState

    @property
    def offtakers(self) -> tuple[str, ...]:
        """Who buys by it, alphabetical."""
        return tuple(sorted({party.party for party in self.event.parties if party.role == "offtaker"}))

    @property
    def agreed_end(self) -> date | None:
        """The first day on which it no longer delivers by its own terms; None: they say none."""
        return self._as_agreed(conditional=False).ceases_on

    @property
    def start(self) -> date:
        """The first day on which it delivers."""
        starts_on = _latest(self.terms.get("starts_on"))
        if starts_on is not None:
            return starts_on
        end, years = self.agreed_end, self.terms.get("term_years")
        if end is not None and years is not None and _latest(self.terms.get("ends_on")) is not None:
            return add_months(end, -int(years * 12 + 1e-9))
        return self.event.latest

    @property
    def end(self) -> date | None:
        """The first day on which it no longer delivers, by the record; None: no day is stated."""
        agreed = self._as_agreed(conditional=self.leg.conditional).ceases_on
        if self.leg.ended_on is None or agreed is None:
            return self.leg.ended_on or agreed
        return min(self.leg.ended_on, agreed)

    @property
    def spread_until(self) -> date | None:
        """The day before which a total is delivered: the agreed end, or that of a leg that was fulfilled before, or has no other."""
        agreed = self.agreed_end
        if agreed is None or self.leg.ended_how == "fulfilled":
            return self.end
        return agreed

    def _as_agreed(self, *, conditional: bool) -> Leg:
        ends = {name: self.terms[name] for name in _ENDS if name in self.terms}
        return replace(leg_from(self.event, "offtake", 0), terms=ends, conditional=conditional)


@value_class(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a contract delivers a day, in a base unit: of a volume a year as many days as the year has are one of it."""

    commodity: str
    unit: str
    volume: Decimal
    total_days: int | None

    def over(self, days: int, year: int) -> Decimal:
        """The volume of so many days of a year."""
        return self.volume * days / (days_of(year) if self.total_days is None else self.total_days)


def contracts(
    in_order: Sequence[Event], legs: Mapping[str, LegState], until: date, stated: Collection[Identity]
) -> list[Contract]:
    """The offtake contracts of a project by a day, in fold order, as amended by then.

    `in_order`: its events in fold order, as corrections leave them. `legs`: by the reference of the row that bound them. A contract
    that is part of a document that is `stated`, one with a volume, repeats it.
    """
    by_reference: dict[str, Contract] = {}
    for event in in_order:
        if event.latest > until:
            continue
        if event.kind.name == "offtake.signed" and event.reference in legs and not _repeats(event, stated):
            terms = {name: event.data[name] for name in _TERMS if name in event.data}
            by_reference[event.reference] = Contract(event=event, terms=terms, leg=legs[event.reference])
        elif event.kind.name == "offtake.amended":
            amended = {name: event.data[name] for name in _TERMS if name in event.data}
            for contract in _concerned(event, by_reference.values()):
                changed = replace(contract, terms={**contract.terms, **amended})
                by_reference[contract.event.reference] = changed
    return list(by_reference.values())


def states_volume(event: Event) -> bool:
    """Whether it is a contract with a volume, which parts of the same document do not add to."""
    return event.kind.name == "offtake.signed" and "volume" in event.data


def _repeats(event: Event, stated: Collection[Identity]) -> bool:
    whole = event.data.get("part_of")
    return whole is not None and (whole["source"], whole["id"]) in stated


def _concerned(event: Event, signed: Iterable[Contract]) -> list[Contract]:
    """Those of its deal that bind when it comes: the one that it names, else those of the offtakers that it names, else all."""
    binding = [
        contract
        for contract in signed
        if contract.event.deal == event.deal
        and (contract.leg.ended_on is None or event.latest <= contract.leg.ended_on)
    ]
    if amends := event.data.get("amends"):
        return [contract for contract in binding if contract.event.is_named_by(amends)]
    named = {party.party for party in event.parties if party.role == "offtaker"}
    return [contract for contract in binding if not named or not named.isdisjoint(contract.leg.holders)]


def rate(contract: Contract, factors: Mapping[tuple[str | None, str], UnitFactor]) -> Rate | str:
    """What it delivers a day, or which of `REASONS` keeps it out of every sum. `factors` by commodity and unit."""
    terms = contract.terms
    if not contract.offtakers:
        return NO_OFFTAKER
    if terms.get("volume") is None:
        return NO_VOLUME
    unit = terms.get("unit")
    factor = None if unit is None else factor_of(terms["commodity"], unit, factors)
    if factor is None:
        return NO_UNIT
    if terms.get("per") not in ("year", "total"):
        return NO_PER
    total_days = None
    if terms["per"] == "total":
        until = contract.spread_until
        if until is None or until <= contract.start:
            return NO_END
        total_days = (until - contract.start).days
    volume = Decimal(str(terms["volume"])) * factor.factor
    return Rate(commodity=terms["commodity"], unit=factor.base, volume=volume, total_days=total_days)


def factor_of(commodity: str, unit: str, factors: Mapping[tuple[str | None, str], UnitFactor]) -> UnitFactor | None:
    """The factor of a unit of this commodity, else of the unit whatever it is of; None: it is not safe to add it up."""
    return factors.get((commodity, unit)) or factors.get((None, unit))


def volumes(of_rate: Rate, spans: Iterable[tuple[date, date]]) -> Iterator[tuple[int, Decimal]]:
    """By calendar year what is delivered on these days, which do not overlap: from a day to the day before another."""
    for first, end in spans:
        for year in range(first.year, end.year + 1):
            days = (min(end, date(year + 1, 1, 1)) - max(first, date(year, 1, 1))).days
            if days > 0:
                yield year, of_rate.over(days, year)


def united(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days without overlaps, in order."""
    whole: list[tuple[date, date]] = []
    for first, end in sorted(spans):
        if whole and first <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(end, whole[-1][1])
        elif first < end:
            whole.append((first, end))
    return whole


def within(span: tuple[date, date], others: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The days of a span that are in one of the others."""
    return united(
        (max(span[0], first), min(span[1], end)) for first, end in others if first < span[1] and span[0] < end
    )


def days_of(year: int) -> int:
    """How many days a year has."""
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _latest(text: str | None) -> date | None:
    return None if text is None else edtf.parse(text).latest
