"""Whose events and spans an export has."""

from __future__ import annotations

from collections.abc import Sequence

from services.api.computation import by_size
from services.api.export.event_lines import named_subjects
from services.api.store.snapshot import Row, Snapshot
from services.api.web import query_parameters
from services.api.web.list_filters import project_keys
from services.api.web.query_parameters import Question

_ROWS_AT_ONCE = 2000


def is_filtered(question: Question) -> bool:
    """Whether not all projects are asked for."""
    return any(name in question.filters for name in (*query_parameters.ABOUT_PROJECTS, "project"))


async def subjects_of(snapshot: Snapshot, question: Question) -> list[str] | None:
    """Whose events: the projects that pass the filters, those that they supersede, and the parties and forums that are named there,
    with everybody to whom a party belongs or ever belonged. None: all, where no filter is set."""
    filters = question.filters
    if not is_filtered(question):
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


def _add_named(rows: Sequence[Row], parties: set[str], forums: set[str]) -> None:
    for row in rows:
        named = named_subjects(row["raw"], row["headers"])
        parties |= named.parties
        forums |= named.forums
