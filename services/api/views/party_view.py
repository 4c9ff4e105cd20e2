"""A party and its deals. Pure: from values to the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, TypedDict

from services.api.store.party_groups import Registered, registered_in
from services.api.store.snapshot import Row
from services.api.views.deal_view import DealItem
from services.api.views.frames import OnDay
from services.api.views.project_view import AliasItem, RegisterIdItem
from steppe.contracts.field_types import Count, Key, LevelName, doc
from steppe.domain.values.levels import Level


class ParentItem(TypedDict):
    """A party that another belongs to."""

    party: Annotated[Key, doc("The parent.")]
    percent: Annotated[float | None, doc("How much of it it holds; null: nobody said.")]


class KnownParty(TypedDict):
    """A party as it is known on a day: registered, or as the first events say that name it."""

    key: Annotated[str, doc("The key of the party.")]
    registered: Annotated[
        bool, doc("Whether it is registered; else name and country are those of the first events that give them.")
    ]
    name: Annotated[str | None, doc("Its name; null: nobody gave one.")]
    home_country: Annotated[
        str | None, doc("Its home, ISO 3166-1 alpha-2, ZZ: the sender did not know; null: nobody said.")
    ]
    kind: Annotated[str | None, doc("What it is, as in state-company; null: not registered.")]
    parent: Annotated[Key | None, doc("The first of its parents; null: none is registered.")]
    parents: Annotated[list[ParentItem], doc("The parties that it belongs to, with their shares.")]
    group: Annotated[list[Key], doc("Who controls it in the end, itself if nobody does, alphabetical.")]
    members: Annotated[list[Key], doc("The parties that belong to it, directly or through others, alphabetical.")]
    aliases: Annotated[list[AliasItem], doc("Its other names, as registered.")]
    ids: Annotated[list[RegisterIdItem], doc("Its ids in other registers, as registered.")]
    lei: Annotated[str | None, doc("Its legal entity identifier, ISO 17442; null: not registered.")]


class PartyItem(KnownParty):
    """A party, as known on a day, and the deals that it, or who belongs to it, pursues in whatever role."""

    party: Annotated[str, doc("Use `key`.", deprecated=True)]
    living_deals: Annotated[Count, doc("How many of these deals live.")]
    bound: Annotated[Count, doc("How many of those stand above the binding line.")]
    paper_only: Annotated[Count, doc("How many of those have nothing but paper.")]
    deals_by_level: Annotated[dict[LevelName, Count], doc("How many of those stand at each level.")]
    deals: Annotated[
        list[DealItem], doc("A page of its deals and those of its members, ended ones too, by project and deal.")
    ]
    next_cursor: Annotated[str | None, doc("Asks for the next page of deals; null: there is none.")]


class PartyAnswer(OnDay, PartyItem):
    """A party and its deals."""


def known_party(key: str, row: Row | None, group: Iterable[str], members: Iterable[str]) -> KnownParty:
    """One row of `/v1/parties`; `row` None: nobody said anything of it."""
    more = Registered() if row is None else registered_in(row["document"])
    return {
        "key": key,
        "registered": row is not None and row["registered"],
        "name": None if row is None else row["name"],
        "home_country": None if row is None else row["home_country"],
        "kind": None if row is None else row["kind"],
        "parent": None if row is None else row["parent"],
        "parents": [{"party": parent.party, "percent": parent.percent} for parent in more.parents],
        "group": sorted(group),
        "members": sorted(members),
        "aliases": [{"name": alias.name, "language": alias.language} for alias in more.aliases],
        "ids": [{"scheme": given.scheme, "id": given.id} for given in more.ids],
        "lei": None if row is None else row["lei"],
    }


def party(known: KnownParty, counts: Sequence[Row], deals: Sequence[DealItem], next_cursor: str | None) -> PartyItem:
    """The answer of `/v1/parties/{key}`. `counts` are of all its deals, by level; `deals` a page of them."""
    by_level = {Level(row["level"]): row for row in counts if row["level"] is not None}
    return {
        **known,
        "party": known["key"],
        "living_deals": sum(row["deals"] for row in by_level.values()),
        "bound": sum(row["deals"] for level, row in by_level.items() if level.crosses_the_line),
        "paper_only": sum(row["paper_only"] for row in by_level.values()),
        "deals_by_level": {level.label: by_level[level]["deals"] if level in by_level else 0 for level in Level},
        "deals": list(deals),
        "next_cursor": next_cursor,
    }
