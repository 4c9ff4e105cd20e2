"""What the API says of the projects and parties that Steppe has, for whoever compares an import with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from steppe.importers.party_matching import KnownParty, PartyMatcher
from steppe.importers.project_matching import KnownProject, ProjectMatcher

_ITEMS_A_PAGE = 500
Get = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""The answer of the API to a path and a query."""


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What compares an import with Steppe."""

    projects: ProjectMatcher
    parties: PartyMatcher


PROJECTS: tuple[str, Mapping[str, Any]] = ("/v1/projects", {"include": "names"})
PARTIES: tuple[str, Mapping[str, Any]] = ("/v1/parties", {})
"""Path and query of what there is to compare with."""


def read_names(get: Get) -> KnownNames:
    """All projects and parties of now. Raises whatever `get` raises."""
    return names_of(_items(get, *PROJECTS), _items(get, *PARTIES))


def names_of(projects: Iterable[Mapping[str, Any]], parties: Iterable[Mapping[str, Any]]) -> KnownNames:
    """Those of the items that the API lists under PROJECTS and PARTIES."""
    return KnownNames(
        ProjectMatcher(_project(item) for item in projects),
        PartyMatcher(KnownParty(item["key"], item["name"], item["home_country"], _aliases(item)) for item in parties),
    )


def _project(item: Mapping[str, Any]) -> KnownProject:
    return KnownProject(
        key=item["key"],
        name=item["name"],
        country=item["country"],
        aliases=_aliases(item),
        ids=tuple((given["scheme"], given["id"]) for given in item["ids"]),
        place=item["place"],
    )


def _aliases(item: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(alias["name"] for alias in item["aliases"])


def _items(get: Get, path: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    cursor = None
    while True:
        page = get(path, {**query, "limit": _ITEMS_A_PAGE, **({"cursor": cursor} if cursor else {})})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return
