"""How long deals stay at a level, how old papers are, how many of them bind, and who overtook whom (domain page, section 9). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypedDict

from services.api.store import row_decoding
from services.api.store.snapshot import Row
from services.api.views.frames import OnDay
from services.api.views.home_countries import Homes
from services.api.views.measures.conversion_view import ConversionDeal
from steppe.contracts.field_types import EARLIEST, Count, Day, Given, Key, LevelName, Reference, choice, doc
from steppe.domain.measures.incidence import BOUND, OPEN
from steppe.domain.measures.incidence import ENDED as ENDED_UNBOUND
from steppe.domain.measures.lifecycle import (
    BIN_MONTHS,
    ENDED,
    FELL,
    ROSE,
    Quartiles,
    Spell,
    histogram,
    quartiles,
    what_followed,
)
from steppe.domain.values.levels import Level
from steppe.domain.values.months import months_between
from steppe.domain.values.states import BEGINNING, DealState, Flag, Start

CAUSES_MAX = 200
"""Of so many deals that are displaced on the day it is told by whom: what they rest on is reckoned of their markets when it is asked."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLifecycle:
    """What was read for the measure, as it is stored; can go to another process.

    `papers`: the deals that /v1/conversion counts, grouped by nation. `causes`: the flag of each deal that is displaced on the day, with
    what it rests on (None: of too many); `winners`: whose events that is.
    """

    as_of: date
    countries: Sequence[str] | None
    commodities: Sequence[str] | None
    levels: Sequence[int]
    projects: Sequence[Row]
    phases: Sequence[Row]
    nations: Sequence[Row]
    papers: Sequence[ConversionDeal]
    spells: Sequence[Row]
    displaced: Sequence[Row]
    causes: Mapping[tuple[str, str], Flag] | None
    winners: Sequence[Row]

    @property
    def rows(self) -> int:
        """How many rows it takes long to make something of."""
        return len(self.phases) + len(self.spells)


def lifecycle(stored: StoredLifecycle) -> LifecycleItem:
    """The answer of `/v1/lifecycle`."""
    projects = {row["project"]: row for row in stored.projects if is_asked(row, stored.countries, stored.commodities)}
    phases = [(row["project"], row_decoding.deal(row)) for row in stored.phases if row["project"] in projects]
    homes = Homes((row["party"], row["valid_from"], row["valid_to"], row["nation"]) for row in stored.nations)
    spells = [_spell(row) for row in stored.spells if row["project"] in projects]
    papers = [deal for deal in stored.papers if deal["project"] in projects]
    states = {(project, state.deal): state for project, state in phases}
    overtakings = _overtakings(stored, projects, states, homes)
    umbrellas = {key for key, row in projects.items() if row["kind"] in ("umbrella", "programme")}
    return {
        "levels": _levels([spell for spell in spells if spell.project not in umbrellas], stored.as_of),
        "umbrellas": _levels([spell for spell in spells if spell.project in umbrellas], stored.as_of),
        "spells": [_spell_item(spell, stored.as_of) for spell in spells if spell.level in stored.levels],
        "ages": _ages(phases, umbrellas, stored.as_of),
        "bound_by_year": _shares(papers, lambda deal: [str(deal["signed_on"].year)]),
        "bound_by_nation": _shares(papers, lambda deal: deal["groups"]),
        "markets": _markets(stored, projects, phases, homes, overtakings),
        "overtakings": overtakings,
    }


def is_asked(project: Row, countries: Sequence[str] | None, commodities: Sequence[str] | None) -> bool:
    """Whether a project is in one of the countries, and puts out one of the commodities, that are asked for."""
    return (countries is None or not set(countries).isdisjoint(project["countries"])) and (
        commodities is None or not set(commodities).isdisjoint(project["commodities"])
    )


def _spell(row: Row) -> Spell:
    same_phase = row["next_phase"] == row["phase"]
    ended_on = row["ended_on"]
    return Spell(
        project=row["project"],
        deal=row["deal"],
        level=Level(row["level"]),
        began_on=row["began_on"],
        ended_on=ended_on,
        then=None if ended_on is None else what_followed(row["level"], row["next_level"], same_phase=same_phase),
    )


def _spell_item(spell: Spell, as_of: date) -> SpellItem:
    return {
        "project": spell.project,
        "deal": spell.deal,
        "level": spell.level.label,
        "began_on": spell.began_on,
        "ended_on": spell.ended_on,
        "then": spell.then,
        "months": spell.months(as_of),
    }


def _levels(spells: Sequence[Spell], as_of: date) -> list[LevelMonths]:
    by_level: dict[Level, list[Spell]] = {}
    for spell in spells:
        by_level.setdefault(spell.level, []).append(spell)
    return [_level(level, by_level[level], as_of) for level in sorted(by_level)]


def _level(level: Level, spells: Sequence[Spell], as_of: date) -> LevelMonths:
    ended = [spell for spell in spells if spell.then is not None]
    followed = [spell.then for spell in ended]
    return {
        "level": level.label,
        "ended": {
            **_quartiles(quartiles(spell.months(as_of) for spell in ended)),
            "rose": followed.count(ROSE),
            "fell": followed.count(FELL),
            "deal_ended": followed.count(ENDED),
        },
        "lasting": _quartiles(quartiles(spell.months(as_of) for spell in spells if spell.then is None)),
    }


def _quartiles(of: Quartiles) -> QuartilesItem:
    return {"count": of.count, "lower": of.lower, "median": of.median, "upper": of.upper}


def _ages(phases: Iterable[tuple[str, DealState]], umbrellas: set[str], as_of: date) -> PaperAges:
    papers = [
        _paper(project, state, state.memorandum, as_of, umbrella=project in umbrellas)
        for project, state in phases
        if state.memorandum_runs and state.memorandum is not None
    ]
    months = [paper["months"] for paper in papers if not paper["umbrella"]]
    return {
        **_quartiles(quartiles(months)),
        "histogram": [
            {"from_months": first, "to_months": first + BIN_MONTHS, "deals": deals}
            for first, deals in histogram(months)
        ],
        "papers": sorted(papers, key=lambda paper: (paper["project"], paper["deal"])),
    }


def _paper(project: str, state: DealState, start: Start, as_of: date, *, umbrella: bool) -> PaperAge:
    return {
        "project": project,
        "deal": state.deal,
        "umbrella": umbrella,
        "started": start.latest,
        "started_earliest": start.earliest,
        "started_given": start.given,
        "months": months_between(start.latest, as_of),
        "months_most": months_between(start.earliest or start.latest, as_of),
    }


def _shares(
    deals: Sequence[ConversionDeal], groups_of: Callable[[ConversionDeal], Sequence[str | None]]
) -> list[ShareBound]:
    """Of each group what became of its deals, by name, the unknown one last; without umbrellas and programmes."""
    outcomes: dict[str | None, Counter[str]] = {}
    for deal in deals:
        if not deal["umbrella"]:
            for group in groups_of(deal):
                outcomes.setdefault(group, Counter())[deal["outcome"]] += 1
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


_Market = tuple[str, str]


def _markets(
    stored: StoredLifecycle,
    projects: Mapping[str, Row],
    phases: Sequence[tuple[str, DealState]],
    homes: Homes,
    overtakings: Sequence[Overtaking],
) -> list[MarketHistory]:
    """Who was first in each market. A deal signs and binds once for the first time, in whatever phase."""
    papers: dict[tuple[str, str], tuple[Start, DealState]] = {}
    bindings: dict[tuple[str, str], tuple[Start, DealState]] = {}
    for project, state in phases:
        for firsts, start in ((papers, state.memorandum), (bindings, state.bound)):
            key = project, state.deal
            if start is not None and (key not in firsts or _order(start) < _order(firsts[key][0])):
                firsts[key] = start, state
    signed, bound = _first_in_markets(papers, projects), _first_in_markets(bindings, projects)
    overtaken = Counter(market for run in overtakings for market in run["markets"])
    asked = [
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
        for country, commodity in asked
    ]


_Mover = tuple[str, Start, DealState]


def _first_in_markets(
    firsts: Mapping[tuple[str, str], tuple[Start, DealState]], projects: Mapping[str, Row]
) -> dict[_Market, list[_Mover]]:
    movers: dict[_Market, list[_Mover]] = {}
    for (project, _), (start, state) in sorted(firsts.items(), key=lambda entry: entry[0]):
        for market in _markets_of(projects[project]):
            of_market = movers.setdefault(market, [])
            if of_market and start.latest < of_market[0][1].latest:
                of_market.clear()
            if not of_market or start.latest == of_market[0][1].latest:
                of_market.append((project, start, state))
    return movers


def _mover(mover: _Mover, homes: Homes) -> FirstMover:
    project, start, state = mover
    return {
        "project": project,
        "deal": state.deal,
        "nations": homes.of(state.pursuers, start.latest),
        "on": start.latest,
        "on_earliest": start.earliest,
        "on_given": start.given,
    }


def _markets_of(project: Row) -> list[_Market]:
    """The markets of a project; an umbrella is in none."""
    if project["kind"] in ("umbrella", "programme"):
        return []
    return [(country, commodity) for country in project["countries"] for commodity in project["commodities"]]


def _overtakings(
    stored: StoredLifecycle,
    projects: Mapping[str, Row],
    deals: Mapping[tuple[str, str], DealState],
    homes: Homes,
) -> list[Overtaking]:
    """The unbroken days on which deals stood displaced, in order; who did it is told of those that last."""
    won = {f"{row['source']}#{row['id']}": (row["subject"], row["deal"]) for row in stored.winners}
    runs: list[Overtaking] = []
    for row in stored.displaced:
        key = row["project"], row["deal"]
        markets = [f"{country}/{commodity}" for country, commodity in _markets_of(projects[key[0]])] if key[0] in projects else []  # fmt: skip
        if not markets or key not in deals:
            continue
        lasts = row["valid_to"] > stored.as_of
        cause = stored.causes.get(key) if lasts and stored.causes is not None else None
        run: Overtaking = {
            "project": row["project"],
            "deal": row["deal"],
            "markets": markets,
            "nations": homes.of(deals[key].pursuers, row["valid_from"]),
            "tier": None if cause is None else cause.tier,
            "since": row["valid_from"],
            "until": None if lasts else row["valid_to"],
            "by": None if cause is None else _winners(cause, won),
        }
        last = runs[-1] if runs else None
        if last is not None and (last["project"], last["deal"], last["until"]) == (*key, row["valid_from"]):
            run = {**run, "since": last["since"], "nations": last["nations"]}
            runs.pop()
        runs.append(run)
    return sorted(runs, key=lambda run: (run["since"], run["project"], run["deal"]))


def _winners(cause: Flag, won: Mapping[str, tuple[str, str | None]]) -> list[Winner]:
    """Whose events a flag rests on."""
    return [
        {"project": won[event][0], "deal": won[event][1], "event": event} for event in cause.evidence if event in won
    ]


def _order(start: Start) -> tuple[date, date]:
    return start.latest, start.earliest or BEGINNING
