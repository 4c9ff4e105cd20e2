"""The answer of /v1/lifecycle: spells at a level, ages of papers, how many bind, and who overtook whom."""

from __future__ import annotations

from typing import Annotated, TypedDict

from services.api.views.frames import OnDay
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, LevelName, Reference, choice, doc
from steppe.domain.measures.lifecycle import BIN_MONTHS, ENDED, FELL, ROSE

CAUSES_MAX = 200
"""Up to so many deals displaced on the day the answer names who did it: that takes a reading of their markets for each answer."""
_MONTHS = "in whole months, linear between two; null: of none."


class QuartilesItem(TypedDict):
    """Quartiles of some months."""

    count: Annotated[Count, doc("Of how many.")]
    lower: Annotated[float | None, doc(f"The lower quartile, {_MONTHS}")]
    median: Annotated[float | None, doc(f"The median, {_MONTHS}")]
    upper: Annotated[float | None, doc(f"The upper quartile, {_MONTHS}")]


class EndedSpells(QuartilesItem):
    """The spells that ended."""

    rose: Annotated[Count, doc("How many by a rise to another level.")]
    fell: Annotated[Count, doc("How many by a fall to another level.")]
    deal_ended: Annotated[Count, doc("How many with the deal.")]


class LevelMonths(TypedDict):
    """How long deals stay at a level."""

    level: Annotated[LevelName, doc("The level.")]
    ended: Annotated[EndedSpells, doc("Spells that ended by the day: how long they had lasted.")]
    lasting: Annotated[
        QuartilesItem, doc("Spells that last: how long they have, by the day. They are no shorter than that.")
    ]


class SpellItem(TypedDict):
    """Unbroken days of a deal at one level."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    level: Annotated[LevelName, doc("The level.")]
    began_on: Annotated[Day, doc("Its first day, by latest days.")]
    ended_on: Annotated[Day | None, doc("The first day on which it no longer was; null: it lasts.")]
    then: Annotated[Annotated[str, choice(ROSE, FELL, ENDED)] | None, doc("What followed; null: it lasts.")]
    months: Annotated[Count, doc("Its whole months, of one that lasts by the day.")]


class PaperAge(TypedDict):
    """A paper whose clock runs."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    umbrella: Annotated[bool, doc("Whether its project is an umbrella or a programme, which is in no figure.")]
    started: Annotated[Day, doc("The latest day of the first paper of the phase.")]
    started_earliest: Annotated[Day | None, doc(EARLIEST)]
    started_given: Given
    months: Annotated[Count, doc("Its age by that day.")]
    months_most: Annotated[Count, doc("Its age by the earliest day, where one is known.")]


class AgeBar(TypedDict):
    """A bar of the histogram."""

    from_months: Annotated[Count, doc("The least age.")]
    to_months: Annotated[Count, doc("The age that is too old for it.")]
    deals: Annotated[Count, doc("How many papers are so old, by latest days.")]


class PaperAges(QuartilesItem):
    """The ages of the papers whose clock runs."""

    histogram: Annotated[list[AgeBar], doc(f"By {BIN_MONTHS} months, from the youngest.")]
    papers: Annotated[list[PaperAge], doc("Each of them, by project and deal.")]


class ShareBound(TypedDict):
    """What became of the first papers of some deals, as /v1/conversion counts them."""

    group: Annotated[str | None, doc("The year of the first paper, or the nation; null: not known.")]
    deals: Annotated[Count, doc("How many deals.")]
    bound: Annotated[Count, doc("How many are bound, or ended after they had been.")]
    ended: Annotated[Count, doc("How many ended unbound.")]
    open: Annotated[Count, doc("How many live without a valid leg.")]
    share: Annotated[float, doc("Bound over deals, four decimals.")]


class FirstMover(TypedDict):
    """A deal that was the first of its market."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key, doc("The deal.")]
    nations: Annotated[list[str], doc("The home countries of who pursues it, on that day, alphabetical.")]
    on: Annotated[Day, doc("The latest day.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given


class Winner(TypedDict):
    """A deal that overtook another."""

    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key | None, doc("The deal; null: the event names none.")]
    event: Annotated[Reference, doc("The winning event, source#id.")]


class Overtaking(TypedDict):
    """A deal with only paper, and who got what it was after."""

    project: Annotated[Key, doc("The project of the deal that was overtaken.")]
    deal: Annotated[Key, doc("The deal.")]
    markets: Annotated[list[str], doc("The markets of its project, as KZ/tungsten.")]
    nations: Annotated[list[str], doc("Its nations on the day on which it was.")]
    tier: Annotated[
        str | None, doc("Of one that lasts: asset, the same project; market, another one of a market of it; else null.")
    ]
    since: Annotated[Day, doc("The first day on which it stood displaced.")]
    until: Annotated[Day | None, doc("The first day on which it no longer did; null: it does.")]
    by: Annotated[
        list[Winner] | None,
        doc(
            f"Of one that lasts, who did it; null: it is over, or more than {CAUSES_MAX} last: narrow with country and commodity."
        ),
    ]


class MarketHistory(TypedDict):
    """Who was first in a market, and who overtook whom, over time. Umbrellas and programmes are in none."""

    country: Annotated[str, doc("ISO 3166-1 alpha-2.")]
    commodity: Annotated[str, doc("The commodity.")]
    first_paper: Annotated[list[FirstMover], doc("Whose paper was the first; several on one day.")]
    first_bound: Annotated[list[FirstMover], doc("Who bound first, whether it still holds; several on one day.")]
    overtakings: Annotated[Count, doc("How many of `overtakings` are of its projects.")]


class LifecycleItem(TypedDict):
    """How long deals stay at a level, how old papers are, how many bind, and who overtook whom."""

    levels: Annotated[list[LevelMonths], doc("By level, without umbrellas and programmes.")]
    umbrellas: Annotated[list[LevelMonths], doc("The same of umbrellas and programmes.")]
    spells: Annotated[list[SpellItem], doc("The spells at the levels asked for with `level`; empty without it.")]
    ages: Annotated[PaperAges, doc("The papers whose clock runs on the day.")]
    bound_by_year: Annotated[list[ShareBound], doc("By the year of the first paper; without umbrellas and programmes.")]
    bound_by_nation: Annotated[list[ShareBound], doc("By the nation of that paper: a deal of several is in each.")]
    markets: Annotated[list[MarketHistory], doc("Markets in which somebody signed or bound, by country and commodity.")]
    overtakings: Annotated[
        list[Overtaking], doc("In the order in which they came; without those of umbrellas and programmes.")
    ]


class LifecycleAnswer(OnDay, LifecycleItem):
    """How long deals stay at a level, how old papers are, how many bind, and who overtook whom."""
