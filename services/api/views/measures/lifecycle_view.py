"""How long deals stay at a level, how old papers are, how many of them bind, and who overtook whom (domain page, section 9). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.api.store import row_decoding
from services.api.store.snapshot import Row
from services.api.views.home_countries import Homes
from services.api.views.measures.conversion_view import CountedDeal, StoredConversion, counted_deals, registered_on
from services.api.views.measures.lifecycle_answer import (
    FirstMover,
    LevelMonths,
    LifecycleItem,
    MarketHistory,
    Overtaking,
    PaperAge,
    PaperAges,
    QuartilesItem,
    ShareBound,
    SpellItem,
    Winner,
)
from steppe.domain.measures.conversion import BOUND_BEFORE
from steppe.domain.measures.incidence import BOUND, OPEN
from steppe.domain.measures.incidence import ENDED as ENDED_UNBOUND
from steppe.domain.measures.lifecycle import (
    BIN_MONTHS,
    ENDED,
    FELL,
    ROSE,
    DisplacedRun,
    Life,
    Quartiles,
    Spell,
    Standing,
    StandingOnDay,
    histogram,
    life,
    quartiles,
    runs,
    standing_on,
)
from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.states import Flag, Start

_Market = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLife:
    """What the cache holds of a project, for all days: its registrations, and its deals, by key."""

    registrations: Sequence[Row]
    deals: Mapping[str, Life]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLifecycle:
    """What was read for the measure. `projects`: those that pass the filters, with what each is registered as on the day.

    `displaced`: since and until when deals are displaced, of those that were by the day. It is not cached: markets change it, and the row of
    its project stays. `papers`: what /v1/conversion is made of, by nation. `causes`: the flag of each deal that is displaced on the day, with what it rests
    on (None: of too many); `winners`: whose events that is.
    """

    as_of: date
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    levels: Sequence[int]
    projects: Mapping[str, tuple[Row, ProjectLife]]
    nations: Sequence[Row]
    papers: StoredConversion
    displaced: Mapping[str, Sequence[DisplacedRun]]
    causes: Mapping[tuple[str, str], Flag] | None
    winners: Sequence[Row]


def lives_of_projects(deals: Iterable[Row], registrations: Iterable[Row]) -> dict[str, ProjectLife]:
    """What the cache holds of each registered project; rows are by day, those of deals by deal."""
    standings: dict[str, dict[str, list[Standing]]] = {}
    for row in deals:
        of_project = standings.setdefault(row["project"], {})
        of_project.setdefault(row["deal"], []).append(row_decoding.waiting(row))
    registered: dict[str, list[Row]] = {}
    for row in registrations:
        registered.setdefault(row["project"], []).append(row)
    return {
        project: ProjectLife(
            registrations=rows,
            deals={deal: life(of_deal) for deal, of_deal in sorted(standings.get(project, {}).items())},
        )
        for project, rows in sorted(registered.items())
    }


def matching_projects(
    projects: Mapping[str, ProjectLife],
    as_of: date,
    countries: Sequence[str] | None,
    commodities: Sequence[str] | None,
) -> dict[str, tuple[Row, ProjectLife]]:
    """The projects that are there on the day in one of the countries, with one of the commodities, by key."""
    matching: dict[str, tuple[Row, ProjectLife]] = {}
    for project, of_project in sorted(projects.items()):
        registration = registered_on(of_project.registrations, as_of)
        if registration is not None and matches(registration, countries, commodities):
            matching[project] = registration, of_project
    return matching


def displaced_runs(rows: Iterable[Row]) -> dict[str, tuple[DisplacedRun, ...]]:
    """Rows of `displaced_spans` as unbroken runs, by project."""
    spans: dict[str, list[DisplacedRun]] = {}
    for row in rows:
        span = DisplacedRun(deal=row["deal"], since=row["valid_from"], until=row["valid_to"])
        spans.setdefault(row["project"], []).append(span)
    return {project: runs(of_project) for project, of_project in spans.items()}


@dataclass(frozen=True, slots=True)
class _Deal:
    project: str
    deal: str
    umbrella: bool
    markets: Sequence[_Market]
    life: Life
    day: StandingOnDay


def lifecycle(stored: StoredLifecycle) -> LifecycleItem:
    """The answer of `/v1/lifecycle`."""
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    deals = [
        _Deal(project, deal, _is_umbrella(registration), markets, of_deal, day)
        for project, (registration, of_project) in stored.projects.items()
        for markets in [_markets_of(registration)]
        for deal, of_deal in of_project.deals.items()
        if (day := standing_on(of_deal.standings, stored.as_of)) is not None
    ]
    overtakings = _overtakings(stored, {(deal.project, deal.deal): deal for deal in deals}, homes)
    papers = _papers(stored)
    return {
        "levels": _levels([deal for deal in deals if not deal.umbrella], stored.as_of),
        "umbrellas": _levels([deal for deal in deals if deal.umbrella], stored.as_of),
        "spells": _spells(deals, stored) if stored.levels else [],
        "ages": _ages(deals, stored.as_of),
        "bound_by_year": _shares(papers, lambda counted: [str(counted.conversion.paper.latest.year)]),
        "bound_by_nation": _shares(papers, lambda counted: counted.groups),
        "markets": _markets(stored, deals, homes, overtakings),
        "overtakings": overtakings,
    }


def _is_umbrella(registration: Row) -> bool:
    return registration["kind"] in ("umbrella", "programme")


def _papers(stored: StoredLifecycle) -> list[CountedDeal]:
    """The deals of the projects that /v1/conversion counts in its groups."""
    matching = {name: papers for name, papers in stored.papers.projects.items() if name in stored.projects}
    counted = counted_deals(replace(stored.papers, projects=matching))
    return [deal for deal in counted if not deal.umbrella and deal.conversion.outcome != BOUND_BEFORE]


def matches(project: Row, countries: Sequence[str] | None, commodities: Sequence[str] | None) -> bool:
    """Whether a project is in one of these countries and puts out one of these commodities; None: of any."""
    return (countries is None or not set(countries).isdisjoint(project["countries"])) and (
        commodities is None or not set(commodities).isdisjoint(project["commodities"])
    )


def _spells(deals: Iterable[_Deal], stored: StoredLifecycle) -> list[SpellItem]:
    as_of = stored.as_of
    return [
        _spell(deal, spell, as_of, lasts=spell.ended_on is None or spell.ended_on > as_of)
        for deal in deals
        for spell in deal.life.spells
        if spell.began_on <= as_of and spell.level in stored.levels
    ]


def _spell(deal: _Deal, spell: Spell, as_of: date, *, lasts: bool) -> SpellItem:
    return {
        "project": deal.project,
        "deal": deal.deal,
        "level": spell.level.label,
        "began_on": spell.began_on,
        "ended_on": None if lasts else spell.ended_on,
        "then": None if lasts else spell.then,
        "months": months_between(spell.began_on, as_of) if lasts or spell.lasted is None else spell.lasted,
    }


def _levels(deals: Iterable[_Deal], as_of: date) -> list[LevelMonths]:
    ended: dict[Level, list[Spell]] = {}
    lasting: dict[Level, list[Spell]] = {}
    for deal in deals:
        for spell in deal.life.spells:
            if spell.began_on > as_of:
                break
            lasts = spell.ended_on is None or spell.ended_on > as_of
            (lasting if lasts else ended).setdefault(spell.level, []).append(spell)
    return [_level(level, ended.get(level, ()), lasting.get(level, ()), as_of) for level in sorted({*ended, *lasting})]


def _level(level: Level, ended: Sequence[Spell], lasting: Sequence[Spell], as_of: date) -> LevelMonths:
    followed = Counter(spell.then for spell in ended)
    return {
        "level": level.label,
        "ended": {
            **_quartiles(quartiles(spell.lasted for spell in ended if spell.lasted is not None)),
            "rose": followed[ROSE],
            "fell": followed[FELL],
            "deal_ended": followed[ENDED],
        },
        "lasting": _quartiles(quartiles(months_between(spell.began_on, as_of) for spell in lasting)),
    }


def _quartiles(of: Quartiles) -> QuartilesItem:
    return {"count": of.count, "lower": of.lower, "median": of.median, "upper": of.upper}


def _ages(deals: Iterable[_Deal], as_of: date) -> PaperAges:
    papers = [
        _paper(deal.project, deal.deal, start, as_of, umbrella=deal.umbrella)
        for deal in deals
        for start in deal.day.waits
    ]
    months = [paper["months"] for paper in papers if not paper["umbrella"]]
    return {
        **_quartiles(quartiles(months)),
        "histogram": [
            {"from_months": first, "to_months": first + BIN_MONTHS, "deals": deals_of_bar}
            for first, deals_of_bar in histogram(months)
        ],
        "papers": papers,
    }


def _paper(project: str, deal: str, start: Start, as_of: date, *, umbrella: bool) -> PaperAge:
    return {
        "project": project,
        "deal": deal,
        "umbrella": umbrella,
        "started": start.latest,
        "started_earliest": start.earliest,
        "started_given": start.given,
        "months": months_between(start.latest, as_of),
        "months_most": months_between(start.earliest or start.latest, as_of),
    }


def _shares(deals: Sequence[CountedDeal], groups_of: Callable[[CountedDeal], Sequence[str | None]]) -> list[ShareBound]:
    """Of each group what became of its deals, by name, the unknown one last."""
    outcomes: dict[str | None, Counter[str]] = {}
    for deal in deals:
        for group in groups_of(deal):
            outcomes.setdefault(group, Counter())[deal.conversion.outcome] += 1
    return [
        _share(group, outcomes[group]) for group in sorted(outcomes, key=lambda group: (group is None, group or ""))
    ]


def _share(group: str | None, outcomes: Counter[str]) -> ShareBound:
    deals = outcomes.total()
    return {
        "group": group,
        "deals": deals,
        "bound": outcomes[BOUND],
        "ended": outcomes[ENDED_UNBOUND],
        "open": outcomes[OPEN],
        "share": round(outcomes[BOUND] / deals, 4),
    }


def _markets(
    stored: StoredLifecycle, deals: Sequence[_Deal], homes: Homes, overtakings: Sequence[Overtaking]
) -> list[MarketHistory]:
    """Who was first in each market. A deal signs and binds once for the first time, in whatever phase."""
    signed = _first_in_markets((deal, deal.day.signed) for deal in deals)
    bound = _first_in_markets((deal, deal.day.bound) for deal in deals)
    overtaken = Counter(market for run in overtakings for market in run["markets"])
    markets = [
        (country, commodity)
        for country, commodity in sorted({*signed, *bound})
        if (stored.countries is None or country in stored.countries)
        and (stored.commodities is None or commodity in stored.commodities)
    ]
    return [
        {
            "country": country,
            "commodity": commodity,
            "first_paper": [_mover(mover, homes) for mover in signed.get((country, commodity), ())],
            "first_bound": [_mover(mover, homes) for mover in bound.get((country, commodity), ())],
            "overtakings": overtaken[f"{country}/{commodity}"],
        }
        for country, commodity in markets
    ]


@dataclass(frozen=True, slots=True)
class _Mover:
    deal: _Deal
    start: Start
    pursuers: Sequence[str]


def _first_in_markets(
    firsts: Iterable[tuple[_Deal, tuple[Start, Standing] | None]],
) -> dict[_Market, list[_Mover]]:
    movers: dict[_Market, list[_Mover]] = {}
    for deal, first in firsts:
        if first is None:
            continue
        start, standing = first
        for market in deal.markets:
            of_market = movers.setdefault(market, [])
            if of_market and start.latest < of_market[0].start.latest:
                of_market.clear()
            if not of_market or start.latest == of_market[0].start.latest:
                of_market.append(_Mover(deal, start, standing.pursuers))
    return movers


def _mover(mover: _Mover, homes: Homes) -> FirstMover:
    return {
        "project": mover.deal.project,
        "deal": mover.deal.deal,
        "nations": homes.of(mover.pursuers, mover.start.latest),
        "on": mover.start.latest,
        "on_earliest": mover.start.earliest,
        "on_given": mover.start.given,
    }


def _markets_of(project: Row) -> list[_Market]:
    """The markets of a project; an umbrella is in none."""
    if _is_umbrella(project):
        return []
    return [(country, commodity) for country in project["countries"] for commodity in project["commodities"]]


def _overtakings(stored: StoredLifecycle, deals: Mapping[tuple[str, str], _Deal], homes: Homes) -> list[Overtaking]:
    """The unbroken days on which deals stood displaced, in order; with who did it for those that last."""
    won = {f"{row['source']}#{row['id']}": (row["subject"], row["deal"]) for row in stored.winners}
    overtakings: list[Overtaking] = []
    for project in stored.projects:
        for run in stored.displaced.get(project, ()):
            deal = deals.get((project, run.deal))
            if deal is None or not deal.markets:
                continue
            lasts = run.until > stored.as_of
            cause = stored.causes.get((project, run.deal)) if lasts and stored.causes is not None else None
            overtakings.append(
                {
                    "project": project,
                    "deal": run.deal,
                    "markets": [f"{country}/{commodity}" for country, commodity in deal.markets],
                    "nations": homes.of(deal.day.now.pursuers, run.since),
                    "tier": None if cause is None else cause.tier,
                    "since": run.since,
                    "until": None if lasts else run.until,
                    "by": None if cause is None else _winners(cause, won),
                }
            )
    return sorted(overtakings, key=lambda run: (run["since"], run["project"], run["deal"]))


def _winners(cause: Flag, won: Mapping[str, tuple[str, str | None]]) -> list[Winner]:
    """Whose events a flag rests on."""
    return [
        {"project": won[event][0], "deal": won[event][1], "event": event} for event in cause.evidence if event in won
    ]
