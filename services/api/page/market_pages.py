"""The markets at `/markets`, one market at `/markets/{country}/{commodity}`, and one party at `/parties/{key}`."""

from __future__ import annotations

from fastapi import Response

from services.api.page.page_data import next_page_url
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes import markets, parties
from services.api.web import query_parameters
from services.api.web.responses import service_of

_ROWS = 50
_DEALS = 100
_FIRSTS = 20


async def markets_page(page: PageRequest) -> Response:
    """Every market (a country and a commodity) with who is bound there."""
    page.reject_unknown_params("country", "commodity", "investor_country", "cursor")
    question = page.build_query("/v1/markets", query_parameters.MARKETS, limit=_ROWS)
    async with service_of(page.request).snapshot(question) as snapshot:
        listed = await markets.market_page(snapshot, question)
    listed = await listed.finished()
    return await page.render(
        "markets.html", question=question, snapshot=snapshot, markets=listed.items,
        next_url=next_page_url(page, question, listed.next_key),
        markets_url=page.api_url("/v1/markets", query_parameters.MARKETS, limit=_ROWS),
    )  # fmt: skip


async def market_page(page: PageRequest) -> Response:
    """One market: deals by nation and level, a page of them, the first mover, who is bound, who has a memorandum only."""
    page.reject_unknown_params("cursor")
    country, commodity = page.path_params["country"].upper(), page.path_params["commodity"]
    path = f"/v1/markets/{country}/{commodity}"
    question = page.build_query(path, query_parameters.ONE_IN_PAGES, limit=_DEALS)
    async with service_of(page.request).snapshot(question) as snapshot:
        reading = await markets.read_market(snapshot, question, country, commodity)
    market = await reading.finish()
    names = await read_names(service_of(page.request), question, market)
    next_url = page.url_with(cursor=market["next_cursor"]) if "next_cursor" in market else None
    return await page.render(
        "market.html", question=question, snapshot=snapshot, names=names, market=market, next_url=next_url, firsts_max=_FIRSTS,
        market_url=page.api_url(path, query_parameters.ONE_IN_PAGES, limit=_DEALS),
    )  # fmt: skip


async def party_page(page: PageRequest) -> Response:
    """One party and the level of each deal that it pursues, a page of them."""
    page.reject_unknown_params("cursor")
    path = f"/v1/parties/{page.path_params['key']}"
    question = page.build_query(path, query_parameters.ONE_IN_PAGES, limit=_DEALS)
    async with service_of(page.request).snapshot(question) as snapshot:
        reading = await parties.read_party(snapshot, question, page.path_params["key"])
    party = await reading.finish()
    names = await read_names(service_of(page.request), question, party)
    next_url = page.url_with(cursor=party["next_cursor"]) if party["next_cursor"] else None
    return await page.render(
        "party.html", question=question, snapshot=snapshot, names=names, party=party, members_max=_DEALS, next_url=next_url,
        party_url=page.api_url(path, query_parameters.ONE_IN_PAGES, limit=_DEALS),
    )  # fmt: skip
