"""The columns of a list, read from the type of its rows: their names, where they are in a row, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

_KINDS: Mapping[Any, str] = {
    str: "text",
    bool: "truth",
    int: "integer",
    float: "number",
    date: "day",
    datetime: "moment",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind`: text, word (one of few, `words` in their order), truth, integer, number, day, moment, or
    nested (lists and whatever has no columns of its own). `held`: its type. `always`: it is there even if no row has it.
    """

    name: str
    path: tuple[str, ...]
    kind: str
    held: Any
    words: tuple[str, ...] = ()
    always: bool = True

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """What the rows have in it, as JSON has it; None: nothing."""
        return [self._value(row) for row in rows]

    def _value(self, row: Any) -> Any:
        for name in self.path:
            if row is None:
                return None
            row = row.get(name)
        return row

    def stands_in(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a frame of the rows has it."""
        return self.always or any(self.path[0] in row for row in rows)


@cache
def columns(row: type[msgspec.Struct]) -> tuple[Column, ...]:
    """The columns of rows of this type. An object in a row becomes columns of its own: `clock` has `clock_age_months`."""
    return tuple(_columns(row, (), True))


def _columns(row: type[msgspec.Struct], above: tuple[str, ...], always: bool) -> Iterator[Column]:
    for field in msgspec.structs.fields(row):
        path = (*above, field.encode_name)
        held, words = without_null(field.type)
        if isinstance(held, type) and issubclass(held, msgspec.Struct):
            yield from _columns(held, path, always and field.required)
        else:
            kind = "word" if words else _KINDS.get(held, "nested")
            yield Column("_".join(path), path, kind, held, words, always and field.required)


def without_null(hint: Any) -> tuple[Any, tuple[str, ...]]:
    """What a field holds, but for null and absence, and its words."""
    if get_origin(hint) is Annotated:
        inner, *about = get_args(hint)
        words = [word for meta in about if isinstance(meta, msgspec.Meta) for word in meta.examples or ()]
        held, inner_words = without_null(inner)
        return held, tuple(words) or inner_words
    if get_origin(hint) in (Union, UnionType):
        choices = [part for part in get_args(hint) if part not in (NoneType, msgspec.UnsetType)]
        return without_null(choices[0]) if len(choices) == 1 else (None, ())
    return hint, ()
