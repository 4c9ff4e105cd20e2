"""What became of promises of money (domain page, section 9). Pure: from rows to the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as Number
from typing import Any

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import sums as by_currency
from services.api.views.home_countries import Homes
from services.api.views.measures.pledge_answer import (
    LegMoney,
    NotConverted,
    PledgeGroup,
    PledgeItem,
    PledgeRow,
    PledgesItem,
    PledgeTotal,
    Programme,
    ProgrammeProject,
    Said,
    Withdrawn,
)
from steppe.domain.analysis.money import COMMITTED, DISBURSED
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.measures import pledges as measure
from steppe.domain.measures.exchange_rates import Converted, ExchangeRates
from steppe.domain.measures.pledges import ANNOUNCED, Claim, Pledge

_UMBRELLAS = ("programme", "umbrella")
_CURRENCY = "USD"


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
class _RegisteredPledge:
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
    matching = [
        registered
        for registered in (_registered(pledge, projects, homes) for pledge in promises)
        if _matches(registered, stored.filters)
    ]
    names = {key: row["name"] for key, row in projects.items()}
    keys_of = _grouping(stored.by)
    keys = sorted(
        {key for registered in matching for key in keys_of(registered)}, key=lambda key: (key is None, key or "")
    )
    return {
        "by": stored.by,
        "total": _total([registered.pledge for registered in matching if not registered.umbrella], rates),
        "umbrellas": _total([registered.pledge for registered in matching if registered.umbrella], rates),
        "groups": [
            _group(key, [registered for registered in matching if key in keys_of(registered)], rates) for key in keys
        ],
        "pledges": [_pledge(registered, names, stored.as_of, rates) for registered in matching],
        "programmes": _programmes(matching, claims, names, stored.filters),
        "left_out": {
            "without_amount": sorted(
                event.reference
                for of_project in events.values()
                for event in of_project
                if event.kind.name == ANNOUNCED and not event.data.get("amount")
            ),
            "uncounted_rows": len(
                {
                    claim.identity
                    for registered in matching
                    for claim in registered.pledge.claims
                    if claim.uncounted is not None
                }
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


def _registered(pledge: Pledge, projects: Mapping[str, Row], homes: Homes) -> _RegisteredPledge:
    project = projects.get(pledge.project)
    countries = [] if project is None else sorted(project["countries"])
    return _RegisteredPledge(
        pledge=pledge,
        name=None if project is None else project["name"],
        umbrella=project is not None and project["kind"] in _UMBRELLAS,
        nations=homes.of(pledge.pledgers, pledge.first.latest),
        recipients=countries if pledge.recipients is None else pledge.recipients,
    )


def _matches(registered: _RegisteredPledge, filters: Mapping[str, Any]) -> bool:
    """Whether a promise passes the filters."""
    has: Mapping[str, Collection[str | int]] = {
        "donor": {*registered.pledge.pledgers, *registered.nations},
        "recipient": registered.recipients,
        "forum": registered.pledge.forums,
        "programme": registered.pledge.programmes,
        "year": {registered.pledge.year},
    }
    return all(not filters.get(name) or any(value in values for value in filters[name]) for name, values in has.items())


def _grouping(by: str | None) -> Callable[[_RegisteredPledge], Sequence[str | None]]:
    groupings: Mapping[str | None, Callable[[_RegisteredPledge], Sequence[str | None]]] = {
        None: lambda registered: [],
        "pledger": lambda registered: registered.pledge.pledgers or [None],
        "nation": lambda registered: registered.nations or [None],
        "recipient": lambda registered: registered.recipients or [None],
        "forum": lambda registered: registered.pledge.forums or [None],
        "programme": lambda registered: registered.pledge.programmes or [None],
        "year": lambda registered: [str(registered.pledge.year)],
    }
    return groupings[by]


def _group(key: str | None, pledges: Sequence[_RegisteredPledge], rates: ExchangeRates) -> PledgeGroup:
    return {
        "group": key,
        "total": _total([registered.pledge for registered in pledges if not registered.umbrella], rates),
        "umbrellas": _total([registered.pledge for registered in pledges if registered.umbrella], rates),
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


def _pledge(
    registered: _RegisteredPledge, names: Mapping[str, str | None], as_of: date, rates: ExchangeRates
) -> PledgeItem:
    pledge, first = registered.pledge, registered.pledge.first
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
    lacking = {money["of"] for money in missing}
    first_amount = first.data["amount"]
    return {
        "pledge": pledge.root.reference,
        "project": pledge.project,
        "project_name": registered.name,
        "umbrella": registered.umbrella,
        "deal": pledge.root.deal,
        "pledgers": list(pledge.pledgers),
        "nations": list(registered.nations),
        "recipients": list(registered.recipients),
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
        "said": [_statement(event) for event in pledge.statements],
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


def _statement(event: Event) -> Said:
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
    pledges: Sequence[_RegisteredPledge],
    claims: Sequence[Claim],
    names: Mapping[str, str | None],
    filters: Mapping[str, Any],
) -> list[Programme]:
    """Without a filter every programme that is named; with one those of the promises that pass it, and those it names."""
    naming: defaultdict[str, list[Claim]] = defaultdict(list)
    own: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: (claim.event.order, claim.project)):
        own[claim.project].append(claim)
        for programme in claim.programmes:
            naming[programme].append(claim)
    pledged: defaultdict[str, list[str]] = defaultdict(list)
    for registered in pledges:
        for programme in registered.pledge.programmes:
            pledged[programme].append(registered.pledge.root.reference)
    listed = {*pledged, *(filters.get("programme") or ())} if any(filters.values()) else {*pledged, *naming}
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
        for programme in sorted(listed & {*pledged, *naming})
    ]


def _programme_project(project: str, claims: Sequence[Claim], names: Mapping[str, str | None]) -> ProgrammeProject:
    return {
        "project": project,
        "project_name": names.get(project),
        "bound": by_currency(measure.sums_of(claims, COMMITTED)),
        "disbursed": by_currency(measure.sums_of(claims, DISBURSED)),
        "rows": [_row(claim, names) for claim in claims],
    }
