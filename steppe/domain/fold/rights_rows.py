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
        named = (event.data.get("ends") or event.data.get("amends")) if event.deal is None else None
        if named is not None and event.kind.name.startswith("rights."):
            if deals is None:
                deals = {(other.source, other.id): other.deal for other in events}
            event = replace(event, deal=deals.get((named["source"], named["id"])))
        result.append(event)
    return result
