"""Which projects of an import Steppe already has, and whose names are so alike that a person should look. Nothing is merged here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from steppe.domain.values.search_folding import folded
from steppe.importers.name_likeness import Likeness, alike, thresholds
from steppe.importers.statement import Data

Id = tuple[str, str]
"""Scheme and id in another register."""


@dataclass(frozen=True, slots=True)
class KnownProject:
    """A project that Steppe has; without name and country where nobody registered it."""

    key: str
    name: str | None
    country: str | None
    aliases: tuple[str, ...] = ()
    ids: tuple[Id, ...] = ()
    place: str | None = None


class Verdict(Enum):
    """What a project of an import is: not there, there, or there under a key that belongs to something else, as far as one can see."""

    NEW = "new"
    MATCHED = "matched"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Alike:
    """A project that may be the same, and why."""

    project: KnownProject
    because: Likeness


@dataclass(frozen=True, slots=True)
class Match:
    """A verdict with its reason, and for a new project those that may be the same, the likeliest first."""

    verdict: Verdict
    reason: str
    alike: tuple[Alike, ...] = ()


class ProjectMatcher:
    """Compares with the projects that Steppe has."""

    def __init__(self, projects: Iterable[KnownProject]) -> None:
        self._projects = {project.key: project for project in projects}
        self._names: dict[str, dict[tuple[str, str], str]] = {}
        self._by_id: dict[Id, list[KnownProject]] = {}
        for project in self._projects.values():
            for given in project.ids:
                self._by_id.setdefault(given, []).append(project)
            if project.country is None:
                continue
            names = self._names.setdefault(project.country, {})
            names.update(((project.key, name), folded(name)) for name in _names_of(project))

    def all(self) -> Iterable[KnownProject]:
        """Every project that Steppe has."""
        return self._projects.values()

    def get(self, key: str) -> KnownProject | None:
        """The project of that key."""
        return self._projects.get(key)

    def match(self, key: str, registration: Data) -> Match:
        """What the project of this key and registration is."""
        existing = self._projects.get(key)
        if existing is None:
            return Match(Verdict.NEW, "no project has the key", tuple(self._alike(registration)))
        name, country = folded(str(registration["name"])), str(registration["country"])
        own_ids = _ids_of(registration)
        if (other_id := _other_id(own_ids, existing.ids)) is not None:
            return Match(Verdict.TAKEN, f"the key belongs to another project ({existing.name}, id {other_id})")
        if existing.country == country and existing.name is not None and folded(existing.name) == name:
            return Match(Verdict.MATCHED, "same key, name and country")
        if existing.country == country and name in map(folded, existing.aliases):
            return Match(Verdict.MATCHED, "same key and country, and an alias")
        if set(own_ids) & set(existing.ids):
            return Match(Verdict.MATCHED, "same key, and an id in common")
        holder = f"{existing.name}, {existing.country}" if existing.name else "not registered"
        return Match(Verdict.TAKEN, f"the key belongs to another project ({holder})")

    def named(self, text: str) -> list[Alike]:
        """Those that a person may mean by a name or a key, in whatever country, the likeliest first."""
        likely: dict[str, Alike] = {}
        for (key, name), percent in alike(folded(text), self._names_and_keys, thresholds().alike_percent_min):
            likely.setdefault(key, Alike(self._projects[key], Likeness(percent=percent, name=name)))
        return list(likely.values())[: thresholds().alike_listed_max]

    @cached_property
    def _names_and_keys(self) -> Mapping[tuple[str, str], str]:
        projects = self._projects.values()
        return {(its.key, name): folded(name) for its in projects for name in (*_names_of(its), its.key)}

    def _alike(self, registration: Data) -> list[Alike]:
        """Those with an id in common, then those whose names are near."""
        likely = {
            other.key: Alike(other, Likeness(id=f"{scheme}:{its_id}"))
            for other, scheme, its_id in self._of_ids(registration)
        }
        names = self._names.get(str(registration["country"]), {})
        limits = thresholds()
        place = folded(str(registration.get("place") or ""))
        own = [str(registration["name"]), *(str(alias["name"]) for alias in registration.get("aliases", ()))]
        for name in own:
            for (key, their_name), percent in alike(folded(name), names, limits.alike_at_place_percent_min):
                other = self._projects[key]
                is_there = bool(place) and other.place is not None and folded(other.place) == place
                if percent >= limits.alike_percent_min or is_there:
                    because = Likeness(percent=percent, name=their_name, is_at_place=is_there)
                    likely.setdefault(other.key, Alike(other, because))
        return list(likely.values())[: limits.alike_listed_max]

    def _of_ids(self, registration: Data) -> Iterator[tuple[KnownProject, str, str]]:
        for scheme, its_id in _ids_of(registration):
            for other in self._by_id.get((scheme, its_id), ()):
                yield other, scheme, its_id


def _names_of(project: KnownProject) -> Iterator[str]:
    if project.name is not None:
        yield project.name
    yield from project.aliases


def _other_id(own: Iterable[Id], others: Iterable[Id]) -> str | None:
    """An id of the other that tells the two apart: both have one of its scheme, and none in common."""
    others = list(others)
    if set(own) & set(others):
        return None
    schemes = {scheme for scheme, _ in own}
    return next((f"{scheme}:{its_id}" for scheme, its_id in others if scheme in schemes), None)


def _ids_of(registration: Data) -> list[Id]:
    return [(str(given["scheme"]), str(given["id"])) for given in registration.get("ids", ())]
