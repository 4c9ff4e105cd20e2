"""What is bound of what countries need, at `/supply`: one buyer and commodity by years, all beside each other, contracts, groups."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import MULTIPLE, NARROW, WIDE, Cell, Column, DataRow, DataTable, Figure
from services.api.page.measures.bar_drawings import supply_panel
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import read_names
from services.api.routes.measures import supplies
from services.api.store.snapshot import Snapshot
from services.api.views.measures import supply_view
from services.api.views.measures.supply_view import StoredSupply
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.measures.supply import REASONS

_PATH = "/v1/supply"
PAGE = "/supply"
_PARAMETERS = ("buyer_country", "commodity")
_MULTIPLES_MAX = 15
_ROWS_MAX = 40


async def supply_page(page: PageRequest) -> Response:
    """The years of one buyer and commodity, all of them beside each other, groups of countries, and the contracts."""
    question, snapshot, answer = await _answer(page)
    names = await read_names(service_of(page.request), question, answer["contracts"])
    return await page.render(
        "supply.html", question=question, snapshot=snapshot, names=names, answer=answer, page_path=PAGE,
        figures=[_fullest_pair(page, question, snapshot, answer), _all_pairs(page, question, snapshot, answer)],
        rows_max=_ROWS_MAX, api=_api_url(page), buyer_name=partial(buyer_name, page), missing=_missing(page), per=_per(page),
    )  # fmt: skip


async def supply_figure(page: PageRequest) -> DrawnFigure:
    """The drawing of one buyer and commodity by itself."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(
        figure=_fullest_pair(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE
    )


async def buyers_figure(page: PageRequest) -> DrawnFigure:
    """The drawings of all buyers and commodities by themselves."""
    question, snapshot, answer = await _answer(page)
    return DrawnFigure(
        figure=_all_pairs(page, question, snapshot, answer), question=question, snapshot=snapshot, page_path=PAGE
    )


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_PARAMETERS)
    question = page.build_query(_PATH, query_parameters.SUPPLY)
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await supplies.read_supply(snapshot, question, service.reference)
    return question, snapshot, await computed(service.queues.folds, stored.rows, _shown, stored)


def _api_url(page: PageRequest) -> str:
    return page.api_url(_PATH, query_parameters.SUPPLY)


def _shown(stored: StoredSupply) -> Item:
    """The answer with the rows that the page shows."""
    answer = supply_view.supply(stored)
    return {
        **answer,
        "contracts": answer["contracts"][:_ROWS_MAX],
        "contracts_in_all": len(answer["contracts"]),
        "not_added_in_all": sum(answer["not_added"].values()),
    }


def buyer_name(page: PageRequest, country: str | None) -> str:
    """What a buyer's country is called on the page; a bank of several states by its key."""
    if country is None:
        return page.translation.gettext("not stated")
    return page.translation.country(country)


def _missing(page: PageRequest) -> dict[str, str]:
    """What a contract lacks that is in no sum, in words."""
    _ = page.translation.gettext
    words = (
        _("a buyer"),
        _("a volume"),
        _("a unit that can be added up"),
        _("whether a year or in total"),
        _("an end"),
    )
    return dict(zip(REASONS, words, strict=True))


def _per(page: PageRequest) -> dict[str, str]:
    _ = page.translation.gettext
    return {"year": _("a year"), "total": _("in total")}


def _paper_deals(answer: Item, row: Item) -> int:
    """How many deals of that buyer and commodity have only paper."""
    return sum(
        len(paper["deals"])
        for paper in answer["papers"]
        if (paper["country"], paper["commodity"]) == (row["country"], row["commodity"])
    )


def _weight(row: Item) -> tuple[int, int, int]:
    """How much there is to see of a row: years with a bound volume and a demand, years with a volume, years."""
    bound = [year for year in row["years"] if year["contracts"]]
    return sum(bool(year["demand"]) for year in bound), len(bound), len(row["years"])


def _fullest_pair(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    """The row of which there is most to see."""
    _ = page.translation.gettext
    rows: Sequence[Item] = answer["buyers"]
    number = max(range(len(rows)), key=lambda index: (_weight(rows[index]), -index), default=None)
    row = None if number is None else rows[number]
    text = "" if row is None else _text(page, row)
    papers = 0 if row is None else _paper_deals(answer, row)
    panel = partial(supply_panel, page.translation, row, text=text, papers=papers, this_year=question.as_of.year) if row else None  # fmt: skip
    return Figure(
        name="supply",
        title=_title(page, row, question.as_of.year),
        subtitle=_("Volume that binding offtake contracts deliver a calendar year, by days of delivery, as bars; demand that is stated for a year as points, one for each source. Hatched: deals with only paper, which state no volume."),
        text=text,
        source=source_line(page, question, snapshot),
        wide=panel(WIDE) if panel else None,
        narrow=panel(NARROW) if panel else None,
        table=_table(page, [] if row is None else [(number or 0, row, None)]),
    )  # fmt: skip


def _title(page: PageRequest, row: Item | None, this_year: int) -> str:
    """The message: what is bound of the latest demand that is stated, or what is bound without one."""
    translation = page.translation
    _ = translation.gettext
    if row is None:
        return _("No offtake contract and no demand is known")
    values = {"buyer": buyer_name(page, row["country"]), "commodity": row["commodity"], "unit": row["unit"]}
    years = [year for year in row["years"] if year["year"] <= this_year] or row["years"]
    of_demand = [year for year in years if year["demand"]]
    of_bound = [year for year in years if year["contracts"]]
    if of_demand and (of_bound or not [year for year in row["years"] if year["contracts"]]):
        both = [year for year in of_demand if year["contracts"]]
        year = (both or of_demand)[-1]
        ends = [figure[end] for figure in year["demand"] for end in ("low", "high")]
        demand = " – ".join(translation.number(end) for end in sorted({min(ends), max(ends)}))
        values |= {"year": str(year["year"]), "bound": translation.number(year["bound"]), "demand": demand}
        return (
            _("%(buyer)s, %(commodity)s, %(year)s: contracts bind %(bound)s %(unit)s, stated demand is %(demand)s")
            % values
        )
    year = (of_bound or row["years"])[-1]
    values |= {"year": str(year["year"]), "bound": translation.number(year["bound"])}
    return _("%(buyer)s, %(commodity)s, %(year)s: contracts bind %(bound)s %(unit)s, no demand is stated") % values


def _heading(page: PageRequest, row: Item) -> str:
    return f"{buyer_name(page, row['country'])}, {row['commodity']}, {row['unit']}"


def _text(page: PageRequest, row: Item) -> str:
    """What is bound in each of the latest years, in words."""
    translation = page.translation
    volumes = [f"{year['year']}: {translation.number(year['bound'])}" for year in row["years"] if year["contracts"]]
    return f"{_heading(page, row)}. {'; '.join(volumes[-12:])}"


def _table(page: PageRequest, rows: Sequence[tuple[int, Item, int | None]]) -> DataTable:
    """The years of rows, each with its number in the answer; of one year, where it is given."""
    _ = page.translation.gettext
    columns = [
        Column(heading=_("Buyer")), Column(heading=_("Commodity")), Column(heading=_("Unit")), Column(heading=_("Year")),
        Column(heading=_("Bound"), kind="number", field="bound"), Column(heading=_("Contracts"), kind="number", field="contracts"),
        Column(heading=_("Stated demand")),
    ]  # fmt: skip
    data: list[DataRow] = []
    for number, row, only in rows:
        for index, year in enumerate(row["years"]):
            if only in (None, index):
                demand = "; ".join(
                    f"{figure['value']} {figure['unit']} ({figure['metric']})" for figure in year["demand"]
                )
                cells: list[Cell] = [buyer_name(page, row["country"]), row["commodity"], row["unit"], str(year["year"]), year["bound"], year["contracts"], demand or None]  # fmt: skip
                data.append(DataRow(cells=cells, path=f"buyers.{number}.years.{index}"))
    return DataTable(columns=columns, rows=data, api=_api_url(page))


def _all_pairs(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    _ = page.translation.gettext
    rows: Sequence[Item] = answer["buyers"]
    by_weight = sorted(enumerate(rows), key=lambda pair: _weight(pair[1]), reverse=True)
    fullest = sorted(by_weight[:_MULTIPLES_MAX], key=lambda pair: pair[0])
    multiples = [
        supply_panel(
            page.translation, row, MULTIPLE, text=_text(page, row), papers=_paper_deals(answer, row), this_year=question.as_of.year,
            title=_heading(page, row),
        )
        for _number, row in fullest
    ]  # fmt: skip
    bound = sum(any(year["contracts"] for year in row["years"]) for row in rows)
    counts = {"bound": page.translation.number(bound), "rows": page.translation.number(len(rows))}
    return Figure(
        name="supply-buyers",
        title=_("Contracts bind something for %(bound)s of %(rows)s pairs of buyer and commodity") % counts,
        subtitle=_("The same for each pair, each with a scale of its own. A contract of buyers of several countries is in each."),
        text="; ".join(panel.title for panel in multiples),
        source=source_line(page, question, snapshot),
        multiples=multiples,
        table=_table(page, [(number, row, len(row["years"]) - 1) for number, row in fullest]),
    )  # fmt: skip
