"""Forums: /v1/forums and /v1/forums/{slug}/scorecard, which `steppe.domain.analysis.scorecard` judges."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from services.api.export import csv_columns
from services.api.problems import unknown_key
from services.api.store import row_decoding
from services.api.store.knowledge import read_as_known
from services.api.store.snapshot import Snapshot
from services.api.views import forum_view
from services.api.views.forum_view import ScorecardAnswer, ScorecardItem
from services.api.views.list_answers import ForumList
from services.api.web import pagination, query_parameters
from services.api.web.operations import operation
from services.api.web.pagination import after, text
from services.api.web.query_parameters import Question
from services.api.web.responses import Page, answer_list, answer_one
from steppe.domain.analysis.scorecard import scorecard
from steppe.domain.events.event import Event
from steppe.domain.values.months import add_months
from steppe.domain.values.spans import Span
from steppe.domain.values.states import DealState
from steppe.http.problems import NOT_FOUND

router = APIRouter(tags=["forums"])


@router.get("/v1/forums", openapi_extra=operation("list_forums", query_parameters.FORUMS, ForumList))
async def forums(request: Request) -> Response:
    """Summits and visits that were held by a day, the latest first, with how many projects have an event that names it."""
    return await answer_list(request, query_parameters.FORUMS, csv_columns.FORUMS, forum_page)


@router.get(
    "/v1/forums/{slug}/scorecard",
    openapi_extra=operation("get_scorecard", query_parameters.SCORECARD, ScorecardAnswer, NOT_FOUND),
)
async def forum_scorecard(
    request: Request, slug: Annotated[str, Path(description="The key of the forum.")]
) -> Response:
    """What became of the papers that were signed at a forum: `strict`, a binding leg of that deal since; `loose`, any step above
    memorandum; `value`, money bound over money announced, currency by currency.

    `horizon_months`: as it stood so long after the forum, to lay two of them side by side at the same age.
    """

    async def item(snapshot: Snapshot, question: Question) -> ScorecardItem:
        return await scorecard_item(snapshot, question, slug)

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


async def scorecard_item(snapshot: Snapshot, question: Question, slug: str) -> ScorecardItem:
    """The answer of `/v1/forums/{slug}/scorecard`. Raises Refusal when no such forum is known."""
    slug = slug.replace("\x00", "")
    row = await snapshot.row("forum", forum=slug)
    if row is None:
        slugs = [slug_row["forum"] for slug_row in await snapshot.rows("forum_slugs")]
        raise unknown_key("forum", slug, slugs, otherwise="See /v1/forums.")
    until = question.as_of
    horizon = question.filters.get("horizon_months")
    if horizon is not None and row["held_latest"] is not None:
        until = min(until, add_months(row["held_latest"], horizon))
    events: dict[str, list[Event]] = {}
    for event_row in await snapshot.rows("events_of_forum", forum=slug):
        event = row_decoding.event(event_row) if row_decoding.folds(event_row) else None
        if event is not None:
            events.setdefault(event_row["subject"], []).append(event)
    known_events = {subject: read_as_known(history, question.knowledge).events for subject, history in events.items()}
    spans: dict[str, list[Span[DealState]]] = {}
    for span_row in await snapshot.rows("deal_spans_of_projects", until=until, projects=sorted(known_events)):
        span = Span(valid_from=span_row["valid_from"], valid_to=span_row["valid_to"], value=row_decoding.deal(span_row))
        spans.setdefault(span_row["project"], []).append(span)
    return forum_view.scorecard(row, scorecard(slug, known_events, spans, until), until, horizon)
