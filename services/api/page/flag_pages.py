"""The flags at `/flags` and their transitions as an Atom feed at `/flags.atom`."""

from __future__ import annotations

from fastapi import Response

from services.api.page.page_data import (
    FLAGS_OF_PROJECTS,
    chosen_projects,
    latest_changes,
    months_after,
    next_page_url,
    total_counts,
)
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.flags import flag_page
from services.api.routes.transitions import latest
from services.api.store.snapshot import Snapshot
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.values.states import SEVERITIES

_ROWS = 50
_PROJECTS_OF_CHANGES = 20
_TRANSITIONS_OF_FEED = 100
_ROWS_OF_CALENDAR = 40
_MONTHS_OF_CALENDAR = 12


async def flags_page(page: PageRequest) -> Response:
    """Every raised flag and when it escalates, a calendar of the next twelve months, and the latest transitions."""
    page.reject_unknown_params(
        "flag", "severity", "certainty", *FLAGS_OF_PROJECTS, "project", "next_before", "sort", "cursor", "notices"
    )
    question = page.build_query("/v1/flags", query_parameters.FLAG_ROWS, limit=_ROWS)
    calendar_end = months_after(question.as_of, _MONTHS_OF_CALENDAR)
    coming_question = page.build_query(
        "/v1/flags",
        query_parameters.FLAG_ROWS,
        next_before=calendar_end,
        sort="next",
        limit=_ROWS_OF_CALENDAR,
        cursor=None,
    )
    unfiltered = page.build_query(
        "/v1/portfolio", query_parameters.PORTFOLIO, **dict.fromkeys(query_parameters.ABOUT_PROJECTS)
    )
    async with service_of(page.request).snapshot(question) as snapshot:
        flags = await flag_page(snapshot, question, counted=False)
        coming = await flag_page(snapshot, coming_question)
        changes = await latest_changes(
            snapshot, question, _PROJECTS_OF_CHANGES, await _keys_of_projects(page, snapshot, question),
            with_notices=page.shows_notices, flags=question.filters.get("flag"),
            severities=question.filters.get("severity"),
        )  # fmt: skip
        totals = await total_counts(page, snapshot, unfiltered)
    listed, rising = (await flags.finished()).items, (await coming.finished()).items
    service = service_of(page.request)
    names = await read_names(service, question, listed, rising, changes, facets=totals["facets"])
    return await page.render(
        "flags.html", question=question, snapshot=snapshot, names=names, flags=listed,
        next_url=next_page_url(page, question, flags.next_key), coming=rising, coming_count=coming.total,
        coming_url=page.url_with(next_before=calendar_end, sort="next"),
        changes=changes, totals=totals, flag_names=query_parameters.FLAGS, severities=SEVERITIES,
        flags_url=page.api_url("/v1/flags", query_parameters.FLAG_ROWS, limit=_ROWS),
    )  # fmt: skip


async def _keys_of_projects(page: PageRequest, snapshot: Snapshot, question: Question) -> list[str] | None:
    """The projects of which the latest transitions are wanted; None: of any."""
    chosen = await chosen_projects(page, snapshot, question, FLAGS_OF_PROJECTS)
    keys = question.filters.get("project")
    return chosen if keys is None else [key for key in keys if chosen is None or key in chosen]


async def atom_feed(page: PageRequest) -> Response:
    """The latest transitions of flags as an Atom feed (RFC 4287); with `backfill=true` also those that only told history."""
    page.reject_unknown_params("backfill")
    question = page.build_query("/v1/flags/transitions", query_parameters.FEED)
    async with service_of(page.request).snapshot(question) as snapshot:
        backfill = question.filters.get("backfill", False)
        transitions = await latest(snapshot, _TRANSITIONS_OF_FEED, backfill=backfill, tell=question.tell)
    names = await read_names(service_of(page.request), question, transitions)
    return await page.render(
        "flags.atom.xml", question=question, snapshot=snapshot, names=names, transitions=transitions, media_type="application/atom+xml",
        base_url=str(page.request.base_url).rstrip("/"),
    )  # fmt: skip
