"""Where a project's events do not fit together: claims that may be one, sums below zero, figures that differ, money taken off
a leg that nobody named, references that lead to nothing (section 3).

Nothing is decided here: both claims count until somebody says `part_of`, and figures stand beside each other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Any

from steppe.domain.analysis.idle_references import idle_references
from steppe.domain.analysis.money import MoneyRow, money_rows
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.values.value_class import value_class

MAY_BE_ONE = "may-be-one"
BELOW_ZERO = "below-zero"
FIGURES_DIFFER = "figures-differ"
LEG_NOT_NAMED = "leg-not-named"
DANGLING_REFERENCE = "dangling-reference"
KINDS = (MAY_BE_ONE, BELOW_ZERO, FIGURES_DIFFER, LEG_NOT_NAMED, DANGLING_REFERENCE)
_PROJECT_COST = "project-cost"


@value_class(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One such finding. `events` are those concerned, in fold order; the last one made it so.

    `leg` None: of a project's cost, or of a reference, which has no currency either. `total` is the sum below zero, committed
    or disbursed as `of` says. `because` says what is wrong with a leg or a reference, which `names` (`source#id`) something.
    """

    kind: str
    deal: str | None
    leg: str | None
    currency: str | None
    events: tuple[Event, ...]
    of: str | None = None
    total: Decimal | None = None
    names: str | None = None
    because: str | None = None


def doubts(
    in_order: Sequence[Event],
    known: Collection[Identity],
    as_of: date,
    stated_elsewhere: Collection[Identity] = (),
) -> Iterator[Doubt]:
    """All of a project's on a day, by kind, deal, leg, currency and place; those of the first kind are made as they are taken,
    for of n claims on one leg there may be n squared.

    `in_order` are the events that stand, in fold order, of one project; `known` is every one that was known. `stated_elsewhere`
    are documents of other projects that state their amount.
    """
    events = [event for event in in_order if event.latest <= as_of]
    rows = list(money_rows(events, stated_elsewhere))
    yield from _may_be_one(rows)
    others = [
        *_below_zero(rows),
        *_figures_that_differ(events),
        *_legs_not_named(rows),
        *_dangling_references(events, known, in_order, stated_elsewhere),
    ]
    yield from sorted(others, key=_place)


def _place(doubt: Doubt) -> tuple[Any, ...]:
    return KINDS.index(doubt.kind), doubt.deal or "", doubt.leg or "", doubt.currency or "", doubt.events[-1].order


def _may_be_one(money: Sequence[MoneyRow]) -> Iterator[Doubt]:
    """Two binding rows of other sources for one deal and leg on overlapping days, with other amounts in one currency.

    In the order of `doubts`, as `money` is in that of the fold.
    """
    groups: dict[tuple[str, str, str], list[Event]] = {}
    for row in money:
        if row.event.kind.effect is Effect.BINDING and row.event.deal is not None:
            groups.setdefault((row.event.deal, row.leg, row.currency), []).append(row.event)
    for (deal, leg, currency), events in sorted(groups.items(), key=itemgetter(0)):
        # Days and values are read once a row, not once a pair.
        claims = [(event, event.source, _value(event), event.earliest or date.min, event.latest) for event in events]
        for at, (later, source, value, begins, ends) in enumerate(claims):
            for earlier, other_source, other_value, other_begins, other_ends in islice(claims, at):
                if (
                    source != other_source
                    and value != other_value
                    and begins <= other_ends
                    and other_begins <= ends
                    and not _is_part(earlier, later)
                    and not _is_part(later, earlier)
                ):
                    yield Doubt(kind=MAY_BE_ONE, deal=deal, leg=leg, currency=currency, events=(earlier, later))


def _below_zero(money: Sequence[MoneyRow]) -> Iterator[Doubt]:
    groups: dict[tuple[str, str, str, str], list[MoneyRow]] = {}
    for row in money:
        groups.setdefault((row.event.deal or "", row.leg, row.currency, row.of), []).append(row)
    for (deal, leg, currency, of), rows in groups.items():
        total = Decimal(0)
        for row in rows:
            total = row.added_to(total)
        if total < 0:
            concerned = tuple(row.event for row in rows)
            yield Doubt(
                kind=BELOW_ZERO, deal=deal or None, leg=leg, currency=currency, events=concerned, of=of, total=total
            )


def _figures_that_differ(events: Sequence[Event]) -> Iterator[Doubt]:
    """What several sources say that the project costs, on overlapping days: beside each other."""
    by_currency: dict[str, list[Event]] = {}
    for event in events:
        amount = event.data.get("amount")
        if amount and amount.get("of") == _PROJECT_COST and "part_of" not in event.data:
            by_currency.setdefault(amount["currency"], []).append(event)
    for currency, figures in by_currency.items():
        for group in _on_overlapping_days(figures):
            if len({_value(event) for event in group}) > 1 and len({event.source for event in group}) > 1:
                yield Doubt(kind=FIGURES_DIFFER, deal=None, leg=None, currency=currency, events=tuple(group))


def _on_overlapping_days(events: Iterable[Event]) -> list[list[Event]]:
    """Each event with the first group that has one of its days, else as a group of its own.

    As a member shares a day with another, the days of a group have no gap. Each stretch of days belongs to the first group that
    has it; an event takes the days of those that it overlaps, so it is compared with few, however many there are.
    """
    groups: list[list[Event]] = []
    # Stretches in order that share no day: their first days, the days after their last ones, their groups.
    begins: list[int] = []
    ends: list[int] = []
    owners: list[int] = []
    for event in events:
        begin, end = (event.earliest or date.min).toordinal(), event.latest.toordinal() + 1
        first, beyond = bisect_right(ends, begin), bisect_left(begins, end)
        group = min(owners[first:beyond], default=len(groups))
        if group == len(groups):
            groups.append([])
        groups[group].append(event)
        taken = [(begin, end, group)]
        if first < beyond and begins[first] < begin:
            taken.insert(0, (begins[first], begin, owners[first]))
        if first < beyond and ends[beyond - 1] > end:
            taken.append((end, ends[beyond - 1], owners[beyond - 1]))
        begins[first:beyond], ends[first:beyond], owners[first:beyond] = map(list, zip(*taken, strict=True))
    return groups


def _legs_not_named(money: Sequence[MoneyRow]) -> Iterator[Doubt]:
    for row in money:
        if row.may_be_of:
            legs = " and ".join(row.may_be_of)
            because = f"leg is missing: {legs} have a sum; it is taken off {row.leg}, as the parties would have it"
            yield Doubt(
                kind=LEG_NOT_NAMED, deal=row.event.deal, leg=row.leg, currency=row.currency, events=(row.event,), of=row.of,
                because=because,
            )  # fmt: skip


def _dangling_references(
    events: Sequence[Event],
    known: Collection[Identity],
    in_order: Sequence[Event],
    stated_elsewhere: Collection[Identity],
) -> Iterator[Doubt]:
    for idle in idle_references(events, known, in_order, stated_elsewhere):
        yield Doubt(
            kind=DANGLING_REFERENCE, deal=idle.event.deal, leg=None, currency=None, events=(idle.event,), names=idle.names,
            because=idle.because,
        )  # fmt: skip


def figures_of_cost(events: Iterable[Event]) -> list[Event]:
    """The events that say what the project costs, in the order given."""
    return [event for event in events if (event.data.get("amount") or {}).get("of") == _PROJECT_COST]


def _value(event: Event) -> Decimal:
    return Decimal(event.data["amount"]["value"])


def _is_part(event: Event, of: Event) -> bool:
    part_of = event.data.get("part_of")
    return part_of is not None and of.is_named_by(part_of)
