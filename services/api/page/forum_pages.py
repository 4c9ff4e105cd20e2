"""The forums at `/forums`."""

from __future__ import annotations

from fastapi import Response

from services.api.page.page_data import next_page_url
from services.api.page.page_request import PageRequest
from services.api.routes.measures import forums
from services.api.web import query_parameters
from services.api.web.responses import service_of

_ROWS = 50


async def forums_page(page: PageRequest) -> Response:
    """Summits and visits at which documents were signed."""
    page.reject_unknown_params("cursor")
    question = page.build_query("/v1/forums", query_parameters.FORUMS, limit=_ROWS)
    async with service_of(page.request).snapshot(question) as snapshot:
        rows = await forums.forum_page(snapshot, question)
    return await page.render(
        "forums.html", question=question, snapshot=snapshot, forums=rows.items,
        next_url=next_page_url(page, question, rows.next_key),
        forums_url=page.api_url("/v1/forums", query_parameters.FORUMS, limit=_ROWS),
    )  # fmt: skip
