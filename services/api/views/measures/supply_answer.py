"""The answer of /v1/supply: what is bound a year of buyers and groups, demand beside it, papers, and each contract."""

from __future__ import annotations

from typing import Annotated, TypedDict

from services.api.views.frames import OnDay
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, Reference, choice, doc
from steppe.domain.measures.supply import REASONS

_BUYER = "ISO 3166-1 alpha-2, or the key of a bank of several states; null: the home of nobody who buys is known."
_UNIT = "The base unit: volumes in others are converted by `factors`."


class DemandFigure(TypedDict):
    """What a country states that it needs, uses or means to reach in a year, or something beside that."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2, or EU.")]
    commodity: Annotated[str, doc("The commodity.")]
    metric: Annotated[str, doc("What is measured, as in annual demand.")]
    value: Annotated[str, doc("As given.")]
    unit: Annotated[str, doc("As given.")]
    year: Annotated[int, doc("The year that it is of.")]
    fiscal: Annotated[bool, doc("Whether that is a fiscal year.")]
    low: Annotated[
        float | None, doc("The value in the unit of the row, its lower end of a range; null: it is not comparable.")
    ]
    high: Annotated[float | None, doc("Its upper end.")]
    detail: Annotated[str, doc("What the source says beside it.")]
    source: Annotated[str, doc("Who says so.")]
    basis: Annotated[str, doc("page, seed, known or secondary.")]
    confidence: Annotated[str, doc("high, medium or low.")]


class SupplyYear(TypedDict):
    """A calendar year of a buyer and a commodity."""

    year: Annotated[int, doc("The calendar year.")]
    bound: Annotated[float, doc("What binding contracts deliver in it, three decimals.")]
    contracts: Annotated[Count, doc("How many contracts deliver in it.")]
    demand: Annotated[list[DemandFigure], doc("What is stated for that year, side by side; empty: nothing is.")]


class SupplyRow(TypedDict):
    """A buyer's country and a commodity, in one unit. A contract of buyers of several countries is in the row of each."""

    country: Annotated[str | None, doc(_BUYER)]
    commodity: Annotated[str, doc("The commodity.")]
    unit: Annotated[str, doc(_UNIT)]
    years: Annotated[list[SupplyYear], doc("The years in which something is delivered or a demand is stated.")]


class GroupYear(TypedDict):
    """A calendar year of a group of countries and a commodity."""

    year: Annotated[int, doc("The calendar year.")]
    bound: Annotated[
        float, doc("What is delivered on the days on which a buyer's country belonged; each contract once.")
    ]
    contracts: Annotated[Count, doc("How many contracts deliver on such days.")]


class GroupRow(TypedDict):
    """A group of countries and a commodity, in one unit."""

    group: Annotated[str, doc("The group, as in the reference series `groups`.")]
    commodity: Annotated[str, doc("The commodity.")]
    unit: Annotated[str, doc(_UNIT)]
    years: Annotated[list[GroupYear], doc("The years in which something is delivered.")]


class SupplyContract(TypedDict):
    """An offtake contract, in a sum or not."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    umbrella: Annotated[
        bool, doc("Whether the project is an umbrella or a programme, whose contracts are in `umbrellas`.")
    ]
    deal: Annotated[Key | None, doc("The deal.")]
    event: Annotated[Reference, doc("The event that signed it, source#id.")]
    signed_on: Annotated[Day, doc("The latest day of the signing.")]
    signed_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    signed_on_given: Given
    commodity: Annotated[str, doc("What is bought.")]
    offtakers: Annotated[list[Key], doc("Who buys, alphabetical; empty: nobody is named.")]
    pursuers: Annotated[list[Key], doc("Who pursues its deal, alphabetical.")]
    countries: Annotated[list[str], doc("The home countries of the offtakers on the day of the signing, alphabetical.")]
    volume: Annotated[float | None, doc("As last amended; null: nobody said.")]
    unit: Annotated[str | None, doc("Of the volume; null: nobody said.")]
    per: Annotated[str | None, doc("year or total; null: nobody said.")]
    converted: Annotated[float | None, doc("The volume in `base_unit`; null: it is not added up.")]
    base_unit: Annotated[str | None, doc("The unit in which it is added up; null: it is not.")]
    delivers_from: Annotated[Day, doc("The first day of delivery.")]
    delivers_until: Annotated[Day | None, doc("The first day on which it no longer delivers; null: no end is known.")]
    valid: Annotated[bool, doc("Whether its leg binds on the day.")]
    conditional: Annotated[bool, doc("Whether it still depends on conditions.")]
    not_added: Annotated[
        Annotated[str, choice(*REASONS)] | None,
        doc(
            "What it lacks that is in no sum: an offtaker, a volume, a unit that is safe to convert, per, an end of a total; null: it is in one."
        ),
    ]


class PaperDeal(TypedDict):
    """A deal that has nothing but paper."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]


class PaperRow(TypedDict):
    """Deals of a nation that have nothing but paper, on projects of a commodity. Papers state no volume."""

    country: Annotated[str | None, doc("The home country of who pursues it, on the day; null: not known.")]
    commodity: Annotated[str, doc("A commodity of the projects.")]
    deals: Annotated[list[PaperDeal], doc("By project and deal.")]


class FactorItem(TypedDict):
    """What one of a unit is in its base unit."""

    commodity: Annotated[str | None, doc("The commodity; null: whatever it is.")]
    unit: Annotated[str, doc("The unit.")]
    base: Annotated[str, doc("Its base unit.")]
    factor: Annotated[str, doc("Decimal text.")]
    source: Annotated[str, doc("Who says so.")]


class SupplyItem(TypedDict):
    """What is bound of what countries need."""

    buyers: Annotated[list[SupplyRow], doc("By country, commodity and unit; without umbrellas and programmes.")]
    groups: Annotated[list[GroupRow], doc("By group, commodity and unit; groups overlap.")]
    umbrellas: Annotated[list[SupplyRow], doc("The same as `buyers` of umbrellas and programmes, without demand.")]
    papers: Annotated[list[PaperRow], doc("What is only paper, of the commodities that are bought or in demand.")]
    contracts: Annotated[list[SupplyContract], doc("Each contract, by project and in the order of the signing.")]
    not_added: Annotated[dict[str, int], doc("How many contracts are in no sum, by what they lack.")]
    other_figures: Annotated[
        list[DemandFigure], doc("Figures of the same countries and commodities that are no volume a year of demand.")
    ]
    factors: Annotated[list[FactorItem], doc("The factors that volumes or demand were converted by.")]


class SupplyAnswer(OnDay, SupplyItem):
    """What is bound of what countries need."""
