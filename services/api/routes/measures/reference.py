"""Reference series that measures are laid against: /v1/reference and /v1/reference/{name}."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.problems import unknown_key
from services.api.store.snapshot import Snapshot
from services.api.views.measures import reference_view
from services.api.views.measures.reference_view import ReferenceAnswer, ReferenceItem, SeriesAnswer, SeriesRows
from services.api.web import query_parameters
from services.api.web.operations import operation
from services.api.web.query_parameters import Question
from services.api.web.responses import answer_one, service_of
from steppe.http.problems import NOT_FOUND

router = APIRouter(tags=["measures"])


@router.get("/v1/reference", openapi_extra=operation("list_reference", query_parameters.REFERENCE, ReferenceAnswer))
async def reference(request: Request) -> Response:
    """The reference series, each with its edition, the sum of its file, where it comes from, and what to beware of.

    They are of the release or of the operator, and no events: no day and no knowledge moves them.
    """

    async def item(_: Snapshot, question: Question) -> ReferenceItem:
        return reference_view.series_list(service_of(request).reference, question.filters.get("series"))

    return await answer_one(request, query_parameters.REFERENCE, item)


@router.get(
    "/v1/reference/{name}",
    openapi_extra=operation("get_reference", query_parameters.WAITING, SeriesAnswer, NOT_FOUND),
)
async def reference_series(
    request: Request, name: Annotated[str, Path(description="The name of the series.")]
) -> Response:
    """A reference series with its rows, each with its source, what that rests on, and how sure it is."""
    all_series = service_of(request).reference.series
    if name not in all_series:
        raise unknown_key("series", name, list(all_series), otherwise="See /v1/reference.")

    async def item(_: Snapshot, __: Question) -> SeriesRows:
        return reference_view.series_rows(all_series[name])

    return await answer_one(request, query_parameters.WAITING, item)
