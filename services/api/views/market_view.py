"""What is told of a market (domain page, section 9): who is bound, who only has paper, who was first, who displaced whom.

Pure: from values that were read to items, on the day that is judged. A deal of several nations counts under each of
them, and under the market once. A nation is the home country of somebody who pursues (of an event: on the day of the
event); a deal is of no known nation when nobody's home is known. Ended deals are listed and not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.api.views import project_view
from services.api.views.home_countries import Homes
from steppe.contracts.items import headline, level_name
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Crossing, DealState, Flag, ProjectState

Item = dict[str, Any]

PAPER_SEVERITIES = ("watch", "stagnant", "presumed-dead")
FLAGS_TOLD = ("displaced", "crowded", "memorandum-only")


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
class Known:
    """All that was read of one market. `signed`: each deal of its projects as it stood when its first memorandum came."""

    country: str
    commodity: str
    projects: Sequence[ProjectState]
    deals: Sequence[tuple[str, DealState]]
    signed: Sequence[tuple[str, DealState]]
    flags: Mapping[str, Sequence[Flag]]
    crossings: Sequence[Crossing]
    homes: Homes


def summary(
    country: str,
    commodity: str,
    projects: Sequence[str],
    pursuits: Sequence[Pursuit],
    flags: Mapping[tuple[str, str], int],
    first_bound_on: date | None,
) -> Item:
    """One row of `/v1/markets`. `flags` says on how many deals each (flag, severity) stands."""
    bound = {nation for one in pursuits if one.bound for nation in one.nations}
    paper = {nation for one in pursuits if one.paper_only for nation in one.nations}
    return {
        "country": country,
        "commodity": commodity,
        "projects": len(projects),
        "deals": len(pursuits),
        **_split(pursuits),
        "nations_bound": sorted(bound),
        "nations_paper_only": sorted(paper - bound),
        "deals_of_unknown_nation": sum(not one.nations for one in pursuits),
        "first_bound_on": first_bound_on,
        "flags": {
            "displaced": _count(flags, "displaced"),
            "crowded": _count(flags, "crowded"),
            "memorandum-only": {name: flags.get(("memorandum-only", name), 0) for name in PAPER_SEVERITIES},
        },
    }


def _split(pursuits: Sequence[Pursuit]) -> Item:
    levels = Counter(one.level for one in pursuits)
    return {
        "bound": sum(one.bound for one in pursuits),
        "paper_only": sum(one.paper_only for one in pursuits),
        "deals_by_level": {level.label: levels[level] for level in Level},
    }


def _count(flags: Mapping[tuple[str, str], int], name: str) -> int:
    return sum(deals for (flag, _), deals in flags.items() if flag == name)


def market(known: Known, as_of: date) -> Item:
    """The answer of `/v1/markets/{country}/{commodity}`."""
    own = {state.project for state in known.projects}
    crossings = [crossing for crossing in known.crossings if crossing.project in own]
    flags = [(project, flag) for project, found in sorted(known.flags.items()) for flag in found if flag.deal]
    return {
        "country": known.country,
        "commodity": known.commodity,
        "summary": summary(
            known.country,
            known.commodity,
            sorted(own),
            _pursuits(known.deals, known.homes, as_of),
            Counter((flag.flag, flag.severity) for _, flag in flags),
            min((crossing.on for crossing in crossings), default=None),
        ),
        "projects": [_project(state) for state in known.projects],
        "nations": _nations(known, as_of),
        "first": {"memorandum": _first_memoranda(known), "bound": _first_bound(crossings, known.homes)},
        "displaced": [_displaced(known, *one, as_of) for one in flags if one[1].flag == "displaced"],
        "crowded": [_suffered(known, *one, as_of) for one in flags if one[1].flag == "crowded"],
    }


def causes(flags: Mapping[str, Sequence[Flag]]) -> list[str]:
    """The events by which others overtook these projects' deals."""
    return sorted(
        {event for found in flags.values() for one in found if one.flag == "displaced" for event in one.evidence}
    )


def _pursuits(deals: Iterable[tuple[str, DealState]], homes: Homes, as_of: date) -> list[Pursuit]:
    return [
        Pursuit(level=state.level, paper_only=state.memorandum_runs, nations=homes.of(state.pursuers, as_of))
        for _, state in deals
        if state.level is not None
    ]


def _project(state: ProjectState) -> Item:
    return {
        "key": state.project,
        "name": state.name,
        "sector": state.sector,
        "kind": state.kind,
        "level": state.level.label,
        "overlays": sorted(state.overlays),
        "headline": headline(state),
    }


def _nations(known: Known, as_of: date) -> list[Item]:
    """Each nation with its deals, the furthest first and ended ones last; null, the unknown, is the last nation."""
    found: dict[str | None, list[tuple[str, DealState]]] = {}
    for project, state in known.deals:
        nations: Sequence[str | None] = known.homes.of(state.pursuers, as_of) or [None]
        for nation in nations:
            found.setdefault(nation, []).append((project, state))
    return [
        {
            "nation": nation,
            **_split(_pursuits(deals, known.homes, as_of)),
            "deals": [
                _deal(project, state, known.flags.get(project, ())) for project, state in sorted(deals, key=_furthest)
            ],
        }
        for nation, deals in sorted(found.items(), key=lambda entry: (entry[0] is None, entry[0] or ""))
    ]


def _furthest(entry: tuple[str, DealState]) -> tuple[int, str, str]:
    project, state = entry
    return (1 if state.level is None else -state.level, project, state.deal)


def _deal(project: str, state: DealState, flags: Sequence[Flag]) -> Item:
    return {
        "project": project,
        "deal": state.deal,
        "level": level_name(state.level),
        "highest_level": state.highest_level.label,
        "ended": project_view.ended(state),
        "pursuers": sorted(state.pursuers),
        "bound_on": state.bound_on,
        "memorandum_since": state.memorandum and state.memorandum.latest,
        "paper_only": state.memorandum_runs,
        "flags": [{"flag": one.flag, "severity": one.severity} for one in flags if one.deal == state.deal],
    }


def _first_memoranda(known: Known) -> list[Item]:
    """The deal that signed first; several when they did on the same day."""
    starts = [(state.memorandum, project, state) for project, state in known.signed if state.memorandum]
    first = min((start.latest for start, _, _ in starts), default=None)
    return [
        {
            "project": project,
            "deal": state.deal,
            "nations": known.homes.of(state.pursuers, start.latest),
            "on": start.latest,
            "on_earliest": start.earliest,
        }
        for start, project, state in starts
        if start.latest == first
    ]


def _first_bound(crossings: Sequence[Crossing], homes: Homes) -> list[Item]:
    """The deal that crossed the line first, whether it still holds; several when they did on the same day."""
    first = min((crossing.on for crossing in crossings), default=None)
    return [_crossing(crossing, homes) for crossing in sorted(crossings, key=_order) if crossing.on == first]


def _displaced(known: Known, project: str, flag: Flag, as_of: date) -> Item:
    """A deal and those who overtook it; they may be of another market that its project is in."""
    by = [
        crossing
        for crossing in known.crossings
        if crossing.event in flag.evidence and (crossing.project, crossing.deal) != (project, flag.deal)
    ]
    return {
        **_suffered(known, project, flag, as_of),
        "tier": flag.tier,
        "by": [_crossing(crossing, known.homes) for crossing in sorted(by, key=_order)],
    }


def _suffered(known: Known, project: str, flag: Flag, as_of: date) -> Item:
    (state,) = (state for name, state in known.deals if (name, state.deal) == (project, flag.deal))
    return {
        "project": project,
        "deal": flag.deal,
        "nations": known.homes.of(state.pursuers, as_of),
        "since": flag.since,
        "groups": list(flag.groups),
    }


def _order(crossing: Crossing) -> tuple[date, str, str]:
    return (crossing.on, crossing.project, crossing.deal)


def _crossing(crossing: Crossing, homes: Homes) -> Item:
    return {
        "project": crossing.project,
        "deal": crossing.deal,
        "nations": homes.of(crossing.parties, crossing.on),
        "parties": sorted(crossing.parties),
        "event": crossing.event,
        "leg": crossing.leg,
        "on": crossing.on,
    }
