"""Who belongs to whom, whatever the parents that are registered: chains, rings, several parents with and without shares."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steppe.domain.markets.group_members import GroupMembers
from steppe.domain.markets.groups import Shares, controlling_of

_PARTIES = tuple("abcdefgh")
_shares = st.lists(
    st.tuples(st.sampled_from(_PARTIES), st.sampled_from([None, 20.0, 50.0, 80.0])),
    max_size=3,
    unique_by=lambda share: share[0],
).map(tuple)
_parents = st.dictionaries(st.sampled_from(_PARTIES), _shares)


def owners_of(party: str, parents: Mapping[str, Shares]) -> frozenset[str]:
    """The party and all that control it, as one would say it."""
    above = {party}
    while more := {owner for one in above for owner in controlling_of(parents.get(one, ()))} - above:
        above |= more
    return frozenset(above)


@given(_parents, st.sets(st.sampled_from(_PARTIES)))
def test_those_who_belong_to_a_party_are_those_whom_it_controls(parents: dict[str, Shares], asked: set[str]) -> None:
    under = GroupMembers(parents).under(asked)
    everybody = {*_PARTIES, *asked}
    assert under == {party for party in everybody if not asked.isdisjoint(owners_of(party, parents))}


@given(_parents, st.dictionaries(st.sampled_from(_PARTIES), st.lists(st.integers(0, 20).map(str))))
def test_a_project_counts_once_for_each_party_that_has_it_itself_or_through_others(
    parents: dict[str, Shares], projects: dict[str, list[str]]
) -> None:
    members = GroupMembers(parents)
    of_all: dict[str, set[str]] = {}
    for party in members.related:
        for owner in owners_of(party, parents):
            of_all.setdefault(owner, set()).update(projects.get(party, ()))
    expected = {party: len(of_party) for party, of_party in of_all.items() if of_party}
    assert (
        members.counts({party: of_party for party, of_party in projects.items() if party in members.related})
        == expected
    )


class Key(str):
    """A key that counts how often one like it is looked up."""

    __slots__ = ()
    lookups = 0

    def __hash__(self) -> int:
        Key.lookups += 1
        return super().__hash__()


@pytest.mark.parametrize("ring", [False, True], ids=["a chain", "a ring"])
def test_a_chain_of_thousands_of_parents_is_followed_once(ring: bool) -> None:
    chain = [Key(f"p{number}") for number in range(5_000)]
    random.Random(1).shuffle(chain)
    parents: dict[str, Shares] = {party: ((owner, None),) for party, owner in pairwise(chain)}
    if ring:
        parents[chain[-1]] = ((chain[0], None),)
    Key.lookups = 0
    members = GroupMembers(parents)
    assert members.under([chain[-1]]) == frozenset(chain)
    counts = members.counts({party: [party] for party in chain})
    assert counts == {party: len(chain) if ring else at + 1 for at, party in enumerate(chain)}
    assert Key.lookups <= 50 * len(chain)
