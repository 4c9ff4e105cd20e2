"""The addresses of the pages, and the page that answers an error."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from services.api.page.flag_pages import atom_feed, flags_page
from services.api.page.forum_pages import forums_page
from services.api.page.market_pages import market_page, markets_page, party_page
from services.api.page.measures.conversion_page import conversion_page
from services.api.page.measures.figure_pages import figure_views
from services.api.page.measures.lifecycle_page import lifecycle_page
from services.api.page.measures.money_page import money_page
from services.api.page.measures.pledges_page import pledges_page
from services.api.page.measures.scorecard_page import scorecard_page
from services.api.page.measures.supply_page import supply_page
from services.api.page.measures.value_chain_page import value_chain_page
from services.api.page.page_request import PageRequest
from services.api.page.portfolio_pages import map_page, portfolio_page
from services.api.page.project_page import project_page
from services.api.page.status_page import status_page
from services.api.problems import of_database
from services.api.web.responses import one_turn
from steppe.http.problems import INTERNAL_ERROR, Problem, Refusal

log = logging.getLogger(__name__)

_HEADERS_OF_PROBLEMS = ("Retry-After", "Cache-Control")

View = Callable[[PageRequest], Awaitable[Response]]

PAGES: Mapping[str, View] = {
    "/": portfolio_page,
    "/projects/{key}": project_page,
    "/flags": flags_page,
    "/flags.atom": atom_feed,
    "/markets": markets_page,
    "/markets/{country}/{commodity:path}": market_page,
    "/parties/{key}": party_page,
    "/forums": forums_page,
    "/forums/{slug}": scorecard_page,
    "/conversion": conversion_page,
    "/money": money_page,
    "/supply": supply_page,
    "/value-chain": value_chain_page,
    "/lifecycle": lifecycle_page,
    "/pledges": pledges_page,
    "/map": map_page,
    "/status": status_page,
    **figure_views(),
}


def install(app: FastAPI) -> None:
    """Put the pages and their assets on the app. They are not in the OpenAPI document: programs ask the API."""
    app.state.page_counts = {}
    for path, view in PAGES.items():
        app.add_route(path, _endpoint(view), methods=["GET"], include_in_schema=False)
    folder = str(resources.files("steppe.page").joinpath("static"))
    app.mount("/static", StaticFiles(directory=folder), name="static")


def _endpoint(view: View) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        page = PageRequest(request)
        try:
            async with one_turn():  # the names that it shows are read when the rest is
                return await view(page)
        except Refusal as error:
            return await _error_page(page, error.problem, error.detail, error.members, error.headers)
        except Exception as error:
            failure = of_database(error)
            if failure is None:
                log.exception("%s %s", request.method, request.url.path)
                return await _error_page(page, INTERNAL_ERROR, f"{type(error).__name__} while answering.")
            problem, detail = failure
            log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
            return await _error_page(page, problem, detail)

    return endpoint


async def _error_page(
    page: PageRequest,
    problem: Problem,
    detail: str,
    members: Mapping[str, Any] = MappingProxyType({}),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """The problem as a page, with the headers that it has at the API: when to ask again, and that nobody keeps it."""
    of_problem = {name: text for name, text in {**headers, **problem.headers}.items() if name in _HEADERS_OF_PROBLEMS}
    return await page.render(
        "error.html", status=problem.status, status_code=problem.status, title=problem.title, detail=detail,
        members=members, problem_headers=of_problem,
    )  # fmt: skip
