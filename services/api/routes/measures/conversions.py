"""How many papers became binding: /v1/conversion, which `steppe.domain.measures.conversion` judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response

from services.api.computation import by_size, in_thread
from services.api.store.knowledge import Knowledge
from services.api.store.snapshot import Snapshot
from services.api.views.measures import conversion_view
from services.api.views.measures.conversion_answer import ConversionAnswer
from services.api.views.measures.conversion_view import ProjectPapers, StoredConversion, papers_of_projects
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Reading, Service, answer_one, encoded, service_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES, MEMORANDUM_CLASS

router = APIRouter(tags=["measures"])
_NAMES = sorted(MEMORANDUM_CLASS | CORRECTION_NAMES)


@router.get(
    "/v1/conversion",
    openapi_extra=operation("get_conversion", query_parameters.CONVERSION, ConversionAnswer),
)
async def conversion(request: Request) -> Response:
    """How many first papers of deals became binding, and after how long, with the end of the deal as a competing risk.

    `curve` is the cumulative incidence (Aalen-Johansen) with numbers at risk and 95% bands, 1 - Kaplan-Meier beside it; `deals`
    (`include=deals`) are the rows that it is made of, `left_out` what it is not made of.
    """

    service = service_of(request)

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_conversion(service, snapshot, question)
        return Reading(lambda: in_thread(_in_json, stored))

    return await answer_one(request, query_parameters.CONVERSION, item)


async def read_conversion(service: Service, snapshot: Snapshot, question: Question) -> StoredConversion:
    """What the answer is made of."""
    return StoredConversion(
        as_of=question.as_of,
        by=question.filters.get("by"),
        first=question.filters.get("from"),
        last=question.filters.get("to"),
        deals="deals" in question.filters.get("include", ()),
        projects=await service.decoded_projects.of(snapshot, _papers, question.knowledge),
        nations=await snapshot.rows("nations_of_parties"),
        marks=service.reference.marks,
    )


async def _papers(
    snapshot: Snapshot, projects: Sequence[str] | None, knowledge: Knowledge | None
) -> Mapping[str, ProjectPapers]:
    """Papers, deals and registrations of these projects, of all for None."""
    if projects is None:
        events = await snapshot.rows("paper_events", names=_NAMES)
        deals = await snapshot.rows("deals_through_days")
        registrations = await snapshot.rows("registrations")
    else:
        events = await snapshot.rows("paper_events_of_projects", names=_NAMES, projects=projects)
        deals = await snapshot.rows("deals_of_projects_through_days", projects=projects)
        registrations = await snapshot.rows("registrations_of_projects", projects=projects)
    rows = len(events) + len(deals) + len(registrations)
    return await by_size(rows, papers_of_projects, events, deals, registrations, knowledge)


def _in_json(stored: StoredConversion) -> bytes:
    return encoded(conversion_view.measure(stored))
