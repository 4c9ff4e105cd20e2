"""What became of promises of money (domain page, section 9). Pure: from rows to the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as Number
from typing import Annotated, Any, TypedDict

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import OnDay, Sum
from services.api.views.frames import sums as by_currency
from services.api.views.home_countries import Homes
from steppe.contracts.field_types import EARLIEST, Count, Day, Decimal, Given, Key, LegName, Reference, choice, doc
from steppe.domain.analysis.money import COMMITTED, DISBURSED
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.measures import pledges as measure
from steppe.domain.measures.exchange_rates import Converted, ExchangeRates
from steppe.domain.measures.pledges import ANNOUNCED, Claim, Pledge

_UMBRELLAS = ("programme", "umbrella")
_CURRENCY = "USD"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPledges:
    """What was read for the answer, as it is stored; can go to another process.

    `documents`: (project, source, id) of what events are part of, of those that state an amount.
    """

    as_of: date
    by: str | None
    filters: Mapping[str, Any]
    knowledge: Knowledge | None
    events: Sequence[Row]
    documents: Collection[tuple[str, str, str]]
    projects: Sequence[Row]
    nations: Sequence[Row]
    rates: ExchangeRates

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events)


@dataclass(frozen=True, slots=True)
class _Told:
    """A promise with what the registry says of it."""

    pledge: Pledge
    name: str | None
    umbrella: bool
    nations: Sequence[str]
    recipients: Sequence[str]


def answer(stored: StoredPledges) -> PledgesItem:
    """The answer of `/v1/pledges`."""
    rates = stored.rates
    projects = {row["project"]: row for row in stored.projects}
    events = _histories(stored)
    claims = [
        claim
        for project, of_project in events.items()
        for claim in measure.claims_of(project, of_project, _stated_elsewhere(stored.documents, project))
    ]
    promises = measure.pledges(events, claims, {key: row["kind"] for key, row in projects.items()})
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    told = [one for one in (_told(pledge, projects, homes) for pledge in promises) if _asked(one, stored.filters)]
    names = {key: row["name"] for key, row in projects.items()}
    keys_of = _grouping(stored.by)
    keys = sorted({key for one in told for key in keys_of(one)}, key=lambda key: (key is None, key or ""))
    return {
        "by": stored.by,
        "total": _total([one.pledge for one in told if not one.umbrella], rates),
        "umbrellas": _total([one.pledge for one in told if one.umbrella], rates),
        "groups": [_group(key, [one for one in told if key in keys_of(one)], rates) for key in keys],
        "pledges": [_pledge(one, names, stored.as_of, rates) for one in told],
        "programmes": _programmes(told, claims, names, stored.filters),
        "left_out": {
            "without_amount": sorted(
                event.reference
                for of_project in events.values()
                for event in of_project
                if event.kind.name == ANNOUNCED and not event.data.get("amount")
            ),
            "uncounted_rows": len(
                {claim.identity for one in told for claim in one.pledge.claims if claim.uncounted is not None}
            ),
        },
    }


def _histories(stored: StoredPledges) -> dict[str, list[Event]]:
    """The events of each project that count by the day, as they are read."""
    histories: dict[str, list[Event]] = {}
    for row in stored.events:
        event = row_decoding.event(row)
        if event is not None:
            histories.setdefault(row["subject"], []).append(event)
    return {
        subject: measure.counted_by(read_as_known(history, stored.knowledge).events, stored.as_of)
        for subject, history in histories.items()
    }


def _stated_elsewhere(documents: Iterable[tuple[str, str, str]], project: str) -> frozenset[Identity]:
    return frozenset((source, id_) for subject, source, id_ in documents if subject != project)


def _told(pledge: Pledge, projects: Mapping[str, Row], homes: Homes) -> _Told:
    registered = projects.get(pledge.project)
    countries = [] if registered is None else sorted(registered["countries"])
    return _Told(
        pledge=pledge,
        name=None if registered is None else registered["name"],
        umbrella=registered is not None and registered["kind"] in _UMBRELLAS,
        nations=homes.of(pledge.pledgers, pledge.first.latest),
        recipients=countries if pledge.recipients is None else pledge.recipients,
    )


def _asked(told: _Told, filters: Mapping[str, Any]) -> bool:
    """Whether a promise is of those that are asked for."""
    has: Mapping[str, Collection[str | int]] = {
        "donor": {*told.pledge.pledgers, *told.nations},
        "recipient": told.recipients,
        "forum": told.pledge.forums,
        "programme": told.pledge.programmes,
        "year": {told.pledge.year},
    }
    return all(
        not filters.get(name) or any(value in of_told for value in filters[name]) for name, of_told in has.items()
    )


def _grouping(by: str | None) -> Callable[[_Told], Sequence[str | None]]:
    groupings: Mapping[str | None, Callable[[_Told], Sequence[str | None]]] = {
        None: lambda told: [],
        "pledger": lambda told: told.pledge.pledgers or [None],
        "nation": lambda told: told.nations or [None],
        "recipient": lambda told: told.recipients or [None],
        "forum": lambda told: told.pledge.forums or [None],
        "programme": lambda told: told.pledge.programmes or [None],
        "year": lambda told: [str(told.pledge.year)],
    }
    return groupings[by]


def _group(key: str | None, told: Sequence[_Told], rates: ExchangeRates) -> PledgeGroup:
    return {
        "group": key,
        "total": _total([one.pledge for one in told if not one.umbrella], rates),
        "umbrellas": _total([one.pledge for one in told if one.umbrella], rates),
    }


def _total(promises: Sequence[Pledge], rates: ExchangeRates) -> PledgeTotal:
    together = measure.total(promises)
    converted = measure.total_in(_CURRENCY, promises, rates)
    whole = not converted.missing
    return {
        "pledges": together.pledges,
        "withdrawn": together.withdrawn,
        "announced": by_currency(together.announced),
        "taken_back": by_currency(together.taken_back),
        "bound": by_currency(together.bound),
        "disbursed": by_currency(together.disbursed),
        "converted": {
            "currency": _CURRENCY,
            "announced": f"{converted.announced:f}",
            "bound": f"{converted.bound:f}",
            "disbursed": f"{converted.disbursed:f}",
            "bound_share": _share(converted.bound, converted.announced) if whole else None,
            "disbursed_share": _share(converted.disbursed, converted.announced) if whole else None,
            "not_converted": [
                _not_converted(of, currency, year, value)
                for (of, currency, year), value in sorted(converted.missing.items())
            ],
        },
    }


def _share(part: Number, whole: Number) -> float | None:
    return round(float(part / whole), 4) if whole else None


def _not_converted(of: str, currency: str, year: int, value: Number) -> NotConverted:
    return {"of": of, "currency": currency, "year": year, "value": f"{value:f}"}


def _pledge(told: _Told, names: Mapping[str, str | None], as_of: date, rates: ExchangeRates) -> PledgeItem:
    pledge, first = told.pledge, told.pledge.first
    sums: dict[str, Number] = {}
    missing: list[NotConverted] = []
    for of, leg_sums in (("bound", pledge.sums(COMMITTED)), ("disbursed", pledge.sums(DISBURSED))):
        sums[of] = Number(0)
        for currency, value in leg_sums.items():
            converted = rates.convert(value, currency, pledge.currency, pledge.year)
            if isinstance(converted, Converted):
                sums[of] += converted.value
            else:
                missing.append(_not_converted(of, currency, pledge.year, value))
    lacking = {one["of"] for one in missing}
    first_amount = first.data["amount"]
    return {
        "pledge": pledge.root.reference,
        "project": pledge.project,
        "project_name": told.name,
        "umbrella": told.umbrella,
        "deal": pledge.root.deal,
        "pledgers": list(pledge.pledgers),
        "nations": list(told.nations),
        "recipients": list(told.recipients),
        "forums": list(pledge.forums),
        "programmes": list(pledge.programmes),
        "announced_on": first.latest,
        "announced_on_earliest": first.earliest,
        "announced_on_given": first.given,
        "currency": pledge.currency,
        "announced": f"{pledge.amount:f}",
        "first_currency": first_amount["currency"],
        "first_announced": f"{Number(first_amount['value']):f}",
        "deadline": pledge.deadline,
        "first_deadline": first.data.get("deadline"),
        "deadline_on": None if pledge.ends is None else pledge.ends.latest,
        "time_passed": None if (passed := pledge.time_passed(as_of)) is None else round(passed, 4),
        "withdrawn": _withdrawn(pledge.withdrawn),
        "bound": f"{sums['bound']:f}",
        "disbursed": f"{sums['disbursed']:f}",
        "bound_share": None if "bound" in lacking else _share(sums["bound"], pledge.amount),
        "disbursed_share": None if "disbursed" in lacking else _share(sums["disbursed"], pledge.amount),
        "not_converted": missing,
        "legs": _legs(pledge.claims),
        "said": [_said(event) for event in pledge.said],
        "rows": [_row(claim, names) for claim in pledge.claims],
    }


def _withdrawn(event: Event | None) -> Withdrawn | None:
    if event is None:
        return None
    return {
        "event": event.reference,
        "on": event.latest,
        "on_earliest": event.earliest,
        "on_given": event.given,
        "reason": event.data.get("reason"),
    }


def _said(event: Event) -> Said:
    return {
        "event": event.reference,
        "project": event.subject,
        "on": event.latest,
        "on_earliest": event.earliest,
        "on_given": event.given,
        "forum": event.data.get("forum"),
        "currency": event.data["amount"]["currency"],
        "value": f"{Number(event.data['amount']['value']):f}",
        "deadline": event.data.get("deadline"),
    }


def _legs(claims: Iterable[Claim]) -> list[LegMoney]:
    by_leg: defaultdict[tuple[str, str], dict[str, Number]] = defaultdict(
        lambda: {COMMITTED: Number(0), DISBURSED: Number(0)}
    )
    for claim in claims:
        if claim.uncounted is None and claim.leg and claim.currency and claim.of:
            by_leg[claim.leg, claim.currency][claim.of] += claim.change
    return [
        {"leg": leg, "currency": currency, "bound": f"{sums[COMMITTED]:f}", "disbursed": f"{sums[DISBURSED]:f}"}
        for (leg, currency), sums in sorted(by_leg.items())
    ]


def _row(claim: Claim, names: Mapping[str, str | None]) -> PledgeRow:
    event = claim.event
    return {
        "project": claim.project,
        "project_name": names.get(claim.project),
        "deal": event.deal,
        "event": event.reference,
        "name": event.kind.name,
        "on": event.latest,
        "on_earliest": event.earliest,
        "on_given": event.given,
        "leg": claim.leg if claim.of else None,
        "of": {COMMITTED: "bound", DISBURSED: "disbursed", None: None}[claim.of],
        "currency": claim.currency,
        "change": f"{claim.change:f}",
        "uncounted": claim.uncounted,
        "programmes": sorted(claim.programmes),
    }


def _programmes(
    told: Sequence[_Told], claims: Sequence[Claim], names: Mapping[str, str | None], filters: Mapping[str, Any]
) -> list[Programme]:
    """Without a filter every programme that is named; with one those of the promises that it leaves, and those it names."""
    naming: defaultdict[str, list[Claim]] = defaultdict(list)
    own: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: (claim.event.order, claim.project)):
        own[claim.project].append(claim)
        for programme in claim.programmes:
            naming[programme].append(claim)
    pledged: defaultdict[str, list[str]] = defaultdict(list)
    for one in told:
        for programme in one.pledge.programmes:
            pledged[programme].append(one.pledge.root.reference)
    asked = {*pledged, *(filters.get("programme") or ())} if any(filters.values()) else {*pledged, *naming}
    return [
        {
            "programme": programme,
            "name": names.get(programme),
            "pledges": pledged[programme],
            "bound": by_currency(measure.sums_of(naming[programme], COMMITTED)),
            "disbursed": by_currency(measure.sums_of(naming[programme], DISBURSED)),
            "projects": [
                _programme_project(project, [claim for claim in naming[programme] if claim.project == project], names)
                for project in sorted({claim.project for claim in naming[programme]})
            ],
            "own_rows": [_row(claim, names) for claim in own[programme] if programme not in claim.programmes],
        }
        for programme in sorted(asked & {*pledged, *naming})
    ]


def _programme_project(project: str, claims: Sequence[Claim], names: Mapping[str, str | None]) -> ProgrammeProject:
    return {
        "project": project,
        "project_name": names.get(project),
        "bound": by_currency(measure.sums_of(claims, COMMITTED)),
        "disbursed": by_currency(measure.sums_of(claims, DISBURSED)),
        "rows": [_row(claim, names) for claim in claims],
    }
