"""`format=parquet`: events, and how projects, deals, flags and parties stood on every day, as a dated folder in a zip file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

from services.api.computation import in_thread
from services.api.export.analysis_tables import ANALYSIS_TABLES, AnalysisTable
from services.api.export.spreadsheets import TypedParquetFile
from services.api.routes.exports.exported_subjects import subjects_of
from services.api.store.snapshot import Row, Snapshot
from services.api.web.query_parameters import Question
from services.api.web.table_file import spooled
from steppe.release import RELEASE

_ROWS_AT_ONCE = 2000


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the zip file; returns a header that says how many rows its tables have together."""
    subjects = await subjects_of(snapshot, question)
    rows = 0
    with ZipFile(out, "w", ZIP_STORED) as archive:  # Parquet is compressed
        for name in ANALYSIS_TABLES:
            with spooled() as file:
                rows += await write_table(snapshot, question, name, subjects, file)
                file.seek(0)
                await in_thread(_add, archive, path_of(question, name), file)
    return {"Steppe-Rows": str(rows)}


def path_of(question: Question, name: str) -> str:
    """Where a table lies."""
    return f"as_of={question.as_of.isoformat()}/{name}/part-0.parquet"


async def write_table(
    snapshot: Snapshot, question: Question, name: str, subjects: Sequence[str] | None, out: IO[bytes]
) -> int:
    """Write a table of these subjects (None: of all); how many rows it has."""
    about = {
        "as_of": question.as_of.isoformat(),
        "known_at": question.known_at.isoformat(),
        "position": snapshot.position,
        "rules": snapshot.rules.version,
        "release": RELEASE,
    }
    return await _write(snapshot, ANALYSIS_TABLES[name], _arguments(name, subjects, question), out, about)


def _arguments(name: str, subjects: Sequence[str] | None, question: Question) -> dict[str, Any]:
    """Those of the statement of a table."""
    match name:
        case "events":
            knowledge = question.knowledge
            known_at = None if knowledge is None else knowledge.known_at
            return {
                "subjects": subjects,
                "known_at": known_at,
                "recorded": knowledge is not None and knowledge.recorded,
            }
        case "party_spans":
            prefix = "party:"
            of_parties = [subject.removeprefix(prefix) for subject in subjects or () if subject.startswith(prefix)]
            return {"parties": None if subjects is None else of_parties}
        case _:
            of_projects = [subject for subject in subjects or () if ":" not in subject]
            return {"projects": None if subjects is None else of_projects}


async def _write(
    snapshot: Snapshot, table: AnalysisTable, arguments: Mapping[str, Any], out: IO[bytes], about: Mapping[str, str]
) -> int:
    """Write a table, a few thousand rows at a time; how many rows it has."""
    file = TypedParquetFile(out, table.columns)
    rows: list[Row] = []
    async for row in snapshot.each(table.statement, **arguments):
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            await in_thread(_keep, file, table, rows)
            rows = []
    await in_thread(_keep, file, table, rows)
    await in_thread(file.finish, about)
    return file.rows


def _keep(file: TypedParquetFile, table: AnalysisTable, rows: Sequence[Row]) -> None:
    file.add([values for row in rows for values in table.rows(row)])


def _add(archive: ZipFile, name: str, file: IO[bytes]) -> None:
    with archive.open(name, "w", force_zip64=True) as entry:
        shutil.copyfileobj(file, entry)
