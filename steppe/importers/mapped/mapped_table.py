"""A table by a mapping file: each row tells of one project, of its registration and of any number of events."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from steppe.domain.events.validation import FIELDS
from steppe.domain.events.vocabulary import Field, FieldKind
from steppe.importers.cell_values import NumberCell, country_of, decimal_text, is_nobody, text_of
from steppe.importers.import_report import EditionReport
from steppe.importers.mapped.mapping_document import (
    AmountColumns,
    CapacityColumns,
    Cell,
    EventColumns,
    MappingDocument,
    PartyColumns,
    Value,
    columns_of,
)
from steppe.importers.mapped.written_values import Style, UnreadableError, day_of, money_of, number_of
from steppe.importers.project_keys import party_key, slug_of
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Before, Data, Keys, Later, Statement, Thing, later_by_stage
from steppe.importers.table_rows import Headings, Row, normalised, open_table

_ROWS_MAX = 200_000  # they are kept until the file is read
_REGISTRATION = FIELDS["project.registered"]
_TRUE, _FALSE = frozenset({"true", "yes", "1", "да", "x", "+"}), frozenset({"false", "no", "0", "нет"})
_LISTS = {FieldKind.SLUGS: FieldKind.SLUG, FieldKind.COUNTRIES: FieldKind.COUNTRY, FieldKind.TEXTS: FieldKind.TEXT, FieldKind.CHOICES: FieldKind.CHOICE}  # fmt: skip


@dataclass(slots=True)
class _Project:
    """What the rows of a project said so far."""

    name: str
    line: int
    registration: Data | None
    by_content: dict[str, Statement] = field(default_factory=dict)
    stage: int = 0

    def statements(self) -> Iterator[Statement]:
        """The registration and the events, in file order; what has one key is numbered by what it says, not by where it stands."""
        if self.registration is not None:
            yield Statement("registered", "project.registered", self.registration, self.line)
        counts: Counter[str] = Counter()
        keys = {}
        for content in sorted(self.by_content):
            key = self.by_content[content].key
            counts[key] += 1
            keys[content] = f"{key}/{counts[key]}"
        yield from (replace(row, key=keys[content], alike=row.key) for content, row in self.by_content.items())


class MappedTable:
    """Reads any table as its mapping says; see docs/importing.md."""

    name = "csv"

    def __init__(self, document: MappingDocument, *, reports_missing: bool = True) -> None:
        """`reports_missing`: the report says which optional columns the table does not have."""
        self._document = document
        self._reports_missing = reports_missing
        self._style = Style(document.dates, document.decimal)
        self._columns = {normalised(column): column for column in columns_of(document)}
        self._optional = {normalised(column) for column in document.optional}
        self._others = {
            normalised(column): [normalised(other) for other in others] for column, others in document.headings.items()
        }

    @property
    def source(self) -> str:
        """As the mapping says."""
        return self._document.source

    def begin(self) -> MappedTable:
        """Itself: it remembers nothing of earlier files."""
        return self

    def edition_of(self, file: Path) -> str | None:
        """Never: a table does not tell its day."""
        return None

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: rows do not name the projects of others."""
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The projects in the order of their first rows, kept until the file is read: several rows may tell of one."""
        needed = [column for heading, column in self._columns.items() if heading not in self._optional]
        what = f"the mapping names the columns {', '.join(needed)}"
        table = open_table(file, self._is_table, what, report, self._document.encoding)
        columns = {heading: self._heading_of(heading, table.headings) for heading in self._columns}
        for heading, there in columns.items():
            if there is None and self._reports_missing:
                report.unsent.count(f"column {self._columns[heading]!r}, which the table does not have")
        projects: dict[str, _Project] = {}
        for count, row in enumerate(table.rows):
            if count >= _ROWS_MAX:
                raise BadFileError(f"it has more than {_ROWS_MAX:,} rows; split it")
            cells = {heading: row.cells[there] for heading, there in columns.items() if there is not None}
            mapped = _MappedRow(Row(row.line, cells), self._document, self._style, edition, report)
            if mapped.is_skipped():
                continue
            for heading, cell in row.cells.items():
                if heading not in columns.values() and text_of(cell) is not None:
                    report.losses.count(heading or "(no heading)")
            mapped.into(projects)
        for key, project in projects.items():
            statements = tuple(project.statements())
            subject = None if self._document.project.registers else slug_of(key) or "project"
            if statements:
                yield Thing(key, project.name, "project", project.line, statements, project.stage, subject=subject)

    def _is_table(self, headings: Headings) -> bool:
        return all(self._heading_of(column, headings) for column in self._columns if column not in self._optional)

    def _heading_of(self, column: str, headings: Headings) -> str | None:
        """Under which heading a column stands in a table."""
        return next((name for name in (column, *self._others.get(column, ())) if name in headings), None)

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What a project's rows no longer say is taken back, unless it went on to a later stage."""
        return later_by_stage(before, now)


class _MappedRow:
    """One row, read by a mapping."""

    def __init__(self, row: Row, document: MappingDocument, style: Style, edition: str, report: EditionReport) -> None:
        self._row = row
        self._edition = edition
        self._document = document
        self._style = style
        self._report = report

    def is_skipped(self) -> bool:
        """Whether the mapping leaves the row out."""
        return any(self._holds(column, words) for column, words in self._document.skip.items())

    def into(self, projects: dict[str, _Project]) -> None:
        """Add what the row says to its project; what cannot be read is refused, and the rest of the row is not."""
        columns = self._document.project
        name = self._text(columns.name)
        key = self._text(columns.key) if columns.key is not None else name
        if name is None or key is None:
            missing_column = columns.name if name is None else columns.key
            self._refuse(missing_column, "the row names no project")
            return
        project = projects.get(key)
        if project is None:
            registration = self._registration(name, key) if columns.registers else None
            project = projects[key] = _Project(name, self._row.line, registration)
        project.stage = max(project.stage, self._stage())
        for event in self._document.events:
            self._add_event(event, project)

    def _stage(self) -> int:
        stage = self._content(self._document.stage)
        return stage if isinstance(stage, int) else 0

    def _registration(self, name: str, key: str) -> Data:
        columns = self._document.project
        data: Data = {"name": name, "commodities": [], **self._fields(columns.fields, _REGISTRATION)}
        if columns.key is not None:
            data["ids"] = [{"scheme": columns.scheme or slug_of(self._document.source), "id": key}]
        if columns.capacity is not None and (
            capacity := self._read(columns.capacity.value, self._capacity, columns.capacity)
        ):
            data["capacity"] = capacity
        return data

    def _add_event(self, event: EventColumns, project: _Project) -> None:
        if not all(self._holds(column, words) for column, words in event.when.items()):
            return
        if not all(self._says(column) for column in event.needs):
            return
        name = event.name if isinstance(event.name, str) else self._content(event.name)
        if name is None:
            return
        if name not in FIELDS:
            self._refuse(event.name, f"{name!r} is none of the words that the mapping knows")
            return
        data: Data = {}
        if event.occurred is not None:
            occurred = self._read(event.occurred, lambda text: day_of(text, self._style))
            if occurred is not None and occurred > self._edition:
                self._report.contradict(
                    self._row.line, project.name, f"{name} on {occurred}, after the edition; it is left out"
                )
                return
            if occurred is not None:
                data["occurred"] = occurred
            elif not event.bounded or self._text(event.occurred) is not None:
                return
        deal = self._text(event.deal)
        if deal is not None:
            data["deal"] = slug_of(deal)
        if parties := [party for columns in event.parties for party in self._parties(columns)]:
            data["parties"] = list({(party["party"], party["role"]): party for party in parties}.values())
        if event.amount is not None and (amount := self._read(event.amount.value, self._amount, event.amount)):
            data["amount"] = amount
        if event.capacity is not None and (
            capacity := self._read(event.capacity.value, self._capacity, event.capacity)
        ):
            data["capacity"] = capacity
        data |= self._fields(event.fields, FIELDS[name])
        if (evidence := self._evidence(event)) is not None:
            data["evidence"] = [evidence]
        key = f"{name}/{self._text(event.row) or data.get('occurred', '')}"
        content = json.dumps([key, data], ensure_ascii=False, sort_keys=True)
        if content in project.by_content:
            self._report.duplicates += 1
        else:
            project.by_content[content] = Statement(key, name, data, self._row.line)

    def _holds(self, column: str, words: list[str]) -> bool:
        text = (text_of(self._row.cells.get(normalised(column), "")) or "").casefold()
        return text in {word.casefold() for word in words}

    def _says(self, column: str) -> bool:
        """Whether a column says something, and not 0."""
        text = self._cell(column)
        return text is not None and re.fullmatch(r"0*[.,]?0*", text) is None

    def _fields(self, columns: dict[str, Value], fields: dict[str, Field]) -> Data:
        data: Data = {}
        for name, value in columns.items():
            if (field := fields.get(name)) is None:
                continue  # of another event that the words of the column may mean
            try:
                content = self._field(value, field)
            except UnreadableError as error:
                self._refuse(value, str(error))
            else:
                if content is not None:
                    data[name] = content
        return data

    def _field(self, value: Value, field: Field) -> Any:
        """What a field holds; None where the row says nothing. Raises UnreadableError."""
        text = self._cell(value)
        if text is not None and field.kind in _LISTS:
            of_piece = Field(field.name, _LISTS[field.kind], field.choices)
            pieces = [_in_words(piece.strip(), value) for piece in re.split(r"[;,\n]", text) if piece.strip()]
            return list(dict.fromkeys(self._typed(str(piece), of_piece) for piece in pieces))
        content = self._content(value)
        return self._typed(content, field) if isinstance(content, str) else content

    def _typed(self, text: str, field: Field) -> Any:
        """The text as what the field holds. Raises UnreadableError."""
        match field.kind:
            case FieldKind.SLUG:
                return slug_of(text)
            case FieldKind.COUNTRY:
                code = country_of(text)
                if code is None:
                    raise UnreadableError(f"{text!r} is no country that is known")
                return code
            case FieldKind.NUMBER | FieldKind.PERCENT | FieldKind.LATITUDE | FieldKind.LONGITUDE:
                return float(number_of(text.removesuffix("%"), self._style))
            case FieldKind.EDTF | FieldKind.DATE:
                return day_of(text, self._style)
            case FieldKind.BOOLEAN:
                return self._truth(text)
            case FieldKind.ALIASES:
                return [{"name": piece.strip()} for piece in text.split(";") if piece.strip()]
            case _:
                return text

    def _truth(self, text: str) -> bool:
        if text.casefold() in _TRUE | _FALSE:
            return text.casefold() in _TRUE
        raise UnreadableError(f"{text!r} is neither yes nor no")

    def _parties(self, columns: PartyColumns) -> Iterator[Data]:
        names = [name.strip() for name in (self._text(columns.name) or "").split(";")]
        for name in names:
            if not name or text_of(name) is None or is_nobody(name):
                continue
            party: Data = {"party": party_key(name), "role": columns.role, "name": name}
            country = self._read(columns.country, lambda text: self._typed(text, _COUNTRY))
            stake = self._read(columns.stake_percent, lambda text: self._typed(text, _PERCENT))
            if country is not None:
                party["country"] = country
            if stake is not None and len(names) == 1:
                party["stake_percent"] = stake
            yield party

    def _amount(self, text: str, columns: AmountColumns) -> Data | None:
        value, currency, is_scaled = money_of(text, self._style)
        if not is_scaled:
            value *= columns.times
        currency = currency or self._text(columns.currency)
        if value == 0:
            self._report.zeros += 1
            return None
        if currency is None:
            raise UnreadableError(f"{text!r} has no currency, and the mapping none")
        qualifiers = {"of": columns.of, "semantics": columns.semantics, "basis": columns.basis}
        return {
            "value": decimal_text(value), "currency": currency.upper(), **{name: qualifier for name, qualifier in qualifiers.items() if qualifier is not None},
        }  # fmt: skip

    def _capacity(self, text: str, columns: CapacityColumns) -> Data | None:
        value = number_of(text, self._style)
        unit = self._text(columns.unit)
        return {"value": decimal_text(Decimal(value)), "unit": unit} if value and unit else None

    def _evidence(self, event: EventColumns) -> Data | None:
        columns = event.evidence
        if columns is None:
            return None
        source = {name: self._text(getattr(columns, name)) for name in ("url", "title", "publisher")}
        if source["url"] is not None and not re.fullmatch(r"https?://\S+", source["url"]):
            source["title"], source["url"] = source["title"] or source["url"], None
        if source["url"] is None and source["title"] is None:
            return None
        return {**{name: text for name, text in source.items() if text}, "grade": columns.grade}

    def _read(self, value: Value | None, reader: Any, *columns: Any) -> Any:
        """What the reader makes of the text; None where there is none, or where it cannot be read, which is refused."""
        text = self._text(value)
        if text is None:
            return None
        try:
            return reader(text, *columns)
        except UnreadableError as error:
            self._refuse(value, str(error))
            return None

    def _text(self, value: Value | None) -> str | None:
        content = self._content(value)
        return None if content is None else str(content)

    def _content(self, value: Value | None) -> Any:
        """What a column says, in the words of the mapping, else the constant."""
        text = self._cell(value)
        if text is None:
            return value.constant if isinstance(value, Cell) else None
        return _in_words(text, value)

    def _cell(self, value: Value | None) -> str | None:
        column = _column_of(value)
        cell = "" if column is None else self._row.cells.get(normalised(column), "")
        return text_of(cell.with_sign(self._style.decimal) if isinstance(cell, NumberCell) else cell)

    def _refuse(self, value: Value | None, reason: str) -> None:
        self._report.refuse(self._row.line, _column_of(value) or "", reason)


_COUNTRY, _PERCENT = Field("country", FieldKind.COUNTRY), Field("stake_percent", FieldKind.PERCENT)


def _in_words(text: str, value: Value | None) -> Any:
    """What a text stands for by the words of the mapping; itself where they do not know it."""
    if not isinstance(value, Cell) or value.words is None:
        return text
    return {word.casefold(): meant for word, meant in value.words.items()}.get(text.casefold(), text)


def _column_of(value: Value | None) -> str | None:
    return value if value is None or isinstance(value, str) else value.column
