"""What is bound of what countries need: /v1/supply, computed by `steppe.domain.measures.supply`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.problems import COMPUTATION_ENDED
from services.api.store.snapshot import Snapshot
from services.api.views.measures import supply_view
from services.api.views.measures.supply_answer import SupplyAnswer
from services.api.views.measures.supply_view import StoredSupply
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one, encoded, service_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.measures.supply import OFFTAKE_NAMES
from steppe.reference.reference_data import ReferenceData

router = APIRouter(tags=["measures"])


@router.get(
    "/v1/supply", openapi_extra=operation("get_supply", query_parameters.SUPPLY, SupplyAnswer, COMPUTATION_ENDED)
)
async def supply(request: Request) -> Response:
    """What binding offtake contracts deliver a calendar year, by country of the offtakers and commodity, beside the demand that the
    country states for that year, and by groups of countries while they belong.

    Conflicting figures of demand stand side by side and none is carried on to another year. Contracts that cannot be added up
    are in `contracts` with the reason; deals that have nothing but paper state no volume and are counted in `papers`.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_supply(snapshot, question, service_of(request).reference)
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.SUPPLY, item)


async def read_supply(snapshot: Snapshot, question: Question, reference: ReferenceData) -> StoredSupply:
    """What the answer of `/v1/supply` is made of."""
    as_of, filters = question.as_of, question.filters
    events = await snapshot.rows("events_telling", names=sorted(OFFTAKE_NAMES), corrections=sorted(CORRECTION_NAMES))
    projects = sorted({row["subject"] for row in events if ":" not in row["subject"]})
    return StoredSupply(
        as_of=as_of,
        countries=filters.get("buyer_country"),
        commodities=filters.get("commodity"),
        years=filters.get("year"),
        knowledge=question.knowledge,
        events=events,
        phases=await snapshot.rows("last_of_each_phase", as_of=as_of, projects=projects),
        projects=await snapshot.rows("registered_projects", as_of=as_of, projects=projects),
        papers=await snapshot.rows("paper_deals", as_of=as_of, commodities=filters.get("commodity")),
        nations=await snapshot.rows("nations_of_parties"),
        demand=reference.demand,
        memberships=reference.memberships,
        factors=reference.unit_factors,
    )


def _in_json(stored: StoredSupply) -> bytes:
    return encoded(supply_view.supply(stored))
