"""Items as XLSX and Parquet, with the columns that CSV has. Pure: no database, no HTTP.

XLSX by XlsxWriter, which writes every text as a text, whatever it begins with, so that no cell becomes a formula. Parquet by
arro3, a tenth of the weight of pyarrow. Both carry what the answer is of: in a sheet `about`, and in the file's metadata.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet
from xlsxwriter import Workbook

from services.api.export.csv_columns import heading, valued

Item = Mapping[str, Any]

_WIDTH_MAX = 60
_TEXT_MAX = 32_767  # of a cell, by the file format (ECMA-376)
_EPOCH = date(1970, 1, 1)


def xlsx_of(items: Sequence[Item], columns: Sequence[str], about: Mapping[str, str]) -> bytes:
    """A workbook: the sheet `items`, its first line fixed and filtered, and the sheet `about` with day and position."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("items")
    widths = [len(heading(column)) for column in columns]
    for place, column in enumerate(columns):
        sheet.write_string(0, place, heading(column), bold)
    for line, item in enumerate(items, start=1):
        for place, column in enumerate(columns):
            value = valued(item, column)
            match value:
                case None:
                    continue
                case bool():
                    sheet.write_boolean(line, place, value)
                case int() | float():
                    sheet.write_number(line, place, value)
                case datetime():
                    sheet.write_string(line, place, value.isoformat())
                case date():
                    sheet.write_datetime(line, place, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
                case _:
                    sheet.write_string(line, place, str(value)[:_TEXT_MAX])
            widths[place] = max(widths[place], min(len(str(value)), _WIDTH_MAX))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width + 2)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(items), 1), max(len(columns) - 1, 0))
    about_sheet = book.add_worksheet("about")
    about_sheet.set_column(0, 0, 16)
    about_sheet.set_column(1, 1, _WIDTH_MAX)
    for line, (name, text) in enumerate(about.items()):
        about_sheet.write_string(line, 0, name, bold)
        about_sheet.write_string(line, 1, text)
    book.close()
    return out.getvalue()


def parquet_of(items: Sequence[Item], columns: Sequence[str], about: Mapping[str, str]) -> bytes:
    """Columns of whole numbers, numbers, truth values, days and texts; what holds several kinds is text."""
    arrays, fields = [], []
    for column in columns:
        array, kind = _column([valued(item, column) for item in items])
        arrays.append(array)
        fields.append(Field(heading(column), kind, nullable=True))
    table = Table.from_arrays(arrays, schema=Schema(fields, metadata=dict(about)))
    out = io.BytesIO()
    write_parquet(table, out, key_value_metadata=dict(about))
    return out.getvalue()


def _column(values: Sequence[Any]) -> tuple[Array, DataType]:
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"bool"}:
        return Array(list(values), DataType.bool()), DataType.bool()
    if kinds == {"int"}:
        return Array(list(values), DataType.int64()), DataType.int64()
    if kinds and kinds <= {"int", "float"}:
        numbers = [None if value is None else float(value) for value in values]
        return Array(numbers, DataType.float64()), DataType.float64()
    if kinds == {"date"}:
        days = Array([None if value is None else (value - _EPOCH).days for value in values], DataType.int32())
        return days.cast(DataType.date32()), DataType.date32()
    return Array(_texts(values), DataType.string()), DataType.string()


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case datetime():
            return "text"
        case date():
            return "date"
        case _:
            return "text"


def _texts(values: Iterable[Any]) -> list[str | None]:
    return [None if value is None else value if isinstance(value, str) else str(value) for value in values]
