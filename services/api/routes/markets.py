"""Markets: /v1/markets and /v1/markets/{country}/{commodity}. Reads the rows; `market_view` makes the answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import by_size, in_thread
from services.api.export import csv_columns
from services.api.problems import unknown_key
from services.api.store import row_decoding
from services.api.store.raised_flags import flags_of_deals
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
from steppe.domain.values.history import Crossing
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
    openapi_extra=operation("get_market", query_parameters.ONE_IN_PAGES, MarketAnswer, NOT_FOUND),
)
async def market(
    request: Request,
    country: Annotated[str, Path(description="ISO 3166-1 alpha-2.")],
    commodity: Annotated[str, Path(description="The commodity.")],
) -> Response:
    """One market on a day: each nation's deals by level, who is bound, who has only paper, who was first, who displaced whom.

    Projects and deals come in pages, by project and deal, and so do the deals that were displaced or crowded; all figures, and who
    was first, are of the whole market. A market that fits into one page has no `next_cursor`.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[MarketItem]:
        return await read_market(snapshot, question, country.upper(), commodity)

    return await answer_one(request, query_parameters.ONE_IN_PAGES, item)


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
    crossed = await snapshot.rows("crossed_standings_of_projects", projects=projects)
    return Page(
        next_key=[rows[-1]["country"], rows[-1]["commodity"]] if more else None,
        compute=partial(_summaries, rows, deals, homes, flag_rows, crossed, as_of),
    )


def _summaries(
    rows: Sequence[Row],
    deals: Sequence[Row],
    homes: Homes,
    flag_rows: Sequence[Row],
    crossed: Sequence[Row],
    as_of: date,
) -> list[MarketSummary]:
    """The markets of the rows, with what pursues them."""
    pursuits = _pursuits(deals, homes, as_of)
    flags: dict[str, list[Row]] = {}
    for flag in flag_rows:
        flags.setdefault(flag["project"], []).append(flag)
    first_crossings = {row["project"]: row_decoding.first_crossing(row, as_of) for row in crossed}
    return [
        market_view.summary(
            row["country"],
            row["commodity"],
            row["projects"],
            [pursuit for project in row["projects"] for pursuit in pursuits.get(project, ())],
            _flag_counts(flag for project in row["projects"] for flag in flags.get(project, ())),
            market_view.first_of(start for project in row["projects"] if (start := first_crossings.get(project))),
        )
        for row in rows
    ]


def _flag_counts(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """On how many deals each flag stands with each severity."""
    counts = Counter[tuple[str, str]]()
    for row in rows:
        counts[row["flag"], row["severity"]] += row["deals"]
    return counts


def _pursuits(deals: Sequence[Row], homes: Homes, as_of: date) -> dict[str, list[Pursuit]]:
    """Living deals, by project."""
    pursuits: dict[str, list[Pursuit]] = {}
    alike: dict[tuple[int, bool, tuple[str, ...]], Pursuit] = {}
    for deal in deals:
        key = (deal["level"], deal["memorandum_runs"], tuple(deal["pursuers"]))
        pursuit = alike.get(key)
        if pursuit is None:
            level, paper_only, pursuers = key
            pursuit = Pursuit(level=Level(level), paper_only=paper_only, nations=homes.of(pursuers, as_of))
            alike[key] = pursuit
        pursuits.setdefault(deal["project"], []).append(pursuit)
    return pursuits


async def read_market(snapshot: Snapshot, question: Question, country: str, commodity: str) -> Reading[MarketItem]:
    """The answer of `/v1/markets/{country}/{commodity}`. Raises Refusal when there never was such a market."""
    as_of = question.as_of
    projects = await _keys_of_market(snapshot, question, country, commodity)
    page = await _read_page(snapshot, question, projects)
    raised = await flags_of_deals(snapshot, as_of, [(row["project"], row["deal"]) for row in page.deals])
    flags = await by_size(len(raised.rows), raised.by_deal)
    deals = await by_size(len(page.deals), _deals, page.deals)
    living = await snapshot.rows("living_deals_of_projects", as_of=as_of, projects=projects)
    flag_counts = await snapshot.rows(
        "market_flags_of_projects", as_of=as_of, projects=projects, flags=list(MARKET_FLAGS)
    )
    signed_rows = await snapshot.rows("first_memoranda_of_projects", as_of=as_of, projects=projects)
    signed = await by_size(len(signed_rows), _deals, signed_rows)
    bound_rows = await snapshot.rows("earliest_crossings", as_of=as_of, projects=projects)
    bound = await by_size(len(bound_rows), _crossings, bound_rows)
    causes = market_view.causes(flags)
    crossing_rows = (
        await snapshot.rows("crossings", as_of=as_of, projects=[project for project, _ in flags], events=causes)
        if causes
        else []
    )
    crossings = await by_size(len(crossing_rows), _crossings, crossing_rows)
    parties = {party for row in living for party in row["pursuers"]}
    parties.update(party for _, state in (*deals, *signed) for party in state.pursuers)
    parties.update(party for crossing in (*bound, *crossings) for party in crossing.parties)
    homes = await _homes(snapshot, parties)

    def answer() -> MarketItem:
        pursuits = _pursuits(living, homes, as_of)
        data = MarketData(
            country=country,
            commodity=commodity,
            keys=projects,
            pursuits=[pursuit for of_project in pursuits.values() for pursuit in of_project],
            flag_counts=_flag_counts(flag_counts),
            first_bound_on=market_view.first_of(
                Start(earliest=one.on_earliest, latest=one.on, given=one.on_given)
                for one in sorted(bound, key=attrgetter("project"))
            ),
            projects=[row_decoding.project(row) for row in page.projects],
            deals=deals,
            signed=signed,
            bound=bound,
            flags=flags,
            crossings=crossings,
            homes=homes,
        )
        item = market_view.market(data, as_of)
        if page.next_key is not None:
            item["next_cursor"] = pagination.encode(page.next_key, as_of, question.fingerprint)
        return item

    return Reading(lambda: in_thread(answer))


class _MarketPage(NamedTuple):
    """The projects and the deals of a page; `next_key`: its last deal, '' where all of its last project are on it."""

    projects: Sequence[Row]
    deals: Sequence[Row]
    next_key: list[str] | None


async def _read_page(snapshot: Snapshot, question: Question, projects: Sequence[str]) -> _MarketPage:
    """The next projects of the market with their deals: of either as many as the page may hold."""
    after_project, after_deal = after(question.after, text, text)
    begin = 0
    if after_project is not None:
        begin = bisect_left(projects, after_project) if after_deal else bisect_right(projects, after_project)
    next_projects = projects[begin : begin + question.limit]
    rows = await snapshot.rows(
        "deals_of_projects",
        as_of=question.as_of,
        projects=next_projects,
        after_project=after_project,
        after_deal=after_deal,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    next_key = None
    if more:
        next_key = [rows[-1]["project"], rows[-1]["deal"]]
        next_projects = next_projects[: bisect_right(next_projects, rows[-1]["project"])]
    elif begin + question.limit < len(projects):
        next_key = [next_projects[-1], ""]
    new = [project for project in next_projects if project != after_project]
    listed = await snapshot.rows("projects_by_key", as_of=question.as_of, projects=new)
    return _MarketPage(projects=listed, deals=rows, next_key=next_key)


async def _keys_of_market(snapshot: Snapshot, question: Question, country: str, commodity: str) -> list[str]:
    """The market's projects on the day: none, if there are some on other days only. Raises Refusal otherwise."""
    key = f"{country}/{commodity}"
    readable = "\x00" not in key
    rows = (
        await snapshot.rows("keys_of_market", as_of=question.as_of, country=country, commodity=commodity)
        if readable
        else []
    )
    if not rows:
        markets_ever = [row["market"] for row in await snapshot.rows("markets_ever")]
        if key not in markets_ever:
            raise unknown_key("market", key, markets_ever, otherwise="See /v1/markets.")
    return [row["project"] for row in rows]


def _deals(rows: Iterable[Row]) -> list[tuple[str, DealState]]:
    return [(row["project"], row_decoding.deal(row)) for row in rows]


def _crossings(rows: Iterable[Row]) -> list[Crossing]:
    return [row_decoding.crossing(row) for row in rows]


async def _homes(snapshot: Snapshot, parties: Iterable[str]) -> Homes:
    rows = await snapshot.rows("home_countries_of_parties", parties=sorted(set(parties)))
    return Homes((row["party"], row["valid_from"], row["valid_to"], row["home_country"]) for row in rows)
