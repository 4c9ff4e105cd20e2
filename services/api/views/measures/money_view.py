"""Who gave how much to whom, and when (domain page, section 9). Pure: from rows to the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal as Number
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge, read_as_known
from services.api.store.snapshot import Row
from services.api.views.frames import OnDay
from services.api.views.home_countries import Homes
from services.api.views.measures import reference_view
from services.api.views.measures.reference_view import RateItem
from steppe.contracts.field_types import EARLIEST, Count, Day, Decimal, Given, Key, LegName, Reference, choice, doc
from steppe.domain.analysis.idle_references import wholes_missing
from steppe.domain.analysis.money import COMMITTED, DISBURSED
from steppe.domain.events.corrections import Identity
from steppe.domain.events.event import Event
from steppe.domain.fold.fold_state import in_fold_order
from steppe.domain.measures.exchange_rates import Converted, ExchangeRates, NotConverted
from steppe.domain.measures.money_flows import CONTRACTS, NOT_SUMMED_OF, Flow, flows, givers_named, not_summed
from steppe.domain.measures.reference_rows import Rate

_Nations = Annotated[
    list[str],
    doc("Home countries on the day, ISO 3166-1 alpha-2; a bank of several states by its key; empty: nobody said."),
]
_COMMITTED = "What was ever committed, less reductions."
_DISBURSED = "What was disbursed, less what came back."
_IN_FORCE = "Of what was committed, what legs that are valid on the day commit."


class MoneySum(TypedDict):
    """Money of one currency."""

    currency: Annotated[str, doc("ISO 4217.")]
    committed: Annotated[Decimal, doc(_COMMITTED)]
    disbursed: Annotated[Decimal, doc(_DISBURSED)]
    in_force: Annotated[Decimal, doc(_IN_FORCE)]


class MoneyOfLeg(TypedDict):
    """Money of one leg. Legs are never added up."""

    leg: Annotated[LegName, doc("The leg.")]
    sums: Annotated[list[MoneySum], doc("In the currencies in which it was said.")]
    committed: Annotated[Decimal, doc(f"{_COMMITTED} In `currency` of the answer: the rows that could be converted.")]
    disbursed: Annotated[Decimal, doc(f"{_DISBURSED} In `currency` of the answer, as `committed`.")]
    in_force: Annotated[Decimal, doc(f"{_IN_FORCE} In `currency` of the answer, as `committed`.")]
    not_converted: Annotated[Count, doc("How many rows of it could not be converted.")]


class MoneyGroup(TypedDict):
    """Money of the rows that have in common what `by` asks for. Whoever gives or receives together stands once, together."""

    donors: Annotated[list[str] | None, doc("The nations that give, together; empty: nobody said; null: not asked.")]
    recipients: Annotated[list[str] | None, doc("The countries that receive, together; null: not asked.")]
    programme: Annotated[Key | None, doc("The programme that the events name; null: none, or not asked.")]
    year: Annotated[Count | None, doc("The year; null: not asked.")]
    umbrella: Annotated[bool, doc("Whether it is money of umbrellas and programmes, which is in no other group.")]
    legs: Annotated[list[MoneyOfLeg], doc("By leg, contracts among them.")]


class MoneyRowItem(TypedDict):
    """What an event moves a sum by."""

    event: Reference
    project: Annotated[Key, doc("The project.")]
    project_name: Annotated[str | None, doc("Its name; null: not registered.")]
    deal: Annotated[Key | None, doc("The deal; null: it names none, and is in no sum.")]
    umbrella: Annotated[bool, doc("Whether its project is an umbrella or a programme.")]
    leg: Annotated[LegName, doc("The leg.")]
    of: Annotated[str, choice(COMMITTED, DISBURSED), doc("Which sum it moves.")]
    value: Annotated[Decimal, doc("By how much: of a total the difference; less than nothing: taken off.")]
    in_force: Annotated[Decimal, doc("By how much it moves what valid legs commit.")]
    currency: Annotated[str, doc("ISO 4217.")]
    converted: Annotated[Decimal | None, doc("`value` in `currency` of the answer; null: it could not be converted.")]
    converted_in_force: Annotated[Decimal | None, doc("`in_force` likewise.")]
    not_converted: Annotated[str | None, doc("Why not; null: it was.")]
    year: Annotated[Count, doc("The year of its latest day, whose rate it takes.")]
    on: Annotated[Day, doc("Its latest day.")]
    on_earliest: Annotated[Day | None, doc(EARLIEST)]
    on_given: Given
    givers: Annotated[list[Key], doc("Who gives; of works the contractors, of offtake the buyers.")]
    donors: _Nations
    recipients: Annotated[
        list[str],
        doc("The countries of hosts that are governments, agencies or state companies, else the project's."),
    ]
    programme: Annotated[Key | None, doc("The programme that it names; null: none.")]
    forum: Annotated[Key | None, doc("The forum that it names; null: none.")]


class NotSummed(TypedDict):
    """An amount that is in no sum, because of what it is of."""

    event: Reference
    project: Annotated[Key, doc("The project.")]
    deal: Annotated[Key | None, doc("The deal; null: it names none.")]
    of: Annotated[str, choice(*NOT_SUMMED_OF), doc("What the amount is of.")]
    value: Annotated[Decimal, doc("How much.")]
    currency: Annotated[str, doc("ISO 4217.")]
    year: Annotated[Count, doc("The year of its latest day.")]
    donors: _Nations
    recipients: Annotated[list[str], doc("As of rows.")]
    programme: Annotated[Key | None, doc("The programme that it names; null: none.")]
    forum: Annotated[Key | None, doc("The forum that it names; null: none.")]


class MoneyLeftOut(TypedDict):
    """What is in no sum, and why."""

    without_deal: Annotated[list[MoneyRowItem], doc("Rows that name no deal and nobody who pursues one.")]
    not_summed: Annotated[list[NotSummed], doc("Amounts of a project's cost, a portfolio or a claim.")]


class MoneyItem(TypedDict):
    """Who gave how much to whom."""

    by: Annotated[list[str], doc("What the groups are made by; empty: there are none.")]
    currency: Annotated[str, doc("The one currency of what is converted, ISO 4217.")]
    total: Annotated[list[MoneyOfLeg], doc("By leg, without contracts, umbrellas and programmes.")]
    contracts: Annotated[
        list[MoneyOfLeg], doc("Works and offtake: prices of contracts, not of umbrellas. Nobody gives them.")
    ]
    umbrellas: Annotated[list[MoneyOfLeg], doc("By leg, of umbrellas and programmes.")]
    groups: Annotated[list[MoneyGroup], doc("The same rows as `by` asks.")]
    rows: Annotated[list[MoneyRowItem], doc("What it is made of, by project and day.")]
    rates: Annotated[list[RateItem], doc("The rates that were used.")]
    left_out: Annotated[MoneyLeftOut, doc("What is in no sum, and why.")]


class MoneyAnswer(OnDay, MoneyItem):
    """Who gave how much to whom, committed and disbursed, by leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMoney:
    """What was read for the measure, as it is stored; can go to another process. `documents`: of what rows are part of, wherever.

    `filters` are those of the question; `valid_legs` of the day, `parties` their nations through the days.
    """

    as_of: date
    by: Collection[str]
    currency: str
    filters: Mapping[str, Any]
    knowledge: Knowledge | None
    rates: ExchangeRates
    events: Sequence[Row]
    documents: Sequence[Row]
    valid_legs: Sequence[Row]
    projects: Sequence[Row]
    parties: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events)


class _Counted(NamedTuple):
    item: MoneyRowItem
    value: Number
    in_force: Number
    converted: Number | None
    converted_in_force: Number


def measure(stored: StoredMoney) -> MoneyItem:
    """The answer of `/v1/money`."""
    return measure_and_groups(stored, ())[0]


def measure_and_groups(stored: StoredMoney, by: Collection[str]) -> tuple[MoneyItem, list[MoneyGroup]]:
    """The answer of `/v1/money`, and its groups by something else: what is read is decoded once."""
    reader = _Reader(stored)
    counted = [row for row in reader.rows() if _matches(stored.filters, row.item)]
    summed = [row for row in counted if row.item["deal"] is not None]
    direct = [row for row in summed if not row.item["umbrella"]]
    answer: MoneyItem = {
        "by": sorted(stored.by),
        "currency": stored.currency,
        "total": _legs(row for row in direct if row.item["leg"] not in CONTRACTS),
        "contracts": _legs(row for row in direct if row.item["leg"] in CONTRACTS),
        "umbrellas": _legs(row for row in summed if row.item["umbrella"]),
        "groups": _groups(stored.by, summed) if stored.by else [],
        "rows": [row.item for row in summed],
        "rates": [reference_view.rate(rate) for rate in reader.rates_used(summed)],
        "left_out": {
            "without_deal": [row.item for row in counted if row.item["deal"] is None],
            "not_summed": [item for item in reader.not_summed if _matches(stored.filters, item)],
        },
    }
    return answer, _groups(by, summed) if by else []


class _Reader:
    """Makes items of what was read."""

    def __init__(self, stored: StoredMoney) -> None:
        self._stored = stored
        self._homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.parties)
        self._hosts_of_states = Homes(
            (row["party"], row["valid_from"], row["valid_to"], row["nation"])
            for row in stored.parties
            if row["of_a_state"]
        )
        self._rates: dict[tuple[str, int], Rate] = {}
        self.not_summed: list[NotSummed] = []

    def rows(self) -> list[_Counted]:
        """The flows of all projects that were read, by project and in the order of the fold."""
        stored = self._stored
        histories: dict[str, list[Event]] = {}
        for row in stored.events:
            event = row_decoding.event(row) if row_decoding.folds(row) else None
            if event is not None:
                histories.setdefault(row["subject"], []).append(event)
        bound: dict[str, dict[str, list[str]]] = {}
        for row in stored.valid_legs:
            bound.setdefault(row["project"], {})[row["deal"]] = msgspec.json.decode(row["events"])
        documents: dict[Identity, set[str]] = {}
        for row in stored.documents:
            documents.setdefault((row["source"], row["id"]), set()).add(row["subject"])
        counted: list[_Counted] = []
        for project in stored.projects:
            key = project["project"]
            effective = read_as_known(histories.get(key, ()), stored.knowledge).events
            events = [event for event in in_fold_order(effective) if event.latest <= stored.as_of]
            elsewhere = {whole for whole in wholes_missing(events) if documents.get(whole, set()) - {key}}
            counted += [self._counted(project, flow) for flow in flows(events, elsewhere, bound.get(key, {}))]
            self.not_summed += [self._not_summed(project, event) for event in not_summed(events)]
        return counted

    def rates_used(self, summed: Iterable[_Counted]) -> list[Rate]:
        """The rates by which these rows were converted, by currency and year."""
        into = self._stored.currency
        used = {
            (currency, row.item["year"])
            for row in summed
            if row.converted is not None and row.item["currency"] != into
            for currency in (row.item["currency"], into)
        }
        return [rate for key, rate in sorted(self._rates.items()) if key in used]

    def _counted(self, project: Row, flow: Flow) -> _Counted:
        event, into = flow.event, self._stored.currency
        year = event.latest.year
        value = self._converted(flow.value, flow.currency, year)
        in_force = self._converted(flow.in_force, flow.currency, year)
        why = value.reason if isinstance(value, NotConverted) else None
        item: MoneyRowItem = {
            "event": event.reference,
            "project": project["project"],
            "project_name": project["name"],
            "deal": event.deal,
            "umbrella": project["kind"] in ("umbrella", "programme"),
            "leg": flow.leg,
            "of": flow.of,
            "value": f"{flow.value:f}",
            "in_force": f"{flow.in_force:f}",
            "currency": flow.currency,
            "converted": None if isinstance(value, NotConverted) else f"{value.value:f}",
            "converted_in_force": None if isinstance(in_force, NotConverted) else f"{in_force.value:f}",
            "not_converted": None if why is None else f"{why}: not told in {into}",
            "year": year,
            "on": event.latest,
            "on_earliest": event.earliest,
            "on_given": event.given,
            "givers": list(flow.givers),
            "donors": self._homes.of(flow.givers, event.latest),
            "recipients": self._recipients(project, event),
            "programme": event.data.get("programme"),
            "forum": event.data.get("forum"),
        }
        return _Counted(
            item,
            flow.value,
            flow.in_force,
            None if isinstance(value, NotConverted) else value.value,
            Number(0) if isinstance(in_force, NotConverted) else in_force.value,
        )

    def _converted(self, amount: Number, currency: str, year: int) -> Converted | NotConverted:
        converted = self._stored.rates.convert(amount, currency, self._stored.currency, year)
        if isinstance(converted, Converted):
            self._rates |= {(rate.currency, rate.year): rate for rate in converted.rates}
        return converted

    def _recipients(self, project: Row, event: Event) -> list[str]:
        hosts = [party.party for party in event.parties if party.role == "host"]
        return self._hosts_of_states.of(hosts, event.latest) or sorted(project["countries"])

    def _not_summed(self, project: Row, event: Event) -> NotSummed:
        amount = event.data["amount"]
        leg = event.kind.leg or ("grant" if any(party.role == "donor" for party in event.parties) else "debt")
        return {
            "event": event.reference,
            "project": project["project"],
            "deal": event.deal,
            "of": amount["of"],
            "value": amount["value"],
            "currency": amount["currency"],
            "year": event.latest.year,
            "donors": self._homes.of(givers_named(event, leg), event.latest),
            "recipients": self._recipients(project, event),
            "programme": event.data.get("programme"),
            "forum": event.data.get("forum"),
        }


def _matches(filters: Mapping[str, Any], item: MoneyRowItem | NotSummed) -> bool:
    donors, recipients, years = filters.get("donor"), filters.get("recipient"), filters.get("year")
    programmes, forums = filters.get("programme"), filters.get("forum")
    return (
        (donors is None or not set(donors).isdisjoint(item["donors"]))
        and (recipients is None or not set(recipients).isdisjoint(item["recipients"]))
        and (years is None or item["year"] in years)
        and (programmes is None or item["programme"] in programmes or item["project"] in programmes)
        and (forums is None or item["forum"] in forums)
    )


def _groups(by: Collection[str], summed: Iterable[_Counted]) -> list[MoneyGroup]:
    grouped: dict[tuple[Any, ...], list[_Counted]] = {}
    for row in summed:
        key = (
            tuple(row.item["donors"]) if "donor" in by else None,
            tuple(row.item["recipients"]) if "recipient" in by else None,
            row.item["programme"] if "programme" in by else None,
            row.item["year"] if "year" in by else None,
            row.item["umbrella"],
        )
        grouped.setdefault(key, []).append(row)

    def order(key: tuple[Any, ...]) -> tuple[Any, ...]:
        donors, recipients, programme, year, umbrella = key
        return (umbrella, donors or (), recipients or (), programme is None, programme or "", year or 0)

    return [
        {
            "donors": None if donors is None else list(donors),
            "recipients": None if recipients is None else list(recipients),
            "programme": programme,
            "year": year,
            "umbrella": umbrella,
            "legs": _legs(grouped[donors, recipients, programme, year, umbrella]),
        }
        for donors, recipients, programme, year, umbrella in sorted(grouped, key=order)
    ]


def _legs(counted: Iterable[_Counted]) -> list[MoneyOfLeg]:
    by_leg: dict[str, list[_Counted]] = {}
    for row in counted:
        by_leg.setdefault(row.item["leg"], []).append(row)
    return [_leg(leg, by_leg[leg]) for leg in sorted(by_leg)]


def _leg(leg: str, rows: Sequence[_Counted]) -> MoneyOfLeg:
    by_currency: dict[str, list[_Counted]] = {}
    for row in rows:
        by_currency.setdefault(row.item["currency"], []).append(row)

    def sum_of(counted: Iterable[_Counted], of: str) -> str:
        return f"{sum((row.value for row in counted if row.item['of'] == of), Number(0)):f}"

    def converted(of: str) -> str:
        return f"{sum((row.converted or Number(0) for row in rows if row.item['of'] == of), Number(0)):f}"

    return {
        "leg": leg,
        "sums": [
            {
                "currency": currency,
                "committed": sum_of(counted, COMMITTED),
                "disbursed": sum_of(counted, DISBURSED),
                "in_force": f"{sum((row.in_force for row in counted), Number(0)):f}",
            }
            for currency, counted in sorted(by_currency.items())
        ],
        "committed": converted(COMMITTED),
        "disbursed": converted(DISBURSED),
        "in_force": f"{sum((row.converted_in_force for row in rows), Number(0)):f}",
        "not_converted": sum(row.converted is None for row in rows),
    }
