"""Reference series as answers tell them. Pure: from typed rows to items."""

from __future__ import annotations

from typing import Annotated, TypedDict

from services.api.views.frames import OnDay
from steppe.contracts.field_types import Count, Day, Decimal, Key, choice, doc
from steppe.domain.measures.exchange_rates import ExchangeRates
from steppe.domain.measures.reference_rows import AID_MEASURES, Aid, Demand, Mark, Membership, Origin, Rate, UnitFactor
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.reference.reference_data import ReferenceData
from steppe.reference.series_reader import BASES, CONFIDENCES, KINDS, Series

Name = Annotated[str, doc("The name of the series, as in oda_uz.")]
_LINE = "The line of its file, of which the header is the first."


class OriginItem(TypedDict):
    """Who says a row of a reference series."""

    line: Annotated[Count, doc(_LINE)]
    source: Annotated[str, doc("Where it was read.")]
    basis: Annotated[
        str,
        choice(*BASES),
        doc(
            "`page`: a page says so; `seed`: the article that Steppe comes from; `known`: public record, not looked up again; `secondary`: a page that repeats another."
        ),
    ]
    confidence: Annotated[str, choice(*CONFIDENCES), doc("How sure it is.")]


class RateItem(OriginItem):
    """An average exchange rate of a year."""

    currency: Annotated[str, doc("ISO 4217.")]
    year: Annotated[Count, doc("The calendar year.")]
    per_usd: Annotated[Decimal, doc("Units of the currency per US dollar.")]
    detail: Annotated[str, doc("What kind of average it is.")]


class AidItem(OriginItem):
    """An amount of aid."""

    donor: Annotated[str, doc("Who gives: ISO 3166-1 alpha-2, or the words of the source.")]
    recipient: Annotated[str, doc("Who receives: ISO 3166-1 alpha-2, or the words of the source.")]
    period: Annotated[str, doc("Of when it is, as the source says.")]
    first_year: Annotated[Count | None, doc("The first year of the period; null: open.")]
    last_year: Annotated[Count | None, doc("The last year of the period; null: open.")]
    measure: Annotated[str, choice(*AID_MEASURES), doc("What it measures; one is never added to another.")]
    amount: Annotated[Decimal | None, doc("The amount; null: the source says none.")]
    currency: Annotated[str | None, doc("ISO 4217; null: there is no amount.")]
    programme: Annotated[str, doc("The programme or lender.")]
    detail: Annotated[str, doc("What the source says besides.")]


class DemandItem(OriginItem):
    """What a country needs, uses, or means to reach of a commodity in a year."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2.")]
    commodity: Annotated[str, doc("The commodity.")]
    metric: Annotated[str, doc("What the figure is, as in reactor requirement.")]
    value: Annotated[str, doc("As the source gives it; empty: no figure.")]
    low: Annotated[Decimal | None, doc("Its lower end; null: it is no number.")]
    high: Annotated[Decimal | None, doc("Its upper end; null: it is no number.")]
    unit: Annotated[str, doc("Its unit, as in tU/yr.")]
    year: Annotated[Count, doc("The year.")]
    fiscal: Annotated[bool, doc("Whether that is a fiscal year.")]
    detail: Annotated[str, doc("What the source says besides.")]


class MembershipItem(OriginItem):
    """That a country belongs to a group."""

    group: Annotated[Key, doc("The group, as in quad.")]
    member: Annotated[str, doc("ISO 3166-1 alpha-2; EU is the European Union.")]
    first: Annotated[Day | None, doc("Since when; null: from whenever the group is.")]
    until: Annotated[Day | None, doc("The first day on which it no longer is a member; null: it is one.")]


class UnitItem(OriginItem):
    """What one of a unit is in its base unit."""

    commodity: Annotated[str | None, doc("The commodity; null: whatever it is of.")]
    unit: Annotated[str, doc("The unit, as in t U3O8.")]
    base: Annotated[str, doc("Its base unit, as in tU.")]
    factor: Annotated[Decimal, doc("How many of the base unit one is.")]
    detail: Annotated[str, doc("How that is reckoned.")]


class MarkItem(OriginItem):
    """How somebody else counted what became of papers."""

    mark: Annotated[Key, doc("Its key, as in uttar-pradesh-2018.")]
    title: Annotated[str, doc("Whose papers they are.")]
    counted: Annotated[Count, doc("How many they counted.")]
    of: Annotated[Count | None, doc("Of how many; null: they do not say.")]
    months: Annotated[Count | None, doc("How old the papers were, in whole months; null: of several years.")]
    level: Annotated[
        Annotated[str, choice(*LEVEL_OF_LABEL)] | None,
        doc("The lowest level of a deal that comes near their definition; null: whatever has not ended."),
    ]
    definition: Annotated[str, doc("What they count.")]


class RateGap(TypedDict):
    """The years for which a currency has no rate."""

    currency: Annotated[str, doc("ISO 4217.")]
    years: Annotated[list[Count], doc("Years without a rate, of those of the series.")]


class SeriesItem(TypedDict):
    """A reference series: what it is, and where it comes from."""

    name: Name
    kind: Annotated[str, choice(*KINDS), doc("What its rows are.")]
    title: Annotated[str, doc("What it has, in words.")]
    version: Annotated[str, doc("Its edition.")]
    sha256: Annotated[str, doc("The SHA-256 sum of its file.")]
    shipped: Annotated[bool, doc("Whether it came with the release; false: it is the operator's.")]
    provenance: Annotated[str, doc("Where it comes from.")]
    traps: Annotated[list[str], doc("What to beware of.")]
    count: Annotated[Count, doc("How many rows it has.")]
    gaps: Annotated[list[RateGap], doc("Of rates: the years without one, by currency; nothing stands in for them.")]


class ReferenceItem(TypedDict):
    """The reference series."""

    items: Annotated[list[SeriesItem], doc("The series, by name.")]


class ReferenceAnswer(OnDay, ReferenceItem):
    """The reference series."""


class SeriesRows(SeriesItem):
    """A reference series with its rows: a list of its kind, in the order of its file."""

    rates: Annotated[list[RateItem], doc("Of kind rates; else empty.")]
    aid: Annotated[list[AidItem], doc("Of kind aid; else empty.")]
    demand: Annotated[list[DemandItem], doc("Of kind demand; else empty.")]
    groups: Annotated[list[MembershipItem], doc("Of kind groups; else empty.")]
    units: Annotated[list[UnitItem], doc("Of kind units; else empty.")]
    marks: Annotated[list[MarkItem], doc("Of kind marks; else empty.")]


class SeriesAnswer(OnDay, SeriesRows):
    """A reference series with its rows."""


def series_list(reference: ReferenceData, names: list[str] | None) -> ReferenceItem:
    """The answer of `/v1/reference`; of the series of these names, where some are given."""
    return {"items": [_series(series) for series in reference.series.values() if names is None or series.name in names]}


def series_rows(series: Series) -> SeriesRows:
    """The answer of `/v1/reference/{name}`."""
    return {
        **_series(series),
        "rates": [rate(row) for row in series.rows if isinstance(row, Rate)],
        "aid": [aid(row) for row in series.rows if isinstance(row, Aid)],
        "demand": [demand(row) for row in series.rows if isinstance(row, Demand)],
        "groups": [_membership(row) for row in series.rows if isinstance(row, Membership)],
        "units": [_unit(row) for row in series.rows if isinstance(row, UnitFactor)],
        "marks": [mark(row) for row in series.rows if isinstance(row, Mark)],
    }


def rate(row: Rate) -> RateItem:
    """One exchange rate."""
    return {
        "currency": row.currency,
        "year": row.year,
        "per_usd": f"{row.per_usd:f}",
        "detail": row.detail,
        **_origin(row.origin),
    }


def aid(row: Aid) -> AidItem:
    """One amount of aid."""
    return {
        "donor": row.donor,
        "recipient": row.recipient,
        "period": row.period,
        "first_year": row.first_year,
        "last_year": row.last_year,
        "measure": row.measure,
        "amount": None if row.amount is None else f"{row.amount:f}",
        "currency": row.currency,
        "programme": row.programme,
        "detail": row.detail,
        **_origin(row.origin),
    }


def demand(row: Demand) -> DemandItem:
    """One figure of demand."""
    return {
        "country": row.country,
        "commodity": row.commodity,
        "metric": row.metric,
        "value": row.value,
        "low": None if row.low is None else f"{row.low:f}",
        "high": None if row.high is None else f"{row.high:f}",
        "unit": row.unit,
        "year": row.year,
        "fiscal": row.fiscal,
        "detail": row.detail,
        **_origin(row.origin),
    }


def _membership(row: Membership) -> MembershipItem:
    return {
        "group": row.group,
        "member": row.member,
        "first": row.first,
        "until": row.until,
        **_origin(row.origin),
    }


def _unit(row: UnitFactor) -> UnitItem:
    return {
        "commodity": row.commodity,
        "unit": row.unit,
        "base": row.base,
        "factor": f"{row.factor:f}",
        "detail": row.detail,
        **_origin(row.origin),
    }


def mark(row: Mark) -> MarkItem:
    """One count of others."""
    return {
        "mark": row.mark,
        "title": row.title,
        "counted": row.counted,
        "of": row.of,
        "months": row.months,
        "level": None if row.level is None else row.level.label,
        "definition": row.definition,
        **_origin(row.origin),
    }


def _series(series: Series) -> SeriesItem:
    rates = ExchangeRates(row for row in series.rows if isinstance(row, Rate))
    return {
        "name": series.name,
        "kind": series.about.kind,
        "title": series.about.title,
        "version": series.about.version,
        "sha256": series.sha256,
        "shipped": series.shipped,
        "provenance": series.about.provenance,
        "traps": list(series.about.traps),
        "count": len(series.rows),
        "gaps": [{"currency": currency, "years": list(years)} for currency, years in rates.gaps().items()],
    }


def _origin(origin: Origin) -> OriginItem:
    return {
        "line": origin.line,
        "source": origin.source,
        "basis": origin.basis,
        "confidence": origin.confidence,
    }
