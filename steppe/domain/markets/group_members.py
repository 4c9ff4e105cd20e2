"""Who belongs to whom on a day: down to all that a party controls, directly or through others (section 1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from steppe.domain.markets.groups import Shares, controlling_of


class GroupMembers:
    """Who belongs to whom, from the parents of each party. However long a chain of parents is, a question follows each once."""

    def __init__(self, parents: Mapping[str, Shares]) -> None:
        self._members: dict[str, list[str]] = {}
        for party, shares in parents.items():
            for owner in controlling_of(shares):
                self._members.setdefault(owner, []).append(party)

    @property
    def related(self) -> frozenset[str]:
        """The parties that belong to one, and those that one belongs to."""
        return frozenset(self._members).union(*self._members.values())

    def under(self, parties: Iterable[str]) -> frozenset[str]:
        """These parties and all that belong to one of them."""
        reached: set[str] = set()
        to_follow = list(parties)
        while to_follow:
            party = to_follow.pop()
            if party not in reached:
                reached.add(party)
                to_follow.extend(self._members.get(party, ()))
        return frozenset(reached)

    def counts(self, projects: Mapping[str, Collection[str]]) -> dict[str, int]:
        """How many projects each related party has, itself or through what belongs to it; parties without any are left out.

        `projects` are those that a party has itself.
        """
        number = {project: at for at, project in enumerate(frozenset().union(*projects.values()))}
        reached: dict[str, int] = {}  # a bit for each project
        for ring in self._rings():
            numbers = (number[project] for party in ring for project in projects.get(party, ()))
            of_ring = _bits(numbers, len(number))
            for party in ring:
                for member in self._members.get(party, ()):
                    of_ring |= reached.get(member, 0)
            reached.update(dict.fromkeys(ring, of_ring))
        return {party: bits.bit_count() for party, bits in reached.items() if bits}

    def _rings(self) -> Iterator[list[str]]:
        """The related parties, those together that belong to each other, each after what belongs to it (Tarjan's algorithm)."""
        number: dict[str, int] = {}
        lowest: dict[str, int] = {}
        depth: dict[str, int] = {}
        not_placed: list[str] = []
        placed: set[str] = set()
        path: list[tuple[str, Iterator[str]]] = []

        def enter(party: str) -> None:
            number[party] = lowest[party] = len(number)
            depth[party] = len(not_placed)
            not_placed.append(party)
            path.append((party, iter(self._members.get(party, ()))))

        for first in self._members:
            if first not in number:
                enter(first)
            while path:
                party, members = path[-1]
                member = next(members, None)
                if member is not None and member not in number:
                    enter(member)
                elif member is not None and member not in placed:
                    lowest[party] = min(lowest[party], number[member])
                elif member is None:
                    path.pop()
                    if path:
                        owner = path[-1][0]
                        lowest[owner] = min(lowest[owner], lowest[party])
                    if lowest[party] == number[party]:
                        ring = not_placed[depth[party] :]
                        del not_placed[depth[party] :]
                        placed.update(ring)
                        yield ring


def _bits(numbers: Iterable[int], size: int) -> int:
    """A number in which these bits are set; built of bytes, because each change of a long number copies it."""
    in_bytes = bytearray(size // 8 + 1)
    for number in numbers:
        in_bytes[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(in_bytes, "little")
