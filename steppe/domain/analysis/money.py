"""What events say of money (domain page, section 3): sums by deal, leg and currency. No amount is converted or counted twice.

`increment` adds, `total` replaces; an event that is part of another repeats it and is not counted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect

_SUMMED_OF = ("price", "leg")
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Money of one deal, leg and currency: what somebody owes, and what was paid."""

    committed: Decimal = _NOTHING
    disbursed: Decimal = _NOTHING


def sums(events: Iterable[Event]) -> Mapping[tuple[str, str, str], Sums]:
    """By deal ('' speaks of the project), leg and currency. Events must be in fold order, of one project."""
    by_key: dict[tuple[str, str, str], Sums] = {}
    for event in events:
        amount = event.data.get("amount")
        is_paid = event.kind.name == "funds.disbursed"
        if not amount or "part_of" in event.data or amount.get("of", "price") not in _SUMMED_OF:
            continue
        if not is_paid and event.kind.effect is not Effect.BINDING:
            continue
        key = (event.deal or "", _leg(event), amount["currency"])
        so_far = by_key.get(key, Sums())
        if is_paid:
            by_key[key] = replace(so_far, disbursed=added(so_far.disbursed, event))
        else:
            by_key[key] = replace(so_far, committed=added(so_far.committed, event))
    return by_key


def added(so_far: Decimal, event: Event) -> Decimal:
    """A sum with the amount of one more event that has one."""
    amount = event.data["amount"]
    value = Decimal(amount["value"])
    return value if amount.get("semantics", "increment") == "total" else so_far + value


def _leg(event: Event) -> str:
    """The leg that the amount belongs to; a disbursement without one is a grant if only a donor pays."""
    declared = event.kind.leg or event.data.get("leg")
    if declared:
        return str(declared)
    roles = {party.role for party in event.parties}
    return "grant" if "donor" in roles and "financier" not in roles else "debt"
