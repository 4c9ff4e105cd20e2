"""Rows of the API as frames of pandas or polars: days as dates, few words as categories, the same columns when empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from typing import Any, get_args, get_origin

import msgspec

from steppe_client.columns import Column, columns, without_null

Rows = Sequence[Mapping[str, Any]]
MakeFrame = Callable[[Rows, type[msgspec.Struct], Mapping[str, Any]], Any]


def frame_maker(library: str | None) -> MakeFrame:
    """What makes frames of this library, `pandas` or `polars`; None: of the first of them that is installed.

    Raises ValueError for another name and ImportError where it is not installed.
    """
    makers: Mapping[str, MakeFrame] = {"pandas": _pandas_frame, "polars": _polars_frame}
    if library is None:
        library = next((name for name in makers if find_spec(name)), "pandas")
    if library not in makers:
        raise ValueError(f"frame={library!r}: write 'pandas' or 'polars'")
    if not find_spec(library):
        raise ImportError(f"{library} is not installed: pip install 'steppe-client[{library}]'")
    return makers[library]


def _pandas_frame(rows: Rows, row: type[msgspec.Struct], attributes: Mapping[str, Any]) -> Any:
    import pandas

    dtypes = {"text": "str", "truth": "boolean", "integer": "Int64", "number": "Float64", "nested": "object"}

    def series(column: Column) -> Any:
        values = column.values(rows)
        match column.kind:
            case "word":
                return pandas.Series(pandas.Categorical(values, categories=_words(column, values)))
            case "day":
                return pandas.Series(values, dtype="datetime64[s]")
            case "moment":
                return pandas.to_datetime(pandas.Series(values, dtype="object"), utc=True, format="ISO8601").dt.as_unit(
                    "us"
                )
            case _:
                return pandas.Series(values, dtype=dtypes[column.kind])

    frame = pandas.DataFrame({column.name: series(column) for column in columns(row) if column.stands_in(rows)})
    frame.attrs = dict(attributes)
    return frame


def _polars_frame(rows: Rows, row: type[msgspec.Struct], attributes: Mapping[str, Any]) -> Any:
    import polars

    plain: Mapping[Any, Any] = {str: polars.String, bool: polars.Boolean, int: polars.Int64, float: polars.Float64}
    days: Mapping[str, Any] = {"day": polars.Date, "moment": polars.Datetime("us", "UTC")}

    def dtype(hint: Any) -> Any:
        """The type of what lies in a list, days in it as text; None: objects in it have keys of their own."""
        held, _ = without_null(hint)
        if get_origin(held) is list:
            inner = dtype(get_args(held)[0])
            return inner and polars.List(inner)
        if isinstance(held, type) and issubclass(held, msgspec.Struct):
            types = {field.encode_name: dtype(field.type) for field in msgspec.structs.fields(held)}
            return None if None in types.values() else polars.Struct(types)
        return polars.String if held in (date, datetime) else plain.get(held)

    def series(column: Column) -> Any:
        values = column.values(rows)
        if column.kind == "word":
            return polars.Series(column.name, values, dtype=polars.Enum(_words(column, values)))
        if column.kind in days:
            read = date.fromisoformat if column.kind == "day" else datetime.fromisoformat
            values = [None if value is None else read(value) for value in values]
            return polars.Series(column.name, values, dtype=days[column.kind])
        declared = dtype(column.held)
        if declared is None:
            values = [None if value is None else msgspec.json.encode(value).decode() for value in values]
        return polars.Series(column.name, values, dtype=declared or polars.String)

    frame = polars.DataFrame([series(column) for column in columns(row) if column.stands_in(rows)])
    frame.attrs = dict(attributes)  # type: ignore[attr-defined]  # as pandas has it
    return frame


def _words(column: Column, values: Sequence[Any]) -> list[str]:
    """The words of a column in their order, and behind them those of a newer release."""
    return list(dict.fromkeys([*column.words, *(value for value in values if value is not None)]))
