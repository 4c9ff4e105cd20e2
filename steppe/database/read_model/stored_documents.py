"""Values of the domain as JSON documents without what is so by default, as most fields of most states are; and a project as it stands on
a day, put together of the row of its span, its headline and its latest event.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.domain.flags import memorandum_only
from steppe.domain.values.history import whole_project
from steppe.domain.values.states import Headline, ProjectState, Start

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

_encode = msgspec.json.Encoder().encode
_state = msgspec.json.Decoder(ProjectState)
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


def project_on_day(row: asyncpg.Record | Mapping[str, Any]) -> ProjectState:
    """The project of a row with `document`, and `headline_...` and `last_event_...` of the day (null: there is none)."""
    headline = last_event = None
    if row["headline_severity"] is not None:
        headline = Headline(
            flag=memorandum_only.FLAG.name,
            severity=row["headline_severity"],
            certainty=row["headline_certainty"],
            since=row["headline_since"],
        )
    if row["last_event_on"] is not None:
        last_event = Start(
            earliest=row["last_event_earliest"], latest=row["last_event_on"], given=row["last_event_given"]
        )
    return whole_project(_state.decode(row["document"]), headline, last_event)
