"""What leaves as a file: a text that looks like a formula stays a text, and each column has its kind."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl

from services.api.export.spreadsheets import parquet_of, xlsx_of

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
