"""Loads the statements of `queries/NAME.sql` of a package: each stands under a header `-- name: its_name`. Knows no database.

A line `-- include: name` stands for an earlier statement of the same file, so that two questions of the same rows ask alike.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_HEADER = "-- name:"
_INCLUDE = re.compile(r"^[ ]*-- include: (\w+)$", re.MULTILINE)


@cache
def load(file: str, package: str = "steppe.database") -> Mapping[str, str]:
    """The statements of `queries/<file>.sql` of the package by name."""
    return parse(resources.files(package).joinpath("queries", f"{file}.sql").read_text(), file)


def files(package: str = "steppe.database") -> list[str]:
    """The names that `load` knows in the package."""
    folder = resources.files(package).joinpath("queries")
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


def parse(text: str, file: str) -> Mapping[str, str]:
    """Split a file at its headers; what stands before the first one is the file's own comment."""
    _, *parts = ("\n" + text).split("\n" + _HEADER)
    statements: dict[str, str] = {}
    for part in parts:
        first_line, _, statement = part.partition("\n")
        name = first_line.strip()
        if not name.isidentifier() or not statement.strip():
            raise ValueError(
                f"{file}.sql: '{_HEADER} {name}' needs a name like upsert_project and a statement below it"
            )
        if name in statements:
            raise ValueError(f"{file}.sql: two statements are named {name}: rename one")
        for included in _INCLUDE.findall(statement):
            if included not in statements:
                raise ValueError(f"{file}.sql: {name} includes {included}, which is not above it")
        statements[name] = _INCLUDE.sub(lambda found: statements[found[1]].rstrip(";"), statement.strip())
    return MappingProxyType(statements)
