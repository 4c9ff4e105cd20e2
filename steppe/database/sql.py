"""Loads the statements of `queries/NAME.sql` of a package: each stands under a header `-- name: its_name`.

Parameters have names: `:as_of` in the file becomes `$1` where it is first named, and a `Statement` is called with them.
A line `-- include: name` stands for an earlier statement of the same file, so that two questions of the same rows ask alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

_HEADER = "-- name:"
_INCLUDE = re.compile(r"^[ ]*-- include: (\w+)$", re.MULTILINE)
_NUMBERED = re.compile(r"\$\d")
# Comments, quoted texts and casts first, so that nothing in them is taken for a parameter.
_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|::|:(?P<name>[a-z][a-z0-9_]*)")


class Statement(str):
    """The text of a statement as Postgres takes it, and the names of its parameters in the order of `$1`, `$2`, ..."""

    parameters: tuple[str, ...]
    __slots__ = ("parameters",)

    def __new__(cls, text: str) -> Statement:
        """From a text with named parameters."""
        names: dict[str, int] = {}

        def place(token: re.Match[str]) -> str:
            name = token["name"]
            return token[0] if name is None else f"${names.setdefault(name, len(names) + 1)}"

        statement = super().__new__(cls, _TOKEN.sub(place, text))
        statement.parameters = tuple(names)
        return statement

    def __call__(self, **arguments: object) -> tuple[Any, ...]:
        """What asyncpg's methods take: `await connection.fetch(*statement(as_of=day))`. Raises TypeError for a missing or unknown name."""
        if arguments.keys() != set(self.parameters):
            missing = [name for name in self.parameters if name not in arguments]
            unknown = [name for name in arguments if name not in self.parameters]
            raise TypeError(f"the statement takes {self.parameters}; missing: {missing}, unknown: {unknown}")
        return (str(self), *(arguments[name] for name in self.parameters))


@cache
def load(file: str, package: str = "steppe.database") -> Mapping[str, Statement]:
    """The statements of `queries/<file>.sql` of the package by name."""
    return parse(resources.files(package).joinpath("queries", f"{file}.sql").read_text(), file)


def files(package: str = "steppe.database") -> list[str]:
    """The names that `load` knows in the package."""
    folder = resources.files(package).joinpath("queries")
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


def parse(text: str, file: str) -> Mapping[str, Statement]:
    """Split a file at its headers; what stands before the first one is the file's own comment."""
    _, *parts = ("\n" + text).split("\n" + _HEADER)
    texts: dict[str, str] = {}
    for part in parts:
        first_line, _, statement = part.partition("\n")
        name = first_line.strip()
        if not name.isidentifier() or not statement.strip():
            raise ValueError(
                f"{file}.sql: '{_HEADER} {name}' needs a name like upsert_project and a statement below it"
            )
        if name in texts:
            raise ValueError(f"{file}.sql: two statements are named {name}: rename one")
        if _NUMBERED.search(statement):
            raise ValueError(f"{file}.sql: {name} numbers its parameters: name them, as in :as_of")
        for included in _INCLUDE.findall(statement):
            if included not in texts:
                raise ValueError(f"{file}.sql: {name} includes {included}, which is not above it")
        texts[name] = _INCLUDE.sub(lambda include: texts[include[1]].rstrip(";"), statement.strip())
    return MappingProxyType({name: _statement(statement) for name, statement in texts.items()})


def _statement(text: str) -> Statement:
    """A text without named parameters stays a `str`: asyncpg takes no subclass of it."""
    statement = Statement(text)
    return statement if statement.parameters else cast(Statement, str(statement))
