"""The page for operators at `/status`."""

from __future__ import annotations

from fastapi import Response

from services.api.page.page_data import next_page_url
from services.api.page.page_request import PageRequest
from services.api.routes import status
from services.api.web import query_parameters
from services.api.web.responses import service_of

_ROWS = 50


async def status_page(page: PageRequest) -> Response:
    """Lag by partition, halts, a running rebuild, and the quarantined records with their bytes."""
    page.reject_unknown_params("cursor")
    question = page.build_query("/v1/quarantine", query_parameters.QUARANTINE, limit=_ROWS)
    item = await status.read_status(page.request, service_of(page.request).reader)
    async with service_of(page.request).reader.snapshot() as snapshot:
        records = await status.quarantine_page(snapshot, question)
    records = await records.finished()
    return await page.render(
        "status.html", question=question, snapshot=snapshot, status_item=item, records=records.items,
        next_url=next_page_url(page, question, records.next_key),
    )  # fmt: skip
