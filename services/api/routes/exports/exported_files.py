"""/v1/export: what is here as a file that other programs read, in the formats of query_parameters.EXPORTS."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from services.api.routes.exports import (
    exported_activities,
    exported_events,
    exported_holdings,
    exported_package,
    exported_releases,
    exported_snapshot,
    exported_tables,
    exported_units,
)
from services.api.routes.exports.exported_snapshot import Publisher
from services.api.web import query_parameters
from services.api.web.operations import export_operation
from services.api.web.query_parameters import Question
from services.api.web.responses import Filling, answer_file

router = APIRouter(tags=["export"])

_FILLED_BY = {
    "events": exported_events.fill,
    "parquet": exported_tables.fill,
    "iati": exported_activities.fill,
    "bods": exported_holdings.fill,
    "oc4ids": exported_package.fill,
    "ocds": exported_releases.fill,
    "gem": exported_units.fill,
}


@router.get("/v1/export", response_class=StreamingResponse, openapi_extra=export_operation())
async def export(request: Request) -> Response:
    """Everything, or what belongs to the projects that pass the filters, as one file as of one moment of the read model.

    Filters as of `/v1/projects`, judged on the day `as_of`. The file is finished before it is sent. docs/exporting.md says what each format has.
    """
    settings = request.app.state.settings
    publisher = Publisher(settings.data_publisher, settings.data_licence)

    def filled_by(question: Question) -> Filling:
        if question.format == "snapshot":
            return exported_snapshot.filling_of(publisher, request.url.query)
        return _FILLED_BY[question.format]

    return await answer_file(request, query_parameters.EXPORT, filled_by)
