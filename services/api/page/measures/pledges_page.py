"""Promises of money and what came of them, at `/pledges`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import NARROW, WIDE, Column, DataRow, DataTable, Figure
from services.api.page.measures.bar_drawings import pledges_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import promised_money
from services.api.store.snapshot import Snapshot
from services.api.views.measures import pledge_view
from services.api.views.measures.pledge_view import StoredPledges
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of

_PATH = "/v1/pledges"
PAGE = "/pledges"
_FILTERS = ("donor", "recipient", "forum", "programme", "year")
_PLEDGES_MAX = 60
_DRAWN_MAX = 30


async def pledges_page(page: PageRequest) -> Response:
    """Each promise, pale, with what is bound and paid of it in front, and a mark for the time that is over."""
    question, snapshot, answer = await _answer(page)
    shown = {**answer, "pledges": answer["pledges"][:_PLEDGES_MAX]}
    pledgers = [party for pledge in shown["pledges"] for party in pledge["pledgers"]]
    names = await read_names(service_of(page.request), question, shown, facets={"investor": pledgers})
    return await page.render(
        "pledges.html", question=question, snapshot=snapshot, names=names, answer=shown, pledges_max=_PLEDGES_MAX,
        pledges_in_all=len(answer["pledges"]), api=_api_url(page), page_path=PAGE,
        figures=[_pledges(page, question, snapshot, answer)],
    )  # fmt: skip


async def pledges_figure(page: PageRequest) -> DrawnFigure:
    """The drawing of the promises by itself."""
    question, snapshot, answer = await _answer(page)
    figure = _pledges(page, question, snapshot, answer)
    return DrawnFigure(figure=figure, question=question, snapshot=snapshot, page_path=PAGE)


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_FILTERS)
    question = page.build_query(_PATH, query_parameters.PLEDGES)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await promised_money.read_pledges(snapshot, question, service.reference.rates)
    return question, snapshot, await computed(service.queues.folds, stored.rows, _shown, stored)


def _api_url(page: PageRequest) -> str:
    return page.api_url(_PATH, query_parameters.PLEDGES)


def _shown(stored: StoredPledges) -> Item:
    """The answer without the rows under each promise, which the page does not show."""
    answer = pledge_view.answer(stored)
    return {**answer, "pledges": [{**pledge, "rows": []} for pledge in answer["pledges"]]}


def _pledges(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation = page.translation
    _ = translation.gettext
    pledges: Sequence[Item] = answer["pledges"]
    first_pledges = pledges[:_DRAWN_MAX]
    counts = {
        "count": translation.number(len(pledges)),
        "withdrawn": translation.number(sum(pledge["withdrawn"] is not None for pledge in pledges)),
        "bound": translation.number(sum(Decimal(pledge["bound"]) > 0 for pledge in pledges)),
        "paid": translation.number(sum(Decimal(pledge["disbursed"]) > 0 for pledge in pledges)),
    }
    title = (
        _("Of %(count)s promises %(bound)s are bound at least in part, and %(paid)s are paid at least in part") % counts
    )
    subtitle = _("%(count)s promises, of them withdrawn: %(withdrawn)s. Pale: promised; in front: bound and paid by rows that name the programme or are of the deal; the stroke: how much of the time is over.") % counts  # fmt: skip
    if len(pledges) > len(first_pledges):
        cut = {"shown": translation.number(len(first_pledges)), "all": counts["count"]}
        subtitle += " " + _("Only the first %(shown)s of %(all)s are shown; the API has all of them.") % cut
    columns = [
        Column(heading=_("Project")), Column(heading=_("Currency"), field="currency"), Column(heading=_("Promised"), kind="number", field="announced"),
        Column(heading=_("Bound since"), kind="number", field="bound"), Column(heading=_("Disbursed"), kind="number", field="disbursed"),
        Column(heading=_("Share bound"), kind="share", field="bound_share"),
        Column(heading=_("Share disbursed"), kind="share", field="disbursed_share"),
        Column(heading=_("Time over"), kind="share", field="time_passed"),
    ]  # fmt: skip
    rows = [
        DataRow(
            cells=[
                pledge["project_name"] or pledge["project"], pledge["currency"],
                *(_amount(pledge[field]) for field in ("announced", "bound", "disbursed")),
                *(pledge[field] for field in ("bound_share", "disbursed_share", "time_passed")),
            ],
            path=f"pledges.{number}",
        )
        for number, pledge in enumerate(pledges)
    ]  # fmt: skip
    return Figure(
        name="pledges",
        title=title if pledges else _("No promises by this day."),
        subtitle=subtitle,
        text=title,
        source=source_line(page, question, snapshot),
        wide=pledges_panel(translation, first_pledges, WIDE, text=title) if first_pledges else None,
        narrow=pledges_panel(translation, first_pledges, NARROW, text=title) if first_pledges else None,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )


def _amount(text: str) -> int | float:
    """A sum as a number of the table, which the page writes in its language and a file in digits alone."""
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)
