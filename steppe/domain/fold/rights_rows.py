"""Rows about rights that name no deal, but an event: they are about the deal of that event (section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from steppe.domain.events.event import Event


def with_deals_of_rights(events: Sequence[Event]) -> list[Event]:
    """The events, those rows with the deal of the event that they name by `ends` or `amends`."""
    deals: dict[tuple[str, str], str | None] | None = None
    result = []
    for event in events:
        named = _named(event)
        if named is not None:
            if deals is None:
                deals = {(other.source, other.id): other.deal for other in events}
            event = replace(event, deal=deals.get(named))
        result.append(event)
    return result


def named_but_missing(events: Sequence[Event]) -> frozenset[tuple[str, str]]:
    """Source and id of the events that such rows name and that are not among these."""
    named = {identity for event in events if (identity := _named(event)) is not None}
    return frozenset(named - {(event.source, event.id) for event in events} if named else named)


def _named(event: Event) -> tuple[str, str] | None:
    if event.deal is not None or not event.kind.name.startswith("rights."):
        return None
    named = event.data.get("ends") or event.data.get("amends")
    return None if named is None else (named["source"], named["id"])
