"""Which parties of an import Steppe already has, and whose names are so alike that a person should look. Nothing is merged here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from steppe.importers.name_likeness import alike, company_name, thresholds


@dataclass(frozen=True, slots=True)
class KnownParty:
    """A party that Steppe has, registered or named by an event."""

    key: str
    name: str | None = None
    country: str | None = None
    aliases: tuple[str, ...] = ()


class PartyMatcher:
    """Compares with the parties that Steppe has."""

    def __init__(self, parties: Iterable[KnownParty]) -> None:
        self._parties = {party.key: party for party in parties}
        self._names = {
            f"{party.key} {number}": company_name(name)
            for party in self._parties.values()
            for number, name in enumerate(_names_of(party))
        }

    def knows(self, key: str) -> bool:
        """Whether Steppe has a party of that key."""
        return key in self._parties

    def alike(self, key: str, name: str, country: str | None) -> list[tuple[KnownParty, str]]:
        """Those that a party of a new key may be, the likeliest first, and why. Of a known key: none."""
        if key in self._parties:
            return []
        likely: dict[str, tuple[KnownParty, str]] = {}
        for entry, percent in alike(company_name(name), self._names, thresholds().parties_alike_percent_min):
            other = self._parties[entry.partition(" ")[0]]
            if country is None or other.country is None or other.country == country:
                likely.setdefault(other.key, (other, f"{percent:.0f}% of a name"))
        return list(likely.values())[: thresholds().alike_listed_max]


def _names_of(party: KnownParty) -> Iterator[str]:
    if party.name is not None:
        yield party.name
    yield from party.aliases
