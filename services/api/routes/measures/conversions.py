"""How many papers became binding: /v1/conversion, which `steppe.domain.measures.conversion` judges."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.api.computation import computed
from services.api.problems import COMPUTATION_ENDED
from services.api.store.snapshot import Snapshot
from services.api.views.measures import conversion_view
from services.api.views.measures.conversion_view import ConversionAnswer, StoredConversion
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, answer_one, encoded, service_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES, MEMORANDUM_CLASS

router = APIRouter(tags=["measures"])
_NAMES = sorted(MEMORANDUM_CLASS | CORRECTION_NAMES)


@router.get(
    "/v1/conversion",
    openapi_extra=operation("get_conversion", query_parameters.CONVERSION, ConversionAnswer, COMPUTATION_ENDED),
)
async def conversion(request: Request) -> Response:
    """How many first papers of deals became binding, and after how long, with the end of the deal as a competing risk.

    `curve` is the cumulative incidence (Aalen-Johansen) with numbers at risk and 95% bands, 1 - Kaplan-Meier beside it; `deals` are
    the rows that it is made of, `left_out` what it is not made of.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_conversion(snapshot, question)
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _in_json, stored))

    return await answer_one(request, query_parameters.CONVERSION, item)


async def read_conversion(snapshot: Snapshot, question: Question) -> StoredConversion:
    """What the answer is made of."""
    events = await snapshot.rows("paper_events", names=_NAMES)
    projects = sorted({row["subject"] for row in events if ":" not in row["subject"]})
    return StoredConversion(
        as_of=question.as_of,
        by=question.filters.get("by"),
        first=question.filters.get("from"),
        last=question.filters.get("to"),
        knowledge=question.knowledge,
        events=events,
        phases=await snapshot.rows("last_of_each_phase", as_of=question.as_of, projects=projects),
        projects=await snapshot.rows("registered_projects", as_of=question.as_of, projects=projects),
        nations=await snapshot.rows("nations_of_parties"),
    )


def _in_json(stored: StoredConversion) -> bytes:
    return encoded(conversion_view.measure(stored))
