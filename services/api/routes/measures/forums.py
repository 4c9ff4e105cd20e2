"""Forums: /v1/forums, /v1/forums/{slug}/scorecard and /v1/scorecards, which `steppe.domain.measures.scorecard` judges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.computation import computed
from services.api.export import csv_columns
from services.api.problems import COMPUTATION_ENDED, unknown_key
from services.api.store import row_decoding
from services.api.store.project_events import documents_named
from services.api.store.snapshot import Row, Snapshot
from services.api.views.list_answers import ForumList
from services.api.views.measures import forum_view
from services.api.views.measures.forum_view import ScorecardAnswer, ScorecardsAnswer, StoredScorecard
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, Reading, answer_list, answer_one, encoded, service_of
from steppe.domain.values.months import months_between
from steppe.http.problems import BAD_PARAMETER, NOT_FOUND, Refusal

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
    """What became of the papers and pledges that name a forum: `strict`, a leg of that deal that bound on its day or since; `loose`,
    also another row above memorandum; `value`, money bound over the largest sum announced, currency by currency; `curve`, by age.

    `horizon_months`: as the same deals stood so long after the forum, to lay two of them side by side at the same age.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        forum = await read_forum(snapshot, slug)
        stored = await read_scorecards(snapshot, question, [forum], question.filters.get("horizon_months"))
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _scorecard_in_json, stored))

    return await answer_one(request, query_parameters.SCORECARD, item)


@router.get(
    "/v1/scorecards",
    openapi_extra=operation(
        "get_scorecards", query_parameters.SCORECARDS, ScorecardsAnswer, NOT_FOUND, COMPUTATION_ENDED
    ),
)
async def scorecards(request: Request) -> Response:
    """The scorecards of any number of forums at the same age, each from its own day, and all of them as one.

    The age is `horizon_months`, else that of the youngest.
    """

    async def item(snapshot: Snapshot, question: Question) -> Reading[bytes]:
        slugs = list(dict.fromkeys(question.filters.get("forum", ())))
        if not slugs:
            raise Refusal(BAD_PARAMETER, "forum: name one forum or several, as in forum=a,b.", parameter="forum")
        forums = [await read_forum(snapshot, slug) for slug in slugs]
        age = question.filters.get("horizon_months", common_age(forums, question.as_of))
        stored = await read_scorecards(snapshot, question, forums, age)
        queue = service_of(request).queues.folds
        return Reading(lambda: computed(queue, stored.rows, _scorecards_in_json, stored))

    return await answer_one(request, query_parameters.SCORECARDS, item)


def common_age(forums: Sequence[Row], day: date) -> int:
    """The age in months of the youngest of some forums on a day."""
    return min((months_between(row["held_latest"], day) for row in forums if row["held_latest"] is not None), default=0)


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
    """A forum. Raises Refusal when there is none of that key."""
    slug = slug.replace("\x00", "")
    row = await snapshot.row("forum", forum=slug)
    if row is None:
        slugs = [slug_row["forum"] for slug_row in await snapshot.rows("forum_slugs")]
        raise unknown_key("forum", slug, slugs, otherwise="See /v1/forums.")
    return row


async def read_scorecards(
    snapshot: Snapshot, question: Question, forums: Sequence[Row], horizon_months: int | None
) -> StoredScorecard:
    """What scorecards of these forums are made of, at an age in months (None: on the day of the question)."""
    slugs = [row["forum"] for row in forums]
    events = [row for row in await snapshot.rows("events_of_forums", forums=slugs) if row_decoding.folds(row)]
    projects = sorted({row["subject"] for row in events})
    documents = await documents_named(snapshot, events, question.knowledge)
    return StoredScorecard(
        forums=forums,
        as_of=question.as_of,
        horizon_months=horizon_months,
        knowledge=question.knowledge,
        events=events,
        deal_spans=await snapshot.rows("deal_spans_of_projects", until=question.as_of, projects=projects),
        documents=[(row["subject"], row["source"], row["id"]) for row in documents],
        projects=await snapshot.rows("registered_projects", as_of=question.as_of, projects=projects),
    )


def _scorecard_in_json(stored: StoredScorecard) -> bytes:
    return encoded(forum_view.scorecard(stored))


def _scorecards_in_json(stored: StoredScorecard) -> bytes:
    return encoded(forum_view.scorecards(stored))
