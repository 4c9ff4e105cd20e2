"""Which steps moved into the host countries: /v1/value-chain, which `steppe.domain.measures.value_chain` reads from the events."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.problems import COMPUTATION_ENDED
from services.api.store.snapshot import Snapshot
from services.api.views.measures import value_chain_view
from services.api.views.measures.value_chain_view import StoredValueChain, ValueChainAnswer
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one, encoded, service_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.measures.value_chain import CHAIN_NAMES

router = APIRouter(tags=["measures"])


@router.get(
    "/v1/value-chain",
    openapi_extra=operation("get_value_chain", query_parameters.VALUE_CHAIN, ValueChainAnswer, COMPUTATION_ENDED),
)
async def value_chain(request: Request) -> Response:
    """Which steps, from the mine to the component, were told as localised in the host country, and whether the works run today.

    `markets` says up to which step each commodity is told in each country; technology, training and certificates stand beside the
    steps of each project. What nobody told is no finding: the step may be there.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_value_chain(snapshot, question)
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.VALUE_CHAIN, item)


async def read_value_chain(snapshot: Snapshot, question: Question) -> StoredValueChain:
    """What the answer of `/v1/value-chain` is made of."""
    as_of = question.as_of
    events = await snapshot.rows("events_telling", names=sorted(CHAIN_NAMES), corrections=sorted(CORRECTION_NAMES))
    projects = sorted({row["subject"] for row in events})
    return StoredValueChain(
        as_of=as_of,
        countries=question.filters.get("country"),
        commodities=question.filters.get("commodity"),
        knowledge=question.knowledge,
        events=events,
        projects=await snapshot.rows("projects_by_key", as_of=as_of, projects=projects),
        markets=await snapshot.rows("projects_of_markets", as_of=as_of),
        nations=await snapshot.rows("nations_of_parties"),
    )


def _in_json(stored: StoredValueChain) -> bytes:
    return encoded(value_chain_view.value_chain(stored))
