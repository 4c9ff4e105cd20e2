"""Forums: /v1/forums and /v1/forums/{slug}/scorecard, which `steppe.domain.measures.scorecard` judges."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import computed
from services.api.export import csv_columns
from services.api.problems import COMPUTATION_ENDED, unknown_key
from services.api.store import row_decoding
from services.api.store.snapshot import Row, Snapshot
from services.api.views.list_answers import ForumList
from services.api.views.measures import forum_view
from services.api.views.measures.forum_view import ScorecardAnswer, StoredScorecard
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one, encoded, service_of
from steppe.domain.values.months import add_months
from steppe.http.problems import NOT_FOUND

router = APIRouter(tags=["forums"])


@router.get("/v1/forums", openapi_extra=operation("list_forums", query_parameters.FORUMS, ForumList))
async def forums(request: Request) -> Response:
    """Summits and visits that were held by a day, the latest first, with how many projects have an event that names it."""
    return await answer_list(request, query_parameters.FORUMS, csv_columns.FORUMS, forum_page)


@router.get(
    "/v1/forums/{slug}/scorecard",
    openapi_extra=operation("get_scorecard", query_parameters.SCORECARD, ScorecardAnswer, NOT_FOUND, COMPUTATION_ENDED),
)
async def forum_scorecard(
    request: Request, slug: Annotated[str, Path(description="The key of the forum.")]
) -> Response:
    """What became of the papers that were signed at a forum: `strict`, a binding leg of that deal since; `loose`, any step above
    memorandum; `value`, money bound over money announced, currency by currency.

    `horizon_months`: as it stood so long after the forum, to lay two of them side by side at the same age.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        stored = await read_scorecard(snapshot, question, await read_forum(snapshot, slug))
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _scorecard_in_json, stored))

    return await answer_one(request, query_parameters.SCORECARD, item)


async def forum_page(snapshot: Snapshot, question: Question) -> Page:
    """One page of forums."""
    after_rank, after_forum = after(question.after, text, text)
    rows = await snapshot.rows(
        "forum_page",
        as_of=question.as_of,
        after_rank=after_rank,
        after_forum=after_forum,
        limit=question.limit + 1,
    )
    rows, more = pagination.cut_page(rows, question.limit)
    return Page(
        items=[forum_view.forum(row) for row in rows], next_key=[rows[-1]["rank"], rows[-1]["forum"]] if more else None
    )


async def read_forum(snapshot: Snapshot, slug: str) -> Row:
    """A forum. Raises Refusal when no such forum is known."""
    slug = slug.replace("\x00", "")
    row = await snapshot.row("forum", forum=slug)
    if row is None:
        slugs = [slug_row["forum"] for slug_row in await snapshot.rows("forum_slugs")]
        raise unknown_key("forum", slug, slugs, otherwise="See /v1/forums.")
    return row


async def read_scorecard(snapshot: Snapshot, question: Question, forum: Row) -> StoredScorecard:
    """What the answer of `/v1/forums/{slug}/scorecard` is made of."""
    until = question.as_of
    horizon = question.filters.get("horizon_months")
    if horizon is not None and forum["held_latest"] is not None:
        until = min(until, add_months(forum["held_latest"], horizon))
    events = [row for row in await snapshot.rows("events_of_forum", forum=forum["forum"]) if row_decoding.folds(row)]
    projects = sorted({row["subject"] for row in events})
    return StoredScorecard(
        forum=forum,
        until=until,
        horizon_months=horizon,
        knowledge=question.knowledge,
        events=events,
        deal_spans=await snapshot.rows("deal_spans_of_projects", until=until, projects=projects),
    )


def _scorecard_in_json(stored: StoredScorecard) -> bytes:
    return encoded(forum_view.scorecard(stored))
