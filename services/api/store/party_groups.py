"""Who belongs to whom on a day, as parties are registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from services.api.computation import by_size
from services.api.store.snapshot import Row, Snapshot
from steppe.domain.markets.group_members import GroupMembers
from steppe.domain.markets.groups import Shares


class Parent(msgspec.Struct):
    """A parent of a party; `percent` None: nobody said."""

    party: str
    percent: float | None = None


class Alias(msgspec.Struct):
    """Another name of a party."""

    name: str
    language: str | None = None


class RegisterId(msgspec.Struct):
    """Its id in another register."""

    scheme: str
    id: str


class Registered(msgspec.Struct):
    """What is registered of a party beside its columns."""

    parents: tuple[Parent, ...] = ()
    aliases: tuple[Alias, ...] = ()
    ids: tuple[RegisterId, ...] = ()


registered_in = msgspec.json.Decoder(Registered).decode


async def read_parents(snapshot: Snapshot, as_of: date) -> dict[str, Shares]:
    """The parents of every party that has some on a day, with their shares."""
    rows = await snapshot.rows("parents", as_of=as_of)
    return await by_size(len(rows), _parents, rows)


def _parents(rows: Iterable[Row]) -> dict[str, Shares]:
    return {
        row["party"]: tuple((parent.party, parent.percent) for parent in registered_in(row["document"]).parents)
        for row in rows
    }


async def with_members(parties: Sequence[str] | None, parents: Mapping[str, Shares]) -> list[str] | None:
    """These parties and whoever belongs to one of them; None stays None, as a filter that is not set."""
    return None if parties is None else await by_size(len(parents), _with_members, parties, parents)


def _with_members(parties: Sequence[str], parents: Mapping[str, Shares]) -> list[str]:
    return sorted(GroupMembers(parents).under(parties))
