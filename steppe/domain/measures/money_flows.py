"""Who gave how much to whom (domain page, section 9): what each event moves its sum by, whose it is, and what of it still binds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from steppe.domain.analysis.money import COMMITTED, MoneyRow, added, money_rows
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import EVENT_KINDS, Effect
from steppe.domain.values.value_class import value_class

CONTRACTS = ("offtake", "works")
"""Legs whose amounts are the price of a contract: nobody gives them."""

_ROLES: Mapping[str, tuple[str, ...]] = {
    "debt": ("financier", "donor"),
    "guarantee": ("financier", "donor"),
    "grant": ("donor", "financier"),
    "equity": ("investor",),
    "investment": ("investor",),
    "rights": ("investor",),
    "works": ("contractor",),
    "offtake": ("offtaker",),
}
_TAKEN_OFF = ("commitment.reduced", "funds.returned")
MONEY_NAMES = frozenset(
    {name for name, kind in EVENT_KINDS.items() if kind.effect is Effect.BINDING} | {"funds.disbursed", *_TAKEN_OFF}
)
"""Names of the events whose amounts are summed."""
NOT_SUMMED_OF = ("claim", "portfolio", "project-cost")
"""What an amount may be `of` and is then listed, in no sum."""


@value_class(frozen=True, slots=True, kw_only=True)
class Flow:
    """What an event moves a sum by: of a deal (the event's own; None: it has none), leg and currency.

    `of` is `committed` or `disbursed`. `value` is less than nothing where something is taken off, or a `total` is lower than what
    was said before. `in_force`: the same of the sum of those rows alone whose legs are valid; nothing for what is disbursed. `givers`
    are party keys, alphabetical; empty: nobody is named.
    """

    event: Event
    leg: str
    currency: str
    of: str
    value: Decimal
    in_force: Decimal
    givers: tuple[str, ...]


def flows(
    events: Iterable[Event], stated_elsewhere: Collection[Identity], bound: Mapping[str, Collection[str]]
) -> Iterator[Flow]:
    """The flows of a project, in the order of the fold, which must be that of its events, those that count by a day.

    `stated_elsewhere` as for `money_rows`. `bound`: by deal the references of the events that bind a leg which is valid on that day.
    A row that names no giver has those of the last one before of its deal and leg.
    """
    sums: dict[tuple[str, str, str, str], Decimal] = {}
    valid_sums: dict[tuple[str, str, str], Decimal] = {}
    givers_of: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in money_rows(events, stated_elsewhere):
        deal = row.event.deal or ""
        key = (deal, row.leg, row.currency, row.of)
        before = sums.get(key, Decimal(0))
        sums[key] = row.added_to(before)
        givers = givers_named(row.event, row.leg) or (givers_of.get((deal, row.leg), ()) if deal else ())
        givers_of[deal, row.leg] = givers
        yield Flow(
            event=row.event,
            leg=row.leg,
            currency=row.currency,
            of=row.of,
            value=sums[key] - before,
            in_force=_in_force(row, bound.get(deal, ()), valid_sums),
            givers=givers,
        )


def givers_named(event: Event, leg: str) -> tuple[str, ...]:
    """Whom an event names as giver of a leg: the parties of the first role that gives such a leg and that it names."""
    for role in _ROLES.get(leg, ()):
        if parties := {party.party for party in event.parties if party.role == role}:
            return tuple(sorted(parties))
    return ()


def not_summed(events: Iterable[Event]) -> Iterator[Event]:
    """The events whose amount would be summed, were it not of a project's cost, a portfolio or a claim."""
    for event in events:
        if event.kind.name in MONEY_NAMES and event.data.get("amount", {}).get("of") in NOT_SUMMED_OF:
            yield event


def _in_force(row: MoneyRow, bound: Collection[str], valid_sums: dict[tuple[str, str, str], Decimal]) -> Decimal:
    """What a row moves the sum of valid legs by. What is taken off is, once some valid leg of that name has committed something."""
    key = (row.event.deal or "", row.leg, row.currency)
    if row.of != COMMITTED:
        return Decimal(0)
    before = valid_sums.get(key)
    if row.event.kind.name in _TAKEN_OFF:
        if before is None:
            return Decimal(0)
        after = row.added_to(before)
    elif row.event.reference in bound:
        after = added(before or Decimal(0), row.event)
    else:
        return Decimal(0)
    valid_sums[key] = after
    return after - (before or Decimal(0))
