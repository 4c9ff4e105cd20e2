"""`format=events`: the events as they were accepted, in the order of the log within each partition; sent again, they are judged alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

from services.api.computation import by_size
from services.api.export.event_lines import event_line
from services.api.routes.exports.exported_subjects import subjects_of
from services.api.store.snapshot import Row, Snapshot
from services.api.web.query_parameters import Question

_ROWS_AT_ONCE = 2000


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the events; returns headers that say how many they are."""
    keep_recorded = bool(question.filters.get("recordedtime", False))
    knowledge = question.knowledge
    events = unreported = 0
    rows: list[Row] = []
    log_rows = snapshot.each(
        "events_of_log",
        subjects=await subjects_of(snapshot, question),
        known_at=None if knowledge is None else knowledge.known_at,
        recorded=knowledge is not None and knowledge.recorded,
    )
    async for row in log_rows:
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            out.write(await by_size(len(rows), _lines, rows, keep_recorded))
            events, unreported, rows = events + len(rows), unreported + _unreported(rows), []
    out.write(await by_size(len(rows), _lines, rows, keep_recorded))
    return {
        "Steppe-Rows": str(events + len(rows)),
        "Steppe-Unreported": str(unreported + _unreported(rows)),
    }


def _lines(rows: Iterable[Row], keep_recorded: bool) -> bytes:
    return b"".join(event_line(row["raw"], row["headers"], keep_recorded=keep_recorded) for row in rows)


def _unreported(rows: Iterable[Row]) -> int:
    return sum(bool(row["known_when_recorded"]) for row in rows)
