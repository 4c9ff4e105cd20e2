"""`format=events`: the events as they were accepted, in the order of the log within each partition; sent again, they are judged alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from services.api.computation import by_size
from services.api.export.event_lines import event_line, named_subjects
from services.api.store.snapshot import Row, Snapshot
from services.api.web import query_parameters
from services.api.web.list_filters import project_keys
from services.api.web.query_parameters import Question

_ROWS_AT_ONCE = 2000


async def fill(snapshot: Snapshot, question: Question, out: IO[bytes]) -> Mapping[str, str]:
    """Write the events; returns headers that say how many they are."""
    keep_recorded = bool(question.filters.get("recordedtime", False))
    knowledge = question.knowledge
    events = unreported = 0
    rows: list[Row] = []
    asked = snapshot.each(
        "events_of_log",
        subjects=await _subjects(snapshot, question),
        known_at=None if knowledge is None else knowledge.known_at,
        recorded=knowledge is not None and knowledge.recorded,
    )
    async for row in asked:
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            out.write(await by_size(len(rows), _lines, rows, keep_recorded))
            events, unreported, rows = events + len(rows), unreported + _unreported(rows), []
    out.write(await by_size(len(rows), _lines, rows, keep_recorded))
    return {
        "Steppe-Rows": str(events + len(rows)),
        "Steppe-Unreported": str(unreported + _unreported(rows)),
    }


async def _subjects(snapshot: Snapshot, question: Question) -> list[str] | None:
    """Whose events: the projects that pass the filters, those that they supersede, and the parties and forums that are named there,
    with everybody to whom a party belongs or ever belonged. None: all, where no filter is set."""
    filters = question.filters
    if not any(name in filters for name in (*query_parameters.ABOUT_PROJECTS, "project")):
        return None
    keys: list[str] = filters.get("project", [])
    if any(name in filters for name in query_parameters.ABOUT_PROJECTS):
        passing = await project_keys(snapshot, question)
        keys = sorted(set(passing).intersection(keys)) if "project" in filters else passing
    keys = [row["project"] for row in await snapshot.rows("projects_with_superseded", projects=keys)]
    parties, forums = set[str](), set[str]()
    rows: list[Row] = []
    async for row in snapshot.each("records_of_subjects", subjects=keys):
        rows.append(row)
        if len(rows) == _ROWS_AT_ONCE:
            await by_size(len(rows), _add_named, rows, parties, forums)
            rows = []
    await by_size(len(rows), _add_named, rows, parties, forums)
    above = await snapshot.rows("parties_with_parents", parties=sorted(parties))
    return [*keys, *(f"party:{row['party']}" for row in above), *(f"forum:{forum}" for forum in sorted(forums))]


def _lines(rows: Iterable[Row], keep_recorded: bool) -> bytes:
    return b"".join(event_line(row["raw"], row["headers"], keep_recorded=keep_recorded) for row in rows)


def _unreported(rows: Iterable[Row]) -> int:
    return sum(bool(row["known_when_recorded"]) for row in rows)


def _add_named(rows: Sequence[Row], parties: set[str], forums: set[str]) -> None:
    for row in rows:
        named = named_subjects(row["raw"], row["headers"])
        parties |= named.parties
        forums |= named.forums
