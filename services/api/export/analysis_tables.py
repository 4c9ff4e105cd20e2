"""The tables of an export for analysis: their columns with kinds, and their rows from those of the read model. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from services.api.export.event_lines import event_line
from services.api.store import row_decoding
from services.api.store.snapshot import Row
from steppe.database.read_model.stored_documents import reader
from steppe.domain.values.levels import Level
from steppe.domain.values.states import ProjectState

Values = tuple[Any, ...]
_project = reader(ProjectState)


class AnalysisTable(NamedTuple):
    """A table: its columns with the kinds that TypedParquetFile knows, the statement that reads it, and what becomes of a row."""

    columns: Mapping[str, str]
    statement: str
    rows: Callable[[Row], Iterator[Values]]


def _event(row: Row) -> Iterator[Values]:
    line = event_line(row["raw"], row["headers"], keep_recorded=True).decode().rstrip("\n")
    yield (
        row["source"], row["id"], row["subject"], row["name"], row["state"], row["deal"], row["known_at"], row["recorded_at"],
        row["occurred_earliest"], row["occurred_latest"], row["partition"], row["log_offset"], line,
    )  # fmt: skip


def _project_span(row: Row) -> Iterator[Values]:
    state = _project(row["document"])
    yield (
        state.project, row["valid_from"], row["valid_to"], state.name, state.country, sorted(state.countries), state.sector,
        state.kind, sorted(state.commodities), state.level.label, int(state.level), state.highest_level.label,
        sorted(state.overlays), sorted(state.investors), state.memorandum_since, state.bound_on, state.latitude, state.longitude,
        state.ended_on, state.ended_how,
    )  # fmt: skip


def _deal_span(row: Row) -> Iterator[Values]:
    state = row_decoding.deal(row)
    yield (
        row["project"], state.deal, state.phase, row["valid_from"], row["valid_to"], _label(state.level),
        None if state.level is None else int(state.level), state.highest_level.label, sorted(state.overlays),
        sorted(state.pursuers), sorted(state.investors), sorted({leg.leg for leg in state.legs if leg.valid}),
        sorted(state.missing_legs), None if state.memorandum is None else state.memorandum.latest, state.bound_on,
        row_decoding.closed(state.ended_on), state.ended_how,
    )  # fmt: skip


def _flag_span(row: Row) -> Iterator[Values]:
    for shown in row_decoding.severities_of(row):
        yield row["project"], row["deal"] or None, row["flag"], *shown


def _headline_span(row: Row) -> Iterator[Values]:
    for shown in row_decoding.severities_of(row):
        yield row["project"], *shown


def _party_span(row: Row) -> Iterator[Values]:
    yield (
        row["party"], row["valid_from"], row["valid_to"], row["name"], row["home_country"], row["kind"], sorted(row["parents"]),
        row["registered"],
    )  # fmt: skip


def _label(level: Level | None) -> str | None:
    return None if level is None else level.label


_DAYS = {"valid_from": "date", "valid_to": "date"}

ANALYSIS_TABLES: Mapping[str, AnalysisTable] = {
    "events": AnalysisTable(
        {
            "source": "text", "id": "text", "subject": "text", "name": "text", "state": "text", "deal": "text",
            "known_at": "instant", "recorded_at": "instant", "occurred_earliest": "date", "occurred_latest": "date",
            "partition": "int", "log_offset": "int", "event": "text",
        },
        "events_of_log",
        _event,
    ),
    "project_spans": AnalysisTable(
        {
            "project": "text", **_DAYS, "name": "text", "country": "text", "countries": "texts", "sector": "text",
            "kind": "text", "commodities": "texts", "level": "text", "level_number": "int", "highest_level": "text",
            "overlays": "texts", "investors": "texts", "memorandum_since": "date", "bound_on": "date", "latitude": "float",
            "longitude": "float", "ended_on": "date", "ended_how": "text",
        },
        "exported_project_spans",
        _project_span,
    ),
    "deal_spans": AnalysisTable(
        {
            "project": "text", "deal": "text", "phase": "int", **_DAYS, "level": "text", "level_number": "int",
            "highest_level": "text", "overlays": "texts", "pursuers": "texts", "investors": "texts", "legs": "texts",
            "missing_legs": "texts", "memorandum_since": "date", "bound_on": "date", "ended_on": "date", "ended_how": "text",
        },
        "exported_deal_spans",
        _deal_span,
    ),
    "flag_spans": AnalysisTable(
        {
            "project": "text", "deal": "text", "flag": "text", **_DAYS, "severity": "text", "certainty": "text",
            "since": "date", "rises_on": "date",
        },
        "exported_flag_spans",
        _flag_span,
    ),
    "headline_spans": AnalysisTable(
        {"project": "text", **_DAYS, "severity": "text", "certainty": "text", "since": "date", "rises_on": "date"},
        "exported_headline_spans",
        _headline_span,
    ),
    "party_spans": AnalysisTable(
        {
            "party": "text", **_DAYS, "name": "text", "home_country": "text", "kind": "text", "parents": "texts",
            "registered": "bool",
        },
        "exported_party_spans",
        _party_span,
    ),
}  # fmt: skip
"""By the names of their folders."""
