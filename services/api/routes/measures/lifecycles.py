"""How long deals stay at a level, how old papers are, who overtook whom: /v1/lifecycle, from `steppe.domain.measures.lifecycle`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request, Response

from services.api.computation import by_size, in_thread
from services.api.routes.measures import conversions
from services.api.store.knowledge import Knowledge
from services.api.store.raised_flags import flags_of_rows
from services.api.store.snapshot import Snapshot
from services.api.views.measures import lifecycle_view
from services.api.views.measures.lifecycle_answer import CAUSES_MAX, LifecycleAnswer
from services.api.views.measures.lifecycle_view import (
    ProjectLife,
    StoredLifecycle,
    displaced_runs,
    lives_of_projects,
)
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, Service, answer_one, encoded, service_of
from steppe.domain.values.states import Flag

router = APIRouter(tags=["measures"])


@router.get(
    "/v1/lifecycle",
    openapi_extra=operation("get_lifecycle", query_parameters.LIFECYCLE, LifecycleAnswer),
)
async def lifecycle(request: Request) -> Response:
    """How long deals stay at each level, how old the papers are whose clock runs, how many papers of a year or a nation are bound, and
    who was first in each market and who overtook whom.

    Quartiles are of the spells that ended; those that last stand beside them, for a deal that has waited for ten years is in no
    spell that ended. `level` names the spells themselves.
    """

    service = service_of(request)

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_lifecycle(service, snapshot, question)
        return Reading(lambda: in_thread(_in_json, stored))

    return await answer_one(request, query_parameters.LIFECYCLE, item)


async def read_lifecycle(service: Service, snapshot: Snapshot, question: Question) -> StoredLifecycle:
    """What the answer of `/v1/lifecycle` is made of."""
    as_of, filters = question.as_of, question.filters
    countries, commodities = filters.get("country"), filters.get("commodity")
    lives = await service.decoded_projects.of(snapshot, _lives, question.knowledge)
    papers = await conversions.read_conversion(service, snapshot, question)
    projects = await in_thread(lifecycle_view.matching_projects, lives, as_of, countries, commodities)
    spans = await snapshot.rows("displaced_spans", as_of=as_of)
    displaced = await by_size(len(spans), displaced_runs, spans)
    lasting = [(project, run.deal) for project in projects for run in displaced.get(project, ()) if run.until > as_of]
    causes = await _causes(snapshot, as_of, lasting) if len(lasting) <= CAUSES_MAX else None
    events = {event for flag in (causes or {}).values() for event in flag.evidence}
    ids = sorted({event[place + 1 :] for event in events for place in range(len(event)) if event[place] == "#"})
    return StoredLifecycle(
        as_of=as_of,
        countries=countries,
        commodities=commodities,
        levels=filters.get("level", ()),
        projects=projects,
        nations=papers.nations,
        papers=replace(papers, by="investor_country"),
        displaced=displaced,
        causes=causes,
        winners=await snapshot.rows("deals_of_events", ids=ids) if ids else [],
    )


async def _lives(
    snapshot: Snapshot, projects: Sequence[str] | None, knowledge: Knowledge | None
) -> Mapping[str, ProjectLife]:
    """Deals and registrations of these projects, of all for None."""
    if projects is None:
        deals = await snapshot.rows("deals_through_days")
        registrations = await snapshot.rows("registrations")
    else:
        deals = await snapshot.rows("deals_of_projects_through_days", projects=projects)
        registrations = await snapshot.rows("registrations_of_projects", projects=projects)
    return await by_size(len(deals) + len(registrations), lives_of_projects, deals, registrations)


async def _causes(snapshot: Snapshot, as_of: date, displaced: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Flag]:
    """The flag of each of these deals that says it is displaced on the day, with what it rests on."""
    if not displaced:
        return {}
    projects, deals = [project for project, _ in displaced], [deal for _, deal in displaced]
    flags = await snapshot.rows("flags_of_deals", as_of=as_of, projects=projects, deals=deals)
    raised = await flags_of_rows(snapshot, as_of, [row for row in flags if row["flag"] == "displaced"])
    by_deal = await by_size(len(raised.rows), raised.by_deal)
    return {deal: of_deal[0] for deal, of_deal in by_deal.items()}


def _in_json(stored: StoredLifecycle) -> bytes:
    return encoded(lifecycle_view.lifecycle(stored))
