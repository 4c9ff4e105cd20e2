"""Parties and forums, from the events of their subjects (domain page, section 7). Pure; joined at reading, never folded in.

The first registration holds from ever. Whatever comes after it, amendments and further registrations alike, holds from
its `from` day, else from the day it occurred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.projector.rows import Row, text
from steppe.domain import edtf
from steppe.domain.events import Event
from steppe.domain.history import EVER, FOREVER

PARTY_SPAN = ("party", "valid_from", "valid_to", "name", "home_country", "kind", "parent", "lei")
FORUM = ("forum", "name", "place", "countries", "held_earliest", "held_latest")
_PARTY_FIELDS = PARTY_SPAN[3:]


def party_spans(party: str, events: Iterable[Event]) -> list[Row]:
    """What is registered of a party, as spans of days that do not overlap. Nothing known: no row."""
    stands: dict[str, Any] = {}
    changes: list[tuple[date, int, dict[str, Any]]] = []
    in_order = sorted((e for e in events if e.kind.name in ("party.registered", "party.amended")), key=_order)
    first = next((event for event in in_order if event.kind.name == "party.registered"), None)
    for place, event in enumerate(in_order):
        said = {name: event.data[name] for name in _PARTY_FIELDS if name in event.data}
        if event is first:
            stands = said
        else:
            changes.append((_holds_from(event), place, said))
    spans: list[Row] = []
    since = EVER
    for day, _, said in sorted(changes, key=lambda change: change[:2]):
        if stands and since < day:
            spans.append(_party_row(party, since, day, stands))
        since, stands = day, {**stands, **said}
    if stands:
        spans.append(_party_row(party, since, FOREVER, stands))
    return spans


def forum_rows(forum: str, events: Iterable[Event]) -> Sequence[Row]:
    """The one row of a forum: the first word on it, and what later ones changed. Nothing known: no row."""
    held = sorted((event for event in events if event.kind.name == "forum.held"), key=_order)
    if not held:
        return ()
    stands: dict[str, Any] = {}
    for event in held:
        stands.update(event.data)
    last = held[-1]
    countries = list(stands.get("countries", ()))
    return ((forum, text(stands["name"]), text(stands.get("place")), countries, last.earliest, last.latest),)


def _party_row(party: str, since: date, until: date, stands: dict[str, Any]) -> Row:
    return (party, since, until, *(text(stands.get(name)) for name in _PARTY_FIELDS))


def _holds_from(event: Event) -> date:
    said = event.data.get("from")
    return event.latest if said is None else edtf.parse(said).earliest or EVER


def _order(event: Event) -> tuple[Any, ...]:
    """The order of corrections: known, recorded, source, id."""
    return (event.known, event.recorded, event.source, event.id)
