"""Who gave how much to whom, at `/money`: each leg by year, its givers beside each other, and the donors of a country by rank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from fastapi import Response

from services.api.computation import computed
from services.api.drawing.figure import MULTIPLE, NARROW, WIDE, Column, DataRow, DataTable, Figure
from services.api.page.measures.drawn_figure import DrawnFigure, source_line
from services.api.page.measures.money_drawing import RankedYear, YearBar, bars_panel, ranks_panel
from services.api.page.page_data import Item
from services.api.page.page_request import PageRequest
from services.api.page.registered_names import RegisteredNames, read_names
from services.api.routes.measures import money_given
from services.api.store.snapshot import Snapshot
from services.api.views.measures import aid_view, money_view
from services.api.views.measures.money_view import StoredMoney
from services.api.web import query_parameters
from services.api.web.query_parameters import Question
from services.api.web.responses import service_of
from steppe.domain.measures.reference_rows import GROSS, NET

PAGE = "/money"
_PATH, _AID = "/v1/money", "/v1/money/aid"
_FILTERS = ("donor", "recipient", "country", "commodity", "programme", "forum", "currency")
_LEGS = ("debt", "grant", "guarantee", "equity", "investment", "rights")
_RECIPIENT = "UZ"
_MULTIPLES_MAX = 12
_ROWS_MAX = 40
_MILLION = 1_000_000


async def money_page(page: PageRequest) -> Response:
    """Sums by leg, the drawings, the rows that they are made of, and what is in no sum."""
    question, snapshot, answer = await _answer(page)
    names = await _names(page, question, answer)
    return await page.render(
        "money.html", question=question, snapshot=snapshot, names=names, answer=answer, page_path=PAGE, rows_max=_ROWS_MAX,
        figures=[
            _by_leg(page, question, snapshot, answer), _by_donor(page, question, snapshot, answer, names), _ranks(page, question, snapshot),
        ],
        legs=_LEGS, leg=_leg(page), api=_api_url(page, "year"),
    )  # fmt: skip


async def legs_figure(page: PageRequest) -> DrawnFigure:
    """Each leg by year, by itself."""
    question, snapshot, answer = await _answer(page)
    return _drawn_figure(_by_leg(page, question, snapshot, answer), question, snapshot)


async def donors_figure(page: PageRequest) -> DrawnFigure:
    """The donors of one leg beside each other, by themselves."""
    question, snapshot, answer = await _answer(page)
    names = await _names(page, question, answer)
    return _drawn_figure(_by_donor(page, question, snapshot, answer, names), question, snapshot)


async def ranks_figure(page: PageRequest) -> DrawnFigure:
    """The donors of a country by rank, by themselves."""
    page.reject_unknown_params(*_FILTERS, "leg")
    question = _question(page, "year")
    async with service_of(page.request).snapshot(question) as snapshot:
        return _drawn_figure(_ranks(page, question, snapshot), question, snapshot)


def _drawn_figure(figure: Figure, question: Question, snapshot: Snapshot) -> DrawnFigure:
    return DrawnFigure(figure=figure, question=question, snapshot=snapshot, page_path=PAGE)


def _question(page: PageRequest, by: str) -> Question:
    return page.build_query(_PATH, query_parameters.MONEY, by=by)


def _api_url(page: PageRequest, by: str) -> str:
    return page.api_url(_PATH, query_parameters.MONEY, by=by)


def _leg(page: PageRequest) -> str:
    leg = page.query.get("leg", _LEGS[0])
    return leg if leg in _LEGS else _LEGS[0]


async def _answer(page: PageRequest) -> tuple[Question, Snapshot, Item]:
    page.reject_unknown_params(*_FILTERS, "leg")
    question = _question(page, "year")
    service = service_of(page.request)
    async with service.snapshot(question) as snapshot:
        stored = await money_given.read_money(snapshot, question, service.reference.rates)
    return question, snapshot, await computed(service.queues.folds, stored.rows, _shown, stored)


def _shown(stored: StoredMoney) -> Item:
    """The answer by year with the rows that the page shows, and the groups by donor and year."""
    answer, of_donors = money_view.measure_and_groups(stored, ("donor", "year"))
    left_out = answer["left_out"]
    return {
        **answer,
        "of_donors": of_donors,
        "rows": answer["rows"][:_ROWS_MAX],
        "rows_in_all": len(answer["rows"]),
        "without_deal": len(left_out["without_deal"]),
        "not_summed": left_out["not_summed"][:_ROWS_MAX],
        "not_summed_in_all": len(left_out["not_summed"]),
    }


async def _names(page: PageRequest, question: Question, answer: Item) -> RegisteredNames:
    banks = sorted({donor for group in answer["of_donors"] for donor in group["donors"] if len(donor) != 2})
    return await read_names(
        service_of(page.request), question, answer["rows"], answer["not_summed"], facets={"investor": banks}
    )


def _by_leg(page: PageRequest, question: Question, snapshot: Snapshot, answer: Item) -> Figure:
    translation, currency = page.translation, answer["currency"]
    _ = translation.gettext
    groups = [(number, group) for number, group in enumerate(answer["groups"]) if not group["umbrella"]]
    by_leg: dict[str, dict[int, YearBar]] = {}
    rows: list[DataRow] = []
    for number, group in groups:
        for place, leg in enumerate(group["legs"]):
            rows.append(_row([_(leg["leg"]), str(group["year"])], leg, f"groups.{number}.legs.{place}"))
            by_leg.setdefault(leg["leg"], {})[group["year"]] = _bar(page, str(group["year"]), leg, currency)
    first, last = _span([group["year"] for _number, group in groups])
    multiples = [
        bars_panel(
            translation, by_leg[leg["leg"]], MULTIPLE, title=_leg_title(page, leg), text=_leg_title(page, leg),
            classes=f"fill-{number % 5 + 1}", first=first, last=last, **_scale(by_leg[leg["leg"]].values()),
        )
        for number, leg in enumerate(answer["total"])
        if leg["leg"] in by_leg
    ]  # fmt: skip
    largest = max(answer["total"], key=lambda leg: Decimal(leg["committed"]), default=None)
    title = (
        _("No money is told")
        if largest is None
        else _("Most is %(leg)s: %(committed)s committed, %(in_force)s of it in force")
        % {
            "leg": _(largest["leg"]),
            "committed": _millions(page, largest["committed"], currency),
            "in_force": _millions(page, largest["in_force"], currency),
        }
    )
    return Figure(
        name="money", title=title,
        subtitle=_("Committed by year in millions of %(currency)s at the average rate of each year (pale), disbursed in front. Legs are never added up; each has a scale of its own.") % {"currency": currency},
        text="; ".join(panel.title for panel in multiples), source=source_line(page, question, snapshot), multiples=multiples,
        table=DataTable(columns=_columns(page, _("Leg"), _("Year")), rows=rows, api=_api_url(page, "year")),
    )  # fmt: skip


def _by_donor(
    page: PageRequest, question: Question, snapshot: Snapshot, answer: Item, names: RegisteredNames
) -> Figure:  # fmt: skip
    translation, currency, leg_name = page.translation, answer["currency"], _leg(page)
    _ = translation.gettext
    by_donor: dict[tuple[str, ...], dict[int, YearBar]] = {}
    sums: dict[tuple[str, ...], Decimal] = {}
    rows: list[DataRow] = []
    for number, group in enumerate(answer["of_donors"]):
        for place, leg in enumerate(group["legs"]):
            if leg["leg"] == leg_name and not group["umbrella"]:
                donors = tuple(group["donors"])
                name = _donors(page, names, donors)
                rows.append(_row([name, str(group["year"])], leg, f"groups.{number}.legs.{place}"))
                by_donor.setdefault(donors, {})[group["year"]] = _bar(page, f"{name} {group['year']}", leg, currency)
                sums[donors] = sums.get(donors, Decimal(0)) + Decimal(leg["committed"])
    largest = sorted(by_donor, key=lambda donors: (-sums[donors], donors))[:_MULTIPLES_MAX]
    first, last = _span([year for donors in largest for year in by_donor[donors]])
    scale = _scale([bar for donors in largest for bar in by_donor[donors].values()])
    titles = {donors: f"{_donors(page, names, donors)}: {_in_millions(page, str(sums[donors]))}" for donors in largest}
    multiples = [
        bars_panel(
            translation, by_donor[donors], MULTIPLE, title=titles[donors], text=titles[donors], classes="fill-1", first=first, last=last, **scale
        )
        for donors in largest
    ]  # fmt: skip
    title = (
        _("Nobody is told to have given %(leg)s") % {"leg": _(leg_name)}
        if not largest
        else _("Who committed most as %(leg)s: %(donors)s")
        % {
            "leg": _(leg_name),
            "donors": "; ".join(
                f"{_donors(page, names, donors)} {_millions(page, str(sums[donors]), currency)}"
                for donors in largest[:2]
            ),
        }
    )
    return Figure(
        name="money-donors", title=title,
        subtitle=_("Committed by year in millions of %(currency)s at the average rate of each year (pale), disbursed in front; all on one scale. Nations that give together stand together.") % {"currency": currency},
        text="; ".join(titles.values()), source=source_line(page, question, snapshot), multiples=multiples,
        table=DataTable(columns=_columns(page, _("Donors"), _("Year")), rows=rows, api=_api_url(page, "donor,year")),
    )  # fmt: skip


def _ranks(page: PageRequest, question: Question, snapshot: Snapshot) -> Figure:
    translation = page.translation
    _ = translation.gettext
    recipient = page.query.get("recipient", _RECIPIENT).partition(",")[0]
    reference = service_of(page.request).reference
    years = aid_view.aid_by_year(reference.aid, reference.rates, {"recipient": [recipient]})["years"]
    measures = {GROSS: _("gross"), NET: _("net")}
    lines: dict[str, list[RankedYear]] = {}
    rows: list[DataRow] = []
    for number, year in enumerate(years):
        for place, donor in enumerate(year["donors"]):
            name = translation.country(donor["donor"])
            rows.append(
                DataRow(
                    cells=[
                        str(year["year"]),
                        measures[year["measure"]],
                        donor["rank"],
                        name,
                        f"{Decimal(donor['usd']):,f}",
                    ],
                    path=f"years.{number}.donors.{place}",
                )
            )
            if year["measure"] == GROSS:
                title = f"{name} {year['year']}: {donor['rank']}; {_millions(page, donor['usd'], 'USD')}"
                lines.setdefault(donor["donor"], []).append(RankedYear(year["year"], donor["rank"], title))
    lines = dict(sorted(lines.items(), key=lambda line: (-len(line[1]), sum(ranked.rank for ranked in line[1]))))
    names = {donor: translation.country(donor) for donor in lines}
    firsts = _firsts(
        [(ranked.year, names[donor]) for donor, series in lines.items() for ranked in series if ranked.rank == 1]
    )
    country = {"country": translation.country(recipient)}
    columns = [
        Column(heading=_("Year")), Column(heading=_("Measure")), Column(heading=_("Rank"), kind="number", field="rank"),
        Column(heading=_("Donor")), Column(heading="USD", field="usd"),
    ]  # fmt: skip
    return Figure(
        name="aid-ranks",
        title=_("First donor, %(country)s: %(firsts)s") % {**country, "firsts": firsts} if firsts else _("No series ranks donors of %(country)s") % country,
        subtitle=_("Rank by gross disbursements of official development assistance in the year, of the donors that the series names. Net figures and portfolios are in no rank."),
        text=firsts, source=_("Source: reference series, edition %(edition)s (/v1/reference).") % {"edition": reference.series["oda_uz"].about.version},
        wide=ranks_panel(lines, names, WIDE, text=firsts) if lines else None,
        narrow=ranks_panel(lines, names, NARROW, text=firsts) if lines else None,
        table=DataTable(columns=columns, rows=rows, api=f"{_AID}?recipient={recipient}"),
    )  # fmt: skip


def _firsts(years: Sequence[tuple[int, str]]) -> str:
    """Who was first in which years, as Germany 2012, Japan 2013–2016."""
    runs: list[tuple[str, int, int]] = []
    for year, name in sorted(years):
        if runs and runs[-1][0] == name and runs[-1][2] == year - 1:
            runs[-1] = (name, runs[-1][1], year)
        else:
            runs.append((name, year, year))
    return ", ".join(f"{name} {first}" if first == last else f"{name} {first}–{last}" for name, first, last in runs)


def _bar(page: PageRequest, what: str, leg: Item, currency: str) -> YearBar:
    _ = page.translation.gettext
    title = _("%(what)s: %(committed)s committed, %(disbursed)s disbursed") % {
        "what": what,
        "committed": _millions(page, leg["committed"], currency),
        "disbursed": _millions(page, leg["disbursed"], currency),
    }
    return YearBar(float(leg["committed"]) / _MILLION, float(leg["disbursed"]) / _MILLION, title)


def _row(cells: Sequence[str], leg: Item, path: str) -> DataRow:
    amounts = [f"{Decimal(leg[field]):,f}" for field in ("committed", "disbursed", "in_force")]
    return DataRow(cells=[*cells, *amounts, leg["not_converted"]], path=path)


def _columns(page: PageRequest, *headings: str) -> list[Column]:
    _ = page.translation.gettext
    return [
        *(Column(heading=heading) for heading in headings),
        Column(heading=_("Committed"), field="committed"),
        Column(heading=_("Disbursed"), field="disbursed"),
        Column(heading=_("In force"), field="in_force"),
        Column(heading=_("Rows not converted"), kind="number", field="not_converted"),
    ]


def _leg_title(page: PageRequest, leg: Item) -> str:
    return f"{page.translation.gettext(leg['leg'])}: {_in_millions(page, leg['committed'])}"


def _millions(page: PageRequest, amount: str, currency: str) -> str:
    """An amount in millions, as USD 1,340 million."""
    return page.translation.gettext("%(currency)s %(number)s million") % {
        "currency": currency,
        "number": _in_millions(page, amount),
    }


def _in_millions(page: PageRequest, amount: str) -> str:
    """How many millions an amount is: whole ones, under ten with one decimal."""
    millions = Decimal(amount) / _MILLION
    return page.translation.number(round(millions, 0 if abs(millions) >= 10 else 1))


def _span(years: Sequence[int]) -> tuple[int, int]:
    return (min(years), max(years)) if years else (2000, 2000)


def _scale(bars: Iterable[YearBar]) -> Mapping[str, float]:
    """The scale that holds all of these bars."""
    values = [value for bar in bars for value in (bar.committed, bar.disbursed)]
    return {"most": max([*values, 0.1]) * 1.05, "least": min([*values, 0]) * 1.05}


def _donors(page: PageRequest, names: RegisteredNames, donors: Sequence[str]) -> str:
    if not donors:
        return page.translation.gettext("not stated")
    return " + ".join(page.translation.country(donor) if len(donor) == 2 else names.party(donor) for donor in donors)
