"""Data and links that several pages show: counts of all projects, the latest flag transitions, the next page of a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from services.api.page.page_request import PageRequest
from services.api.routes import projects
from services.api.routes import transitions as transitions_route
from services.api.store.snapshot import Snapshot
from services.api.web import pagination
from services.api.web.query_parameters import Question
from steppe.contracts.announcements import TransitionItem
from steppe.domain.values.months import add_months
from steppe.domain.values.states import FOREVER

Item = Mapping[str, Any]

_CACHED_COUNTS_MAX = 32
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


async def latest_transitions(snapshot: Snapshot, count: int) -> list[TransitionItem]:
    """The last `count` flag transitions, the newest first."""
    last_id = await transitions_route.last_id(snapshot, 0)
    transitions = await transitions_route.rows_after(snapshot, max(last_id - count, 0), {}, count)
    return transitions[::-1]


def next_page_url(page: PageRequest, question: Question, next_key: list[str] | None) -> str | None:
    """The address of the next page of a list; None at its end."""
    if next_key is None:
        return None
    return page.url_with(cursor=pagination.encode(next_key, question.as_of, question.fingerprint))


def months_after(day: date, months: int) -> date:
    """A later day, at most the last one that the API accepts."""
    return min(add_months(day, months), _LAST_DAY)
