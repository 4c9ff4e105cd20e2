"""Data and links that several pages show: counts of all projects, the latest flag transitions, the next page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from services.api.page.page_request import PageRequest
from services.api.routes import projects, transitions
from services.api.routes.transitions import ProjectChanges
from services.api.store.snapshot import Snapshot
from services.api.web import pagination, query_parameters
from services.api.web.query_parameters import Question
from steppe.domain.values.months import add_months
from steppe.domain.values.states import FOREVER, SEVERITIES

Item = Mapping[str, Any]

_CACHED_COUNTS_MAX = 32
_CHANGES_SHOWN = 3
_LAST_DAY = FOREVER - timedelta(days=1)


async def total_counts(page: PageRequest, snapshot: Snapshot, unfiltered: Question) -> Item:
    """The counts of `/v1/portfolio` over all projects, for the filters of a page.

    Cached while log, rules and day are the same, since nearly every page needs them.
    """
    cache: dict[tuple[Any, ...], Item] = page.request.app.state.page_counts
    key = (snapshot.position, snapshot.last_action, snapshot.rules.version, unfiltered.as_of, unfiltered.knowledge)
    if key not in cache:
        while len(cache) >= _CACHED_COUNTS_MAX:
            cache.pop(next(iter(cache)))
        cache[key] = await projects.portfolio_item(snapshot, unfiltered)
    return cache[key]


async def latest_changes(
    snapshot: Snapshot,
    question: Question,
    projects_max: int,
    project_keys: Sequence[str] | None,
    *,
    with_notices: bool,
    flags: Sequence[str] | None = None,
    severities: Sequence[str] | None = None,
) -> list[ProjectChanges]:
    """The projects at which flags changed last, by the day and the knowledge that are asked for, the last one first.

    `project_keys`: of these projects only (None: any); so with `flags` and `severities`. History is no news and left out, as notices
    are, unless they are asked for.
    """
    if severities is None and not with_notices:
        severities = SEVERITIES[1:]
    return await transitions.latest_changes(
        snapshot,
        question.as_of,
        question.known_at if question.knowledge else None,
        projects_max=projects_max,
        transitions_max=_CHANGES_SHOWN,
        severities=severities,
        flags=flags,
        projects=project_keys,
    )


async def chosen_projects(
    page: PageRequest, snapshot: Snapshot, question: Question, filters: Sequence[str]
) -> list[str] | None:
    """The keys of the projects that pass those of these filters that the page's address sets; None: it sets none.

    With any headline, or none, the address asks for no other projects than without.
    """
    names = [name for name in filters if name in page.query]
    if page.query.get("headline") in ("all", "any"):
        names = [name for name in names if name != "headline"]
    if not names:
        return None
    chosen = page.build_query("/v1/projects", (*query_parameters.COMMON, *names), as_of=question.as_of)
    return await projects.project_keys(snapshot, chosen)


def next_page_url(page: PageRequest, question: Question, next_key: list[str] | None) -> str | None:
    """The address of the next page of a list; None at its end."""
    if next_key is None:
        return None
    return page.url_with(cursor=pagination.encode(next_key, question.as_of, question.fingerprint))


def months_after(day: date, months: int) -> date:
    """A later day, at most the last one that the API accepts."""
    return min(add_months(day, months), _LAST_DAY)
