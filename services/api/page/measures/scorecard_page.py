"""The scorecard of a forum, beside those of others at the same age, at `/forums/{slug}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import MULTIPLE, NARROW, WIDE, Column, DataRow, DataTable, Figure, Panel
from services.api.page.measures.curve_drawing import cohort_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import forums
from services.api.store.snapshot import Snapshot
from services.api.views.measures import forum_view
from services.api.views.measures.forum_view import StoredScorecard
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of

_FORUMS_TO_COMPARE_MAX = 500
_PAPERS_MAX = 200


class _Answer(NamedTuple):
    """The scorecards of a forum and of those beside it, at one age; `others` are the forums to choose from."""

    question: Question
    snapshot: Snapshot
    scorecards: Sequence[Item]
    others: Sequence[Item]


async def scorecard_page(page: PageRequest) -> Response:
    """The scorecard of one forum; with `beside=`, those of others (commas between), all as of the age of the youngest."""
    answer = await _answer(page)
    first = answer.scorecards[0]
    names = await read_names(service_of(page.request), answer.question, answer.scorecards)
    has_curve = any(map(_cohort, answer.scorecards))
    return await page.render(
        "forum.html", question=answer.question, snapshot=answer.snapshot, names=names, scorecards=answer.scorecards,
        forums=answer.others, rows_max=_PAPERS_MAX, figures=[_by_age(page, answer)] if has_curve else [],
        scorecard_url=page.scorecard_url(first),
    )  # fmt: skip


async def scorecard_figure(page: PageRequest) -> DrawnFigure:
    """The drawing of a forum and those beside it by themselves."""
    answer = await _answer(page)
    return DrawnFigure(
        figure=_by_age(page, answer), question=answer.question, snapshot=answer.snapshot,
        page_path=f"/forums/{answer.scorecards[0]['key']}",
    )  # fmt: skip


async def _answer(page: PageRequest) -> _Answer:
    page.reject_unknown_params("beside")
    slug, beside = page.path_params["slug"], page.query.get("beside")
    question = page.build_query(f"/v1/forums/{slug}/scorecard", query_parameters.SCORECARD)
    others_question = page.build_query("/v1/forums", query_parameters.FORUMS, limit=_FORUMS_TO_COMPARE_MAX)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        slugs = list(dict.fromkeys([slug, *(beside or "").split(",")]))
        compared = [await forums.read_forum(snapshot, key) for key in slugs if key]
        others = (await forums.forum_page(snapshot, others_question)).items
        age = None if beside is None else forums.common_age(compared, question.as_of)
        stored_scorecards = [await forums.read_scorecards(snapshot, question, [forum], age) for forum in compared]
    scorecards = [
        await computed(service.queues.folds, stored.rows, _shown_scorecard, stored) for stored in stored_scorecards
    ]
    return _Answer(question, snapshot, scorecards, others)


def _shown_scorecard(stored: StoredScorecard) -> Item:
    """The scorecard with the deals that the page shows."""
    scorecard = forum_view.scorecard(stored)
    return {**scorecard, "deals": scorecard["deals"][:_PAPERS_MAX]}


def _cohort(scorecard: Item) -> int:
    """How many deals its curve is of; none: there is no curve."""
    return int(scorecard["papers"] - scorecard["already_bound"]) if scorecard["curve"] else 0


def _strict_share(scorecard: Item) -> float:
    return float(scorecard["strict"] / _cohort(scorecard))


def _by_age(page: PageRequest, answer: _Answer) -> Figure:
    """The curve of a forum, or those of several beside each other at one scale."""
    translation = page.translation
    _ = translation.gettext
    scorecards = answer.scorecards
    with_curve = [scorecard for scorecard in scorecards if _cohort(scorecard)]
    last = max((point["months"] for scorecard in with_curve for point in scorecard["curve"]), default=0) or 1
    ranked = sorted(with_curve, key=_strict_share)
    if len(ranked) > 1 and _strict_share(ranked[0]) < _strict_share(ranked[-1]):
        ends = {"least": _bound_of_deals(page, ranked[0]), "most": _bound_of_deals(page, ranked[-1])}
        title = _("From %(least)s to %(most)s became binding") % ends
    else:
        title = _("%(group)s became binding") % {
            "group": "; ".join(_bound_of_deals(page, scorecard) for scorecard in with_curve or scorecards[:1])
        }
    text = "; ".join(_bound_of_deals(page, scorecard) for scorecard in scorecards)
    wide, narrow, multiples = _panels(page, with_curve, last, text)
    return Figure(
        name=f"scorecards/{scorecards[0]['key']}",
        title=title,
        subtitle=_("Share of the deals that bound (thick) and that went beyond a memorandum (thin), by months since the forum"),
        text=text,
        source=source_line(page, answer.question, answer.snapshot),
        wide=wide,
        narrow=narrow,
        multiples=multiples,
        table=_points(page, scorecards),
    )  # fmt: skip


def _panels(
    page: PageRequest, scorecards: Sequence[Item], last: int, text: str
) -> tuple[Panel | None, Panel | None, Sequence[Panel]]:
    """A forum alone for a page and for a phone, or several as small ones."""
    if len(scorecards) == 1:
        wide, narrow = (
            cohort_panel(page.translation, scorecards[0], width, last=last, text=text) for width in (WIDE, NARROW)
        )
        return wide, narrow, ()
    titles = [_bound_of_deals(page, scorecard) for scorecard in scorecards]
    multiples = [
        cohort_panel(page.translation, scorecard, MULTIPLE, last=last, text=title, title=title)
        for scorecard, title in zip(scorecards, titles, strict=True)
    ]
    return None, None, multiples


def _bound_of_deals(page: PageRequest, scorecard: Item) -> str:
    """A forum with how many of its deals have bound since."""
    return page.translation.gettext("%(group)s: %(bound)s of %(deals)s") % {
        "group": scorecard["name"] or scorecard["key"],
        "bound": page.translation.number(scorecard["strict"]),
        "deals": page.translation.number(scorecard["papers"] - scorecard["already_bound"]),
    }


def _points(page: PageRequest, scorecards: Sequence[Item]) -> DataTable:
    """The points of the curves, as `/v1/scorecards` has them, or of one forum its scorecard."""
    _ = page.translation.gettext
    columns = [
        Column(heading=_("Forum")), Column(heading=_("Deals"), kind="number"), Column(heading=_("Months"), kind="number", field="months"),
        Column(heading=_("Strict: bound since then"), kind="number", field="strict"),
        Column(heading=_("Loose: any step beyond a memorandum"), kind="number", field="loose"),
    ]  # fmt: skip
    alone = len(scorecards) == 1
    api = page.scorecard_url(scorecards[0]) if alone else page.api_url(
        "/v1/scorecards", query_parameters.SCORECARDS, forum=",".join(scorecard["key"] for scorecard in scorecards),
        horizon_months=scorecards[0]["horizon_months"],
    )  # fmt: skip
    rows = [
        DataRow(
            cells=[scorecard["name"] or scorecard["key"], _cohort(scorecard), *(point[field] for field in ("months", "strict", "loose"))],
            path=f"curve.{number}" if alone else f"forums.{forum_number}.curve.{number}",
        )
        for forum_number, scorecard in enumerate(scorecards)
        for number, point in enumerate(scorecard["curve"])
    ]  # fmt: skip
    return DataTable(columns=columns, rows=rows, api=api)
