"""Which rows of spans differ from those that are stored: only these are removed and written, and in its place where one began on that day.

Of a project whose fold went on, most rows of the days since are as they were: an event changes some, and the walk through the future that
follows from it makes the others again. What was written with the fold state before is known by fingerprints of the rows, 8 bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.database.read_model import projection_rows
from steppe.database.read_model.flag_rows import FLAG_SPAN, HEADLINE_SPAN
from steppe.database.read_model.projection_rows import ProjectRows, Row
from steppe.database.sql import Statement
from steppe.domain.values.states import BEGINNING

_encode = msgspec.json.Encoder().encode

if TYPE_CHECKING:
    from steppe.database.connection import Connection


@dataclass(frozen=True, slots=True)
class SpanTable:
    """A table of spans of projects: its columns, of which the first `key_columns` and the day since when are its key, and the statement
    that puts rows into it.
    """

    name: str
    put: str
    columns: Sequence[str]
    key_columns: int

    def key(self, row: Row) -> tuple[Any, ...]:
        """The key of a row: the columns that name what it is of, and the first day."""
        return row[: self.key_columns + 1]


_PROJECT = SpanTable("project_span", "put_project_spans", projection_rows.PROJECT_SPAN, 1)
_HEADLINE = SpanTable("headline_span", "put_headline_spans", HEADLINE_SPAN, 1)
_LAST_EVENT = SpanTable("last_event_span", "put_last_event_spans", projection_rows.LAST_EVENT_SPAN, 1)
DEALS = SpanTable("deal_span", "put_deal_spans", projection_rows.DEAL_SPAN, 2)
FLAGS = SpanTable("flag_span", "put_flag_spans", FLAG_SPAN, 3)
_TABLES = (_PROJECT, _HEADLINE, _LAST_EVENT, DEALS, FLAGS)
_ARRAYS = frozenset({"countries", "commodities", "investors", "names_on"})
# Where a project has more rows than these and nobody knows which are stored, reading them costs more than writing them again.
_ROWS_COMPARED_MAX = 2_000
_ROWS_AT_ONCE = 2_000


def fingerprints(rows: ProjectRows) -> array[int]:
    """A number for each row of a span, which another row has by a chance of one to 2^64, and one for all that a project calls parties. Of
    this process only.
    """
    numbers = array("q", (_fingerprint(table, row) for table, of_table in _spans(rows) for row in of_table))
    numbers.append(_fingerprint_of_namings(rows))
    return numbers


def calls_parties_as_before(rows: ProjectRows, stored: array[int] | None) -> bool:
    """Whether rows of one project call parties what is stored. `stored`: fingerprints of rows that are; None: not known."""
    return stored is not None and _fingerprint_of_namings(rows) in stored


@dataclass(slots=True)
class SpanChanges:
    """What is removed, and what is written, of the spans of some projects."""

    new: dict[SpanTable, list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})
    # In the place of which nothing stays.
    anew: dict[SpanTable, list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})
    _changed_from: dict[str, str] = field(default_factory=dict)
    _staying: dict[SpanTable, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in _TABLES})

    def add(
        self,
        project: str,
        rows: ProjectRows,
        changed_from: date,
        made: array[int] | None,
        stored: array[int] | None,
    ) -> None:
        """A project whose spans that had not ended before a day are to be `rows`, with the fingerprints `made`. `stored`: fingerprints of
        rows that are stored; None, either: not known.
        """
        self._changed_from[project] = "-infinity" if changed_from == BEGINNING else changed_from.isoformat()
        unchanged = frozenset(stored or ()) if made is not None else frozenset()
        numbers = iter(made or ())
        for table, of_table in _spans(rows):
            if not unchanged:
                if len(of_table) > _ROWS_COMPARED_MAX:
                    self.anew[table] += of_table
                else:
                    self.new[table] += of_table
                    self._staying[table] += map(table.key, of_table)
                continue
            for row, number in zip(of_table, numbers, strict=False):
                self._staying[table].append(table.key(row))
                if number not in unchanged:
                    self.new[table].append(row)

    def removal(self, remove_spans: Statement) -> tuple[Any, ...]:
        """The statement with its arguments: of which projects, since when, and the keys of what stays or is put in its place."""
        project, headline, last_event = self._keys(_PROJECT), self._keys(_HEADLINE), self._keys(_LAST_EVENT)
        deal, flag = self._keys(DEALS), self._keys(FLAGS)
        return remove_spans(
            projects=list(self._changed_from), changed_from=_encode(self._changed_from).decode(),
            project_projects=project[0], project_days=project[1],
            headline_projects=headline[0], headline_days=headline[1],
            last_event_projects=last_event[0], last_event_days=last_event[1],
            deal_projects=deal[0], deal_deals=deal[1], deal_days=deal[2],
            flag_projects=flag[0], flag_deals=flag[1], flag_flags=flag[2], flag_days=flag[3],
        )  # fmt: skip

    def _keys(self, table: SpanTable) -> list[Sequence[Any]]:
        """These keys, column by column."""
        return list(zip(*self._staying[table], strict=True)) or [()] * (table.key_columns + 1)


async def put(
    connection: Connection, statements: Mapping[str, Statement], table: SpanTable, rows: Sequence[Row]
) -> None:
    """Have these rows stored, in the place of those with the same key. What is stored as it is here is not written. Twice is safe."""
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        by_column = dict(zip(table.columns, zip(*rows[first : first + _ROWS_AT_ONCE], strict=True), strict=True))
        arguments = {
            name: list(map(_array_text, values)) if name in _ARRAYS else values for name, values in by_column.items()
        }
        await connection.execute(*statements[table.put](**arguments))


def _array_text(items: Sequence[object] | None) -> str | None:
    """An array as Postgres writes it: arrays of several lengths are not one array of arrays."""
    if items is None:
        return None
    return "{" + ",".join(f'"{_escaped(str(item))}"' for item in items) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _spans(rows: ProjectRows) -> Iterator[tuple[SpanTable, list[Row]]]:
    yield _PROJECT, rows.project_spans
    yield _HEADLINE, rows.headline_spans
    yield _LAST_EVENT, rows.last_event_spans
    yield DEALS, rows.deal_spans
    yield FLAGS, rows.flag_spans


def _fingerprint_of_namings(rows: ProjectRows) -> int:
    return hash(("party_naming", *sorted(rows.party_namings)))


def _fingerprint(table: SpanTable, row: Row) -> int:
    return hash((table.name, *(tuple(value) if isinstance(value, list) else value for value in row)))
