"""What the API says of the projects and parties that Steppe has, for whoever compares an import with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from steppe.importers.project_matching import Id, KnownProject, ProjectMatcher

_ITEMS_A_PAGE = 500
Get = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""The answer of the API to a path and a query."""


def read_matcher(get: Get) -> ProjectMatcher:
    """What compares with all projects and parties of now. Raises whatever `get` raises, also later, when it asks for ids."""
    projects = [
        KnownProject(item["key"], item["name"], item["country"])
        for item in _items(get, "/v1/projects", {"include": ""})
    ]
    parties = [item["key"] for item in _items(get, "/v1/parties", {})]

    def ids_of(project: str) -> list[Id]:
        answer = get(f"/v1/projects/{quote(project, safe='')}", {})
        return [(given["scheme"], given["id"]) for given in answer["ids"]]

    return ProjectMatcher(projects, parties, ids_of)


def _items(get: Get, path: str, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    cursor = None
    while True:
        page = get(path, {**query, "limit": _ITEMS_A_PAGE, **({"cursor": cursor} if cursor else {})})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return
