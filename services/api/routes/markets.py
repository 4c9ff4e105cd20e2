"""Markets: /v1/markets and /v1/markets/{country}/{commodity}. Reads the rows; `market_view` makes the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import in_thread
from services.api.export import csv_columns
from services.api.problems import unknown_key
from services.api.store import row_decoding
from services.api.store.snapshot import Row, Snapshot
from services.api.views import market_view
from services.api.views.home_countries import Homes
from services.api.views.list_answers import MarketList
from services.api.views.market_answer import MarketAnswer, MarketItem, MarketSummary
from services.api.views.market_view import MARKET_FLAGS, MarketData, Pursuit
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Start
from steppe.http.problems import NOT_FOUND

router = APIRouter(tags=["markets"])


@router.get("/v1/markets", openapi_extra=operation("list_markets", query_parameters.MARKETS, MarketList))
async def markets(request: Request) -> Response:
    """Markets (a country and a commodity) that have projects on a day: how many deals are bound, how many are only paper, and whose.

    A deal of two nations counts under both. With `investor_country`: markets in which that nation pursues a living deal.
    """
    return await answer_list(request, query_parameters.MARKETS, csv_columns.MARKETS, market_page)


@router.get(
    "/v1/markets/{country}/{commodity}",
    openapi_extra=operation("get_market", query_parameters.ONE, MarketAnswer, NOT_FOUND),
)
async def market(
    request: Request,
    country: Annotated[str, Path(description="ISO 3166-1 alpha-2.")],
    commodity: Annotated[str, Path(description="The commodity.")],
) -> Response:
    """One market on a day: each nation's deals by level, who is bound, who has only paper, who was first, who displaced whom."""

    async def item(snapshot: Snapshot, question: Question) -> Reading[MarketItem]:
        return await read_market(snapshot, question, country.upper(), commodity)

    return await answer_one(request, query_parameters.ONE, item)


async def market_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of markets with the counts of their deals."""
    as_of, filters = question.as_of, question.filters
    after_country, after_commodity = after(question.after, text, text)
    rows = await snapshot.rows(
        "market_page",
        as_of=as_of,
        countries=filters.get("country"),
        commodities=filters.get("commodity"),
        investor_countries=filters.get("investor_country"),
        after_country=after_country,
        after_commodity=after_commodity,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    projects = sorted({project for row in rows for project in row["projects"]})
    deals = await snapshot.rows("living_deals_of_projects", as_of=as_of, projects=projects)
    homes = await _homes(snapshot, (party for deal in deals for party in deal["pursuers"]))
    flag_rows = await snapshot.rows(
        "market_flags_of_projects", as_of=as_of, projects=projects, flags=list(MARKET_FLAGS)
    )
    first_crossings = await snapshot.rows("first_crossings_of_projects", as_of=as_of, projects=projects)
    return Page(
        next_key=[rows[-1]["country"], rows[-1]["commodity"]] if more else None,
        compute=partial(_summaries, rows, projects, deals, homes, flag_rows, first_crossings, as_of),
    )


def _summaries(
    rows: Sequence[Row],
    projects: Sequence[str],
    deals: Sequence[Row],
    homes: Homes,
    flag_rows: Sequence[Row],
    first_crossings: Sequence[Row],
    as_of: date,
) -> list[MarketSummary]:
    """The markets of the rows, with what pursues them."""
    pursuits: dict[str, list[Pursuit]] = {project: [] for project in projects}
    for deal in deals:
        pursuits[deal["project"]].append(
            Pursuit(
                level=Level(deal["level"]),
                paper_only=deal["memorandum_runs"],
                nations=homes.of(deal["pursuers"], as_of),
            )
        )
    flags: dict[str, Counter[tuple[str, str]]] = {project: Counter() for project in projects}
    for flag in flag_rows:
        flags[flag["project"]][flag["flag"], flag["severity"]] = flag["deals"]
    crossed = {
        row["project"]: Start(earliest=row["crossed_earliest"], latest=row["crossed_on"], given=row["crossed_given"])
        for row in first_crossings
    }
    return [
        market_view.summary(
            row["country"],
            row["commodity"],
            row["projects"],
            [pursuit for project in row["projects"] for pursuit in pursuits[project]],
            sum((flags[project] for project in row["projects"]), Counter[tuple[str, str]]()),
            market_view.first_of(crossed[project] for project in row["projects"] if project in crossed),
        )
        for row in rows
    ]


async def read_market(snapshot: Snapshot, question: Question, country: str, commodity: str) -> Reading[MarketItem]:
    """The answer of `/v1/markets/{country}/{commodity}`. Raises Refusal when there never was such a market."""
    as_of = question.as_of
    rows = await _projects_of_market(snapshot, question, country, commodity)
    projects = [row["project"] for row in rows]
    deals = await in_thread(_deals, await snapshot.rows("deals_of_projects", as_of=as_of, projects=projects))
    signed = await in_thread(_deals, await snapshot.rows("first_memoranda_of_projects", as_of=as_of, projects=projects))
    flags = await in_thread(
        row_decoding.flags_by_project,
        await snapshot.rows("flags_of_projects", as_of=as_of, projects=projects),
        as_of,
    )
    crossed = await snapshot.rows("crossings", as_of=as_of, projects=projects, events=market_view.causes(flags))
    crossings = [row_decoding.crossing(row) for row in crossed]
    parties = {party for _, state in (*deals, *signed) for party in state.pursuers}
    homes = await _homes(snapshot, parties.union(*(crossing.parties for crossing in crossings)))
    data = MarketData(
        country=country,
        commodity=commodity,
        projects=[row_decoding.project(row) for row in rows],
        deals=deals,
        signed=signed,
        flags=flags,
        crossings=crossings,
        homes=homes,
    )
    return Reading(lambda: in_thread(market_view.market, data, as_of))


async def _projects_of_market(snapshot: Snapshot, question: Question, country: str, commodity: str) -> list[Row]:
    """The market's projects on the day: none, if there are some on other days only. Raises Refusal otherwise."""
    key = f"{country}/{commodity}"
    readable = "\x00" not in key
    rows = (
        await snapshot.rows("projects_of_market", as_of=question.as_of, country=country, commodity=commodity)
        if readable
        else []
    )
    if not rows:
        markets_ever = [row["market"] for row in await snapshot.rows("markets_ever")]
        if key not in markets_ever:
            raise unknown_key("market", key, markets_ever, otherwise="See /v1/markets.")
    return rows


def _deals(rows: Iterable[Row]) -> list[tuple[str, DealState]]:
    return [(row["project"], row_decoding.deal(row)) for row in rows]


async def _homes(snapshot: Snapshot, parties: Iterable[str]) -> Homes:
    rows = await snapshot.rows("home_countries_of_parties", parties=sorted(set(parties)))
    return Homes((row["party"], row["valid_from"], row["valid_to"], row["home_country"]) for row in rows)
