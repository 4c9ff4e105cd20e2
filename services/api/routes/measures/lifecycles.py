"""How long deals stay at a level, how old papers are, who overtook whom: /v1/lifecycle, from `steppe.domain.measures.lifecycle`."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from services.api.computation import by_size, computed, in_thread
from services.api.problems import COMPUTATION_ENDED
from services.api.routes.measures import conversions
from services.api.store.raised_flags import flags_of_rows
from services.api.store.snapshot import Snapshot
from services.api.views.measures import conversion_view, lifecycle_view
from services.api.views.measures.lifecycle_view import CAUSES_MAX, LifecycleAnswer, StoredLifecycle
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, Service, answer_one, encoded, service_of

router = APIRouter(tags=["measures"])


@router.get(
    "/v1/lifecycle",
    openapi_extra=operation("get_lifecycle", query_parameters.LIFECYCLE, LifecycleAnswer, COMPUTATION_ENDED),
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
        return Reading(lambda: computed(service.queues.folds, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.LIFECYCLE, item)


async def read_lifecycle(service: Service, snapshot: Snapshot, question: Question) -> StoredLifecycle:
    """What the answer of `/v1/lifecycle` is made of."""
    as_of, filters = question.as_of, question.filters
    countries, commodities = filters.get("country"), filters.get("commodity")
    displaced = await snapshot.rows("displaced_spans", as_of=as_of)
    projects = await snapshot.rows("projects_on_that_day", as_of=as_of)
    asked = {row["project"] for row in projects if lifecycle_view.is_asked(row, countries, commodities)}
    standing = [row for row in displaced if row["valid_to"] > as_of and row["project"] in asked]
    raised = await flags_of_rows(snapshot, as_of, standing if len(standing) <= CAUSES_MAX else ())
    causes = await by_size(len(raised.rows), raised.by_deal)
    events = {event for flags in causes.values() for flag in flags for event in flag.evidence}
    ids = sorted({event[place + 1 :] for event in events for place in range(len(event)) if event[place] == "#"})
    papers = await conversions.read_conversion(service, snapshot, question)
    counted = await in_thread(conversion_view.measure, replace(papers, by="investor_country", deals=True))
    return StoredLifecycle(
        as_of=as_of,
        countries=countries,
        commodities=commodities,
        levels=filters.get("level", ()),
        projects=projects,
        phases=await snapshot.rows("deals_by_phase", as_of=as_of),
        nations=await snapshot.rows("nations_of_parties"),
        papers=counted["deals"],
        spells=await snapshot.rows("level_spells", as_of=as_of),
        displaced=displaced,
        causes={deal: flags[0] for deal, flags in causes.items()} if len(standing) <= CAUSES_MAX else None,
        winners=await snapshot.rows("deals_of_events", ids=ids) if ids else [],
    )


def _in_json(stored: StoredLifecycle) -> bytes:
    return encoded(lifecycle_view.lifecycle(stored))
