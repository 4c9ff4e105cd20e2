"""The answer of /v1/conversion: curves with their steps, how others count, each deal, and what is left out."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from services.api.views.frames import OnDay
from services.api.views.measures.reference_view import MarkItem
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, Reference, choice, doc
from steppe.domain.measures.conversion import BOUND_BEFORE
from steppe.domain.measures.incidence import AT_RISK_MIN, BOUND, DEALS_MIN, ENDED, OPEN

_BAND = "of the 95% band, log(-log); null: nothing has happened yet, or all has."


class ConversionStep(TypedDict):
    """A curve from an age on, until the next step."""

    months: Annotated[Count, doc("The age of the papers, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it: the denominator.")]
    bound: Annotated[Count, doc("How many of them bound at it.")]
    ended: Annotated[Count, doc("How many ended at it, unbound.")]
    open: Annotated[Count, doc("How many are open and no older.")]
    incidence: Annotated[float, doc("Share that has bound by then, the end competing (Aalen-Johansen); four decimals.")]
    low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    high: Annotated[float | None, doc(f"Upper end {_BAND}")]
    incidence_ended: Annotated[float, doc("Share that has ended unbound by then; four decimals.")]
    km: Annotated[float, doc("1 - Kaplan-Meier, the secondary line: ends as if nobody had looked any longer.")]
    km_low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    km_high: Annotated[float | None, doc(f"Upper end {_BAND}")]


class ConversionRange(TypedDict):
    """The incidence from an age on, if every paper was signed on its earliest day."""

    months: Annotated[Count, doc("The age of the papers, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it.")]
    incidence: Annotated[float, doc("Share that has bound by then; four decimals.")]


class ConversionCurve(TypedDict):
    """What became of the first papers of some deals, each counted once."""

    deals: Annotated[Count, doc("How many deals.")]
    bound: Annotated[Count, doc("How many are bound, or ended after they had been.")]
    ended: Annotated[Count, doc("How many ended unbound.")]
    ended_how: Annotated[dict[str, int], doc("Of those, how many in which way.")]
    open: Annotated[Count, doc("How many live without a valid leg.")]
    curve: Annotated[
        list[ConversionStep],
        doc(f"Steps by age; empty under {DEALS_MIN} deals, and none from where fewer than {AT_RISK_MIN} are at risk."),
    ]
    range: Annotated[list[ConversionRange], doc("The other end of the curve: with starts on their earliest days.")]


class ConversionGroup(ConversionCurve):
    """The deals of one group. A deal of several is in each: groups do not add up."""

    group: Annotated[str | None, doc("What they have in common, as `by` asks; null: nobody said.")]


class ConversionDeal(TypedDict):
    """A deal that is counted."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    deal: Annotated[Key, doc("The deal.")]
    paper: Annotated[Reference, doc("Its first memorandum-class paper ever, as source#id.")]
    signed_on: Annotated[Day, doc("The latest day of that paper.")]
    signed_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    signed_on_given: Given
    groups: Annotated[list[str | None], doc("The groups that it is in, as `by` asks; empty without `by`.")]
    umbrella: Annotated[bool, doc("Whether its project is an umbrella or a programme, which is not in `total`.")]
    outcome: Annotated[str, choice(BOUND, ENDED, OPEN, BOUND_BEFORE), doc("What came of it by the day.")]
    on: Annotated[Day | None, doc("When it first bound since the paper, or ended; null: it is open.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    how: Annotated[str | None, doc("How it ended; null: it has not, or nobody said.")]
    months: Annotated[Count, doc("From the latest day of the paper to that of the outcome, or to as_of.")]
    months_most: Annotated[Count, doc("From the earliest day of the paper, where one is known.")]


class DeliveryStep(TypedDict):
    """The curve of delivery from an age on, until the next step."""

    months: Annotated[Count, doc("The age of the first leg, in whole months.")]
    at_risk: Annotated[Count, doc("How many deals were left just before it: the denominator.")]
    delivered: Annotated[Count, doc("How many of them came to produce at it.")]
    ended: Annotated[Count, doc("How many ended at it before they produced.")]
    open: Annotated[Count, doc("How many are open and no older.")]
    incidence: Annotated[float, doc("Share that produces by then, the end competing (Aalen-Johansen); four decimals.")]
    low: Annotated[float | None, doc(f"Lower end {_BAND}")]
    high: Annotated[float | None, doc(f"Upper end {_BAND}")]
    incidence_ended: Annotated[float, doc("Share that has ended before by then; four decimals.")]


class DeliveryCurve(TypedDict):
    """What became of the first legs of deals of deposits, plants and corridors, each deal counted once."""

    deals: Annotated[Count, doc("How many deals with a leg that no other one implies.")]
    delivered: Annotated[Count, doc("How many of them produce, or have.")]
    ended: Annotated[Count, doc("How many ended before.")]
    ended_how: Annotated[dict[str, int], doc("Of those, how many in which way.")]
    open: Annotated[Count, doc("How many live and do not produce yet.")]
    produced_before: Annotated[
        Count, doc("Deals that bound when they produced already: in no curve, and not in `deals`.")
    ]
    curve: Annotated[
        list[DeliveryStep],
        doc(f"Steps by age; empty under {DEALS_MIN} deals, and none from where fewer than {AT_RISK_MIN} are at risk."),
    ]
    range: Annotated[list[ConversionRange], doc("The other end of the curve: with legs on their earliest days.")]


class TheirWay(TypedDict):
    """How somebody else counts, beside what Steppe's deals would be by that definition."""

    theirs: Annotated[MarkItem, doc("Their count, with who says so.")]
    deals: Annotated[Count, doc("How many deals of `total` there are.")]
    counted: Annotated[Count, doc("How many of them count by the level of their definition, at whatever age.")]


class LeftOut(TypedDict):
    """What is in no curve. The lists as asked with include=deals."""

    bound_before: Annotated[Count, doc("Deals with a valid leg before their first paper: never at risk.")]
    papers_without_deal: Annotated[Count, doc("Papers that name no deal and nobody who pursues one.")]
    deals: NotRequired[Annotated[list[ConversionDeal], doc("Those deals.")]]
    papers: NotRequired[Annotated[list[Reference], doc("Those papers.")]]


class ConversionItem(TypedDict):
    """How many first papers of deals became binding, and after how long."""

    by: Annotated[str | None, doc("What the deals are grouped by; null: nothing.")]
    total: Annotated[ConversionCurve, doc("All deals but those of umbrellas and programmes.")]
    umbrellas: Annotated[ConversionCurve, doc("The deals of umbrellas and programmes, a line of their own.")]
    delivery: Annotated[
        DeliveryCurve, doc("Bound to delivered: from the first leg to producing. `from` and `to` choose by the leg.")
    ]
    groups: Annotated[list[ConversionGroup], doc("The deals of `total`, grouped; alphabetical, null last.")]
    deals: NotRequired[
        Annotated[
            list[ConversionDeal], doc("Each deal that is counted, by project and deal, as asked with include=deals.")
        ]
    ]
    their_way: Annotated[
        list[TheirWay], doc("How others count, as far as levels come near their definitions; never the headline.")
    ]
    left_out: Annotated[LeftOut, doc("What is in no curve, and why.")]


class ConversionAnswer(OnDay, ConversionItem):
    """How many first papers of deals became binding, and after how long."""
