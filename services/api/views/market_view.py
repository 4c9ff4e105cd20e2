"""The answers about markets (domain page, section 9): who is bound, who only has paper, who was first, who displaced whom.

Pure: from values that were read to items, on the day that is judged. A deal of several nations counts under each of
them, and under the market once. A nation is the home country of somebody who pursues (of an event: on the day of the
event); a deal is of no known nation when nobody's home is known. Ended deals are listed and not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.api.views import deal_view
from services.api.views.home_countries import Homes
from services.api.views.market_answer import (
    CrossingItem,
    CrowdedDeal,
    DealCounts,
    DisplacedDeal,
    FirstMemorandum,
    MarketDeal,
    MarketItem,
    MarketProject,
    MarketSummary,
    NationItem,
)
from steppe.contracts.items import headline, level_name
from steppe.domain.flags import memorandum_only
from steppe.domain.values.history import Crossing
from steppe.domain.values.levels import Level
from steppe.domain.values.states import BEGINNING, DealState, Flag, ProjectState, Start

PAPER_SEVERITIES = memorandum_only.FLAG.severities
MARKET_FLAGS = ("displaced", "crowded", "memorandum-only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """A living deal, as far as it is counted. With the memorandum clock running it has nothing but paper."""

    level: Level
    paper_only: bool
    nations: Sequence[str]

    @property
    def bound(self) -> bool:
        """Whether it stands above the binding line."""
        return self.level.crosses_the_line


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketData:
    """What was read about one market, and of which projects and deals a page is.

    Of the whole market are `keys`, its projects; `pursuits`, its living deals; `flag_counts`, on how many deals each (flag, severity)
    stands; `first_bound_on`; `signed`, the deals whose first memorandum came first, as they stood then; and `bound`, who crossed the
    line first. Of the page are its `projects`, `deals` and their `flags` by project and deal. `crossings`: those that overtook them.
    """

    country: str
    commodity: str
    keys: Sequence[str]
    pursuits: Sequence[Pursuit]
    flag_counts: Mapping[tuple[str, str], int]
    first_bound_on: Start | None
    signed: Sequence[tuple[str, DealState]]
    bound: Sequence[Crossing]
    projects: Sequence[ProjectState]
    deals: Sequence[tuple[str, DealState]]
    flags: Mapping[tuple[str, str], Sequence[Flag]]
    crossings: Sequence[Crossing]
    homes: Homes


def summary(
    country: str,
    commodity: str,
    projects: Sequence[str],
    pursuits: Sequence[Pursuit],
    flags: Mapping[tuple[str, str], int],
    first_bound: Start | None,
) -> MarketSummary:
    """One row of `/v1/markets`. `flags` says on how many deals each (flag, severity) stands."""
    bound = {nation for pursuit in pursuits if pursuit.bound for nation in pursuit.nations}
    paper = {nation for pursuit in pursuits if pursuit.paper_only for nation in pursuit.nations}
    return {
        "country": country,
        "commodity": commodity,
        "projects": len(projects),
        "deals": len(pursuits),
        **_split(pursuits),
        "nations_bound": sorted(bound),
        "nations_paper_only": sorted(paper - bound),
        "deals_of_unknown_nation": sum(not pursuit.nations for pursuit in pursuits),
        "first_bound_on": None if first_bound is None else first_bound.latest,
        "first_bound_on_earliest": None if first_bound is None else first_bound.earliest,
        "first_bound_on_given": None if first_bound is None else first_bound.given,
        "flags": {
            "displaced": _count(flags, "displaced"),
            "crowded": _count(flags, "crowded"),
            "memorandum-only": {name: flags.get(("memorandum-only", name), 0) for name in PAPER_SEVERITIES},
        },
    }


def _split(pursuits: Sequence[Pursuit]) -> DealCounts:
    levels = Counter(pursuit.level for pursuit in pursuits)
    return {
        "bound": sum(pursuit.bound for pursuit in pursuits),
        "paper_only": sum(pursuit.paper_only for pursuit in pursuits),
        "deals_by_level": {level.label: levels[level] for level in Level},
    }


def _count(flags: Mapping[tuple[str, str], int], name: str) -> int:
    return sum(deals for (flag, _), deals in flags.items() if flag == name)


def market(data: MarketData, as_of: date) -> MarketItem:
    """The answer of `/v1/markets/{country}/{commodity}`."""
    deals = {(project, state.deal): state for project, state in data.deals}
    flags = [(key, flag) for key in deals for flag in data.flags.get(key, ())]
    won: dict[str, list[Crossing]] = {}
    for crossing in data.crossings:
        won.setdefault(crossing.event, []).append(crossing)
    return {
        "country": data.country,
        "commodity": data.commodity,
        "summary": summary(
            data.country, data.commodity, data.keys, data.pursuits, data.flag_counts, data.first_bound_on
        ),
        "projects": [_project(state) for state in data.projects],
        "nations": _nations(data, as_of),
        "first": {"memorandum": _first_memoranda(data), "bound": _first_bound(data)},
        "displaced": [
            _displaced(data, key, deals[key], flag, won, as_of) for key, flag in flags if flag.flag == "displaced"
        ],
        "crowded": [
            _affected_deal(data, key, deals[key], flag, as_of) for key, flag in flags if flag.flag == "crowded"
        ],
    }


def first_of(starts: Iterable[Start]) -> Start | None:
    """The one that counts first; None for none."""
    return min(starts, key=lambda start: (start.latest, start.earliest or BEGINNING), default=None)


def causes(flags: Mapping[tuple[str, str], Sequence[Flag]]) -> list[str]:
    """The events by which others overtook these deals."""
    return sorted(
        {event for of_deal in flags.values() for flag in of_deal if flag.flag == "displaced" for event in flag.evidence}
    )


def _project(state: ProjectState) -> MarketProject:
    return {
        "key": state.project,
        "name": state.name,
        "sector": state.sector,
        "kind": state.kind,
        "level": state.level.label,
        "overlays": sorted(state.overlays),
        "headline": headline(state),
    }


def _nations(data: MarketData, as_of: date) -> list[NationItem]:
    """Each nation with its deals of the page, the furthest first and ended ones last; null, the unknown, is the last nation.

    One that only ended deals are of is among them on the pages of these.
    """
    deals_of: dict[str | None, list[tuple[str, DealState]]] = {}
    for project, state in data.deals:
        homes: Sequence[str | None] = data.homes.of(state.pursuers, as_of) or [None]
        for nation in homes:
            deals_of.setdefault(nation, []).append((project, state))
    pursuits_of: dict[str | None, list[Pursuit]] = {}
    for pursuit in data.pursuits:
        nations: Sequence[str | None] = pursuit.nations or [None]
        for nation in nations:
            pursuits_of.setdefault(nation, []).append(pursuit)
    return [
        {
            "nation": nation,
            **_split(pursuits_of.get(nation, ())),
            "deals": [
                _deal(project, state, data.flags.get((project, state.deal), ()))
                for project, state in sorted(deals_of.get(nation, ()), key=_furthest)
            ],
        }
        for nation in sorted({*deals_of, *pursuits_of}, key=lambda nation: (nation is None, nation or ""))
    ]


def _furthest(entry: tuple[str, DealState]) -> tuple[int, str, str]:
    project, state = entry
    return (1 if state.level is None else -state.level, project, state.deal)


def _deal(project: str, state: DealState, flags: Sequence[Flag]) -> MarketDeal:
    return {
        "project": project,
        "deal": state.deal,
        "level": level_name(state.level),
        "highest_level": state.highest_level.label,
        "ended": deal_view.ended(state),
        "pursuers": sorted(state.pursuers),
        "bound_on": state.bound_on,
        "bound_on_earliest": state.bound_on_earliest,
        "bound_on_given": state.bound_on_given,
        "memorandum_since": None if state.memorandum is None else state.memorandum.latest,
        "memorandum_since_earliest": None if state.memorandum is None else state.memorandum.earliest,
        "memorandum_since_given": None if state.memorandum is None else state.memorandum.given,
        "paper_only": state.memorandum_runs,
        "flags": [{"flag": flag.flag, "severity": flag.severity} for flag in flags],
    }


def _first_memoranda(data: MarketData) -> list[FirstMemorandum]:
    """The deal that signed first; several when they did on the same day."""
    starts = [(state.memorandum, project, state) for project, state in data.signed if state.memorandum]
    return [
        {
            "project": project,
            "deal": state.deal,
            "nations": data.homes.of(state.pursuers, start.latest),
            "on": start.latest,
            "on_earliest": start.earliest,
            "on_given": start.given,
        }
        for start, project, state in starts
    ]


def _first_bound(data: MarketData) -> list[CrossingItem]:
    """The deal that crossed the line first, whether it still holds; several when they did on the same day."""
    return [_crossing(crossing, data.homes) for crossing in sorted(data.bound, key=_order)]


def _displaced(
    data: MarketData,
    key: tuple[str, str],
    state: DealState,
    flag: Flag,
    won: Mapping[str, Sequence[Crossing]],
    as_of: date,
) -> DisplacedDeal:
    """A deal and those who overtook it, who `won` with the events of the flag; they may be of another market that its project is in."""
    # An event that wins in several scopes is listed once.
    by = {
        (crossing.project, crossing.deal, crossing.event): crossing
        for event in flag.evidence
        for crossing in won.get(event, ())
        if (crossing.project, crossing.deal) != key
    }
    return {
        **_affected_deal(data, key, state, flag, as_of),
        "tier": flag.tier,
        "by": [_crossing(crossing, data.homes) for crossing in sorted(by.values(), key=_order)],
    }


def _affected_deal(data: MarketData, key: tuple[str, str], state: DealState, flag: Flag, as_of: date) -> CrowdedDeal:
    project, _ = key
    return {
        "project": project,
        "deal": flag.deal,
        "nations": data.homes.of(state.pursuers, as_of),
        "since": flag.since,
        "groups": list(flag.groups),
    }


def _order(crossing: Crossing) -> tuple[date, str, str]:
    return (crossing.on, crossing.project, crossing.deal)


def _crossing(crossing: Crossing, homes: Homes) -> CrossingItem:
    return {
        "project": crossing.project,
        "deal": crossing.deal,
        "nations": homes.of(crossing.parties, crossing.on),
        "parties": sorted(crossing.parties),
        "event": crossing.event,
        "leg": crossing.leg,
        "on": crossing.on,
        "on_earliest": crossing.on_earliest,
        "on_given": crossing.on_given,
    }
