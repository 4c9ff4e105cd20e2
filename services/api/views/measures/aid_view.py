"""Aid by donor, recipient and year, from reference series: what is net, gross and a stock stays apart. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal as Number
from typing import Annotated, Any, TypedDict

from services.api.views.frames import OnDay
from services.api.views.measures import reference_view
from services.api.views.measures.reference_view import AidItem
from steppe.contracts.field_types import Count, Decimal, choice, doc
from steppe.domain.measures.exchange_rates import USD, Converted, ExchangeRates
from steppe.domain.measures.reference_rows import GROSS, NET, Aid

_SUMS_OF_DONORS = ("All donors", "DAC")


class DonorOfYear(TypedDict):
    """What one donor disbursed in a year."""

    rank: Annotated[
        Count, doc("1: the first donor of the year, of those that the series name. Equal amounts share it.")
    ]
    donor: Annotated[str, doc("Who gives: ISO 3166-1 alpha-2, or the words of the source.")]
    usd: Annotated[Decimal, doc("In US dollars of the year.")]
    series: Annotated[str, doc("The series that says so.")]
    line: Annotated[Count, doc("Its line there.")]


class AidYear(TypedDict):
    """The donors of a country in a year by one measure. One measure is never added to, or ranked against, another."""

    recipient: Annotated[str, doc("Who receives: ISO 3166-1 alpha-2, or the words of the source.")]
    measure: Annotated[str, choice(GROSS, NET), doc("Before or after what was paid back.")]
    year: Annotated[Count, doc("The year.")]
    donors: Annotated[list[DonorOfYear], doc("By rank. Conflicting figures of one donor stand side by side.")]
    of_all: Annotated[
        Decimal | None, doc("Of all donors together, in US dollars, where a series says it; null: none does.")
    ]


class AidRow(AidItem):
    """A row of a series of aid."""

    series: Annotated[str, doc("The series, as in /v1/reference.")]


class AidMoneyItem(TypedDict):
    """Aid by donor, recipient and year."""

    years: Annotated[list[AidYear], doc("Disbursed in a year, by recipient, measure and year: donors in their order.")]
    not_ranked: Annotated[list[AidRow], doc("Yearly disbursements in a currency for which there is no rate.")]
    rows: Annotated[list[AidRow], doc("All rows that are asked for, commitments, portfolios and sums of years, too.")]


class AidAnswer(OnDay, AidMoneyItem):
    """Aid by donor, recipient and year, from reference series."""


def aid_by_year(rows: Collection[Aid], rates: ExchangeRates, filters: Mapping[str, Any]) -> AidMoneyItem:
    """The answer of `/v1/money/aid`. Donors are ranked among all that the series name, whatever donor is asked for."""
    donors = filters.get("donor")
    matching = [row for row in rows if _matches(row, filters)]
    yearly = [
        row for row in matching if row.measure in (GROSS, NET) and row.year is not None and row.amount is not None
    ]
    in_usd = [(row, usd) for row in yearly if (usd := _usd(row, rates)) is not None]
    keys = sorted({(row.recipient, row.measure, row.year or 0) for row, _ in in_usd})
    years = [
        _year(key, [(row, usd) for row, usd in in_usd if (row.recipient, row.measure, row.year) == key]) for key in keys
    ]
    if donors is not None:
        years = [{**year, "donors": [donor for donor in year["donors"] if donor["donor"] in donors]} for year in years]
    shown = [row for row in matching if donors is None or row.donor in donors]
    return {
        "years": [year for year in years if year["donors"]],
        "not_ranked": _items(row for row in shown if row in yearly and _usd(row, rates) is None),
        "rows": _items(shown),
    }


def _matches(row: Aid, filters: Mapping[str, Any]) -> bool:
    recipients, years = filters.get("recipient"), filters.get("year")
    return (recipients is None or row.recipient in recipients) and (years is None or row.year in years)


def _year(key: tuple[str, str, int], rows: Collection[tuple[Aid, Number]]) -> AidYear:
    recipient, measure, year = key
    named = sorted(
        ((row, usd) for row, usd in rows if row.donor not in _SUMS_OF_DONORS),
        key=lambda pair: (-pair[1], pair[0].donor, pair[0].origin.series, pair[0].origin.line),
    )
    of_all = [usd for row, usd in rows if row.donor in _SUMS_OF_DONORS]
    return {
        "recipient": recipient,
        "measure": measure,
        "year": year,
        "donors": [
            {
                "rank": 1 + len({other.donor for other, more in named if more > usd and other.donor != row.donor}),
                "donor": row.donor,
                "usd": f"{usd:f}",
                "series": row.origin.series,
                "line": row.origin.line,
            }
            for row, usd in named
        ],
        "of_all": f"{of_all[0]:f}" if of_all else None,
    }


def _usd(row: Aid, rates: ExchangeRates) -> Number | None:
    if row.amount is None or row.currency is None or row.year is None:
        return None
    converted = rates.convert(row.amount, row.currency, USD, row.year)
    return converted.value if isinstance(converted, Converted) else None


def _items(rows: Iterable[Aid]) -> list[AidRow]:
    return [{"series": row.origin.series, **reference_view.aid(row)} for row in rows]
