"""Which parties of an import Steppe already has, and whose names are so alike that a person should look. Nothing is merged here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from steppe.importers.name_likeness import Likeness, alike, company_name, thresholds


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
            (party.key, name): company_name(name) for party in self._parties.values() for name in _names_of(party)
        }

    def knows(self, key: str) -> bool:
        """Whether Steppe has a party of that key."""
        return key in self._parties

    def all(self) -> Iterable[KnownParty]:
        """Every party that Steppe has."""
        return self._parties.values()

    def alike(self, key: str, name: str, country: str | None) -> list[tuple[KnownParty, Likeness]]:
        """Those that a party of a new key may be, the likeliest first, and why. Of a known key: none."""
        return [] if key in self._parties else self._near(name, country, self._names)

    def named(self, text: str, country: str | None = None) -> list[tuple[KnownParty, Likeness]]:
        """Those that a person may mean by a name or a key, the likeliest first, and why."""
        return self._near(text.replace("-", " "), country, self._names_and_keys)

    @cached_property
    def _names_and_keys(self) -> Mapping[tuple[str, str], str]:
        keys = {(key, key): company_name(key) for key in self._parties}
        return {**self._names, **keys}

    def _near(
        self, name: str, country: str | None, names: Mapping[tuple[str, str], str]
    ) -> list[tuple[KnownParty, Likeness]]:
        likely: dict[str, tuple[KnownParty, Likeness]] = {}
        for (key, their_name), percent in alike(company_name(name), names, thresholds().parties_alike_percent_min):
            other = self._parties[key]
            if country is None or other.country is None or other.country == country:
                likely.setdefault(key, (other, Likeness(percent=percent, name=their_name)))
        return list(likely.values())[: thresholds().alike_listed_max]


def _names_of(party: KnownParty) -> Iterator[str]:
    if party.name is not None:
        yield party.name
    yield from party.aliases
