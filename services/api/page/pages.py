"""The pages, one function each: ask what the API's routes ask, hand it to a template. Knows the routes' functions; no SQL."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.staticfiles import StaticFiles

from services.api.page.chart import chart
from services.api.page.map import points, region
from services.api.page.page_request import Look
from services.api.problems import of_database
from services.api.routes import forums, markets, parties, projects, status, transitions
from services.api.routes.flags import coming_flags, flag_page
from services.api.store.snapshot import Snapshot
from services.api.web import pagination, query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of, wait_for_position
from steppe.contracts.announcements import TransitionItem
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months, months_between
from steppe.domain.values.states import FOREVER
from steppe.http.problems import INTERNAL_ERROR, Refusal

log = logging.getLogger(__name__)

Item = Mapping[str, Any]
View = Callable[[Look], Awaitable[Response]]

_ROWS = 50
_BESIDE = 10
_ENTRIES_MAX = 500
_MAP_ROWS_MAX = 500
_FILTERS = ("country", "commodity", "sector", "investor", "investor_country", "forum", "q")
_MONTHS_AHEAD = 2
_CALENDAR = 40
_DEALS_SHOWN_MAX = 100
_COUNTS_KEPT_MAX = 32
_LAST_DAY = FOREVER - timedelta(days=1)


async def portfolio(look: Look) -> Response:
    """What is stuck, since when, who overtook us, what changed, and what comes next."""
    look.only(*_FILTERS, "level", "headline", "flag", "severity", "updated_after", "sort", "cursor")
    own: dict[str, Any] = {"sort": look.query.get("sort", "severity"), "limit": _ROWS}
    headline = look.query.get("headline", "all" if {"level", "flag", "severity"} & look.query.keys() else "any")
    own["headline"] = None if headline == "all" else headline
    question = look.ask("/v1/projects", query_parameters.PROJECTS, **own)
    counted = look.ask("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None)
    every = look.ask("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None, **dict.fromkeys(
        (*_FILTERS, "flag", "severity", "updated_after")
    ))  # fmt: skip
    filters = {name: look.query.get(name) for name in ("country", "commodity", "investor_country")}
    soon = _ahead(question.as_of, _MONTHS_AHEAD)
    async with service_of(look.request).snapshot(question) as snapshot:
        page = await projects.project_page(snapshot, question)
        whole = await _whole(look, snapshot, every)
        counts = whole if counted.filters == every.filters else await projects.portfolio_item(snapshot, counted)
        overtaken_asked = look.ask(
            "/v1/flags", query_parameters.FLAG_ROWS, flag="displaced", severity=None, limit=_BESIDE, **filters
        )
        overtaken = await flag_page(snapshot, overtaken_asked)
        coming_asked = look.ask(
            "/v1/flags", query_parameters.FLAG_ROWS, flag="memorandum-only", severity=None, next_before=soon, **filters
        )  # fmt: skip
        coming, _ = await coming_flags(snapshot, coming_asked, _BESIDE)
        changed = await _latest_transitions(snapshot, _BESIDE)
    listed = look.api("/v1/projects", query_parameters.PROJECTS, **own)
    return look.render(
        "portfolio.html", question=question, snapshot=snapshot,
        items=page.items, more=_more(look, question, page.next_key), counts=counts, whole=whole, headline=headline,
        overtaken=overtaken.items, coming=coming, changed=changed, soon=soon, levels=list(Level),
        list_api=listed, counts_api=look.api("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None),
        overtaken_api=look.api("/v1/flags", query_parameters.FLAG_ROWS, flag="displaced", severity=None, limit=_BESIDE, **filters),
    )  # fmt: skip


async def one_project(look: Look) -> Response:
    """One project: where it stands in a sentence, its life as a drawing, its events with sources and corrections."""
    look.only()
    key = look.place["key"]
    question = look.ask(f"/v1/projects/{key}", query_parameters.ONE)
    at = look.ask(f"/v1/projects/{key}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX)
    async with service_of(look.request).snapshot(question) as snapshot:
        item = await projects.detail_item(snapshot, question, key)
        timeline = await projects.timeline_page(snapshot, at, key)
        spans = await snapshot.rows("api_deal_spans_of_project", key)
        flags = await snapshot.rows("api_flag_spans_of_project", question.as_of, key)
    now = await _as_known_now(look, question, key) if question.knowledge else None
    return look.render(
        "project.html", question=question, snapshot=snapshot,
        item=item, entries=timeline.items, beside=timeline.beside, more=timeline.next_key is not None,
        drawing=chart([dict(row) for row in spans], [dict(row) for row in flags], item["flags"], timeline.items, question.as_of),
        now=now, differences=_differences(item, now) if now else [],
        item_api=look.api(f"/v1/projects/{key}", query_parameters.ONE),
        timeline_api=look.api(f"/v1/projects/{key}/timeline", query_parameters.TIMELINE, limit=_ENTRIES_MAX),
    )  # fmt: skip


async def flags(look: Look) -> Response:
    """Every flag that stands, what becomes of it and when, and what became of flags lately."""
    look.only(
        "flag", "severity", "certainty", "country", "commodity", "investor_country", "project", "next_before", "cursor"
    )
    question = look.ask("/v1/flags", query_parameters.FLAG_ROWS, limit=_ROWS)
    ahead = _ahead(question.as_of, 12)
    async with service_of(look.request).snapshot(question) as snapshot:
        page = await flag_page(snapshot, question)
        coming_asked = look.ask("/v1/flags", query_parameters.FLAG_ROWS, next_before=ahead)
        coming, coming_all = await coming_flags(snapshot, coming_asked, _CALENDAR)
        changed = await _latest_transitions(snapshot, 30)
        every = look.ask("/v1/portfolio", query_parameters.PORTFOLIO, **dict.fromkeys(query_parameters.ABOUT_PROJECTS))
        whole = await _whole(look, snapshot, every)
    return look.render(
        "flags.html", question=question, snapshot=snapshot, items=page.items, more=_more(look, question, page.next_key),
        coming=coming, coming_all=coming_all, changed=changed, whole=whole, ahead=ahead,
        list_api=look.api("/v1/flags", query_parameters.FLAG_ROWS, limit=_ROWS),
        flag_names=query_parameters.FLAGS,
    )  # fmt: skip


async def atom(look: Look) -> Response:
    """The latest transitions of flags as an Atom feed (RFC 4287)."""
    look.only()
    question = look.ask("/v1/flags/transitions", query_parameters.FEED)
    async with service_of(look.request).snapshot(question) as snapshot:
        changed = await _latest_transitions(snapshot, 100)
    return look.render(
        "flags.atom.xml", question=question, snapshot=snapshot, changed=changed, media_type="application/atom+xml",
        base=str(look.request.base_url).rstrip("/"),
    )  # fmt: skip


async def all_markets(look: Look) -> Response:
    """Markets: a country and a commodity, and who is bound there."""
    look.only("country", "commodity", "investor_country", "cursor")
    question = look.ask("/v1/markets", query_parameters.MARKETS, limit=_ROWS)
    async with service_of(look.request).snapshot(question) as snapshot:
        page = await markets.market_page(snapshot, question)
    return look.render(
        "markets.html", question=question, snapshot=snapshot, items=page.items, more=_more(look, question, page.next_key),
        list_api=look.api("/v1/markets", query_parameters.MARKETS, limit=_ROWS), levels=list(Level),
    )  # fmt: skip


async def one_market(look: Look) -> Response:
    """One market: deals by nation and level, first mover, who is bound, who holds only paper."""
    look.only()
    country, commodity = look.place["country"].upper(), look.place["commodity"]
    path = f"/v1/markets/{country}/{commodity}"
    question = look.ask(path, query_parameters.ONE)
    async with service_of(look.request).snapshot(question) as snapshot:
        item = await markets.market_item(snapshot, question, country, commodity)
    return look.render(
        "market.html", question=question, snapshot=snapshot, item=item, levels=list(Level),
        item_api=look.api(path, query_parameters.ONE),
    )  # fmt: skip


async def one_party(look: Look) -> Response:
    """Somebody who pursues deals: how far each is."""
    look.only()
    path = f"/v1/parties/{look.place['key']}"
    question = look.ask(path, query_parameters.ONE)
    async with service_of(look.request).snapshot(question) as snapshot:
        item = await parties.party_item(snapshot, question, look.place["key"])
    return look.render(
        "party.html", question=question, snapshot=snapshot, item=item, shown_max=_DEALS_SHOWN_MAX, levels=list(Level),
        item_api=look.api(path, query_parameters.ONE),
    )  # fmt: skip


async def all_forums(look: Look) -> Response:
    """Summits and visits at which papers were signed."""
    look.only("cursor")
    question = look.ask("/v1/forums", query_parameters.FORUMS, limit=_ROWS)
    async with service_of(look.request).snapshot(question) as snapshot:
        page = await forums.forum_page(snapshot, question)
    return look.render(
        "forums.html", question=question, snapshot=snapshot, items=page.items, more=_more(look, question, page.next_key),
        list_api=look.api("/v1/forums", query_parameters.FORUMS, limit=_ROWS),
    )  # fmt: skip


async def one_forum(look: Look) -> Response:
    """What became of the papers of a summit, beside another summit at the same age."""
    look.only("beside")
    slug, beside = look.place["slug"], look.query.get("beside")
    path = f"/v1/forums/{slug}/scorecard"
    question = look.ask(path, query_parameters.SCORECARD)
    other: Item | None = None
    async with service_of(look.request).snapshot(question) as snapshot:
        item = await forums.scorecard_item(snapshot, question, slug)
        names = (await forums.forum_page(snapshot, look.ask("/v1/forums", query_parameters.FORUMS, limit=500))).items
        if beside is not None:
            other = await forums.scorecard_item(snapshot, question, beside)
            age = min(_age_months(one, question.as_of) for one in (item, other))
            aged = look.ask(path, query_parameters.SCORECARD, horizon_months=age)
            item = await forums.scorecard_item(snapshot, aged, slug)
            other = await forums.scorecard_item(snapshot, aged, beside)
    return look.render(
        "forum.html", question=question, snapshot=snapshot, item=item, other=other, names=names,
        item_api=look.api(path, query_parameters.SCORECARD, horizon_months=item["horizon_months"]),
    )  # fmt: skip


async def regional_map(look: Look) -> Response:
    """Where the projects are, their level as colour."""
    look.only(*_FILTERS, "level", "headline")
    question = look.ask("/v1/projects", query_parameters.PROJECTS, limit=_MAP_ROWS_MAX)
    items: list[Item] = []
    async with service_of(look.request).snapshot(question) as snapshot:
        page = await projects.project_page(snapshot, question, with_flags=False)
        items += page.items
        every = look.ask("/v1/portfolio", query_parameters.PORTFOLIO, **dict.fromkeys(query_parameters.ABOUT_PROJECTS))
        whole = await _whole(look, snapshot, every)
    placed, elsewhere = points(items)
    return look.render(
        "map.html", question=question, snapshot=snapshot, placed=placed, elsewhere=elsewhere, items=items, region=region(),
        whole=whole, more=page.next_key is not None, rows_max=_MAP_ROWS_MAX, levels=list(Level),
        list_api=look.api("/v1/projects", query_parameters.PROJECTS, limit=_MAP_ROWS_MAX),
    )  # fmt: skip


async def operations(look: Look) -> Response:
    """For operators: lag, partitions, quarantine with the bytes, rebuild."""
    look.only("cursor")
    question = look.ask("/v1/quarantine", query_parameters.QUARANTINE, limit=_ROWS)
    told = await status.told(look.request)
    async with service_of(look.request).reader.snapshot() as snapshot:
        page = await status.quarantine_page(snapshot, question)
    return look.render(
        "status.html", question=question, snapshot=snapshot, told=told, items=page.items,
        more=_more(look, question, page.next_key),
    )  # fmt: skip


VIEWS: Mapping[str, View] = {
    "/": portfolio,
    "/projects/{key}": one_project,
    "/flags": flags,
    "/flags.atom": atom,
    "/markets": all_markets,
    "/markets/{country}/{commodity:path}": one_market,
    "/parties/{key}": one_party,
    "/forums": all_forums,
    "/forums/{slug}": one_forum,
    "/map": regional_map,
    "/status": operations,
}


def install(app: FastAPI) -> None:
    """Put the pages and their assets on the app. They are not in the OpenAPI document: programs ask the API."""
    app.state.page_counts = {}
    for path, view in VIEWS.items():
        app.add_route(path, _shown(view), methods=["GET"], include_in_schema=False)
    folder = str(resources.files("services.api.page").joinpath("static"))
    app.mount("/static", StaticFiles(directory=folder), name="static")


def _shown(view: View) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        look = Look(request)
        try:
            await wait_for_position(request, None)
            return await view(look)
        except Refusal as error:
            return _error(look, error.problem.status, error.problem.title, error.detail, error.members)
        except Exception as error:
            known = of_database(error)
            if known is None:
                log.exception("%s %s", request.method, request.url.path)
                return _error(look, 500, INTERNAL_ERROR.title, f"{type(error).__name__} while answering.", {})
            problem, detail = known
            log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
            return _error(look, problem.status, problem.title, detail, {})

    return answer


def _error(look: Look, status_code: int, title: str, detail: str, members: Mapping[str, Any]) -> Response:
    return look.render("error.html", status=status_code, code=status_code, title=title, detail=detail, members=members)


async def _latest_transitions(snapshot: Snapshot, count: int) -> list[TransitionItem]:
    last = await transitions.last_id(snapshot, 0)
    found = await transitions.rows_after(snapshot, max(last - count, 0), {}, count)
    return found[::-1]


async def _as_known_now(look: Look, question: Question, key: str) -> Item:
    now = look.ask(f"/v1/projects/{key}", query_parameters.ONE, known_at=None, known_by=None, as_of=question.as_of)
    async with service_of(look.request).snapshot(now) as snapshot:
        return await projects.detail_item(snapshot, now, key)


def _differences(then: Item, now: Item) -> list[tuple[str, str | None, Any, Any]]:
    """What is judged differently: (what, deal, as known then, as known now)."""
    found: list[tuple[str, str | None, Any, Any]] = []
    if then["level"] != now["level"]:
        found.append(("level", None, then["level"], now["level"]))
    severities = [one["headline"] and one["headline"]["severity"] for one in (then, now)]
    if severities[0] != severities[1]:
        found.append(("headline", None, *severities))
    before = {deal["deal"]: deal for deal in then["deals"]}
    after = {deal["deal"]: deal for deal in now["deals"]}
    for name in sorted({*before, *after}):
        levels = [one[name]["level"] if name in one else None for one in (before, after)]
        if levels[0] != levels[1] or (name in before) != (name in after):
            found.append(("level", name, *levels))
        flagged = [
            ", ".join(f"{flag['flag']} {flag['severity']}" for flag in one[name]["flags"]) if name in one else None
            for one in (before, after)
        ]
        if flagged[0] != flagged[1]:
            found.append(("flags", name, *flagged))
    return found


async def _whole(look: Look, snapshot: Snapshot, every: Question) -> Item:
    """The counts of all projects, kept while log, rules and day are the same: every page needs them for its filters."""
    kept: dict[tuple[Any, ...], Item] = look.request.app.state.page_counts
    key = (snapshot.position, snapshot.last_action, snapshot.rules.version, every.as_of, every.knowledge)
    if key not in kept:
        while len(kept) >= _COUNTS_KEPT_MAX:
            kept.pop(next(iter(kept)))
        kept[key] = await projects.portfolio_item(snapshot, every)
    return kept[key]


def _more(look: Look, question: Question, next_key: list[str] | None) -> str | None:
    if next_key is None:
        return None
    return look.here(cursor=pagination.encode(next_key, question.as_of, question.fingerprint))


def _ahead(day: date, months: int) -> date:
    """A later day that may still be asked for."""
    return min(add_months(day, months), _LAST_DAY)


def _age_months(item: Item, as_of: date) -> int:
    held: date | None = item["held"]["latest"]
    return 0 if held is None else months_between(held, as_of)
