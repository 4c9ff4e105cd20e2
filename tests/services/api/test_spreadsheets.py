"""What leaves as a file: a text that looks like a formula stays a text, and each column has its kind."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.api.export import csv_columns
from services.api.export.csv_columns import csv_of
from services.api.export.spreadsheets import XLSX_ROWS_MAX, ParquetFile, TooManyRowsError, XlsxFile, parquet_of, xlsx_of
from tests.domain.properties import LOGS

ITEMS: list[dict[str, Any]] = [
    {
        "name": '=HYPERLINK("x")',
        "since": date(2020, 2, 29),
        "share": 1,
        "lists": ["a", "b"],
        "held": True,
        "nothing": None,
    },
    {"name": "@sum", "since": None, "share": 0.5, "lists": [], "held": False, "nothing": None},
]
COLUMNS = ("name", "since", "share", "lists", "held", "nothing")
ABOUT = {"what": "/v1/projects", "as_of": "2020-12-31"}


def test_no_cell_becomes_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(ITEMS, COLUMNS, ABOUT)))
    cells = [cell for line in book["items"].iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} == {"s", "d", "n", "b"}
    assert [cell.value for cell in cells if cell.column == 1] == ["name", ITEMS[0]["name"], "@sum"]


@pytest.mark.parametrize(
    "columns",
    [csv_columns.PROJECTS, csv_columns.DEALS, csv_columns.FLAGS, csv_columns.MARKETS, csv_columns.TIMELINE, csv_columns.FORUMS],
)  # fmt: skip
def test_a_day_in_words_stands_directly_behind_its_day(columns: tuple[str, ...]) -> None:
    behind = dict(zip(columns[1:], columns, strict=False))
    in_words = [column for column in columns if column.endswith("_told")]
    assert in_words
    assert [behind[column] for column in in_words] == [column.removesuffix("_told") for column in in_words]


def test_an_empty_list_has_its_columns(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([], COLUMNS, ABOUT)))
    assert next(iter(book["items"].values)) == COLUMNS
    file = tmp_path / "none.parquet"
    file.write_bytes(parquet_of([], COLUMNS, ABOUT))
    assert duckdb.read_parquet(str(file)).columns == list(COLUMNS)


def test_parquet_keeps_kinds_and_what_it_is_of(tmp_path: Path) -> None:
    file = tmp_path / "items.parquet"
    file.write_bytes(parquet_of(ITEMS, COLUMNS, ABOUT))
    table = duckdb.read_parquet(str(file))
    assert [str(kind) for kind in table.types] == ["VARCHAR", "DATE", "DOUBLE", "VARCHAR", "BOOLEAN", "VARCHAR"]
    assert table.fetchall()[0] == (ITEMS[0]["name"], date(2020, 2, 29), 1.0, "a;b", True, None)


def test_days_that_spreadsheets_count_differently_are_texts() -> None:
    days = [date(1, 1, 1), date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31)]
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of([{"day": day} for day in days], ["day"], ABOUT)))
    cells = [cell.value for (cell,) in book["items"].iter_rows(min_row=2)]
    assert cells[:3] == ["0001-01-01", "1899-12-31", "1900-02-28"]
    assert [cell.date() for cell in cells[3:]] == days[3:]


def test_a_column_has_one_kind_over_all_parts_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "parts.parquet"
    with file.open("wb") as out:
        table = ParquetFile(out, ["share", "since", "name"])
        table.add([{"share": 1, "since": None, "name": "a"}])
        table.add([{"share": 0.5, "since": date(2020, 2, 29), "name": 7}])
        table.add([])
        table.finish(ABOUT)
    rows = duckdb.read_parquet(str(file))
    assert [str(kind) for kind in rows.types] == ["DOUBLE", "DATE", "VARCHAR"]
    assert rows.fetchall() == [(1.0, None, "a"), (0.5, date(2020, 2, 29), "7")]


def test_a_sheet_that_cannot_hold_all_rows_is_refused() -> None:
    book = XlsxFile(io.BytesIO(), ["name"])
    with pytest.raises(TooManyRowsError):
        book.add([{"name": "a"}] * (XLSX_ROWS_MAX + 1))


_PIECES = st.sampled_from(
    ["=1+1", "＝1+1", "﹦1", "+1+1", "＋1", "-2+3", "－2", "−2", "@SUM(1)", "＠SUM(1)", "|1", "%1", "\n", "\r", "\t", "\u2028",
     "\ufeff", "\u200b", " ", "\u3000", ";", ",", '"', "'", "a", "é", "7"]
)  # fmt: skip
_TEXTS = st.lists(_PIECES, max_size=6).map("".join)


def as_programs_see_it(file: bytes) -> Iterator[str]:
    """The cells of a file as programs split it: at commas; at semicolons or tabs, with quotation marks read or not."""
    text = file.decode()
    for delimiter in ",;\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            if (delimiter, quoting) != (",", csv.QUOTE_NONE):  # who splits at commas reads the marks
                lines = text.splitlines() if quoting == csv.QUOTE_NONE else io.StringIO(text, newline="")
                yield from (cell for line in csv.reader(lines, delimiter=delimiter, quoting=quoting) for cell in line)


def begins_a_formula(cell: str) -> bool:
    """Whether a spreadsheet takes it for one: by its first visible character, in whatever width."""
    visible = cell.lstrip('"')
    while visible and (visible[0].isspace() or unicodedata.category(visible[0])[0] == "C"):
        visible = visible[1:].lstrip('"')
    return unicodedata.normalize("NFKC", visible[:1]).startswith(("=", "+", "-", "−", "@", "|", "%"))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("\n=1+1", "\n'=1+1"),
        ("|cmd", "'|cmd"),
        ("\ufeff＠SUM(1)", "'\ufeff＠SUM(1)"),
        (["a", "=1+1"], "a;'=1+1"),
        (["a", ' "+1+1'], "a;' \"+1+1"),
        ("a;\u3000-1+1", "a;'\u3000-1+1"),
        ("a\u2028＋1+1", "a\u2028'＋1+1"),
        ("-40200000.50", "-40200000.50"),
        (["-1", "-2", ""], "-1;-2;"),
        ("/desk/tokyo#01JD;№ 5; (x) – y = z", "/desk/tokyo#01JD;№ 5; (x) – y = z"),
        ("«Қазатомпром»; 東京", "«Қазатомпром»; 東京"),
    ],
)
def test_a_text_is_quoted_where_a_spreadsheet_would_find_a_formula_and_nowhere_else(value: Any, cell: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_of([{"name": value}], ["name"]).decode(), newline=""))
    assert row["name"] == cell


@settings(max_examples=LOGS * 4, deadline=None)
@given(st.lists(st.tuples(_TEXTS, st.lists(_TEXTS, max_size=4), _TEXTS), min_size=1, max_size=3))
def test_no_program_finds_a_formula_in_a_file(rows: list[tuple[str, list[str], str]]) -> None:
    columns = ("first", "listed", "last")
    file = csv_of([dict(zip(columns, row, strict=True)) for row in rows], columns)
    formulas = [cell for cell in as_programs_see_it(file) if begins_a_formula(cell)]
    assert formulas == []
