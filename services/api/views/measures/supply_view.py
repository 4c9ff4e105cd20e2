"""What is bound of what countries need, a calendar year (domain page, section 9). Pure: from rows and reference series to the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.api.store import row_decoding
from services.api.store.knowledge import Knowledge
from services.api.store.project_events import histories
from services.api.store.snapshot import Row
from services.api.views.home_countries import Homes
from services.api.views.measures.supply_answer import (
    DemandFigure,
    FactorItem,
    GroupRow,
    PaperDeal,
    PaperRow,
    SupplyContract,
    SupplyItem,
    SupplyRow,
    SupplyYear,
)
from steppe.domain.measures.reference_rows import Demand, Membership, UnitFactor
from steppe.domain.measures.supply import (
    REASONS,
    Contract,
    Rate,
    contracts,
    factor_of,
    rate,
    states_volume,
    united,
    volumes,
    within,
)
from steppe.domain.values.states import LegState

_DECIMALS = 3
# A figure of one of these is what a country needs or means to reach; others (a stock, what one mine plans) are shown beside it.
_WORDS_OF_DEMAND = ("demand", "need", "consumption", "requirement", "target")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSupply:
    """What was read for the measure, as it is stored, and the reference series; can go to another process."""

    as_of: date
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    years: Sequence[int] | None
    knowledge: Knowledge | None
    events: Sequence[Row]
    phases: Sequence[Row]
    projects: Sequence[Row]
    papers: Sequence[Row]
    nations: Sequence[Row]
    demand: Sequence[Demand]
    memberships: Sequence[Membership]
    factors: Sequence[UnitFactor]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.events) + len(self.phases)

    @property
    def last_year(self) -> int:
        """The last year shown for contracts without a stated end."""
        return max([self.as_of.year, *(self.years or ())])

    def includes(self, year: int) -> bool:
        """Whether a year is among those of the question."""
        return self.years is None or year in self.years


@dataclass(frozen=True, slots=True)
class _Purchase:
    contract: Contract
    project: Row
    pursuers: Sequence[str]
    countries: Sequence[str]
    rate: Rate | str

    @property
    def umbrella(self) -> bool:
        return self.project["kind"] in ("umbrella", "programme")

    def span(self, last_year: int) -> tuple[date, date]:
        """The days of delivery; without a stated end until the end of `last_year`."""
        return self.contract.start, self.contract.end or date(last_year + 1, 1, 1)


_Key = tuple[str | None, str, str]
_Volumes = dict[_Key, dict[int, list[Decimal]]]


def supply(stored: StoredSupply) -> SupplyItem:
    """The answer of `/v1/supply`."""
    factors = {(factor.commodity, factor.unit): factor for factor in stored.factors}
    bought = [purchase for purchase in _purchases(stored, factors) if _matches(stored, purchase)]
    direct = [purchase for purchase in bought if not purchase.umbrella]
    demand = [
        figure
        for figure in stored.demand
        if (stored.countries is None or figure.country in stored.countries)
        and (stored.commodities is None or figure.commodity in stored.commodities)
    ]
    figures: dict[_Key, dict[int, list[DemandFigure]]] = {}
    others: list[DemandFigure] = []
    for figure in demand:
        key = _demand_key(figure, factors)
        if key is None:
            others.append(_figure(figure, None))
        elif stored.includes(figure.year):
            of_figure = _figure(figure, _factor_of_demand(figure, factors))
            figures.setdefault(key, {}).setdefault(figure.year, []).append(of_figure)
    commodities = {purchase.contract.terms["commodity"] for purchase in bought} | {
        figure.commodity for figure in demand
    }
    lacking = [purchase.rate for purchase in bought if isinstance(purchase.rate, str)]
    return {
        "buyers": _rows(_by_country(stored, direct), figures),
        "groups": _groups(stored, direct),
        "umbrellas": _rows(_by_country(stored, [purchase for purchase in bought if purchase.umbrella]), {}),
        "papers": _papers(stored, commodities),
        "contracts": [_contract(purchase) for purchase in bought],
        "not_added": {reason: lacking.count(reason) for reason in REASONS},
        "other_figures": others,
        "factors": [_factor(factor) for factor in _used(bought, demand, factors)],
    }


def _purchases(stored: StoredSupply, factors: Mapping[tuple[str | None, str], UnitFactor]) -> list[_Purchase]:
    """Every contract of every project, with what it delivers."""
    projects = {row["project"]: row for row in stored.projects}
    legs: dict[str, dict[str, LegState]] = {}
    pursuers: dict[tuple[str, str], Sequence[str]] = {}
    for row in stored.phases:
        state = row_decoding.deal(row)
        for leg in state.legs:
            if leg.leg == "offtake":
                legs.setdefault(row["project"], {}).update(dict.fromkeys(leg.events, leg))
                pursuers.update({(row["project"], event): state.pursuers for event in leg.events})
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    effective = histories(stored.events, stored.knowledge)
    stated = {
        (event.source, event.id)
        for events in effective.values()
        for event in events
        if states_volume(event) and event.latest <= stored.as_of
    }
    return [
        _Purchase(
            contract,
            projects[project],
            sorted(pursuers[project, contract.event.reference]),
            homes.of(contract.offtakers, contract.event.latest),
            rate(contract, factors),
        )
        for project, events in effective.items()
        if project in projects
        for contract in contracts(events, legs.get(project, {}), stored.as_of, stated)
    ]


def _matches(stored: StoredSupply, purchase: _Purchase) -> bool:
    return (stored.countries is None or not set(stored.countries).isdisjoint(purchase.countries)) and (
        stored.commodities is None or purchase.contract.terms["commodity"] in stored.commodities
    )


def _by_country(stored: StoredSupply, bought: Iterable[_Purchase]) -> _Volumes:
    """By country, commodity and unit, what each contract delivers in each year."""
    delivered: _Volumes = {}
    for purchase in bought:
        if isinstance(purchase.rate, str):
            continue
        countries: Sequence[str | None] = purchase.countries or [None]
        counted = [country for country in countries if stored.countries is None or country in stored.countries]
        by_year = list(volumes(purchase.rate, united([purchase.span(stored.last_year)])))
        for country in counted:
            years = delivered.setdefault((country, purchase.rate.commodity, purchase.rate.unit), {})
            for year, volume in by_year:
                if stored.includes(year):
                    years.setdefault(year, []).append(volume)
    return delivered


def _rows(delivered: _Volumes, figures: Mapping[_Key, Mapping[int, Sequence[DemandFigure]]]) -> list[SupplyRow]:
    rows: list[SupplyRow] = []
    for key in sorted({*delivered, *figures}, key=_unknown_last):
        of_key, demand = delivered.get(key, {}), figures.get(key, {})
        country, commodity, unit = key
        years: list[SupplyYear] = [
            {
                "year": year,
                "bound": _rounded(sum(of_key.get(year, ()), Decimal(0))),
                "contracts": len(of_key.get(year, ())),
                "demand": list(demand.get(year, ())),
            }
            for year in sorted({*of_key, *demand})
        ]
        if years:
            rows.append({"country": country, "commodity": commodity, "unit": unit, "years": years})
    return rows


def _groups(stored: StoredSupply, bought: Sequence[_Purchase]) -> list[GroupRow]:
    """What is delivered on the days on which a buyer's country belongs to a group: each contract once a group."""
    members: dict[str, dict[str, list[tuple[date, date]]]] = {}
    for membership in stored.memberships:
        days = membership.first or date.min, membership.until or date.max
        members.setdefault(membership.group, {}).setdefault(membership.member, []).append(days)
    delivered: dict[tuple[str, str, str], dict[int, list[Decimal]]] = {}
    for purchase in bought:
        if isinstance(purchase.rate, str):
            continue
        for group, of_group in members.items():
            belonging = [days for country in purchase.countries for days in of_group.get(country, ())]
            by_year: dict[int, Decimal] = {}
            for year, volume in volumes(purchase.rate, within(purchase.span(stored.last_year), united(belonging))):
                by_year[year] = by_year.get(year, Decimal(0)) + volume
            for year, volume in by_year.items():
                if stored.includes(year):
                    years = delivered.setdefault((group, purchase.rate.commodity, purchase.rate.unit), {})
                    years.setdefault(year, []).append(volume)
    return [
        {
            "group": group,
            "commodity": commodity,
            "unit": unit,
            "years": [
                {"year": year, "bound": _rounded(sum(volume, Decimal(0))), "contracts": len(volume)}
                for year, volume in sorted(years.items())
            ],
        }
        for (group, commodity, unit), years in sorted(delivered.items())
    ]


def _papers(stored: StoredSupply, commodities: set[str]) -> list[PaperRow]:
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    deals: dict[tuple[str | None, str], list[PaperDeal]] = {}
    for row in stored.papers:
        nations: Sequence[str | None] = homes.of(row["pursuers"], stored.as_of) or [None]
        for nation in nations:
            if stored.countries is None or nation in stored.countries:
                for commodity in commodities.intersection(row["commodities"]):
                    named: PaperDeal = {"project": row["project"], "deal": row["deal"]}
                    deals.setdefault((nation, commodity), []).append(named)
    return [
        {"country": country, "commodity": commodity, "deals": deals[country, commodity]}
        for country, commodity in sorted(deals, key=lambda key: (key[0] is None, key[0] or "", key[1]))
    ]


def _contract(purchase: _Purchase) -> SupplyContract:
    contract, terms, added = purchase.contract, purchase.contract.terms, purchase.rate
    return {
        "project": purchase.project["project"],
        "project_name": purchase.project["name"],
        "umbrella": purchase.umbrella,
        "deal": contract.event.deal,
        "event": contract.event.reference,
        "signed_on": contract.event.latest,
        "signed_on_earliest": contract.event.earliest,
        "signed_on_given": contract.event.given,
        "commodity": terms["commodity"],
        "offtakers": list(contract.offtakers),
        "pursuers": list(purchase.pursuers),
        "countries": list(purchase.countries),
        "volume": terms.get("volume"),
        "unit": terms.get("unit"),
        "per": terms.get("per"),
        "converted": None if isinstance(added, str) else _rounded(added.volume),
        "base_unit": None if isinstance(added, str) else added.unit,
        "delivers_from": contract.start,
        "delivers_until": contract.end,
        "valid": contract.leg.valid,
        "conditional": contract.leg.conditional,
        "not_added": added if isinstance(added, str) else None,
    }


def _unit_of_demand(figure: Demand) -> str | None:
    """The unit of a volume a year, as `tU` of `tU/yr`, also where words follow; None: it is none."""
    unit, slash, _ = figure.unit.partition("/yr")
    return unit.strip() if slash else None


def _factor_of_demand(figure: Demand, factors: Mapping[tuple[str | None, str], UnitFactor]) -> UnitFactor | None:
    unit = _unit_of_demand(figure)
    return None if unit is None else factor_of(figure.commodity, unit, factors)


def _demand_key(figure: Demand, factors: Mapping[tuple[str | None, str], UnitFactor]) -> _Key | None:
    """The row that a figure is laid against; None: it is no volume a year that is needed."""
    factor = _factor_of_demand(figure, factors)
    if factor is None or figure.low is None or not any(word in figure.metric for word in _WORDS_OF_DEMAND):
        return None
    return figure.country, figure.commodity, factor.base


def _figure(figure: Demand, factor: UnitFactor | None) -> DemandFigure:
    low, high = (
        None if factor is None or end is None else _rounded(end * factor.factor) for end in (figure.low, figure.high)
    )
    return {
        "country": figure.country,
        "commodity": figure.commodity,
        "metric": figure.metric,
        "value": figure.value,
        "unit": figure.unit,
        "year": figure.year,
        "fiscal": figure.fiscal,
        "low": low,
        "high": high,
        "detail": figure.detail,
        "source": figure.origin.source,
        "basis": figure.origin.basis,
        "confidence": figure.origin.confidence,
    }


def _used(
    bought: Iterable[_Purchase], demand: Iterable[Demand], factors: Mapping[tuple[str | None, str], UnitFactor]
) -> list[UnitFactor]:
    of_contracts = [
        factor_of(purchase.rate.commodity, purchase.contract.terms["unit"], factors)
        for purchase in bought
        if not isinstance(purchase.rate, str)
    ]
    of_demand = [_factor_of_demand(figure, factors) for figure in demand if _demand_key(figure, factors)]
    used = {(factor.commodity or "", factor.unit): factor for factor in (*of_contracts, *of_demand) if factor}
    return [used[key] for key in sorted(used)]


def _factor(factor: UnitFactor) -> FactorItem:
    return {
        "commodity": factor.commodity,
        "unit": factor.unit,
        "base": factor.base,
        "factor": f"{factor.factor:f}",
        "source": factor.origin.source,
    }


def _unknown_last(key: _Key) -> tuple[bool, str, str, str]:
    country, commodity, unit = key
    return country is None, country or "", commodity, unit


def _rounded(volume: Decimal) -> float:
    return float(round(volume, _DECIMALS))
