"""Items as XLSX and Parquet, with the columns that CSV has, written as they come. Pure: no database, no HTTP.

XLSX by XlsxWriter, which writes every text as a text, whatever it begins with, so that no cell becomes a formula. Parquet by
arro3, a tenth of the weight of pyarrow. Both carry what the answer is of: in a sheet `about`, and in the file's metadata. What
was written lies on disk, so that a file of a million rows takes the memory of a few thousand.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet
from xlsxwriter import Workbook

from services.api.export.csv_columns import heading, valued

Item = Mapping[str, Any]

XLSX_ROWS_MAX = 1_048_575  # of a sheet without its heading, by the file format (ECMA-376)
_WIDTH_MAX = 60
_TEXT_MAX = 32_767  # of a cell, by the file format
_SPREADSHEET_DAYS_BEGIN = date(1900, 3, 1)  # before it programs number days differently: for Excel 1900 was a leap year
_ROW_GROUP_MAX = 20_000
_SPOOLED_BYTES_MAX = 1 << 20
_EPOCH = date(1970, 1, 1)
_EPOCH_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TooManyRowsError(Exception):
    """More rows than a sheet can hold."""


class XlsxFile:
    """A workbook: the sheet `items`, its first line fixed and filtered, and the sheet `about`."""

    def __init__(self, out: IO[bytes], columns: Sequence[str]) -> None:
        self._columns = columns
        self._book = Workbook(out, {"constant_memory": True})
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._sheet = self._book.add_worksheet("items")
        self._widths = [len(heading(column)) for column in columns]
        self._rows = 0
        for place, column in enumerate(columns):
            self._sheet.write_string(0, place, heading(column), self._bold)

    def add(self, items: Sequence[Item]) -> None:
        """Write these rows. Raises TooManyRowsError when the sheet cannot hold them."""
        if self._rows + len(items) > XLSX_ROWS_MAX:
            raise TooManyRowsError
        for line, item in enumerate(items, start=self._rows + 1):
            for place, column in enumerate(self._columns):
                value = valued(item, column)
                if value is not None:
                    self._write(line, place, value)
        self._rows += len(items)

    def finish(self, about: Mapping[str, str]) -> None:
        """Write what the items are of, and the end of the file."""
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, width + 2)
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, max(self._rows, 1), max(len(self._columns) - 1, 0))
        about_sheet = self._book.add_worksheet("about")
        about_sheet.set_column(0, 0, 16)
        about_sheet.set_column(1, 1, _WIDTH_MAX)
        for line, (name, text) in enumerate(about.items()):
            about_sheet.write_string(line, 0, name, self._bold)
            about_sheet.write_string(line, 1, text[:_TEXT_MAX])
        self._book.close()

    def _write(self, line: int, place: int, value: Any) -> None:
        sheet = self._sheet
        match value:
            case bool():
                sheet.write_boolean(line, place, value)
            case int() | float():
                sheet.write_number(line, place, value)
            case datetime():
                sheet.write_string(line, place, value.isoformat())
            case date() if value >= _SPREADSHEET_DAYS_BEGIN:
                sheet.write_datetime(line, place, datetime(value.year, value.month, value.day), self._day)  # noqa: DTZ001
            case _:
                sheet.write_string(line, place, str(value)[:_TEXT_MAX])
        self._widths[place] = max(self._widths[place], min(len(str(value)), _WIDTH_MAX))


class ParquetFile:
    """Columns of whole numbers, numbers, truth values, days and texts; what holds several kinds is text.

    Of what kind a column is, the last row decides as well as the first, so rows are kept on disk until then.
    """

    def __init__(self, out: IO[bytes], columns: Sequence[str]) -> None:
        self._out = out
        self._columns = columns
        self._kinds: list[set[str]] = [set() for _ in columns]
        self._spooled = SpooledTemporaryFile(max_size=_SPOOLED_BYTES_MAX)  # noqa: SIM115  # closed by `finish`, or with us
        self._parts = 0

    def add(self, items: Sequence[Item]) -> None:
        """Keep these rows."""
        columns = [[valued(item, column) for item in items] for column in self._columns]
        for kinds, values in zip(self._kinds, columns, strict=True):
            kinds.update(_kind(value) for value in values if value is not None)
        pickle.dump(columns, self._spooled)
        self._parts += 1

    def finish(self, about: Mapping[str, str]) -> None:
        """Write the file, with what the items are of."""
        kinds = [_kind_of_column(kinds) for kinds in self._kinds]
        fields = [
            Field(heading(column), _DATA_TYPES[kind], nullable=True)
            for column, kind in zip(self._columns, kinds, strict=True)
        ]
        schema = Schema(fields, metadata=dict(about))
        batches = RecordBatchReader.from_batches(schema, self._batches(schema, kinds))
        write_parquet(batches, self._out, key_value_metadata=dict(about), max_row_group_size=_ROW_GROUP_MAX)
        self._spooled.close()

    def _batches(self, schema: Schema, kinds: Sequence[str]) -> Iterator[RecordBatch]:
        self._spooled.seek(0)
        for _ in range(self._parts):
            columns = pickle.load(self._spooled)  # noqa: S301  # what `add` wrote, in a file that has no name
            arrays = [_array(values, kind) for values, kind in zip(columns, kinds, strict=True)]
            yield RecordBatch.from_arrays(arrays, schema=schema)


class TypedParquetFile:
    """Rows of columns whose kinds are given, so that files of several days can be read as one table: `texts` are lists of texts,
    `instant` moments of UTC, the others as of ParquetFile."""

    def __init__(self, out: IO[bytes], kinds: Mapping[str, str]) -> None:
        self._out = out
        self._kinds = kinds
        self._spooled = SpooledTemporaryFile(max_size=_SPOOLED_BYTES_MAX)  # noqa: SIM115  # closed by `finish`, or with us
        self._parts = 0
        self.rows = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Keep these rows, their values in the order of the columns."""
        if rows:
            pickle.dump(list(zip(*rows, strict=True)), self._spooled)
            self._parts += 1
            self.rows += len(rows)

    def finish(self, about: Mapping[str, str]) -> None:
        """Write the file, with what the rows are of."""
        fields = [Field(column, _DATA_TYPES[kind], nullable=True) for column, kind in self._kinds.items()]
        schema = Schema(fields, metadata=dict(about))
        batches = RecordBatchReader.from_batches(schema, self._batches(schema))
        write_parquet(batches, self._out, key_value_metadata=dict(about), max_row_group_size=_ROW_GROUP_MAX)
        self._spooled.close()

    def _batches(self, schema: Schema) -> Iterator[RecordBatch]:
        self._spooled.seek(0)
        for _ in range(self._parts):
            columns = pickle.load(self._spooled)  # noqa: S301  # what `add` wrote, in a file that has no name
            arrays = [_array(values, kind) for values, kind in zip(columns, self._kinds.values(), strict=True)]
            yield RecordBatch.from_arrays(arrays, schema=schema)


def xlsx_of(items: Sequence[Item], columns: Sequence[str], about: Mapping[str, str]) -> bytes:
    """All items as one workbook. Raises TooManyRowsError."""
    out = io.BytesIO()
    book = XlsxFile(out, columns)
    book.add(items)
    book.finish(about)
    return out.getvalue()


def parquet_of(items: Sequence[Item], columns: Sequence[str], about: Mapping[str, str]) -> bytes:
    """All items as one Parquet file."""
    out = io.BytesIO()
    table = ParquetFile(out, columns)
    table.add(items)
    table.finish(about)
    return out.getvalue()


_TEXTS = DataType.list(Field("item", DataType.string(), nullable=True))
_DATA_TYPES = {
    "bool": DataType.bool(),
    "int": DataType.int64(),
    "float": DataType.float64(),
    "date": DataType.date32(),
    "text": DataType.string(),
    "texts": _TEXTS,
    "instant": DataType.timestamp("us", tz="UTC"),
}


def _kind_of_column(kinds: set[str]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return "float" if kinds == {"int", "float"} else "text"


def _array(values: Sequence[Any], kind: str) -> Array:
    match kind:
        case "float":
            return Array([None if value is None else float(value) for value in values], DataType.float64())
        case "date":
            days = [None if value is None else (value - _EPOCH).days for value in values]
            return Array(days, DataType.int32()).cast(DataType.date32())
        case "instant":
            moments = [None if value is None else (value - _EPOCH_MOMENT) // _MICROSECOND for value in values]
            return Array(moments, DataType.int64()).cast(_DATA_TYPES[kind])
        case "texts":
            ends = [0, *accumulate(len(value) for value in values)]
            flat = [text for value in values for text in value]
            return list_array(Array(ends, DataType.int32()), Array(flat, DataType.string()), type=_TEXTS)
        case "text":
            return Array(_texts(values), DataType.string())
        case _:
            return Array(list(values), _DATA_TYPES[kind])


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
