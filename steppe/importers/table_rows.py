"""Rows of a table, CSV or a workbook, one after the other, as text by heading."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import python_calamine

from steppe.importers.cell_values import NumberCell
from steppe.importers.import_report import EditionReport
from steppe.importers.source_file import ZIP, BadFileError, encoding_of, head_of, is_markup, open_bytes

Headings = tuple[str, ...]
Needs = Callable[[Headings], bool]

_LINE_CHARACTERS_MAX = 1_000_000
_HEADING_ROWS_MAX = 30
_COLUMNS_MAX = 1_000
_MERGED_MAX = 10_000
_WORKBOOK_BYTES_MAX = 512 << 20
_CELLS_MAX = 20_000_000
_DELIMITERS = ",;\t|"
_CELL_NAME = re.compile(rb"""r\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its line in the file and its cells by normalised heading."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a file. `headings` are normalised: small letters and digits, words parted by one space."""

    headings: Headings
    rows: Iterator[Row]


def normalised(heading: str) -> str:
    """A heading as it is compared: `Start_Year ` and `start-year` are both `start year`."""
    return re.sub(r"[\s_\-/]+", " ", heading.casefold().replace("﻿", "")).strip()


def open_table(path: Path, needs: Needs, what: str, report: EditionReport, encoding: str | None = None) -> Table:
    """The first table of a file whose headings are those that are needed; rows before it, and blank ones, are left out.

    `what` says in a refusal which columns are missing; `encoding` is that of a text where somebody knows it. Rows with too few or too many cells are refused in the report. Raises
    BadFileError for what is no such table, now or while the rows are read.
    """
    head = head_of(path)
    if head.startswith(ZIP):
        return _of_workbook(path, needs, what, report)
    if is_markup(head):
        raise BadFileError(f"it is XML or HTML, not a table; {what}")
    return _of_text(path, head, needs, what, report, encoding or encoding_of(head))


def _of_text(path: Path, head: bytes, needs: Needs, what: str, report: EditionReport, encoding: str) -> Table:
    stream = io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")
    lines = _Lines(stream, encoding)
    start = head.decode(encoding, errors="ignore")
    reader = csv.reader(lines, delimiter=_delimiter_of(start))
    records = _records(reader, lines)
    for count, (_, cells) in enumerate(records):
        headings = tuple(normalised(cell) for cell in cells)
        if needs(headings):
            return Table(headings, _rows(headings, records, report))
        if count >= _HEADING_ROWS_MAX:
            break
    raise BadFileError(f"it is no table with the columns that are needed; {what}")


class _Lines:
    """The lines of a text, none of them longer than a megabyte."""

    def __init__(self, stream: io.TextIOWrapper, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        try:
            line = self._stream.readline(_LINE_CHARACTERS_MAX + 1)
        except UnicodeError as error:
            where = f"behind line {self.number}"
            raise BadFileError(
                f"{where} it is not {self._encoding}, as its beginning is; save it as UTF-8 ({error.reason})"
                if isinstance(error, UnicodeDecodeError)
                else f"{where} it cannot be decoded as {self._encoding}; save it as UTF-8"
            ) from error
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > _LINE_CHARACTERS_MAX:
            raise BadFileError(
                f"line {self.number} has more than {_LINE_CHARACTERS_MAX:,} characters: this is no table"
            )
        return line.replace("\x00", "")


def _records(reader: Iterator[list[str]], lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    """The records with the line on which each begins; blank ones are left out."""
    while True:
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadFileError(f"at line {line} it is no CSV ({error}): a quote is opened and never closed?") from error
        if len(cells) > _COLUMNS_MAX:
            raise BadFileError(f"line {line} has {len(cells):,} cells: this is no table")
        if any(cell.strip() for cell in cells):
            yield line, cells


def _rows(headings: Headings, records: Iterator[tuple[int, list[str]]], report: EditionReport) -> Iterator[Row]:
    for line, cells in records:
        report.read["rows"] += 1
        if len(cells) != len(headings):
            reason = f"has {len(cells)} cells where the table has {len(headings)} columns; is it cut off, or unquoted?"
            report.refuse(line, "", reason)
        else:
            yield Row(line, dict(zip(headings, cells, strict=True)))


def _delimiter_of(start: str) -> str:
    """The sign that parts the cells of the first lines, quoted text aside."""
    unquoted = re.sub(r'"[^"]*"', "", "\n".join(start.splitlines()[:_HEADING_ROWS_MAX]))
    return max(_DELIMITERS, key=unquoted.count)


def _of_workbook(path: Path, needs: Needs, what: str, report: EditionReport) -> Table:
    _check_workbook(path)
    refusal = "the workbook cannot be read ({}); open it and save it again as .xlsx"
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        tables = (_of_sheet(workbook, name, needs) for name in workbook.sheet_names)
        held = next((table for table in tables if table is not None), None)
        if held is not None:
            for other in (table for table in tables if table is not None):
                report.unsent.count(f"sheet {other.name!r}, which has the needed columns, too: the first is read")
            texts = ((line, [_text(cell) for cell in cells]) for line, cells in _merged_filled(held.rows, held.sheet))
            filled = ((line, cells) for line, cells in texts if any(cell.strip() for cell in cells))
            return Table(held.headings, _rows(held.headings, filled, report))
    except python_calamine.CalamineError as error:
        raise BadFileError(refusal.format(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the library raises where its own code stops
            raise
        raise BadFileError(refusal.format("its content is not what a workbook has")) from error
    raise BadFileError(f"no sheet of the workbook is a table with the columns that are needed; {what}")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet with the columns that are needed, and its rows below the headings."""

    name: str
    sheet: python_calamine.CalamineSheet
    headings: Headings
    rows: Iterator[tuple[int, list[Any]]]


def _of_sheet(workbook: python_calamine.CalamineWorkbook, name: str, needs: Needs) -> _Sheet | None:
    """The sheet of that name; None where it has no such columns."""
    sheet = workbook.get_sheet_by_name(name)
    rows = enumerate(sheet.iter_rows(), start=(sheet.start[0] if sheet.start else 0) + 1)
    for _, (_, cells) in zip(range(_HEADING_ROWS_MAX), rows, strict=False):
        headings = tuple(normalised(_text(cell)) for cell in cells)
        if needs(headings):
            return _Sheet(name, sheet, headings, rows)
    return None


def _merged_filled(
    rows: Iterator[tuple[int, list[Any]]], sheet: python_calamine.CalamineSheet
) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a sheet, in which a cell that is merged over several rows says in each what it says in the first."""
    left = sheet.start[1] if sheet.start else 0
    merged: dict[int, dict[int, int]] = {}
    for (first_row, column), (last_row, last_column) in (sheet.merged_cell_ranges or ())[:_MERGED_MAX]:
        if column == last_column and last_row > first_row:
            merged.setdefault(first_row + 1, {})[column - left] = last_row + 1
    filled: dict[int, tuple[int, Any]] = {}  # by column: up to which line, and what
    for line, cells in rows:
        filled.update(
            {column: (last, cells[column]) for column, last in merged.get(line, {}).items() if column < len(cells)}
        )
        for column, (last, cell) in filled.items():
            if line <= last:
                cells[column] = cell
        yield line, cells


def _check_workbook(path: Path) -> None:
    """Refuse what is damaged, no workbook, or would fill the memory: the library that reads it keeps a whole sheet in it."""
    left = _WORKBOOK_BYTES_MAX
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            names = archive.namelist()
            if "xl/workbook.xml" not in names:
                raise BadFileError("it is a ZIP archive and no workbook; unpack it and import the file in it")
            for member in archive.infolist():
                rows = columns = 0
                tail = b""
                for piece in _unpacked(file, member):
                    left -= len(piece)
                    if left < 0:
                        limit = f"more than {_WORKBOOK_BYTES_MAX >> 20} MiB"
                        raise BadFileError(f"the workbook unpacks to {limit}; save the sheet as CSV")
                    if _SHEET.fullmatch(member.filename):
                        for name in _CELL_NAME.finditer(tail + piece):
                            rows, columns = max(rows, int(name[2])), max(columns, _column_number(name[1]))
                        tail = piece[-32:]
                if columns > _COLUMNS_MAX or rows * columns > _CELLS_MAX:
                    raise BadFileError(
                        f"its sheet reaches to row {rows:,} and column {columns:,}; delete what stands far outside the table"
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadFileError(f"the workbook is cut off or damaged ({error}); get it again") from error


def _unpacked(file: io.BufferedReader, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a member really unpacks to, whatever the directory of the archive says of its size."""
    file.seek(member.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(ZIP):
        raise EOFError("a member is missing")
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = member.compress_size
    inflate = zlib.decompressobj(-15)
    while left > 0:
        packed = file.read(min(left, 1 << 16))
        if not packed:
            raise EOFError("it ends early")
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        if member.compress_type != zipfile.ZIP_DEFLATED:
            raise NotImplementedError("an unusual compression")
        while packed:
            yield inflate.decompress(packed, 1 << 20)
            packed = inflate.unconsumed_tail


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: object) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case float():
            return NumberCell(f"{Decimal(repr(cell)):f}")
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case time() | timedelta():
            return str(cell)
        case _:
            return "" if cell is None else str(cell)


def columns(headings: Sequence[str], names: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """For each field the first of its possible headings that the table has."""
    return {
        field: heading
        for field, candidates in names.items()
        if (heading := next((name for name in candidates if name in headings), None)) is not None
    }
