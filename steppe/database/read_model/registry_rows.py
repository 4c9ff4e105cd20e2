"""Parties and forums, from the events of their subjects (domain page, section 7). Pure; joined at reading, never folded in.

The first registration holds from ever. Whatever comes after it, amendments and further registrations alike, holds from
its `from` day, else from the day it occurred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from steppe.database.read_model.projection_rows import Row, text
from steppe.domain.events.corrections import correction_order
from steppe.domain.events.event import Event
from steppe.domain.fold.registry import PARTY_FIELDS, RegisteredValues
from steppe.domain.values.states import FOREVER

PARTY_SPAN = ("party", "valid_from", "valid_to", *PARTY_FIELDS)
FORUM = ("forum", "name", "place", "countries", "held_earliest", "held_latest")


def party_spans(party: str, events: Iterable[Event]) -> list[Row]:
    """What is registered of a party, as spans of days that do not overlap. Nothing known: no row."""
    registered = RegisteredValues(events, PARTY_FIELDS)
    spans: list[Row] = []
    for since, until in pairwise([*registered.days, FOREVER]):
        stands = registered.on(since)
        if stands:
            spans.append((party, since, until, *(text(stands.get(name)) for name in PARTY_FIELDS)))
    return spans


def forum_rows(forum: str, events: Iterable[Event]) -> Sequence[Row]:
    """The one row of a forum: the first word on it, and what later ones changed. Nothing known: no row."""
    held = sorted((event for event in events if event.kind.name == "forum.held"), key=correction_order)
    if not held:
        return ()
    stands: dict[str, Any] = {}
    for event in held:
        stands.update(event.data)
    last = held[-1]
    countries = list(stands.get("countries", ()))
    return ((forum, text(stands["name"]), text(stands.get("place")), countries, last.earliest, last.latest),)
