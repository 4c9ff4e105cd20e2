"""What events say of money (domain page, section 3): sums by deal, leg and currency. No amount is converted or counted twice.

`increment` adds, `total` replaces, what was reduced or came back is taken off. An event that is part of another repeats it and
is not counted again, unless that one states no amount; one that is not there states none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.legs.leg_endings import disbursed_leg
from steppe.domain.values.value_class import value_class

COMMITTED = "committed"
DISBURSED = "disbursed"
_SUMMED_OF = ("price", "leg")
_TAKEN_OFF = {"commitment.reduced": COMMITTED, "funds.returned": DISBURSED}
_NOTHING = Decimal(0)


@value_class(frozen=True, slots=True, kw_only=True)
class Sums:
    """Money of one deal, leg and currency: what somebody owes, and what was paid. Less than nothing: the record is wrong."""

    committed: Decimal = _NOTHING
    disbursed: Decimal = _NOTHING


@value_class(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """An event whose amount is summed: of which leg and currency, and into which sum, `committed` or `disbursed`.

    `may_be_of` are the legs of which there was such a sum when an amount was taken off without saying of which: `leg` is then
    read from the parties, and may be the wrong one. Empty where the leg is told, or only one can be meant.
    """

    event: Event
    leg: str
    currency: str
    of: str
    may_be_of: tuple[str, ...] = ()

    def added_to(self, total: Decimal) -> Decimal:
        """The sum after it."""
        if self.event.kind.name in _TAKEN_OFF:
            return total - Decimal(self.event.data["amount"]["value"])
        return added(total, self.event)


@value_class(frozen=True, slots=True, kw_only=True)
class MoneyChange:
    """By how much a row moves its sum: a `total` by the difference, what is taken off by less than nothing."""

    row: MoneyRow
    change: Decimal


def changes(events: Iterable[Event], stated_elsewhere: Collection[Identity] = ()) -> Iterator[MoneyChange]:
    """The rows of `money_rows` with what each adds to the sum of its deal, leg and currency: together they are `sums`."""
    so_far: dict[tuple[str, str, str, str], Decimal] = {}
    for row in money_rows(events, stated_elsewhere):
        key = (row.event.deal or "", row.leg, row.currency, row.of)
        before = so_far.get(key, _NOTHING)
        so_far[key] = row.added_to(before)
        yield MoneyChange(row=row, change=so_far[key] - before)


def sums(events: Iterable[Event], stated_elsewhere: Collection[Identity] = ()) -> Mapping[tuple[str, str, str], Sums]:
    """By deal ('' speaks of the project), leg and currency. Events and `stated_elsewhere` as for `money_rows`."""
    by_key: dict[tuple[str, str, str], Sums] = {}
    for row in money_rows(events, stated_elsewhere):
        key = (row.event.deal or "", row.leg, row.currency)
        so_far = by_key.get(key, Sums())
        if row.of == DISBURSED:
            by_key[key] = replace(so_far, disbursed=row.added_to(so_far.disbursed))
        else:
            by_key[key] = replace(so_far, committed=row.added_to(so_far.committed))
    return by_key


def money_rows(events: Iterable[Event], stated_elsewhere: Collection[Identity] = ()) -> Iterator[MoneyRow]:
    """The events whose amounts are summed, in the order given, which must be that of the fold, of one project.

    `stated_elsewhere` are documents that are not among these events, and state their amount: of other projects, or of
    earlier days. What is part of one is not counted again.
    """
    events = list(events)
    stated = {*stated_elsewhere, *((event.source, event.id) for event in events if event.data.get("amount"))}
    legs_by_sum: dict[tuple[str, str, str], set[str]] = {}
    for event in events:
        amount = event.data.get("amount")
        of = _sum_of(event)
        if of is None or not amount or amount.get("of", "price") not in _SUMMED_OF:
            continue
        part_of = event.data.get("part_of")
        if part_of is not None and (part_of["source"], part_of["id"]) in stated:
            continue
        legs = legs_by_sum.setdefault((event.deal or "", amount["currency"], of), set())
        leg = _leg(event, legs)
        untold = event.kind.name in _TAKEN_OFF and "leg" not in event.data and len(legs) > 1
        may_be_of = tuple(sorted(legs)) if untold else ()
        legs.add(leg)
        yield MoneyRow(event=event, leg=leg, currency=amount["currency"], of=of, may_be_of=may_be_of)


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
