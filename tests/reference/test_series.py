"""Reference series: what the release ships, what an operator may put in their place, and which mistakes are named."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from steppe.domain.measures.reference_rows import GROSS, NET
from steppe.reference.reference_data import reference_data
from steppe.reference.series_reader import COLUMNS, WrongReferenceError

SHIPPED = reference_data()
SERIES = Path(__file__).parent.parent.parent / "steppe" / "reference" / "series"


def folder_of(path: Path, kind: str, *lines: str, name: str = "own") -> Path:
    """A folder of an operator with one series."""
    about = {"kind": kind, "title": "Own figures", "version": "1", "provenance": "of the operator"}
    path.joinpath("series.json").write_text(json.dumps({name: about}), encoding="utf-8")
    path.joinpath(f"{name}.csv").write_text("\n".join([",".join(COLUMNS[kind]), *lines, ""]), encoding="utf-8")  # type: ignore[index]
    return path


def test_every_line_of_every_file_becomes_a_row_with_its_origin() -> None:
    lines = {
        "aid": 57,
        "demand": 53,
        "demand_stated": 25,
        "fx": 302,
        "groups": 28,
        "marks": 5,
        "oda_uz": 30,
        "units": 19,
    }
    assert {name: len(series.rows) for name, series in SHIPPED.series.items()} == lines
    for name, series in SHIPPED.series.items():
        with SERIES.joinpath(f"{name}.csv").open(encoding="utf-8") as file:
            texts = list(csv.DictReader(file))
        for line, (row, text) in enumerate(zip(series.rows, texts, strict=True), start=2):
            origin = row.origin
            assert (origin.series, origin.line) == (name, line)
            assert (origin.source, origin.basis, origin.confidence) == (
                text["source"],
                text["basis"],
                text["confidence"],
            )
        assert series.about.traps, "each series has something to beware of"


def test_net_gross_and_stock_of_one_country_and_year_stay_apart() -> None:
    of_2015 = {row.measure: row.amount for row in SHIPPED.aid if (row.donor, row.recipient, row.year) == ("JP", "UZ", 2015) and row.currency == "USD"}  # fmt: skip
    assert of_2015 == {GROSS: Decimal(154_140_000), NET: Decimal(116_000_000)}
    measures = Counter(row.measure for row in SHIPPED.aid)
    assert measures == {"gross": 30, "commitment": 33, "cumulative": 10, "net": 5, "stock": 4, "unstated": 5}


def test_years_of_a_period_are_read_and_an_open_one_is_of_no_year() -> None:
    years = {row.period: (row.first_year, row.last_year, row.year) for row in SHIPPED.aid}
    assert years["2015-10-26"] == (2015, 2015, 2015)
    assert years["FY2016"] == (2016, 2016, 2016)
    assert years["2000-2021"] == (2000, 2021, None)
    assert years["FY2000-FY2009"] == (2000, 2009, None)
    assert years["to 2020"] == (None, 2020, None)
    assert years["since 2015"] == (2015, None, None)


def test_conflicting_demand_stands_side_by_side_and_what_is_no_number_has_none() -> None:
    korean = {(row.value, row.origin.series) for row in SHIPPED.demand if (row.country, row.commodity, row.year) == ("KR", "uranium", 2008)}  # fmt: skip
    assert korean == {("3109", "demand"), ("4000", "demand_stated")}
    ends = {row.value: (row.low, row.high) for row in SHIPPED.demand}
    assert ends["30-40"] == (Decimal(30), Decimal(40))
    assert ends["22 of 32"] == (None, None)
    assert [row.year for row in SHIPPED.demand if row.fiscal] == [2015]


def test_a_member_belongs_until_the_day_on_which_its_group_was_replaced() -> None:
    [japan] = [row for row in SHIPPED.memberships if (row.group, row.member) == ("msp", "JP")]
    days = (date(2022, 6, 13), date(2022, 6, 14), date(2026, 2, 3), date(2026, 2, 4))
    assert [japan.holds_on(day) for day in days] == [False, True, True, False]
    [quad] = [row for row in SHIPPED.memberships if (row.group, row.member) == ("quad", "JP")]
    assert quad.holds_on(date(1999, 1, 1))


def test_factors_of_units_follow_from_atomic_weights() -> None:
    factors = {(row.commodity, row.unit): row.factor for row in SHIPPED.unit_factors}
    uranium, oxygen, tungsten = Decimal("238.02891"), Decimal("15.999"), Decimal("183.84")
    in_oxide = 3 * uranium / (3 * uranium + 8 * oxygen)
    assert round(in_oxide, 6) == factors["uranium", "t U3O8"]
    assert round(in_oxide * factors[None, "lb"] * 1_000_000, 3) == factors["uranium", "Mlb U3O8"]
    assert round(tungsten / (tungsten + 3 * oxygen), 6) == factors["tungsten", "t WO3"]


def test_an_operators_series_joins_the_shipped_ones_or_stands_in_for_one(tmp_path: Path) -> None:
    rate = "EUR,2015,0.5,units per USD,us,page,high"
    joined = reference_data(folder_of(tmp_path, "rates", rate.replace("EUR", "UZS")))
    assert [*joined.series] == sorted([*SHIPPED.series, "own"])
    assert joined.series["own"].shipped is False
    assert joined.rates.convert(Decimal(1), "UZS", "USD", 2015) != SHIPPED.rates.convert(Decimal(1), "UZS", "USD", 2015)
    assert joined.identity != SHIPPED.identity


def test_an_operators_series_stands_in_whole_for_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    replaced = reference_data(folder_of(tmp_path, "rates", "EUR,2015,0.5,units per USD,us,page,high", name="fx"))
    assert [*replaced.series] == [*SHIPPED.series]
    assert (len(replaced.series["fx"].rows), replaced.series["fx"].shipped) == (1, False)
    assert replaced.rates.currencies == ("EUR", "USD")


_GOOD = "JPY,2015,121.05,units per USD,us,page,high"


@pytest.mark.parametrize(
    ("kind", "lines", "mistake"),
    [
        ("rates", ["RMB,2015,6.2,,us,page,high"], "own.csv line 2, currency: 'RMB' is no currency of ISO 4217; did you mean CNY?"),
        ("rates", ["JPY,2015,1e2,,us,page,high"], "own.csv line 2, per_usd: '1e2' is no number; write it like 1234.56"),
        ("rates", [_GOOD, "", "JPY,2015,121.05,,us,page,high"], "own.csv line 4, year: line 2 has a rate of JPY for 2015 already"),
        ("rates", ["USD,2015,1,,us,page,high"], "own.csv line 2, currency: rates are units per USD, so USD has none"),
        ("rates", ["JPY,2015,0,,us,page,high"], "own.csv line 2, per_usd: a rate is more than nothing"),
        ("rates", ["JPY,15,121,,us,page,high"], "own.csv line 2, year: '15' is no year"),
        ("rates", ["JPY,2015,121.05"], "own.csv line 2: it has 3 fields, the header 7"),
        ("rates", [_GOOD.replace("high", "sure")], "own.csv line 2, confidence: 'sure' is none of high, low, medium"),
        ("rates", [_GOOD.replace(",us,", ",,")], "own.csv line 2, source: it is empty"),
        ("aid", ["JP,UZ,next year,net,1,USD,ODA,,us,page,high"], "own.csv line 2, period: 'next year' is no period; write 2015, FY2016, 2015-10-26, 2000-2021, to 2020"),
        ("aid", ["JP,UZ,2015,flow,1,USD,ODA,,us,page,high"], "own.csv line 2, measure: 'flow' is none of gross, net, commitment, cumulative, stock, unstated"),
        ("aid", ["JP,UZ,2015,net,,USD,ODA,,us,page,high"], "own.csv line 2, amount: it is empty, and there is a currency"),
        ("demand", ["UK,tin,annual demand,1,t/yr,2015,,us,page,high"], "own.csv line 2, country: 'UK' is no country of ISO 3166-1; did you mean GB?"),
        ("units", ["tin,t Sn,t Sn,0,,us,page,high"], "own.csv line 2, factor: a factor is more than nothing"),
        ("marks", ["ours,Ours,3,2,,bound,all,us,page,high"], "own.csv line 2, of: 3 of 2 is no share"),
        ("marks", ["ours,Ours,3,,,signed,all,us,page,high"], "own.csv line 2, level: 'signed' is none of identified, announced, memorandum, advanced, partly-bound, bound, financed, construction, commissioning, producing"),
        ("units", ["tin,t,t,1,,us,page,high", "tin,t,t,2,,us,page,high"], "own.csv line 3, unit: line 2 has a factor of t already"),
        ("groups", ["quad,JP,2020-13-01,,us,page,high"], "own.csv line 2, from: '2020-13-01' is no day; write 2022-06-14"),
        ("groups", ["quad,JP,2020-01-01,2020-01-01,us,page,high"], "own.csv line 2, until: it is not after from"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_file_line_and_field(kind: str, lines: list[str], mistake: str, tmp_path: Path) -> None:
    with pytest.raises(WrongReferenceError) as refused:
        reference_data(folder_of(tmp_path, kind, *lines))
    assert str(refused.value) == f"{tmp_path}/{mistake}"


def test_what_is_wrong_with_a_folder_is_named(tmp_path: Path) -> None:
    def mistake() -> str:
        with pytest.raises(WrongReferenceError) as refused:
            reference_data(tmp_path)
        return str(refused.value).removeprefix(f"{tmp_path}/")

    assert mistake() == "series.json: no such file or directory"
    folder_of(tmp_path, "rates", _GOOD)
    tmp_path.joinpath("fx.csv").write_text("", encoding="utf-8")
    assert mistake() == "fx.csv: series.json does not name it"
    tmp_path.joinpath("fx.csv").unlink()
    tmp_path.joinpath("own.csv").write_bytes(b"\xff\xfe")
    assert mistake() == "own.csv: it is not UTF-8"
    tmp_path.joinpath("own.csv").write_text("a,b\n", encoding="utf-8")
    assert mistake() == "own.csv line 1: the columns of rates are currency,year,per_usd,detail,source,basis,confidence"
    tmp_path.joinpath("series.json").write_text('{"own": {"kind": "prices"}}', encoding="utf-8")
    assert mistake().startswith("series.json: ")
    assert "kind" in mistake()


def test_japan_is_ahead_of_the_usa_in_uzbekistan_each_year() -> None:
    def gross(donor: str) -> dict[int, Decimal]:
        rows = [row for row in SHIPPED.aid if row.measure == GROSS and row.donor == donor]
        return {row.year: row.amount for row in rows if row.year is not None and row.amount is not None}

    japan, usa = gross("JP"), gross("US")
    assert sorted(japan) == sorted(usa) == [2012, 2013, 2014, 2015, 2016]
    assert all(japan[year] > usa[year] for year in japan)
