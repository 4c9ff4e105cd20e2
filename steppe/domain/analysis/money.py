"""What events say of money (domain page, section 3): sums by deal, leg and currency. No amount is converted or counted twice.

`increment` adds, `total` replaces, what was reduced or came back is taken off. An event that is part of another repeats it and
is not counted again, unless that one states no amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.legs.leg_endings import disbursed_leg

COMMITTED = "committed"
DISBURSED = "disbursed"
_SUMMED_OF = ("price", "leg")
_TAKEN_OFF = {"commitment.reduced": COMMITTED, "funds.returned": DISBURSED}
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Money of one deal, leg and currency: what somebody owes, and what was paid. Less than nothing: the record is wrong."""

    committed: Decimal = _NOTHING
    disbursed: Decimal = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """An event whose amount is summed: of which leg and currency, and into which sum, `committed` or `disbursed`."""

    event: Event
    leg: str
    currency: str
    of: str

    def added_to(self, total: Decimal) -> Decimal:
        """The sum after it."""
        if self.event.kind.name in _TAKEN_OFF:
            return total - Decimal(self.event.data["amount"]["value"])
        return added(total, self.event)


def sums(events: Iterable[Event]) -> Mapping[tuple[str, str, str], Sums]:
    """By deal ('' speaks of the project), leg and currency. Events must be in fold order, of one project."""
    by_key: dict[tuple[str, str, str], Sums] = {}
    for row in money_rows(list(events)):
        key = (row.event.deal or "", row.leg, row.currency)
        so_far = by_key.get(key, Sums())
        if row.of == DISBURSED:
            by_key[key] = replace(so_far, disbursed=row.added_to(so_far.disbursed))
        else:
            by_key[key] = replace(so_far, committed=row.added_to(so_far.committed))
    return by_key


def money_rows(events: Iterable[Event]) -> Iterator[MoneyRow]:
    """The events whose amounts are summed, in the order given, which must be that of the fold, of one project."""
    events = list(events)
    with_amount = {(event.source, event.id) for event in events if event.data.get("amount")}
    identities = {(event.source, event.id) for event in events}
    legs_by_sum: dict[tuple[str, str, str], set[str]] = {}
    for event in events:
        amount = event.data.get("amount")
        of = _sum_of(event)
        if of is None or not amount or amount.get("of", "price") not in _SUMMED_OF:
            continue
        part_of = event.data.get("part_of")
        if part_of is not None:
            whole = (part_of["source"], part_of["id"])
            if whole in with_amount or whole not in identities:
                continue
        legs = legs_by_sum.setdefault((event.deal or "", amount["currency"], of), set())
        leg = _leg(event, legs)
        legs.add(leg)
        yield MoneyRow(event=event, leg=leg, currency=amount["currency"], of=of)


def added(so_far: Decimal, event: Event) -> Decimal:
    """A sum with the amount of one more event that has one."""
    amount = event.data["amount"]
    value = Decimal(amount["value"])
    return value if amount.get("semantics", "increment") == "total" else so_far + value


def _sum_of(event: Event) -> str | None:
    """The sum that its amount goes into, or is taken off; None: none."""
    if event.kind.name in _TAKEN_OFF:
        return _TAKEN_OFF[event.kind.name]
    if event.kind.name == "funds.disbursed":
        return DISBURSED
    return COMMITTED if event.kind.effect is Effect.BINDING else None


def _leg(event: Event, legs: set[str]) -> str:
    """The leg that the amount belongs to. What is taken off without one is of the only leg there is a sum of."""
    if event.kind.leg is not None:
        return event.kind.leg
    if event.kind.name in _TAKEN_OFF and "leg" not in event.data and len(legs) == 1:
        return next(iter(legs))
    return disbursed_leg(event)
