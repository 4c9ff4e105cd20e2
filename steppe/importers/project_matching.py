"""Which projects of an import Steppe already has, and whose names are so alike that a person should look. Nothing is merged here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import Enum

from rapidfuzz import fuzz, process

from steppe.domain.values.search_folding import folded
from steppe.importers.statement import Data

_ALIKE_PERCENT_MIN = 90
_ALIKE_MAX = 3
Id = tuple[str, str]
"""Scheme and id in another register."""


@dataclass(frozen=True, slots=True)
class KnownProject:
    """A project that Steppe has; without name and country where nobody registered it."""

    key: str
    name: str | None
    country: str | None


class Verdict(Enum):
    """What a project of an import is: not there, there, or there under a key that belongs to something else, as far as one can see."""

    NEW = "new"
    MATCHED = "matched"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict with its reason, and for a new project those of its country whose names are alike, the most alike first."""

    verdict: Verdict
    reason: str
    alike: tuple[KnownProject, ...] = ()


class ProjectMatcher:
    """Compares with what Steppe has. `ids_of` gives the ids of one of its projects, and is asked only where names differ."""

    def __init__(
        self, projects: Iterable[KnownProject], parties: Iterable[str], ids_of: Callable[[str], Collection[Id]]
    ) -> None:
        self._parties = frozenset(parties)
        self._projects = {project.key: project for project in projects}
        self._ids_of = ids_of
        self._names: dict[str, dict[str, str]] = {}
        for project in self._projects.values():
            if project.name is not None and project.country is not None:
                self._names.setdefault(project.country, {})[project.key] = folded(project.name)

    def knows_party(self, key: str) -> bool:
        """Whether Steppe has a party of that key, registered or named by an event."""
        return key in self._parties

    def match(self, key: str, registration: Data) -> Match:
        """What the project of this key and registration is."""
        existing = self._projects.get(key)
        name, country = str(registration["name"]), str(registration["country"])
        if existing is None:
            return Match(Verdict.NEW, "no project has the key", self._alike(name, country))
        if existing.country == country and existing.name is not None and folded(existing.name) == folded(name):
            return Match(Verdict.MATCHED, "same key, name and country")
        own = {(str(given["scheme"]), str(given["id"])) for given in registration.get("ids", ())}
        if own & set(self._ids_of(key)):
            return Match(Verdict.MATCHED, "same key, and an id in common")
        holder = f"{existing.name}, {existing.country}" if existing.name else "not registered"
        return Match(Verdict.TAKEN, f"the key belongs to another project ({holder})")

    def _alike(self, name: str, country: str) -> tuple[KnownProject, ...]:
        names = self._names.get(country, {})
        text = folded(name)
        near = process.extract(
            text, names, scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE_PERCENT_MIN, limit=_ALIKE_MAX
        )
        return tuple(self._projects[key] for other, _, key in near if _numbers(other) == _numbers(text))


def _numbers(text: str) -> list[str]:
    """What tells the second of two plants from the first."""
    return re.findall(r"[0-9]+|\b[ivx]+\b", text)
