"""Which parties are one group on a day: the ultimate parent, a ring of parents being one (section 1).

Knows what is registered of parties; a party that nobody registered is its own group.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.fold.registry import PARTY_FIELDS, RegisteredValues

Parents = Mapping[str, Sequence[tuple[date, str | None]]]


class Groups:
    """Who belongs to whom, from the parents of each party as step functions of the day, in the order of days."""

    def __init__(self, parents: Parents) -> None:
        self._parents = {party: ([day for day, _ in steps], steps) for party, steps in parents.items()}
        self._known: dict[tuple[str, date], str] = {}
        self._known_of_all: dict[tuple[tuple[str, ...], date], frozenset[str]] = {}

    def of(self, party: str, day: date) -> str:
        """The party's group on that day, named after its ultimate parent (of a ring: the first in alphabetical order)."""
        found = self._known.get((party, day))
        if found is None:
            found = self._known[party, day] = self._climb(party, day)
        return found

    def of_all(self, parties: tuple[str, ...], day: date) -> frozenset[str]:
        """The groups of several parties."""
        found = self._known_of_all.get((parties, day))
        if found is None:
            found = self._known_of_all[parties, day] = frozenset(self.of(party, day) for party in parties)
        return found

    def _climb(self, party: str, day: date) -> str:
        trail = [party]
        while (parent := self._parent(trail[-1], day)) is not None:
            if parent in trail:
                return min(trail[trail.index(parent) :])
            trail.append(parent)
        return trail[-1]

    def _parent(self, party: str, day: date) -> str | None:
        if party not in self._parents:
            return None
        days, steps = self._parents[party]
        at = bisect_right(days, day) - 1
        return steps[at][1] if at >= 0 else None


def parents_from(events_by_party: Mapping[str, Iterable[Event]]) -> Parents:
    """The parents of parties, from the events of each party's own subject."""
    registered = {party: RegisteredValues(events, PARTY_FIELDS) for party, events in events_by_party.items()}
    return {party: [(day, values.on(day).get("parent")) for day in values.days] for party, values in registered.items()}
