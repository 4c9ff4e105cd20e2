"""What became of promises of money: /v1/pledges, which `steppe.domain.measures.pledges` judges."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.problems import COMPUTATION_ENDED
from services.api.store.project_events import documents_named
from services.api.store.snapshot import Snapshot
from services.api.views.measures import pledge_view
from services.api.views.measures.pledge_answer import PledgesAnswer
from services.api.views.measures.pledge_view import StoredPledges
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one, encoded, service_of
from steppe.domain.measures.exchange_rates import ExchangeRates

router = APIRouter(tags=["measures"])
_FILTERS = ("donor", "recipient", "forum", "programme", "year")


@router.get(
    "/v1/pledges",
    openapi_extra=operation("get_pledges", query_parameters.PLEDGES, PledgesAnswer, COMPUTATION_ENDED),
)
async def pledges(request: Request) -> Response:
    """What of each promise of money is bound and disbursed, against the share of its time that has passed.

    `pledges` are the promises, repeats under them and counted once, withdrawn ones marked, each with the rows after it that name its
    programme or are of its deal; `programmes` are traced to the projects that name them; `left_out` is what is in no sum.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        service = service_of(request)
        stored = await read_pledges(snapshot, question, service.reference.rates)
        return Reading(lambda: computed(service.queues.folds, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.PLEDGES, item)


async def read_pledges(snapshot: Snapshot, question: Question, rates: ExchangeRates) -> StoredPledges:
    """What the answer of `/v1/pledges` is made of."""
    subjects = [row["subject"] for row in await snapshot.rows("subjects_of_pledges")]
    events = await snapshot.rows("events_of_subjects", subjects=subjects)
    documents = await documents_named(snapshot, events, question.knowledge)
    return StoredPledges(
        as_of=question.as_of,
        by=question.filters.get("by"),
        filters={name: question.filters.get(name) for name in _FILTERS},
        knowledge=question.knowledge,
        events=events,
        documents=[(row["subject"], row["source"], row["id"]) for row in documents],
        projects=await snapshot.rows("registered_projects", as_of=question.as_of, projects=subjects),
        nations=await snapshot.rows("nations_of_parties"),
        rates=rates,
    )


def _in_json(stored: StoredPledges) -> bytes:
    return encoded(pledge_view.answer(stored))
