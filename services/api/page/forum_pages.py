"""The forums at `/forums` and the scorecard of one, beside that of another at the same age, at `/forums/{slug}`."""

from __future__ import annotations

from datetime import date

from fastapi import Response

from services.api.page.page_data import Item, next_page_url
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes import forums
from services.api.web import query_parameters
from services.api.web.responses import service_of
from steppe.domain.values.months import months_between

_ROWS = 50
_FORUMS_TO_COMPARE_MAX = 500


async def forums_page(page: PageRequest) -> Response:
    """Summits and visits at which documents were signed."""
    page.reject_unknown_params("cursor")
    question = page.build_query("/v1/forums", query_parameters.FORUMS, limit=_ROWS)
    async with service_of(page.request).snapshot(question) as snapshot:
        rows = await forums.forum_page(snapshot, question)
    return await page.render(
        "forums.html", question=question, snapshot=snapshot, forums=rows.items,
        next_url=next_page_url(page, question, rows.next_key),
        forums_url=page.api_url("/v1/forums", query_parameters.FORUMS, limit=_ROWS),
    )  # fmt: skip


async def forum_page(page: PageRequest) -> Response:
    """The scorecard of one forum; with `beside=`, that of another, both as of the age of the younger."""
    page.reject_unknown_params("beside")
    slug, beside = page.path_params["slug"], page.query.get("beside")
    path = f"/v1/forums/{slug}/scorecard"
    question = page.build_query(path, query_parameters.SCORECARD)
    others_question = page.build_query("/v1/forums", query_parameters.FORUMS, limit=_FORUMS_TO_COMPARE_MAX)
    async with service_of(page.request).snapshot(question) as snapshot:
        scorecards = [
            await forums.scorecard_item(snapshot, question, name) for name in (slug, beside) if name is not None
        ]
        others = (await forums.forum_page(snapshot, others_question)).items
        if beside is not None:
            age = min(_age_months(scorecard, question.as_of) for scorecard in scorecards)
            same_age = page.build_query(path, query_parameters.SCORECARD, horizon_months=age)
            scorecards = [await forums.scorecard_item(snapshot, same_age, name) for name in (slug, beside)]
    names = await read_names(service_of(page.request), question, scorecards)
    horizon = scorecards[0]["horizon_months"]
    return await page.render(
        "forum.html", question=question, snapshot=snapshot, names=names, scorecards=scorecards, forums=others,
        scorecard_url=page.api_url(path, query_parameters.SCORECARD, horizon_months=horizon),
    )  # fmt: skip


def _age_months(scorecard: Item, as_of: date) -> int:
    held: date | None = scorecard["held"]["latest"]
    return 0 if held is None else months_between(held, as_of)
