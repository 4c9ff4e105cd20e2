"""Which parties are one group on a day: the ultimate parent, a cycle of parents being one (section 1).

A party that nobody registered is its own group.
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
        self._cache: dict[tuple[str, date], str] = {}
        self._cache_of_all: dict[tuple[tuple[str, ...], date], frozenset[str]] = {}

    def of(self, party: str, day: date) -> str:
        """The party's group on that day, named after its ultimate parent (of a cycle: the first in alphabetical order)."""
        group = self._cache.get((party, day))
        if group is None:
            group = self._cache[party, day] = self._climb(party, day)
        return group

    def of_all(self, parties: tuple[str, ...], day: date) -> frozenset[str]:
        """The groups of several parties."""
        groups = self._cache_of_all.get((parties, day))
        if groups is None:
            groups = self._cache_of_all[parties, day] = frozenset(self.of(party, day) for party in parties)
        return groups

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
