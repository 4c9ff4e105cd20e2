"""Values of the domain as JSON documents without what is so by default: most fields of most states say nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
_known_fields: dict[type, Sequence[tuple[str, object]] | None] = {}


def compact_document(value: object) -> str:
    """The document of a value; read back with its decoder, which fills in the defaults, it is equal to the value."""
    return _encode(_given(value)).decode()


def _given(value: object) -> object:
    """The fields of a value that differ from their defaults; what is no value of the domain, as it is."""
    if isinstance(value, tuple):
        return [_given(item) for item in value]
    fields = _fields(value)
    if fields is None:
        return value
    given: dict[str, Any] = {}
    for name, default in fields:
        item = getattr(value, name)
        if item is not default and item != default:
            given[name] = _given(item)
    return given


def _fields(value: object) -> Sequence[tuple[str, object]] | None:
    """The names and defaults of the fields of a dataclass, MISSING where there is none; None for another value."""
    kind = type(value)
    if kind not in _known_fields:
        made = (
            [(field.name, field.default) for field in dataclasses.fields(kind)]
            if dataclasses.is_dataclass(kind)
            else None
        )
        _known_fields[kind] = made
    return _known_fields[kind]
