"""What every answer says beside its fields or items: the day, the knowledge, the page."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal as Number
from typing import Annotated, TypedDict

from steppe.contracts.field_types import EARLIEST, Day, Decimal, Given, Instant, Positions, doc
from steppe.domain.values.states import Start


class OnDay(TypedDict):
    """The day and the knowledge of an answer."""

    as_of: Annotated[Day, doc("The day (UTC) that is judged.")]
    known_at: Annotated[Instant, doc("Only what was known by then was used.")]


class ListAnswer(TypedDict):
    """One page of a list."""

    next_cursor: Annotated[str | None, doc("Give it as cursor= for the next page; null: this is the last one.")]
    as_of: Annotated[Day, doc("The day (UTC) that is judged.")]
    known_at: Annotated[Instant, doc("Only what was known by then was used.")]
    position: Annotated[Positions, doc("The prefix of the log that the page reflects, as in 0:41,3:7.")]


class Sum(TypedDict):
    """Money of one currency."""

    currency: Annotated[str, doc("ISO 4217.")]
    value: Annotated[Decimal, doc("How much.")]


def sums(of: Mapping[str, Number]) -> list[Sum]:
    """Money by currency, alphabetical."""
    return [{"currency": currency, "value": f"{value:f}"} for currency, value in sorted(of.items())]


class Ended(TypedDict):
    """When and how something ended."""

    on: Annotated[Day, doc("The first day on which it no longer held.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    how: Annotated[str | None, doc("How, as in withdrawn or expired; null: nobody said.")]


def ended(on: Start | None, how: str | None) -> Ended | None:
    """When and how something ended; None while it lasts."""
    if on is None:
        return None
    return {"on": on.latest, "on_earliest": on.earliest, "on_given": on.given, "how": how}


class DayRange(TypedDict):
    """The days on which something may have occurred."""

    earliest: Annotated[Day | None, doc("The first of them; null: open or unknown.")]
    latest: Annotated[Day | None, doc("The last of them; null: unknown.")]
