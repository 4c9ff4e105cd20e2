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
from services.api.web.list_filters import PROJECT_FILTERS_OF_FLAGS, project_keys
from services.api.web.query_parameters import Question
from steppe.domain.values.months import add_months
from steppe.domain.values.states import FOREVER, SEVERITIES

Item = Mapping[str, Any]

FLAGS_OF_PROJECTS: Mapping[str, str] = {
    **{name: name for name in ("country", "commodity", "investor", "investor_country")},
    **PROJECT_FILTERS_OF_FLAGS,
}
"""The filters that choose projects at `/flags`, each with its name in a list of projects."""

_EVERY_HEADLINE = (("headline", "all"), ("headline", "any"))
_CACHED_COUNTS_MAX = 32
_CHANGES_SHOWN = 3
_LAST_DAY = FOREVER - timedelta(days=1)


async def total_counts(page: PageRequest, snapshot: Snapshot, unfiltered: Question) -> Item:
    """The counts of `/v1/portfolio` over all projects, for the filters of a page.

    Cached while log, rules and day are the same, since nearly every page needs them.
    """
    cache: dict[tuple[Any, ...], Item] = page.request.app.state.page_counts
    key = (
        snapshot.position, snapshot.last_action, snapshot.late_folds, snapshot.rules.version, unfiltered.as_of,
        unfiltered.knowledge,
    )  # fmt: skip
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


def chosen_filters(page: PageRequest, filters: Mapping[str, str]) -> dict[str, str]:
    """Those of these filters of projects that the page's address sets, by the names that a list of projects has for them.

    `filters` are the names in the address, each with that one. With any headline, or all, the address asks for no other projects
    than without.
    """
    return {
        of_projects: page.query[name]
        for name, of_projects in filters.items()
        if name in page.query and (name, page.query[name]) not in _EVERY_HEADLINE
    }


async def chosen_projects(
    page: PageRequest, snapshot: Snapshot, question: Question, filters: Mapping[str, str]
) -> list[str] | None:
    """The keys of the projects that pass those of these filters that the page's address sets; None: it sets none."""
    chosen = chosen_filters(page, filters)
    if not chosen:
        return None
    asked = page.build_query("/v1/projects", (*query_parameters.COMMON, *chosen), **chosen, as_of=question.as_of)
    return await project_keys(snapshot, asked)


def next_page_url(page: PageRequest, question: Question, next_key: list[str] | None) -> str | None:
    """The address of the next page of a list; None at its end."""
    if next_key is None:
        return None
    return page.url_with(cursor=pagination.encode(next_key, question.as_of, question.fingerprint))


def months_after(day: date, months: int) -> date:
    """A later day, at most the last one that the API accepts."""
    return min(add_months(day, months), _LAST_DAY)
