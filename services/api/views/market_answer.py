"""What answers about markets hold: their fields, units and nulls (domain page, section 9)."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from services.api.views.frames import Ended, OnDay
from steppe.contracts.field_types import (
    EARLIEST,
    Count,
    Day,
    Given,
    Key,
    LegName,
    LevelName,
    Reference,
    Sector,
    Severity,
    doc,
)
from steppe.contracts.items import HeadlineItem

LevelCounts = dict[LevelName, Count]
_NATIONS = doc("The home countries of those who pursue it, ISO 3166-1 alpha-2, alphabetical; empty: none is known.")

FlagCounts = TypedDict(
    "FlagCounts",
    {
        "displaced": Annotated[Count, doc("Deals that were overtaken.")],
        "crowded": Annotated[Count, doc("Deals in a market where others were bound of late.")],
        "memorandum-only": Annotated[dict[Severity, Count], doc("Deals with only paper, by severity.")],
    },
)
FlagCounts.__doc__ = "On how many deals of a market each flag stands."


class DealCounts(TypedDict):
    """Living deals, counted."""

    bound: Annotated[Count, doc("Deals above the binding line.")]
    paper_only: Annotated[Count, doc("Deals with nothing but paper.")]
    deals_by_level: Annotated[LevelCounts, doc("Deals at each level.")]


class MarketSummary(DealCounts):
    """A market: a country and a commodity that has projects. Deals are living ones."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2.")]
    commodity: Annotated[str, doc("The commodity.")]
    projects: Annotated[Count, doc("Projects.")]
    deals: Annotated[Count, doc("Living deals.")]
    nations_bound: Annotated[list[str], doc("Nations with a bound deal, ISO 3166-1 alpha-2, alphabetical.")]
    nations_paper_only: Annotated[list[str], doc("Nations that have only paper, alphabetical.")]
    deals_of_unknown_nation: Annotated[Count, doc("Deals of parties whose home is not known.")]
    first_bound_on: Annotated[Day | None, doc("When something first bound here; null: nothing has.")]
    first_bound_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    first_bound_on_given: Given
    flags: Annotated[FlagCounts, doc("On how many deals each flag stands.")]


class MarketProject(TypedDict):
    """A project of the market."""

    key: Annotated[Key, doc("The key of the project.")]
    name: Annotated[str | None, doc("Its name; null: not registered.")]
    sector: Annotated[Sector | None, doc("Its sector; null: not registered.")]
    kind: Annotated[str | None, doc("What it is, as in deposit; null: not registered.")]
    level: Annotated[LevelName, doc("How far it has come.")]
    overlays: Annotated[list[str], doc("What lies over its level, alphabetical.")]
    headline: Annotated[HeadlineItem | None, doc("Its memorandum-only flag; null: it has none.")]


class FlagName(TypedDict):
    """A flag that stands."""

    flag: Annotated[str, doc("The flag's name.")]
    severity: Annotated[Severity, doc("How severe it is.")]


class MarketDeal(TypedDict):
    """A deal of the market."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    level: Annotated[LevelName | None, doc("How far it has come; null: it has ended.")]
    highest_level: Annotated[LevelName, doc("How far it ever came.")]
    ended: Annotated[Ended | None, doc("When and how it ended; null: it lives.")]
    pursuers: Annotated[list[Key], doc("The parties that pursue it, alphabetical.")]
    bound_on: Annotated[Day | None, doc("The day on which something first bound; null: nothing has.")]
    bound_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    bound_on_given: Given
    memorandum_since: Annotated[Day | None, doc("The day of its first paper; null: there is none.")]
    memorandum_since_earliest: Annotated[Day | None, doc(EARLIEST)]
    memorandum_since_given: Given
    paper_only: Annotated[bool, doc("Whether it has nothing but paper.")]
    flags: Annotated[list[FlagName], doc("The flags that stand on it.")]


class NationItem(DealCounts):
    """A nation with its deals in the market."""

    nation: Annotated[str | None, doc("ISO 3166-1 alpha-2; null: the deals of parties whose home is not known.")]
    deals: Annotated[
        list[MarketDeal], doc("Its deals on this page of the market, the furthest first and ended ones last.")
    ]


class FirstMemorandum(TypedDict):
    """The deal that signed first."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    nations: Annotated[list[str], _NATIONS]
    on: Annotated[Day, doc("The latest day on which it may have signed.")]
    on_earliest: Annotated[Day | None, doc("The earliest; null: open or unknown.")]
    on_given: Given


class CrossingItem(TypedDict):
    """A deal that crossed the binding line."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    nations: Annotated[list[str], _NATIONS]
    parties: Annotated[list[Key], doc("Who won, alphabetical.")]
    event: Annotated[Reference, doc("The event, source#id.")]
    leg: Annotated[LegName, doc("The leg that bound.")]
    on: Annotated[Day, doc("When.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given


class Firsts(TypedDict):
    """Who was first in the market; several when they were on the same day."""

    memorandum: Annotated[list[FirstMemorandum], doc("Who signed first.")]
    bound: Annotated[list[CrossingItem], doc("Who was bound first, whether it still holds.")]


class CrowdedDeal(TypedDict):
    """A deal of whose market others got a part."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key | None, doc("The deal.")]
    nations: Annotated[list[str], _NATIONS]
    since: Annotated[Day, doc("Since when.")]
    groups: Annotated[list[str], doc("The groups of companies that did.")]


class DisplacedDeal(CrowdedDeal):
    """A deal that was overtaken, and by whom."""

    tier: Annotated[str | None, doc("Whether rivals got the same asset or the market.")]
    by: Annotated[list[CrossingItem], doc("Who overtook it; it may be in another market that the project is in.")]


class MarketItem(TypedDict):
    """One market: each nation's deals, who was first, who displaced whom."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2.")]
    commodity: Annotated[str, doc("The commodity.")]
    summary: Annotated[MarketSummary, doc("The market as in /v1/markets.")]
    projects: Annotated[list[MarketProject], doc("A page of its projects, by key.")]
    nations: Annotated[list[NationItem], doc("Each nation with its deals; the unknown one last.")]
    first: Annotated[Firsts, doc("Who was first.")]
    displaced: Annotated[list[DisplacedDeal], doc("The deals of the page that were overtaken.")]
    crowded: Annotated[list[CrowdedDeal], doc("The deals of the page in a market where others were bound of late.")]
    next_cursor: NotRequired[
        Annotated[str, doc("Asks for the next page of projects and deals; absent: there is none.")]
    ]


class MarketAnswer(OnDay, MarketItem):
    """One market: each nation's deals, who was first, who displaced whom."""
