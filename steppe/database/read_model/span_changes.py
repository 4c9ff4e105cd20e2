"""Which rows of spans differ from those that are stored: only these are removed and written.

Of a project whose fold went on, most rows of the days since are as they were: an event changes some, and the walk through the future that
follows from it makes the others again. What was written with the fold state before is known by fingerprints of the rows, 8 bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from steppe.database.read_model import projection_rows
from steppe.database.read_model.flag_rows import FLAG_SPAN, HEADLINE_SPAN
from steppe.database.read_model.projection_rows import ProjectRows, Row
from steppe.database.sql import Statement
from steppe.domain.values.states import BEGINNING

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class SpanTable:
    """A table of spans of projects: its columns, of which the first `key_columns` and the day since when are its key."""

    name: str
    columns: Sequence[str]
    key_columns: int

    def key(self, row: Row) -> tuple[Any, ...]:
        """The key of a row: the columns that name what it is of, and the first day."""
        return row[: self.key_columns + 1]


_PROJECT = SpanTable("project_span", projection_rows.PROJECT_SPAN, 1)
_HEADLINE = SpanTable("headline_span", HEADLINE_SPAN, 1)
_LAST_EVENT = SpanTable("last_event_span", projection_rows.LAST_EVENT_SPAN, 1)
_DEAL = SpanTable("deal_span", projection_rows.DEAL_SPAN, 2)
_FLAG = SpanTable("flag_span", FLAG_SPAN, 3)
_TABLES = (_PROJECT, _HEADLINE, _LAST_EVENT, _DEAL, _FLAG)


def fingerprints(rows: ProjectRows) -> array[int]:
    """A number for each row of a span, which another row has by a chance of one to 2^64. Of this process only."""
    return array("q", (_fingerprint(table, row) for table, of_table in _spans(rows) for row in of_table))


@dataclass(slots=True)
class SpanChanges:
    """What is removed, and what is written, of the spans of some projects."""

    new: dict[SpanTable, list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})
    _changed_from: dict[str, str] = field(default_factory=dict)
    _kept: dict[SpanTable, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in _TABLES})

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
                self.new[table] += of_table
                continue
            for row, number in zip(of_table, numbers, strict=False):
                if number in unchanged:
                    self._kept[table].append(table.key(row))
                else:
                    self.new[table].append(row)

    def removal(self, remove_spans: Statement) -> tuple[Any, ...]:
        """The statement with its arguments: of which projects, since when, and the keys of what stays."""
        project, headline, last_event = self._keys(_PROJECT), self._keys(_HEADLINE), self._keys(_LAST_EVENT)
        deal, flag = self._keys(_DEAL), self._keys(_FLAG)
        return remove_spans(
            projects=list(self._changed_from), changed_from=_encode(self._changed_from).decode(),
            project_projects=project[0], project_days=project[1],
            headline_projects=headline[0], headline_days=headline[1],
            last_event_projects=last_event[0], last_event_days=last_event[1],
            deal_projects=deal[0], deal_deals=deal[1], deal_days=deal[2],
            flag_projects=flag[0], flag_deals=flag[1], flag_flags=flag[2], flag_days=flag[3],
        )  # fmt: skip

    def _keys(self, table: SpanTable) -> list[Sequence[Any]]:
        """The keys of what stays, column by column."""
        return list(zip(*self._kept[table], strict=True)) or [()] * (table.key_columns + 1)


def _spans(rows: ProjectRows) -> Iterator[tuple[SpanTable, list[Row]]]:
    yield _PROJECT, rows.project_spans
    yield _HEADLINE, rows.headline_spans
    yield _LAST_EVENT, rows.last_event_spans
    yield _DEAL, rows.deal_spans
    yield _FLAG, rows.flag_spans


def _fingerprint(table: SpanTable, row: Row) -> int:
    return hash((table.name, *(tuple(value) if isinstance(value, list) else value for value in row)))
