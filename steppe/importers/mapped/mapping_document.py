"""A mapping file: YAML that says which columns of a table are which fields of a project and of its events (docs/importing.md)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from steppe.domain.events.validation import FIELDS
from steppe.domain.events.vocabulary import EVENT_KINDS, Field, FieldKind

_BYTES_MAX = 1 << 20
_OWN_WAY = frozenset({"parties", "amount", "capacity", "evidence", "occurred", "reported", "deal"})
_NOT_OF_A_CELL = frozenset(
    {FieldKind.REFERENCE, FieldKind.CHANGES, FieldKind.PARTS, FieldKind.PARENTS, FieldKind.EVENT_NAME, FieldKind.EVIDENCE, FieldKind.PARTIES}
)  # fmt: skip
_REGISTRATION = "project.registered"


class BadMappingError(ValueError):
    """The mapping file cannot be used; the message says what is wrong with it."""


class Cell(Struct, forbid_unknown_fields=True):
    """Where a value comes from: a column, whose words may stand for others, and a constant where the column says nothing."""

    column: str | None = None
    constant: Any = None
    words: dict[str, Any] | None = None


Value = str | Cell
"""A text alone is a column."""


class PartyColumns(Struct, forbid_unknown_fields=True):
    """A party of an event; a cell may name several, parted by semicolons."""

    name: Value
    role: str
    country: Value | None = None
    stake_percent: Value | None = None


class AmountColumns(Struct, forbid_unknown_fields=True):
    """The amount of an event. The cell may tell the currency and say millions; `times` is what a bare number is multiplied with."""

    value: Value
    currency: Value | None = None
    times: int = 1
    of: str | None = None
    semantics: str | None = None
    basis: str | None = None


class CapacityColumns(Struct, forbid_unknown_fields=True):
    """A capacity and its unit."""

    value: Value
    unit: Value


class EvidenceColumns(Struct, forbid_unknown_fields=True):
    """One piece of evidence; without address and title there is none."""

    grade: str = "other"
    url: Value | None = None
    title: Value | None = None
    publisher: Value | None = None


class EventColumns(Struct, forbid_unknown_fields=True):
    """An event that a row tells: when its conditions hold, and where `occurred` is mapped and says something.

    `row` is what tells apart several events of a name of one project; without it their days do. `bounded`: where the cell of
    `occurred` is empty, the edition bounds the day. `needs` are columns without which, or with 0 in which, there is no event.
    """

    name: Value
    occurred: Value | None = None
    bounded: bool = False
    needs: list[str] = []
    when: dict[str, list[str]] = {}
    row: Value | None = None
    deal: Value | None = None
    parties: list[PartyColumns] = []
    amount: AmountColumns | None = None
    capacity: CapacityColumns | None = None
    evidence: EvidenceColumns | None = None
    fields: dict[str, Value] = {}


class ProjectColumns(Struct, forbid_unknown_fields=True):
    """What a row tells of its project. `key` is the source's id of it (without it the name), and `scheme` what kind of id that is.

    `registers` false: the projects are registered elsewhere, under the slug of what the column says; rows tell events only.
    """

    name: Value
    key: Value | None = None
    scheme: str | None = None
    registers: bool = True
    capacity: CapacityColumns | None = None
    fields: dict[str, Value] = {}


class MappingDocument(Struct, forbid_unknown_fields=True):
    """A whole mapping. `dates` is the order of day, month and year in dates that are no ISO dates.

    `headings` are others under which a column stands in other editions, and `optional` are columns that not every edition has.
    Rows that `skip` holds of are left out. `stage` is how far a project has come, by a number: what one that went on no longer
    says is history. `title` says what the table is.
    """

    source: str
    project: ProjectColumns
    events: list[EventColumns]
    title: str = ""
    headings: dict[str, list[str]] = {}
    optional: list[str] = []
    skip: dict[str, list[str]] = {}
    stage: Cell | None = None
    dates: Literal["dmy", "mdy", "ymd"] = "dmy"
    decimal: Literal[".", ","] = "."
    encoding: str | None = None


def read_mapping(path: Path) -> MappingDocument:
    """The mapping of a file. Raises BadMappingError, which says where what is wrong."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadMappingError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _BYTES_MAX:
        raise BadMappingError(f"{path.name} has more than {_BYTES_MAX >> 20} MiB")
    return mapping_of(content, path.name)


def mapping_of(content: bytes, name: str) -> MappingDocument:
    """The mapping that a text is; `name` is named where it is wrong. Raises BadMappingError."""
    try:
        document = msgspec.convert(yaml.safe_load(content), MappingDocument)
    except (yaml.YAMLError, UnicodeError) as error:
        raise BadMappingError(f"{name} is no YAML: {error}") from error
    except msgspec.ValidationError as error:
        raise BadMappingError(f"{name}: {error}") from error
    for message in _wrong(document):
        raise BadMappingError(f"{name}: {message}")
    return document


def event_names(name: Value) -> list[str]:
    """The names that an event of a mapping may have."""
    if isinstance(name, str):
        return [name]
    names = [*(name.words or {}).values(), *([name.constant] if name.constant is not None else [])]
    return [str(one) for one in names]


def columns_of(document: MappingDocument) -> Iterator[str]:
    """Every column that the mapping names, as it names it."""
    yield from document.skip
    if document.stage is not None:
        yield from _column(document.stage)
    for value in _values(document.project):
        yield from _column(value)
    for event in document.events:
        yield from (*event.when, *event.needs)
        if isinstance(event.name, Cell):
            yield from _column(event.name)
        for value in _values(event):
            yield from _column(value)


def _column(value: Value) -> Iterator[str]:
    column = value if isinstance(value, str) else value.column
    if column is not None:
        yield column


def _values(part: ProjectColumns | EventColumns) -> Iterator[Value]:
    structs: list[Struct | None] = [part.capacity]
    singles: list[Value | None] = []
    if isinstance(part, EventColumns):
        structs += [part.amount, part.evidence, *part.parties]
        singles += [part.occurred, part.row, part.deal]
    else:
        singles += [part.name, part.key]
    for struct in structs:
        if struct is not None:
            texts = ("role", "of", "semantics", "basis", "times", "grade")  # said in the mapping, not by a column
            singles += [getattr(struct, name) for name in struct.__struct_fields__ if name not in texts]
    yield from (value for value in (*singles, *part.fields.values()) if value is not None)


def _wrong(document: MappingDocument) -> Iterator[str]:
    if document.encoding is not None:
        try:
            codecs.lookup(document.encoding)
        except LookupError:
            yield f"encoding: {document.encoding!r} is no encoding; say utf-8, utf-16, cp1251 or cp1252"
    yield from _wrong_fields("project", document.project.fields, [_REGISTRATION])
    yield from _wrong_columns(document)
    for number, event in enumerate(document.events):
        where = f"events[{number}]"
        names = event_names(event.name)
        if not names:
            yield f"{where}: the name has no words; say which events the words of its column mean"
        wrong = [name for name in names if not is_of_a_row(name)]
        yield from (f"{where}: {name} is no event that a row can be; docs/vocabulary.md lists them" for name in wrong)
        if not wrong:
            yield from _wrong_fields(where, event.fields, names)


def _wrong_columns(document: MappingDocument) -> Iterator[str]:
    columns = set(columns_of(document))
    for where, named in (("headings", document.headings), ("optional", document.optional)):
        yield from (
            f"{where}: no part of the mapping reads the column {column!r}" for column in named if column not in columns
        )
    if document.stage is not None:
        stages = [*(document.stage.words or {}).values(), document.stage.constant]
        if not all(isinstance(stage, int) for stage in stages if stage is not None):
            yield "stage: what its words stand for are whole numbers, higher is further"


def is_of_a_row(name: str) -> bool:
    """Whether a row of a table can be an event of that name: not one of the registry, and no correction."""
    kind = EVENT_KINDS.get(name)
    return kind is not None and not kind.is_registry and not kind.is_correction


def is_of_a_cell(field: Field) -> bool:
    """Whether a cell can hold the field by itself; parties, amounts and the like have places of their own."""
    return field.name not in _OWN_WAY and field.kind not in _NOT_OF_A_CELL


def _wrong_fields(where: str, fields: dict[str, Value], names: list[str]) -> Iterator[str]:
    for field in fields:
        meanings = [FIELDS[name][field] for name in names if field in FIELDS[name]]
        if field in _OWN_WAY:
            yield f"{where}.fields: {field} has a place of its own beside fields"
        elif not any(one.kind not in _NOT_OF_A_CELL for one in meanings):
            yield f"{where}.fields: {field} is no field of {' or '.join(names)} that a cell can tell"
