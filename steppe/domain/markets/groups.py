"""Which groups a party belongs to on a day: its controlling parents, and theirs, until parties without a parent (section 1).

A party that nobody registered is its own group.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from steppe.domain.events.event import Event
from steppe.domain.fold.registry import PARTY_FIELDS, RegisteredValues

# The parents of a party, with their shares where they are stated.
Shares = tuple[tuple[str, float | None], ...]
Parents = Mapping[str, Sequence[tuple[date, Shares]]]

_CONTROLLING_PERCENT = 50


class Groups:
    """Who belongs to whom, from the parents of each party as step functions of the day, in the order of days."""

    def __init__(self, parents: Parents) -> None:
        self._parents = {party: ([day for day, _ in steps], steps) for party, steps in parents.items()}
        self._cache: dict[tuple[str, date], frozenset[str]] = {}
        self._cache_of_all: dict[tuple[tuple[str, ...], date], frozenset[str]] = {}
        self._cache_of_ever: dict[tuple[str, ...], frozenset[str]] = {}

    def of(self, party: str, day: date) -> frozenset[str]:
        """The party's groups on that day, each named after a party without a parent.

        Where no such party is found: the smallest key that was reached from it, itself only if it was reached again.
        """
        groups = self._cache.get((party, day))
        if groups is None:
            groups = self._cache[party, day] = self._climb(party, day)
        return groups

    def of_all(self, parties: tuple[str, ...], day: date) -> frozenset[str]:
        """The groups of several parties."""
        groups = self._cache_of_all.get((parties, day))
        if groups is None:
            groups = frozenset().union(*(self.of(party, day) for party in parties))
            self._cache_of_all[parties, day] = groups
        return groups

    def ever(self, parties: tuple[str, ...]) -> frozenset[str]:
        """What the groups of these parties can be named after on any day: they, and all that ever stood above them."""
        above = self._cache_of_ever.get(parties)
        if above is None:
            reached: set[str] = set()
            to_follow = list(parties)
            while to_follow:
                at = to_follow.pop()
                if at not in reached:
                    reached.add(at)
                    _, steps = self._parents.get(at, ((), ()))
                    to_follow.extend(parent for _, shares in steps for parent, _ in shares)
            above = self._cache_of_ever[parties] = frozenset(reached)
        return above

    def _climb(self, party: str, day: date) -> frozenset[str]:
        if party not in self._parents:  # as most are: nobody registered parents of theirs
            return frozenset((party,))
        ends: set[str] = set()
        passed: set[str] = set()
        reached: set[str] = set()
        to_follow = [party]
        while to_follow:
            at = to_follow.pop()
            if at in passed:
                continue
            passed.add(at)
            controlling = self._controlling(at, day)
            if not controlling:
                ends.add(at)
            reached.update(controlling)
            to_follow.extend(controlling)
        return frozenset(ends or {min(reached)})

    def _controlling(self, party: str, day: date) -> tuple[str, ...]:
        """The parents that hold at least half; if none does, all."""
        if party not in self._parents:
            return ()
        days, steps = self._parents[party]
        at = bisect_right(days, day) - 1
        return controlling_of(steps[at][1] if at >= 0 else ())


def controlling_of(shares: Shares) -> tuple[str, ...]:
    """The parents that hold at least half; if none does, all."""
    majority = tuple(parent for parent, percent in shares if percent is not None and percent >= _CONTROLLING_PERCENT)
    return majority or tuple(parent for parent, _ in shares)


def parents_from(events_by_party: Mapping[str, Iterable[Event]]) -> Parents:
    """The parents of parties, from the events of each party's own subject."""
    registered = {party: RegisteredValues(events, PARTY_FIELDS) for party, events in events_by_party.items()}
    return {party: [(day, _shares(values, day)) for day in values.days] for party, values in registered.items()}


def _shares(values: RegisteredValues, day: date) -> Shares:
    return tuple((parent["party"], parent.get("percent")) for parent in values.on(day).get("parents", ()))
