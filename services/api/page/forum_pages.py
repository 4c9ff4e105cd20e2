"""The forums at `/forums` and the scorecard of one, beside that of another at the same age, at `/forums/{slug}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Response

from services.api.computation import computed
from services.api.page.page_data import Item, next_page_url
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import forums
from services.api.views.measures import forum_view
from services.api.views.measures.forum_view import StoredScorecard
from services.api.web import query_parameters
from services.api.web.responses import service_of

_ROWS = 50
_FORUMS_TO_COMPARE_MAX = 500
_PAPERS_MAX = 200
_WIDTH, _HEIGHT = 300, 100


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
    """The scorecard of one forum; with `beside=`, those of others (commas between), all as of the age of the youngest."""
    page.reject_unknown_params("beside")
    slug, beside = page.path_params["slug"], page.query.get("beside")
    path = f"/v1/forums/{slug}/scorecard"
    question = page.build_query(path, query_parameters.SCORECARD)
    others_question = page.build_query("/v1/forums", query_parameters.FORUMS, limit=_FORUMS_TO_COMPARE_MAX)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        slugs = list(dict.fromkeys([slug, *(beside or "").split(",")]))
        compared = [await forums.read_forum(snapshot, name) for name in slugs if name]
        others = (await forums.forum_page(snapshot, others_question)).items
        age = None if beside is None else forums.common_age(compared, question.as_of)
        stored = [await forums.read_scorecards(snapshot, question, [forum], age) for forum in compared]
    scorecards = [await computed(service.queues.folds, one.rows, _shown_scorecard, one) for one in stored]
    names = await read_names(service_of(page.request), question, scorecards)
    horizon = scorecards[0]["horizon_months"]
    return await page.render(
        "forum.html", question=question, snapshot=snapshot, names=names, scorecards=scorecards, forums=others, rows_max=_PAPERS_MAX,
        ages=[_drawn_curve(scorecard, scorecards) for scorecard in scorecards],
        scorecard_url=page.api_url(path, query_parameters.SCORECARD, horizon_months=horizon),
    )  # fmt: skip


def _shown_scorecard(stored: StoredScorecard) -> Item:
    """The scorecard with the deals that the page shows."""
    scorecard = forum_view.scorecard(stored)
    return {**scorecard, "deals": scorecard["deals"][:_PAPERS_MAX]}


def _drawn_curve(scorecard: Item, scorecards: Sequence[Item]) -> Item | None:
    """The lines of a curve by age, in percent of the cohort; None: there is none. All of a page have one scale."""
    cohort = scorecard["papers"] - scorecard["already_bound"]
    if not scorecard["curve"] or not cohort:
        return None
    oldest = max(point["months"] for one in scorecards for point in one["curve"]) or 1
    lines: dict[str, Any] = {"months": scorecard["curve"][-1]["months"]}
    for field in ("strict", "loose"):
        path = f"M0 {_HEIGHT}"
        for point in scorecard["curve"]:
            x = round(_WIDTH * point["months"] / oldest, 1)
            path += f"H{x}V{round(_HEIGHT - _HEIGHT * point[field] / cohort, 1)}"
        lines[field] = path
    return lines
