"""Values of the domain as JSON documents without what is so by default, as most fields of most states are, or what other columns of the row
say, and with a day once where it is both ends of an interval; and a deal and a project put together again of what their rows say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from steppe.domain.flags import memorandum_only
from steppe.domain.values.history import whole_project
from steppe.domain.values.states import DealState, Headline, ProjectState, Start

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

T = TypeVar("T")

# A key that ends so has one day for both ends: of the interval `silence`, of `bound_on` and `bound_on_earliest`. No string of a document
# can look like one of these: in a string a quotation mark is escaped.
_INTERVAL, _PAIR = "@", "="
_EXACT_INTERVAL, _EXACT_PAIR = f'{_INTERVAL}":"', f'{_PAIR}":"'
_EARLIEST = "_earliest"
# What rows of deals say in columns.
_DEAL_COLUMNS = ("deal", "phase", "level", "highest_level", "investors")

_encode = msgspec.json.Encoder().encode


class _Field(NamedTuple):
    """A field of a dataclass: its default (MISSING where there is none) and the field of its other end, None where it is no end of anything."""

    name: str
    default: object
    other_end: str | None


_known_fields: dict[type, Sequence[_Field] | None] = {}


def compact_document(value: object) -> str:
    """The document of a value; `reader` of its type gives a value that is equal to it."""
    return _encode(_given(value)).decode()


def deal_document(deal: DealState) -> str:
    """The document of a deal in a row of its span: `deal_of_row` gives a deal that is equal to it."""
    given = {name: item for name, item in _fields_given(deal).items() if name not in _DEAL_COLUMNS}
    return _encode(given).decode()


def deal_of_row(row: asyncpg.Record | Mapping[str, Any]) -> DealState:
    """The deal of a row of its span, without the overlays that follow from flags; the row has all columns but those of its place."""
    return _deal(with_columns(row["document"], {name: row[name] for name in _DEAL_COLUMNS}))


def with_columns(document: str, columns: Mapping[str, object]) -> str:
    """A document with the fields that columns of its row say."""
    columns_json = _encode(columns).decode()
    return columns_json if document == "{}" else f"{columns_json[:-1]},{document[1:]}"


def reader(kind: type[T]) -> Callable[[str], T]:
    """Reads documents of a type. Raises msgspec.ValidationError for what is none."""
    decode = msgspec.json.Decoder(kind).decode

    def read(document: str) -> T:
        return decode(whole_document(document))

    return read


def whole_document(document: str) -> str:
    """A document with both ends of each interval."""
    # Split where a regular expression would take twice as long, and say the same.
    if _EXACT_INTERVAL in document:
        whole, *others = document.split(_EXACT_INTERVAL)
        for other in others:
            day, _, rest = other.partition('"')
            whole += f'":{{"earliest":"{day}","latest":"{day}"}}{rest}'
        document = whole
    if _EXACT_PAIR in document:
        whole, *others = document.split(_EXACT_PAIR)
        for other in others:
            name = whole[whole.rindex('"') + 1 :]
            day, _, rest = other.partition('"')
            whole += f'":"{day}","{name}{_EARLIEST}":"{day}"{rest}'
        document = whole
    return document


def given_interval(name: str, interval: Start) -> Mapping[str, Any]:
    """The field of an interval as it is stored: one day for both ends where it is no more."""
    if interval.earliest == interval.latest and interval.given is None:
        return {name + _INTERVAL: interval.latest}
    return {name: _given(interval)}


def _given(value: object) -> object:
    """The fields of a value that differ from their defaults; what is no value of the domain, as it is."""
    if isinstance(value, tuple):
        return [_given(item) for item in value]
    return value if _fields(value) is None else _fields_given(value)


def _fields_given(value: object) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, default, other_end in _fields(value) or ():
        item = getattr(value, name)
        if item is default or item == default:
            continue
        if other_end is not None and item is not None and item == getattr(value, other_end):
            if not name.endswith(_EARLIEST):
                given[name + _PAIR] = item
        elif isinstance(item, Start):
            given.update(given_interval(name, item))
        else:
            given[name] = _given(item)
    return given


def _fields(value: object) -> Sequence[_Field] | None:
    """The fields of a dataclass; None for another value."""
    kind = type(value)
    if kind not in _known_fields:
        _known_fields[kind] = _fields_of(kind) if dataclasses.is_dataclass(kind) else None
    return _known_fields[kind]


def _fields_of(kind: Any) -> Sequence[_Field]:
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    fields = []
    for name, default in defaults.items():
        other_end = name.removesuffix(_EARLIEST) if name.endswith(_EARLIEST) else name + _EARLIEST
        fields.append(_Field(name, default, other_end if other_end in defaults else None))
    return fields


_state = reader(ProjectState)
_deal = reader(DealState)


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
    return whole_project(_state(row["document"]), headline, last_event)
