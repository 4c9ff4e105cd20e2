"""The projects of an export with their events, some hundred at a time, for formats that tell one project after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from services.api.export.project_histories import StoredProjects
from services.api.store.project_events import documents_named
from services.api.store.snapshot import Row, Snapshot
from services.api.web.list_filters import investors_of, project_filters
from services.api.web.query_parameters import Question

_PROJECTS_AT_ONCE = 200


async def stored_projects(snapshot: Snapshot, question: Question) -> AsyncIterator[StoredProjects]:
    """All that pass the filters, by key."""
    named = question.filters.get("project")
    investors = await investors_of(snapshot, question)
    after: str | None = None
    while True:
        rows = await snapshot.rows(
            "project_page",
            **project_filters(question, investors),
            sort="key",
            after_rank=None if after is None else "",
            after_project=after,
            limit=_PROJECTS_AT_ONCE,
        )
        if not rows:
            return
        after = rows[-1]["project"]
        wanted = [row for row in rows if named is None or row["project"] in named]
        if wanted:
            yield await _with_events(snapshot, question, wanted)


async def _with_events(snapshot: Snapshot, question: Question, rows: list[Row]) -> StoredProjects:
    keys = [row["project"] for row in rows]
    events = await snapshot.rows("events_of_subjects", subjects=keys)
    stored = StoredProjects(
        rows=rows,
        deals=await snapshot.rows(
            "deals_of_projects", as_of=question.as_of, projects=keys, after_project=None, after_deal=None, limit=None
        ),
        events=events,
        documents=await documents_named(snapshot, events, question.knowledge),
        knowledge=question.knowledge,
        as_of=question.as_of,
    )
    mentioned = stored.mentioned()
    names = await snapshot.rows("names_of_parties", as_of=question.as_of, parties=mentioned.parties)
    programmes = await snapshot.rows("ids_of_projects", as_of=question.as_of, projects=mentioned.programmes)
    return replace(
        stored,
        names={row["party"]: row["name"] for row in names},
        ids={row["project"]: row["ids"] for row in programmes},
    )
