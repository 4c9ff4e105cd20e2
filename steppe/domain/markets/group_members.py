"""Who belongs to whom on a day: up to the parties that control one, and down to those that one controls (section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from steppe.domain.markets.groups import Shares, controlling_of


def owners(parents: Mapping[str, Shares]) -> dict[str, frozenset[str]]:
    """Of each party that has a parent all that control it, directly or through others; never itself."""
    return {party: _above(party, parents) for party in parents if parents[party]}


def members(parties: Iterable[str], parents: Mapping[str, Shares]) -> frozenset[str]:
    """These parties and all that belong to one of them, directly or through others."""
    controllers = frozenset(parties)
    return controllers | {party for party, above in owners(parents).items() if not controllers.isdisjoint(above)}


def _above(party: str, parents: Mapping[str, Shares]) -> frozenset[str]:
    above: set[str] = set()
    to_follow = list(controlling_of(parents.get(party, ())))
    while to_follow:
        at = to_follow.pop()
        if at not in above:
            above.add(at)
            to_follow.extend(controlling_of(parents.get(at, ())))
    return frozenset(above - {party})
