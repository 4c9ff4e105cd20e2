"""Data and links that several pages show: counts of all projects, the latest flag transitions, the next page of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from services.api.page.page_request import PageRequest
from services.api.routes import projects
from services.api.routes import transitions as transitions_route
from services.api.store.snapshot import Snapshot
from services.api.web import pagination
from services.api.web.query_parameters import Question
from steppe.contracts.announcements import TransitionItem
from steppe.domain.values.months import add_months
from steppe.domain.values.states import FOREVER, SEVERITIES

Item = Mapping[str, Any]

_CACHED_COUNTS_MAX = 32
_CHANGES_READ = 10
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


class ProjectChanges(NamedTuple):
    """What changed at one project lately, the newest first; `more`: so many are not listed."""

    project: str
    transitions: Sequence[TransitionItem]
    more: int


async def latest_changes(snapshot: Snapshot, projects_max: int) -> list[ProjectChanges]:
    """The projects at which flags changed last, the last one first. Notices and history are no news and left out."""
    transitions = await transitions_route.latest(snapshot, projects_max * _CHANGES_READ, SEVERITIES[1:])
    by_project: dict[str, list[TransitionItem]] = {}
    for transition in transitions:
        by_project.setdefault(transition["project"], []).append(transition)
    return [
        ProjectChanges(project, changes[:_CHANGES_SHOWN], max(0, len(changes) - _CHANGES_SHOWN))
        for project, changes in list(by_project.items())[:projects_max]
    ]


def next_page_url(page: PageRequest, question: Question, next_key: list[str] | None) -> str | None:
    """The address of the next page of a list; None at its end."""
    if next_key is None:
        return None
    return page.url_with(cursor=pagination.encode(next_key, question.as_of, question.fingerprint))


def months_after(day: date, months: int) -> date:
    """A later day, at most the last one that the API accepts."""
    return min(add_months(day, months), _LAST_DAY)
