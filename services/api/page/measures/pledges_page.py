"""Promises of money and what came of them, at `/pledges`."""

from __future__ import annotations

from fastapi import Response

from services.api.computation import computed
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import promised_money
from services.api.views.measures import pledge_view
from services.api.views.measures.pledge_view import StoredPledges
from services.api.web import query_parameters
from services.api.web.responses import service_of

_PATH = "/v1/pledges"
_FILTERS = ("donor", "recipient", "forum", "programme", "year")
_ROWS_MAX = 60
_PLEDGES_MAX = 60
BAR_WIDTH = 300
"""Of the bar of a promise, in the units of its drawing; all of it is what was promised."""


async def pledges_page(page: PageRequest) -> Response:
    """Each promise, pale, with what is bound and paid of it in front, and a mark for the time that is over."""
    page.reject_unknown_params(*_FILTERS)
    question = page.build_query(_PATH, query_parameters.PLEDGES)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await promised_money.read_pledges(snapshot, question, service.reference.rates)
    answer = await computed(service.queues.folds, stored.rows, _shown, stored)
    pledgers = [party for pledge in answer["pledges"] for party in pledge["pledgers"]]
    names = await read_names(service, question, answer, facets={"investor": pledgers})
    return await page.render(
        "pledges.html", question=question, snapshot=snapshot, names=names, answer=answer, pledges_max=_PLEDGES_MAX,
        api=page.api_url(_PATH, query_parameters.PLEDGES), bars=[_bar(pledge) for pledge in answer["pledges"]],
        width=BAR_WIDTH,
    )  # fmt: skip


def _shown(stored: StoredPledges) -> Item:
    """The answer with the promises and rows that the page shows."""
    answer = pledge_view.answer(stored)
    shown = [{**pledge, "rows": pledge["rows"][:_ROWS_MAX]} for pledge in answer["pledges"][:_PLEDGES_MAX]]
    return {**answer, "pledges": shown, "pledges_in_all": len(answer["pledges"])}


def _bar(pledge: Item) -> Item:
    """How long the parts of a bar are; None: that cannot be drawn."""
    lengths: dict[str, float | None] = {}
    for part, share in (("bound", "bound_share"), ("paid", "disbursed_share"), ("time", "time_passed")):
        value = pledge[share]
        lengths[part] = None if value is None else round(BAR_WIDTH * min(1.0, max(0.0, value)), 1)
    return lengths
