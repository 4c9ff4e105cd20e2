"""Parties and forums, from the events of their subjects (domain page, section 7). Pure; joined at reading, never folded in.

The first registration holds from ever. Whatever comes after it, amendments and further registrations alike, holds from
its `from` day, else from the day it occurred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.database.read_model.projection_rows import Row, document, search_text, text
from steppe.domain.events.corrections import correction_order
from steppe.domain.events.event import Event
from steppe.domain.fold.registry import PARTY_FIELDS, RegisteredValues
from steppe.domain.markets.groups import Groups, Shares
from steppe.domain.values.states import BEGINNING, FOREVER

if TYPE_CHECKING:
    import asyncpg

PARTY_SPAN = (
    "party", "valid_from", "valid_to", "name", "home_country", "kind", "lei", "parents", "search_text", "document", "registered",
)  # fmt: skip
FORUM = ("forum", "name", "place", "countries", "held_earliest", "held_latest")


class _Parent(msgspec.Struct):
    party: str
    percent: float | None = None


class _Party(msgspec.Struct):
    parents: list[_Parent]


_NOTHING_MORE = document({"parents": [], "aliases": [], "ids": []})
_party = msgspec.json.Decoder(_Party).decode


def party_spans(party: str, events: Iterable[Event]) -> list[Row]:
    """What is registered of a party, as spans of days that do not overlap. Nothing known: no row."""
    registered = RegisteredValues(events, PARTY_FIELDS)
    spans: list[Row] = []
    for since, until in pairwise([*registered.days, FOREVER]):
        fields = registered.on(since)
        if fields:
            spans.append(_party_row(party, since, until, fields))
    return spans


def _party_row(party: str, since: date, until: date, fields: Mapping[str, Any]) -> Row:
    parents = fields.get("parents", ())
    aliases, ids = fields.get("aliases", ()), fields.get("ids", ())
    return (
        party, since, until, text(fields.get("name")), fields.get("home_country"), fields.get("kind"),
        text(fields.get("lei")), [parent["party"] for parent in parents],
        search_text(
            [party, fields.get("name"), fields.get("lei"), *(a["name"] for a in aliases), *(i["id"] for i in ids)]
        ),
        document({"parents": parents, "aliases": aliases, "ids": ids}), True,
    )  # fmt: skip


def stand_in(party: str, name: str | None, country: str | None) -> Row:
    """The row of a party that nobody registered: what the first events that name it, and its country, say."""
    return (
        party, BEGINNING, FOREVER, text(name), country, None, None, [], search_text([party, name]), _NOTHING_MORE, False,
    )  # fmt: skip


def shares_in(text: str) -> Shares:
    """The parents of a party and their shares, from the document of its row."""
    return tuple((parent.party, parent.percent) for parent in _party(text).parents)


def forum_rows(forum: str, events: Iterable[Event]) -> Sequence[Row]:
    """The one row of a forum: the first word on it, and what later ones changed. Nothing known: no row."""
    held = sorted((event for event in events if event.kind.name == "forum.held"), key=correction_order)
    if not held:
        return ()
    fields: dict[str, Any] = {}
    for event in held:
        fields.update(event.data)
    last = held[-1]
    countries = list(fields.get("countries", ()))
    return ((forum, text(fields["name"]), text(fields.get("place")), countries, last.earliest, last.latest),)


def groups_from(rows: Iterable[asyncpg.Record]) -> Groups:
    """Who belongs to whom, from rows with party, valid_from and document, in the order of days."""
    steps: dict[str, list[tuple[date, Shares]]] = {}
    for row in rows:
        steps.setdefault(row["party"], []).append((row["valid_from"], shares_in(row["document"])))
    return Groups(steps)
