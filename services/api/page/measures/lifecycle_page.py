"""How long deals stay where they are, at `/lifecycle`: months at a level, ages of papers, what became of each year, overtakings."""

from __future__ import annotations

from fastapi import Response

from services.api.computation import in_thread
from services.api.drawing.figure import NARROW, WIDE, Cell, Column, DataRow, DataTable, Figure
from services.api.page.measures.bar_drawings import ages_panel, levels_panel, shares_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import lifecycles
from services.api.store.snapshot import Snapshot
from services.api.views.measures import lifecycle_view
from services.api.views.measures.lifecycle_view import StoredLifecycle
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of

_PATH = "/v1/lifecycle"
PAGE = "/lifecycle"
_PARAMETERS = ("country", "commodity")
_OVERTAKINGS_MAX = 40
_OLD_MONTHS = 48


async def lifecycle_page(page: PageRequest) -> Response:
    """Ages of papers, months at each level, what became of the papers of each year, and who overtook whom."""
    question, snapshot, answer = await _answer(page)
    names = await read_names(service_of(page.request), question, answer["overtakings"])
    return await page.render(
        "lifecycle.html", question=question, snapshot=snapshot, names=names, answer=answer, page_path=PAGE,
        figures=[
            _ages(page, question, snapshot, answer),
            _levels(page, question, snapshot, answer),
            _years(page, question, snapshot, answer),
        ],
        overtakings_max=_OVERTAKINGS_MAX, api=_api_url(page),
    )  # fmt: skip


async def ages_figure(page: PageRequest) -> DrawnFigure:
    """The histogram by itself."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(figure=_ages(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE)  # fmt: skip


async def levels_figure(page: PageRequest) -> DrawnFigure:
    """The months at each level by themselves."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(figure=_levels(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE)  # fmt: skip


async def years_figure(page: PageRequest) -> DrawnFigure:
    """What became of the papers of each year, by itself."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(figure=_years(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE)  # fmt: skip


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_PARAMETERS)
    question = page.build_query(_PATH, query_parameters.LIFECYCLE)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await lifecycles.read_lifecycle(service, snapshot, question)
    return question, snapshot, await in_thread(_shown, stored)


def _api_url(page: PageRequest) -> str:
    return page.api_url(_PATH, query_parameters.LIFECYCLE)


def _shown(stored: StoredLifecycle) -> Item:
    """The answer with the rows that the page shows: of the overtakings the latest."""
    answer = lifecycle_view.lifecycle(stored)
    return {
        "levels": answer["levels"],
        "ages": {**answer["ages"], "papers": []},
        "papers_past": sum(
            paper["months"] >= _OLD_MONTHS for paper in answer["ages"]["papers"] if not paper["umbrella"]
        ),
        "bound_by_year": answer["bound_by_year"],
        "bound_by_nation": answer["bound_by_nation"],
        "overtakings": answer["overtakings"][: -_OVERTAKINGS_MAX - 1 : -1],
        "overtakings_in_all": len(answer["overtakings"]),
    }


def _ages(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation = page.translation
    _ = translation.gettext
    ages = answer["ages"]
    counts = {
        "papers": translation.number(ages["count"]), "old": translation.number(answer["papers_past"]),
        "median": "–" if ages["median"] is None else translation.number(ages["median"]),
    }  # fmt: skip
    text = "; ".join(f"{bar['from_months']}–{bar['to_months']}: {bar['deals']}" for bar in ages["histogram"])
    columns = [
        Column(heading=_("From months"), kind="number", field="from_months"), Column(heading=_("Below months"), kind="number", field="to_months"),
        Column(heading=_("Deals"), kind="number", field="deals"),
    ]  # fmt: skip
    rows = [
        DataRow(cells=[bar["from_months"], bar["to_months"], bar["deals"]], path=f"ages.histogram.{number}")
        for number, bar in enumerate(ages["histogram"])
    ]
    return Figure(
        name="lifecycle-ages",
        title=_("Of %(papers)s memoranda that wait, %(old)s are four years old or older; the median is %(median)s months") % counts,
        subtitle=_("Deals with nothing but paper, by the age of their first memorandum in years, by latest days; without umbrellas and programmes."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=ages_panel(translation, ages["histogram"], WIDE, text=text) if ages["count"] else None,
        narrow=ages_panel(translation, ages["histogram"], NARROW, text=text) if ages["count"] else None,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )  # fmt: skip


def _levels(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation = page.translation
    _ = translation.gettext
    levels = answer["levels"]
    parts = {"ended": _("ended"), "lasting": _("last")}
    memorandum = next((level for level in levels if level["level"] == "memorandum"), None)
    title = _("How long deals stay at a level")
    if memorandum and memorandum["ended"]["count"] and memorandum["lasting"]["count"]:
        medians = {part: translation.number(memorandum[part]["median"]) for part in parts}
        title = _("A memorandum that led on or ended had taken %(ended)s months; those that last have waited %(lasting)s") % medians  # fmt: skip
    columns = [
        Column(heading=_("Level")), Column(heading=_("Spells")), Column(heading=_("How many"), kind="number", field="count"),
        Column(heading=_("Lower quartile"), kind="number", field="lower"), Column(heading=_("Median"), kind="number", field="median"),
        Column(heading=_("Upper quartile"), kind="number", field="upper"),
    ]  # fmt: skip
    rows: list[DataRow] = []
    for number, level in enumerate(levels):
        for part, part_name in parts.items():
            spells = level[part]
            cells: list[Cell] = [_(level["level"]), part_name, *(spells[field] for field in ("count", "lower", "median", "upper"))]  # fmt: skip
            rows.append(DataRow(cells=cells, path=f"levels.{number}.{part}"))
    text = "; ".join(" ".join(str(cell) for cell in row.cells if cell is not None) for row in rows)
    return Figure(
        name="lifecycle-levels",
        title=title,
        subtitle=_("Years that deals stay at a level: the middle half as a bar, the median as a line with its months and how many. Pale: those that last, which are no shorter than that."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=levels_panel(translation, levels, WIDE, text=text) if levels else None,
        narrow=levels_panel(translation, levels, NARROW, text=text) if levels else None,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )  # fmt: skip


def _years(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation = page.translation
    _ = translation.gettext
    years = answer["bound_by_year"]
    least = min((year for year in years if year["deals"] >= 5), key=lambda year: year["share"], default=None)
    title = _("What became of the memoranda of each year")
    if least is not None:
        counts = {
            "year": least["group"],
            "deals": translation.number(least["deals"]),
            "bound": translation.number(least["bound"]),
        }
        title = _("Fewest of %(year)s came to a contract: %(bound)s of %(deals)s") % counts
    columns = [
        Column(heading=_("Year")), Column(heading=_("Memoranda"), kind="number", field="deals"), Column(heading=_("Bound"), kind="number", field="bound"),
        Column(heading=_("Ended"), kind="number", field="ended"), Column(heading=_("Not decided"), kind="number", field="open"),
        Column(heading=_("Share bound"), kind="share", field="share"),
    ]  # fmt: skip
    rows = [
        DataRow(
            cells=[year["group"], year["deals"], year["bound"], year["ended"], year["open"], year["share"]],
            path=f"bound_by_year.{number}",
        )
        for number, year in enumerate(years)
    ]
    text = "; ".join(f"{year['group']}: {year['bound']} / {year['deals']}" for year in years)
    return Figure(
        name="lifecycle-years",
        title=title,
        subtitle=_("Deals by the year of their first memorandum: with a binding contract (share above), open, and ended without one; without umbrellas and programmes."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=shares_panel(translation, years, WIDE, text=text) if years else None,
        narrow=shares_panel(translation, years, NARROW, text=text) if years else None,
        table=DataTable(columns=columns, rows=rows, api=_api_url(page)),
    )  # fmt: skip
