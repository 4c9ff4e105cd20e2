"""POST /v1/what-if: what events would do, before anybody sends them. Judged in a copy of the read model; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.routes.projects import read_project
from services.api.store.knowledge import rules_named
from services.api.store.snapshot import Row, Snapshot
from services.api.store.tried_events import stored_contents
from services.api.views import project_view
from services.api.views.project_view import StoredProject
from services.api.views.trials import what_if_view
from services.api.web import query_parameters, what_if_request
from services.api.web.operations import what_if_operation
from services.api.web.query_parameters import Question
from services.api.web.responses import JSON, encoded, service_of, wait_for_position
from services.api.web.what_if_request import TriedEvents
from steppe.database.read_model.market_causes import FLAGS_OF_MARKETS
from steppe.http.problems import NOT_FOUND, Refusal

router = APIRouter(tags=["rules"])


@router.post("/v1/what-if", openapi_extra=what_if_operation())
async def what_if(request: Request) -> Response:
    """What events would do to the projects that they name, and to others in their markets; nothing is written.

    The body is what one would send to ingest: an event, an array of events, or one a line (`application/x-ndjson`). They are
    validated as ingest does, happen after everything that is in the log, and are judged on the day `as_of`.
    """
    question = query_parameters.read(request, query_parameters.WHAT_IF, formats=("json",))
    given = await what_if_request.parse_request(request)
    await wait_for_position(request, question.min_position)
    service = service_of(request)
    async with service.queues.otherwise.turn(question.caller):
        async with service.reader.snapshot() as now:
            rules = await rules_named(now, question.rules)
        async with service.trials.trial(rules) as trial:
            snapshot = trial.snapshot
            tried = given.but_stored(await stored_contents(snapshot.connection, list(given.accepted.values())))
            events = list(tried.accepted.values())
            projects = sorted({event.subject for event in given.accepted.values() if ":" not in event.subject})
            before = await _read(snapshot, question, projects)
            if events:
                await trial.add(events)
            after = await _read(snapshot, question, projects)
    stored = Judgements(given=given, tried=tried, projects=projects, before=before, after=after)
    body = await computed(service.queues.folds, before.rows + after.rows, _answer, stored)
    headers = {"Steppe-Position": snapshot.position, "Cache-Control": "no-store"}
    known_at = question.known_at.isoformat().replace("+00:00", "Z")
    about = {"as_of": question.as_of, "known_at": known_at, "position": snapshot.position}
    return Response(encoded(about)[:-1] + b"," + body[1:], headers=headers, media_type=JSON)


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands somewhere on a day: the projects that are asked for, in order (None: not there), and the flags of markets."""

    projects: Sequence[StoredProject | None]
    flags: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.flags) + sum(project.rows for project in self.projects if project is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """What an answer is made of; can go to another process. `tried`: the `given` events that are new."""

    given: TriedEvents
    tried: TriedEvents
    projects: Sequence[str]
    before: Reading
    after: Reading


async def _read(snapshot: Snapshot, question: Question, projects: Sequence[str]) -> Reading:
    stored = [await _project(snapshot, question, project) for project in projects]
    rows = await snapshot.rows("severities_of_flags", as_of=question.as_of, flags=sorted(FLAGS_OF_MARKETS))
    return Reading(stored, rows)


async def _project(snapshot: Snapshot, question: Question, project: str) -> StoredProject | None:
    try:
        return await read_project(snapshot, question, project)
    except Refusal as refusal:
        if refusal.problem is NOT_FOUND:
            return None
        raise


def _answer(stored: Judgements) -> bytes:
    def judged(project: StoredProject | None) -> project_view.ProjectDetail | None:
        return None if project is None else project_view.project_answer(project)

    pairs = zip(stored.projects, stored.before.projects, stored.after.projects, strict=True)
    body: dict[str, object] = {
        "events": [what_if_view.tried_event(index, event) for index, event in stored.tried.accepted.items()],
        "duplicates": len(stored.given.accepted) - len(stored.tried.accepted),
        "projects": [what_if_view.tried_project(key, judged(before), judged(after)) for key, before, after in pairs],
        "others": what_if_view.market_changes(stored.before.flags, stored.after.flags, stored.projects),
    }
    return encoded(body)
