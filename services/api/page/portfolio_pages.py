"""The portfolio at `/` and the same projects on a map at `/map`."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from services.api.page.map.outlines import frame_of
from services.api.page.map.points import points
from services.api.page.page_data import (
    FLAGS_OF_PROJECTS,
    chosen_filters,
    chosen_projects,
    latest_changes,
    months_after,
    next_page_url,
    total_counts,
)
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes import projects
from services.api.routes.flags import flag_page
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.flags.flag_registry import FLAGS
from steppe.domain.values.levels import Level

_FILTERS = ("country", "commodity", "sector", "investor", "investor_country", "forum", "q")
_MORE_FILTERS = ("level", "headline", "overlay", "flag", "severity", "updated_after")
_CHOOSE_PROJECTS = {name: name for name in (*_FILTERS, *_MORE_FILTERS)}
_ROWS = 50
_ROWS_OF_SIDE_LISTS = 10
_POINTS_OF_MAP_MAX = 20_000
_ROWS_BESIDE_MAP = 100
_CENTRAL_ASIA = ("KZ", "KG", "TJ", "TM", "UZ")
_MONTHS_AHEAD = 2


async def portfolio_page(page: PageRequest) -> Response:
    """Counts by level and severity, the projects behind them, displaced deals, the latest changes, and the next ones."""
    page.reject_unknown_params(*_FILTERS, *_MORE_FILTERS, "sort", "cursor", "notices")
    headline = page.query.get(
        "headline", "all" if {"level", "overlay", "flag", "severity"} & page.query.keys() else "any"
    )
    overrides: dict[str, Any] = {
        "sort": page.query.get("sort", "severity"),
        "limit": _ROWS,
        "headline": None if headline == "all" else headline,
    }
    question = page.build_query("/v1/projects", query_parameters.PROJECTS, **overrides, include="")
    counts_question = page.build_query("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None)
    unfiltered = page.build_query("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None, **dict.fromkeys(
        (*_FILTERS, "overlay", "flag", "severity", "updated_after")
    ))  # fmt: skip
    coming_until = months_after(question.as_of, _MONTHS_AHEAD)
    displaced_question = _flag_query(page, question, flag="displaced", limit=_ROWS_OF_SIDE_LISTS)
    coming_question = _flag_query(
        page,
        question,
        flag=",".join(name for name, flag in FLAGS.items() if flag.worsens_unbound),
        next_before=coming_until,
        sort="next",
        limit=_ROWS_OF_SIDE_LISTS,
    )
    async with service_of(page.request).snapshot(question) as snapshot:
        listed = await projects.project_page(snapshot, question)
        totals = await total_counts(page, snapshot, unfiltered)
        counts = (
            totals
            if counts_question.filters == unfiltered.filters
            else await projects.portfolio_item(snapshot, counts_question)
        )
        project_keys = await chosen_projects(page, snapshot, question, _CHOOSE_PROJECTS)
        displaced = await flag_page(snapshot, displaced_question, project_keys, counted=False)
        coming = await flag_page(snapshot, coming_question, project_keys, counted=False)
        changes = await latest_changes(
            snapshot, question, _ROWS_OF_SIDE_LISTS, project_keys, with_notices=page.shows_notices
        )
    shown, overtaken, rising = [(await one.finished()).items for one in (listed, displaced, coming)]
    service = service_of(page.request)
    names = await read_names(service, question, shown, overtaken, rising, changes, facets=totals["facets"])
    return await page.render(
        "portfolio.html", question=question, snapshot=snapshot, names=names,
        overlays=query_parameters.OVERLAYS, projects=shown, next_url=next_page_url(page, question, listed.next_key), counts=counts, totals=totals,
        headline=headline, displaced=overtaken, coming=rising,
        displaced_url=_flags_url(page, flag="displaced"), calendar_url=_flags_url(page), changes=changes, levels=list(Level),
        projects_url=page.api_url("/v1/projects", query_parameters.PROJECTS, **overrides),
        counts_url=page.api_url("/v1/portfolio", query_parameters.PORTFOLIO, headline=None, level=None),
    )  # fmt: skip


def _flags_url(page: PageRequest, **own: str) -> str:
    """The address of the page of flags for the projects that this page's address asks for."""
    chosen = chosen_filters(page, _CHOOSE_PROJECTS)
    at_flags = {name: chosen[of_projects] for name, of_projects in FLAGS_OF_PROJECTS.items() if of_projects in chosen}
    return page.link("/flags", **own, **at_flags)


def _flag_query(page: PageRequest, question: Question, **overrides: object) -> Question:
    """A query for flags on the page's day; of which projects, the page's filters say."""
    of_page = {name: None for name in query_parameters.FLAG_ROWS if name not in query_parameters.COMMON}
    parameters = {**of_page, **overrides, "as_of": question.as_of}
    return page.build_query("/v1/flags", query_parameters.FLAG_ROWS, **parameters)


async def map_page(page: PageRequest) -> Response:
    """The projects with coordinates on a map of the region that they need, coloured by level; and those without."""
    page.reject_unknown_params(*_FILTERS, "level", "headline")
    question = page.build_query("/v1/projects", query_parameters.PROJECTS, located="true")
    unlocated = page.build_query(
        "/v1/projects", query_parameters.PROJECTS, located="false", limit=_ROWS_BESIDE_MAP, include=""
    )
    unfiltered = page.build_query(
        "/v1/portfolio", query_parameters.PORTFOLIO, **dict.fromkeys(query_parameters.ABOUT_PROJECTS)
    )
    async with service_of(page.request).snapshot(question) as snapshot:
        located = await projects.project_points(snapshot, question, _POINTS_OF_MAP_MAX + 1)
        beside = await projects.project_page(snapshot, unlocated)
        totals = await total_counts(page, snapshot, unfiltered)
    listed = (await beside.finished()).items
    names = await read_names(service_of(page.request), question, facets=totals["facets"])
    shown = located[:_POINTS_OF_MAP_MAX]
    frame = frame_of([(item["latitude"], item["longitude"]) for item in shown])
    on_map = points(shown, frame)
    home = {country for item in shown for country in item["countries"]} or set(_CENTRAL_ASIA)
    return await page.render(
        "map.html", question=question, snapshot=snapshot, names=names, points=on_map, beside=listed,
        more_beside=beside.next_key is not None, projects=shown or listed, frame=frame, home=home,
        labels=frame.labels(home, [(point.x, point.y) for point in on_map]), totals=totals,
        truncated=len(located) > _POINTS_OF_MAP_MAX, rows_max=_POINTS_OF_MAP_MAX, levels=list(Level),
        projects_url=page.api_url("/v1/projects", query_parameters.PROJECTS, located="true"),
        beside_url=page.api_url("/v1/projects", query_parameters.PROJECTS, located="false"),
    )  # fmt: skip
