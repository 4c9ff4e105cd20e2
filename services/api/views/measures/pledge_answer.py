"""The answer of /v1/pledges: promises of money, what became of them, and the programmes that they come through."""

from __future__ import annotations

from typing import Annotated, TypedDict

from services.api.views.frames import OnDay, Sum
from steppe.contracts.field_types import EARLIEST, Count, Day, Decimal, Given, Key, LegName, Reference, choice, doc

GROUPINGS = ("pledger", "nation", "recipient", "forum", "programme", "year")


class NotConverted(TypedDict):
    """Money that has no rate of the pledge's year."""

    of: Annotated[str, choice("announced", "bound", "disbursed"), doc("What it is of.")]
    currency: Annotated[str, doc("ISO 4217.")]
    year: Annotated[int, doc("The pledge's year, of which a rate is missing.")]
    value: Annotated[Decimal, doc("How much.")]


class InOneCurrency(TypedDict):
    """Promises that stand and their rows, in one currency, each at the average rate of its pledge's year, to the cent."""

    currency: Annotated[str, doc("ISO 4217.")]
    announced: Annotated[Decimal, doc("What the promises say that stand.")]
    bound: Annotated[Decimal, doc("What has been bound since, less reductions.")]
    disbursed: Annotated[Decimal, doc("What has been paid since, less what came back.")]
    bound_share: Annotated[
        float | None, doc("Bound over announced, four decimals; null: nothing to compare, or not all of it.")
    ]
    disbursed_share: Annotated[float | None, doc("Disbursed over announced, likewise.")]
    not_converted: Annotated[list[NotConverted], doc("What is in none of these sums.")]


class PledgeTotal(TypedDict):
    """Promises together. A row under several of them is counted once."""

    pledges: Annotated[Count, doc("How many, repeats not counted.")]
    withdrawn: Annotated[Count, doc("How many of them were withdrawn.")]
    announced: Annotated[list[Sum], doc("What those say that stand, by currency.")]
    taken_back: Annotated[list[Sum], doc("What those said that were withdrawn.")]
    bound: Annotated[list[Sum], doc("What rows under those that stand have bound, less reductions.")]
    disbursed: Annotated[list[Sum], doc("What they have paid, less what came back.")]
    converted: Annotated[InOneCurrency, doc("The same in one currency.")]


class PledgeGroup(TypedDict):
    """The promises of one group. A promise of several is in each: groups do not add up."""

    group: Annotated[str | None, doc("What they have in common, as `by` asks; null: nobody said.")]
    total: Annotated[PledgeTotal, doc("Those of projects.")]
    umbrellas: Annotated[PledgeTotal, doc("Those of umbrellas and programmes.")]


class PledgeRow(TypedDict):
    """A row that binds or moves money."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    deal: Annotated[Key | None, doc("The deal; null: of the project.")]
    event: Annotated[Reference, doc("The event, as source#id.")]
    name: Annotated[str, doc("What it is, as in loan.signed.")]
    on: Annotated[Day, doc("The latest day on which it occurred.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    leg: Annotated[LegName | None, doc("The leg of its money; null: it moves none.")]
    of: Annotated[Annotated[str, choice("bound", "disbursed")] | None, doc("Which sum it moves; null: none.")]
    currency: Annotated[str | None, doc("ISO 4217; null: it moves no sum.")]
    change: Annotated[
        Decimal, doc("By how much it moves that sum: a total by its difference, a reduction by less than nothing.")
    ]
    uncounted: Annotated[
        Annotated[str, choice("claim", "no-amount", "part-of", "portfolio", "project-cost")] | None,
        doc("Why it moves none: what its amount is of, it states none, or another document does; null: it counts."),
    ]
    programmes: Annotated[list[Key], doc("The programmes that it names.")]


class Said(TypedDict):
    """One time a promise was made."""

    event: Annotated[Reference, doc("The event, as source#id.")]
    project: Annotated[Key, doc("The project of which it was said.")]
    on: Annotated[Day, doc("The latest day on which it was said.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    forum: Annotated[Key | None, doc("The forum at which it was said; null: at none.")]
    currency: Annotated[str, doc("ISO 4217.")]
    value: Annotated[Decimal, doc("How much it said.")]
    deadline: Annotated[str | None, doc("By when, in EDTF; null: it did not say.")]


class Withdrawn(TypedDict):
    """How a promise was taken back."""

    event: Annotated[Reference, doc("The event, as source#id.")]
    on: Annotated[Day, doc("The latest day on which it was.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    reason: Annotated[str | None, doc("Why; null: nobody said.")]


class LegMoney(TypedDict):
    """What of a promise is of one leg and currency."""

    leg: Annotated[LegName, doc("The leg.")]
    currency: Annotated[str, doc("ISO 4217.")]
    bound: Annotated[Decimal, doc("What has been bound since, less reductions.")]
    disbursed: Annotated[Decimal, doc("What has been paid since, less what came back.")]


class PledgeItem(TypedDict):
    """A promise of money, with what came of it."""

    pledge: Annotated[Reference, doc("The event that repeats no other, as source#id.")]
    project: Annotated[Key, doc("The project of which it was said.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    umbrella: Annotated[bool, doc("Whether that is an umbrella or a programme, which is not in `total`.")]
    deal: Annotated[Key | None, doc("Its deal.")]
    pledgers: Annotated[list[Key], doc("Who promised it, alphabetical.")]
    nations: Annotated[list[str], doc("Their home countries on the day, a bank of several states for itself.")]
    recipients: Annotated[list[str], doc("Countries that are to have it, as last said; else those of the project.")]
    forums: Annotated[list[Key], doc("Forums at which it was said.")]
    programmes: Annotated[list[Key], doc("Programmes through which it comes: rows that name them are under it.")]
    announced_on: Annotated[Day, doc("The latest day on which it was first said.")]
    announced_on_earliest: Annotated[Day | None, doc(EARLIEST)]
    announced_on_given: Given
    currency: Annotated[str, doc("Of the amount as last said, ISO 4217.")]
    announced: Annotated[Decimal, doc("How much, as last said.")]
    first_currency: Annotated[str, doc("Of the amount as first said, ISO 4217.")]
    first_announced: Annotated[Decimal, doc("How much, as first said.")]
    deadline: Annotated[str | None, doc("By when, in EDTF, as last said; null: nobody said.")]
    first_deadline: Annotated[str | None, doc("By when, as first said; null: the first did not say.")]
    deadline_on: Annotated[Day | None, doc("The latest day of the deadline; null: it has none, or is open.")]
    time_passed: Annotated[float | None, doc("The share of its time that is over, four decimals; null: no deadline.")]
    withdrawn: Annotated[Withdrawn | None, doc("How it was taken back; null: it stands.")]
    bound: Annotated[Decimal, doc("What has been bound since, in the currency of the promise.")]
    disbursed: Annotated[Decimal, doc("What has been paid since, in that currency.")]
    bound_share: Annotated[
        float | None, doc("Bound over announced, four decimals; null: not all of it can be compared.")
    ]
    disbursed_share: Annotated[float | None, doc("Disbursed over announced, likewise.")]
    not_converted: Annotated[list[NotConverted], doc("What is in other currencies and in neither sum.")]
    legs: Annotated[list[LegMoney], doc("The same by leg, in the currencies of the rows.")]
    said: Annotated[list[Said], doc("Each time it was said, the repeats among them; it counts once.")]
    rows: Annotated[list[PledgeRow], doc("The rows after it that name its programme or are of its deal.")]


class ProgrammeProject(TypedDict):
    """A project that names a programme, with the rows that do."""

    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    bound: Annotated[list[Sum], doc("What these rows have bound, less reductions, by currency.")]
    disbursed: Annotated[list[Sum], doc("What they have paid, less what came back.")]
    rows: Annotated[list[PledgeRow], doc("The rows.")]


class Programme(TypedDict):
    """A programme, traced to the projects that name it, whether or not anybody pledged it."""

    programme: Annotated[Key, doc("The project that is the programme.")]
    name: Annotated[str | None, doc("Its name; null: not registered.")]
    pledges: Annotated[list[Reference], doc("What was pledged through it.")]
    bound: Annotated[list[Sum], doc("What rows of all projects that name it have bound, by currency.")]
    disbursed: Annotated[list[Sum], doc("What they have paid.")]
    projects: Annotated[list[ProgrammeProject], doc("The projects that name it.")]
    own_rows: Annotated[list[PledgeRow], doc("Rows of the programme itself, which are in none of its sums.")]


class PledgesLeftOut(TypedDict):
    """What is in no sum."""

    without_amount: Annotated[list[Reference], doc("Pledges that say no amount.")]
    uncounted_rows: Annotated[Count, doc("How many rows under the pledges move no sum: see `uncounted` of each.")]


class PledgesItem(TypedDict):
    """What became of promises of money."""

    by: Annotated[Annotated[str, choice(*GROUPINGS)] | None, doc("What they are grouped by; null: nothing.")]
    total: Annotated[PledgeTotal, doc("Promises of projects together.")]
    umbrellas: Annotated[PledgeTotal, doc("Promises of umbrellas and programmes together.")]
    groups: Annotated[list[PledgeGroup], doc("By group; empty without `by`.")]
    pledges: Annotated[list[PledgeItem], doc("Each promise, from the first that was said.")]
    programmes: Annotated[list[Programme], doc("Programmes that are named by a row, or through which a pledge comes.")]
    left_out: Annotated[PledgesLeftOut, doc("What is in no sum.")]


class PledgesAnswer(OnDay, PledgesItem):
    """What became of promises of money by a day."""
