"""Loads the statements of `queries/NAME.sql` of a package: each stands under a header `-- name: its_name`.

Parameters have names: `:as_of` in the file becomes `$1` where it is first named, and a `Statement` is called with them.
A line `-- include: name` stands for an earlier statement of the same file, `-- include: file.name` for one of another file of the
package, so that two questions of the same rows ask alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import resources
from types import MappingProxyType
from typing import Any, cast

_HEADER = "-- name:"
_INCLUDE = re.compile(r"^[ ]*-- include: (?:(?P<file>\w+)\.)?(?P<name>\w+)$", re.MULTILINE)
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
    return MappingProxyType({name: _statement(text) for name, text in _texts(file, package).items()})


@cache
def _texts(file: str, package: str) -> Mapping[str, str]:
    text = resources.files(package).joinpath("queries", f"{file}.sql").read_text()
    return _split(text, file, lambda other: _texts(other, package))


def files(package: str = "steppe.database") -> list[str]:
    """The names that `load` knows in the package."""
    folder = resources.files(package).joinpath("queries")
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))


def parse(text: str, file: str) -> Mapping[str, Statement]:
    """Split a file at its headers; what stands before the first one is the file's own comment."""
    return MappingProxyType({name: _statement(statement) for name, statement in _split(text, file, None).items()})


def _split(text: str, file: str, other_file: Callable[[str], Mapping[str, str]] | None) -> dict[str, str]:
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
        try:
            texts[name] = _INCLUDE.sub(partial(_included, texts, other_file), statement.strip())
        except KeyError as missing:
            raise ValueError(f"{file}.sql: {name} includes {missing.args[0]}, which is not above it") from None
    return texts


def _included(
    texts: Mapping[str, str], other_file: Callable[[str], Mapping[str, str]] | None, include: re.Match[str]
) -> str:
    """The statement that an include names. Raises KeyError when there is none."""
    above = texts if include["file"] is None or other_file is None else other_file(include["file"])
    return above[include["name"]].rstrip(";")


def _statement(text: str) -> Statement:
    """A text without named parameters stays a `str`: asyncpg takes no subclass of it."""
    statement = Statement(text)
    return statement if statement.parameters else cast(Statement, str(statement))
