"""Which parties are one group on a day: the ultimate parent, a ring of parents being one (section 1).

Knows what is registered of parties; a party that nobody registered is its own group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from steppe.domain.events import Event
from steppe.domain.registered import PARTY_FIELDS, Registered


class Groups:
    """The parents of parties as step functions of the day, from the events of each party's own subject."""

    def __init__(self, events_by_party: Mapping[str, Iterable[Event]]) -> None:
        self._parties = {party: Registered(events, PARTY_FIELDS) for party, events in events_by_party.items()}
        self._known: dict[tuple[str, date], str] = {}

    def of(self, party: str, day: date) -> str:
        """The party's group on that day, named after its ultimate parent (of a ring: the first in alphabetical order)."""
        found = self._known.get((party, day))
        if found is None:
            found = self._known[party, day] = self._climb(party, day)
        return found

    def of_all(self, parties: Iterable[str], day: date) -> frozenset[str]:
        """The groups of several parties."""
        return frozenset(self.of(party, day) for party in parties)

    def _climb(self, party: str, day: date) -> str:
        trail = [party]
        while (registered := self._parties.get(trail[-1])) is not None:
            parent = registered.on(day).get("parent")
            if not parent:
                break
            if parent in trail:
                return min(trail[trail.index(parent) :])
            trail.append(parent)
        return trail[-1]
