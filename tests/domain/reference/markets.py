"""Who holds what another deal is after: displaced, crowded and co-investors (section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tests.domain.reference.events import Row
from tests.domain.reference.flags import Condition, Step, countries_of, subject_of
from tests.domain.reference.history import DealView, History, LegView, later_by
from tests.domain.reference.registry import Parties
from tests.domain.reference.thresholds import Thresholds
from tests.domain.reference.vocabulary import LEVELS

_COMPETING = ("investor", "contractor", "offtaker")
_IN_MARKETS = ("mining", "processing")
_IN_NONE = ("umbrella", "programme")
_ASSET = frozenset({"equity", "rights"})
_ASSET_OF_WORKS = frozenset({"equity", "rights", "works", "investment"})
_MARKET = frozenset({"equity", "rights", "offtake"})
_ANY = frozenset({"equity", "offtake", "debt", "grant", "guarantee", "rights", "works", "investment", "unknown"})


@dataclass(frozen=True, slots=True)
class Win:
    """The first of the present run of days at whose ends a deal holds a leg of a kind that counts, and by which row."""

    project: str
    deal: str
    day: date
    row: Row
    groups: frozenset[str]
    part_in_it: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rivalry:
    """What the rivals of one deal come to."""

    conditions: tuple[Condition, ...]
    co_investor: tuple[str, ...]


class Markets:
    """All projects that are there, side by side."""

    def __init__(self, histories: Mapping[str, History], parties: Parties, rules: Thresholds) -> None:
        self.histories = histories
        self.parties = parties
        self.rules = rules
        self._firsts: dict[tuple[str, str, int, frozenset[str]], int] = {}

    def changes(self) -> set[date]:
        """The days on which a rival may come, go, or have won too long ago."""
        days: set[date] = set()
        for history in self.histories.values():
            days |= set(history.days)
            for snapshot in history.snapshots:
                for deal in snapshot.living:
                    for leg in deal.valid_legs:
                        if leg.bound.latest == snapshot.day:
                            subject = subject_of(history, None, snapshot.day)
                            days.add(later_by(snapshot.day, self.rules.of("crowded.notice", subject)))
        return days

    def rivalry(self, project: str, deal: DealView, day: date) -> Rivalry:
        """Section 6, displaced and crowded, of a deal below the line on a day."""
        if not deal.living or deal.valid_legs or deal.role not in _COMPETING:
            return Rivalry((), ())
        causes: list[Win] = []
        joined: list[Win] = []
        tier = "market"
        for among, wins in (("asset", self._asset(project, deal, day)), ("market", self._market(project, deal, day))):
            for win in wins:
                own = self._groups_then(project, deal, win.day)
                if own is None or not win.groups or win.groups <= own:
                    continue
                if win.groups & own:
                    joined.append(win)
                else:
                    causes.append(win)
                    tier = "asset" if "asset" in (among, tier) else "market"
        conditions: list[Condition] = []
        if causes:
            ids = tuple(dict.fromkeys(win.row.ref for win in causes))
            step = Step("alert", day, day, None, None, ids)
            about = {"tier": tier, "groups": sorted(frozenset().union(*(win.groups for win in causes)))}
            conditions.append(Condition("displaced", deal.key, (step,), lambda day: about))
        conditions += self._crowded(project, deal, day)
        return Rivalry(tuple(conditions), tuple(dict.fromkeys(win.row.ref for win in joined)))

    def _asset(self, project: str, deal: DealView, day: date) -> list[Win]:
        """On the same project, the deal's first step being on or before the winning day."""
        kind = self.histories[project].registered.value("kind", day)
        kinds = _ASSET_OF_WORKS if kind in ("plant", "corridor") else _ASSET
        wins = [self._win(project, other, day, kinds) for other in self._rivals(project, deal, day)]
        return _in_order(win for win in wins if win is not None and deal.first.day <= win.day)

    def _market(self, project: str, deal: DealView, day: date) -> list[Win]:
        """On another project of a shared market, the winning day after the deal's first memorandum-class event."""
        paper = deal.memorandum
        if paper is None or not self._competes(project, day):
            return []
        wins = [
            self._win(other_project, other, day, _MARKET)
            for other_project in self.histories
            if other_project != project and self._share_a_market(project, other_project, day)
            for other in self._rivals(other_project, None, day)
        ]
        return _in_order(win for win in wins if win is not None and win.day > paper.latest)

    def _crowded(self, project: str, deal: DealView, day: date) -> list[Condition]:
        history = self.histories[project]
        if not self._competes(project, day):
            return []
        subject = subject_of(history, LEVELS[deal.level or 0], day)
        months = self.rules.of("crowded.notice", subject)
        wins: list[Win] = []
        for other_project in self.histories:
            if other_project == project or self._share_a_market(project, other_project, day):
                rivals = self._rivals(other_project, deal if other_project == project else None, day)
                for other in rivals:
                    win = self._win(other_project, other, day, _ANY)
                    if win is None or later_by(win.day, months) <= day:
                        continue
                    own = self.parties.groups_of(deal.pursuers, win.day)
                    if not own & (win.part_in_it | win.groups):
                        wins.append(win)
        groups = sorted(frozenset().union(*(win.groups for win in wins)))
        if len(groups) < self.rules.of("crowded.groups", subject):
            return []
        ids = tuple(dict.fromkeys(win.row.ref for win in _in_order(wins)))
        about = {"groups": groups, "count": len(groups)}
        return [Condition("crowded", deal.key, (Step("notice", day, day, months, None, ids),), lambda day: about)]

    def _competes(self, project: str, day: date) -> bool:
        """Whether a project is in a market of mining or processing; umbrellas and programmes are in none."""
        registered = self.histories[project].registered
        return registered.value("sector", day) in _IN_MARKETS and registered.value("kind", day) not in _IN_NONE

    def _share_a_market(self, project: str, other: str, day: date) -> bool:
        """A country and at least one commodity in common, both of sector mining or processing (sections 1 and 6)."""
        if not self._competes(project, day) or not self._competes(other, day):
            return False
        one, two = self.histories[project], self.histories[other]
        commodities = set(one.registered.names("commodities", day)) & set(two.registered.names("commodities", day))
        return bool(commodities) and bool(set(countries_of(one, day)) & set(countries_of(two, day)))

    def _rivals(self, project: str, deal: DealView | None, day: date) -> list[DealView]:
        """The living deals of a project that compete; those of financiers, donors or nobody do not."""
        history = self.histories[project]
        snapshot = history.at(day)
        if snapshot is None or not history.is_there(day):
            return []
        return [
            other for other in snapshot.living if other.role in _COMPETING and (deal is None or other.key != deal.key)
        ]

    def _groups_then(self, project: str, deal: DealView, day: date) -> frozenset[str] | None:
        """The groups of a deal on the winning day; None if it did not live then, in its present phase, without a leg."""
        snapshot = self.histories[project].at(day)
        then = None if snapshot is None else snapshot.deals.get(deal.key)
        if then is None or not then.living or then.phase != deal.phase or then.valid_legs:
            return None
        return self.parties.groups_of(then.pursuers, day)

    def _win(self, project: str, deal: DealView, day: date, kinds: frozenset[str]) -> Win | None:
        """The winning day and event of a deal, as the kinds count on the day judged."""
        if "rights" in kinds and deal.role == "investor":  # then an inferred leg counts as rights
            kinds |= {"unknown"}
        history = self.histories[project]
        index = history.index(day)
        if not _holding(deal, kinds):
            return None
        first = self._first(history, deal.key, index, kinds)
        snapshot = history.snapshots[first]
        then = snapshot.deals[deal.key]
        legs = _holding(then, kinds)
        on_it = [leg for leg in legs if leg.bound.latest == snapshot.day] or legs
        row = on_it[0].row
        investors = row.parties("investor")
        groups = self.parties.groups_of(investors or then.pursuers, snapshot.day)
        part_in_it = self.parties.groups_of([*investors, *then.pursuers], snapshot.day)
        return Win(project, deal.key, snapshot.day, row, groups, part_in_it)

    def _first(self, history: History, deal: str, index: int, kinds: frozenset[str]) -> int:
        """The snapshot with which the present run began."""
        key = (history.key, deal, index, kinds)
        if key not in self._firsts:
            first = index
            phase = history.snapshots[index].deals[deal].phase
            while first > 0:
                before = history.snapshots[first - 1].deals.get(deal)
                if before is None or before.phase != phase or not _holding(before, kinds):
                    break
                first -= 1
            self._firsts[key] = first
        return self._firsts[key]


def _holding(deal: DealView, kinds: frozenset[str]) -> list[LegView]:
    return [leg for leg in deal.valid_legs if leg.kind in kinds] if deal.living else []


def _in_order(wins: Iterable[Win]) -> list[Win]:

    return sorted(wins, key=lambda win: (win.day, win.row.order, win.project, win.deal))
