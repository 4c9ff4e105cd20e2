"""The value chain, at `/value-chain`: a matrix of markets and the steps that events report as localised, and the projects with their rows."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import NARROW, WIDE, Cell, Column, DataRow, DataTable, Figure
from services.api.page.measures.bar_drawings import chain_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import value_chains
from services.api.store.snapshot import Snapshot
from services.api.views.measures import value_chain_view
from services.api.views.measures.value_chain_view import StoredValueChain
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.events.vocabulary import PROCESSING_STEPS
from steppe.page.i18n import Translation

_PATH = "/v1/value-chain"
PAGE = "/value-chain"
_PARAMETERS = ("country", "commodity")
_MARKETS_MAX = 40
_ROWS_MAX = 40


async def value_chain_page(page: PageRequest) -> Response:
    """The matrix of markets and steps, and what stands beside the steps of each project."""
    question, snapshot, answer = await _answer(page)
    names = await read_names(service_of(page.request), question, answer["projects"])
    return await page.render(
        "value_chain.html", question=question, snapshot=snapshot, names=names, answer=answer, page_path=PAGE,
        figures=[_matrix(page, question, snapshot, answer)], rows_max=_ROWS_MAX, api=_api_url(page), steps=step_names(page.translation),
    )  # fmt: skip


async def value_chain_figure(page: PageRequest) -> DrawnFigure:
    """The matrix by itself."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(
        figure=_matrix(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE
    )


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_PARAMETERS)
    question = page.build_query(_PATH, query_parameters.VALUE_CHAIN)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await value_chains.read_value_chain(snapshot, question)
    return question, snapshot, await computed(service.queues.folds, stored.rows, _shown, stored)


def _api_url(page: PageRequest) -> str:
    return page.api_url(_PATH, query_parameters.VALUE_CHAIN)


def _shown(stored: StoredValueChain) -> Item:
    """The answer with the rows that the page shows."""
    answer = value_chain_view.value_chain(stored)
    return {
        **answer,
        "markets": answer["markets"][:_MARKETS_MAX],
        "markets_in_all": len(answer["markets"]),
        "projects": answer["projects"][:_ROWS_MAX],
        "projects_in_all": len(answer["projects"]),
    }


def step_names(translation: Translation) -> dict[str, str]:
    """What the steps of the chain are called on the page, in their order."""
    _ = translation.gettext
    names = (_("Mining"), _("Concentrate"), _("Separation"), _("Metal"), _("Component"))
    return dict(zip(PROCESSING_STEPS, names, strict=True))


def _matrix(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation = page.translation
    _ = translation.gettext
    steps = step_names(translation)
    markets: Sequence[Item] = answer["markets"]
    named_markets = [(f"{translation.country(market['country'])}, {market['commodity']}", market) for market in markets]
    text = "; ".join(f"{name}: {steps[market['told_up_to']]}" for name, market in named_markets)
    early = [market for market in markets if market["told_up_to"] in PROCESSING_STEPS[:2]]
    counts = {"early": translation.number(len(early)), "markets": translation.number(len(markets))}
    title = _("In %(early)s of %(markets)s markets the chain is told no further than concentrate") % counts
    columns = [
        Column(heading=_("Country")), Column(heading=_("Commodity")), Column(heading=_("Told up to")), Column(heading=_("Running up to")),
        Column(heading=_("Projects"), kind="number", field="projects"), Column(heading=_("Silent"), kind="number", field="silent"),
    ]  # fmt: skip
    rows: list[DataRow] = []
    for number, market in enumerate(markets):
        running = market["running_up_to"]
        cells: list[Cell] = [
            translation.country(market["country"]), market["commodity"], steps[market["told_up_to"]], steps[running] if running else None,
            market["projects"], market["silent"],
        ]  # fmt: skip
        rows.append(DataRow(cells=cells, path=f"markets.{number}"))
    return Figure(
        name="value-chain",
        title=title if markets else _("Nothing is told of the value chain"),
        subtitle=_("Steps that events tell as localised in the country. Full: works run on the day; ring: told, and none runs; faint: nobody told, which is no finding. A figure says how many projects."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=chain_panel(translation, named_markets, steps, WIDE, text=text) if markets else None,
        narrow=chain_panel(translation, named_markets, steps, NARROW, text=text) if markets else None,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )  # fmt: skip
