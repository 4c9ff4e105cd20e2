"""Section 6 said plainly: everybody looks at everybody on every day. Slow, and what `steppe.domain.markets.rivalry` must equal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.evaluation.severity_steps import FlagEvaluation
from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.flags import crowded, displaced
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rivalry import CoInvestment, ProjectPlace, Rivalry, Standing
from steppe.domain.rules.thresholds import Circumstances, Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import FOREVER, Crossing, DealState, Flag, Span

_RIVAL_ROLES = frozenset({"investor", "contractor", "offtaker"})
_MARKET_SECTORS = frozenset({"mining", "processing"})
_IN_NO_MARKET = frozenset({"umbrella", "programme"})
_ASSET_LEGS = frozenset({"equity", "rights"})
_MARKET_LEGS = frozenset({"equity", "rights", "offtake"})
_WORKS_DISPLACE_ON = frozenset({"plant", "corridor"})


@dataclass(frozen=True, slots=True)
class _CauseInterval:
    since: date
    until: date
    crossing: Crossing
    tier: str
    groups: frozenset[str]


def plain_rivalry(
    own: Standing,
    deals: Iterable[Span[DealState]],
    others: Iterable[Standing],
    groups: Groups,
    rules: Rules = RULES,
) -> Rivalry:
    """The flags displaced and crowded, and the co-investments, of all deals of a project.

    `others` are the projects that share a market with it, in any order; more of them change nothing.
    """
    views = [_RivalView(own, other) for other in sorted([own, *others], key=lambda standing: standing.project)]
    flags: SpanTable[tuple[str, str], Flag] = SpanTable()
    shared: SpanTable[str, CoInvestment] = SpanTable()
    for deal, spans in groupby(deals, key=lambda span: span.value.deal):
        _DealImpact(deal, list(spans), own, views, groups, rules).put_spans(flags, shared)
    return Rivalry(flags=flags.spans(), co_investments=shared.spans())


class _RivalView:
    """Another project (or the own one) seen from a project: when they share a market, and its crossings."""

    def __init__(self, own: Standing, other: Standing) -> None:
        self.is_own = own.project == other.project
        self.crossings = [crossing for crossing in other.crossings if crossing.pursuing_role in _RIVAL_ROLES]
        self.shared: list[tuple[date, date]] = []
        if not self.crossings:
            return
        if self.is_own:
            self.shared = [(s.valid_from, s.valid_to) for s in own.places if _trades(s.value)]
        elif own.markets & other.markets:
            self.shared = [
                (max(mine.valid_from, theirs.valid_from), min(mine.valid_to, theirs.valid_to))
                for mine in own.places
                if _trades(mine.value)
                for theirs in other.places
                if _trades(theirs.value)
                and mine.value.country is not None
                and mine.value.country == theirs.value.country
                and not set(mine.value.commodities).isdisjoint(theirs.value.commodities)
            ]


def _trades(place: ProjectPlace) -> bool:
    return place.sector in _MARKET_SECTORS and place.kind not in _IN_NO_MARKET


class _DealImpact:
    """One deal below the line, and what others do to it."""

    def __init__(
        self,
        deal: str,
        spans: Sequence[Span[DealState]],
        own: Standing,
        views: Sequence[_RivalView],
        groups: Groups,
        rules: Rules,
    ) -> None:
        self._deal = deal
        self._spans = spans
        self._below = [span for span in spans if _is_below_the_line(span.value)]
        self._own = own
        self._groups = groups
        self._rules = rules
        self._displaced: list[_CauseInterval] = []
        self._co_invested: list[_CauseInterval] = []
        self._crowded: list[_CauseInterval] = []
        if self._below:
            for view in views:
                for crossing in view.crossings:
                    if not (view.is_own and crossing.deal == deal):
                        self._apply_crossing(view, crossing)

    def put_spans(self, flags: SpanTable[tuple[str, str], Flag], shared: SpanTable[str, CoInvestment]) -> None:
        """Put the spans of this deal into the tables."""
        self._put_flag(flags, displaced.FLAG, self._displaced)
        self._put_flag(flags, crowded.FLAG, self._crowded)
        for day in _turns(self._co_invested):
            events = [interval.crossing.event for interval in _on(self._co_invested, day)]
            shared.put(day, self._deal, CoInvestment(deal=self._deal, events=tuple(events)) if events else None)

    def _apply_crossing(self, view: _RivalView, crossing: Crossing) -> None:
        winners = self._groups.of_all(crossing.parties, crossing.on)
        self._apply_displacement(view, crossing, winners)
        parts = winners | self._groups.of_all(crossing.pursuers, crossing.on)
        for since, until, state, place in self._intervals(view.shared, crossing):
            if parts & self._groups.of_all(state.pursuers, crossing.on):
                continue
            months = self._threshold("crowded.months", state, place)
            last = min(until, _day_after(add_months(crossing.on, months)))
            if since < last:
                self._crowded.append(_CauseInterval(since, last, crossing, "market", winners))

    def _apply_displacement(self, view: _RivalView, crossing: Crossing, winners: frozenset[str]) -> None:
        then = next((s.value for s in self._spans if s.valid_from <= crossing.on < s.valid_to), None)
        if then is None or then.level is None or then.level.crosses_the_line:
            return
        if then.pursuing_role not in _RIVAL_ROLES or not _had_begun(then, crossing, view):
            return
        mine = self._groups.of_all(then.pursuers, crossing.on)
        if winners <= mine:
            return
        affected = self._co_invested if winners & mine else self._displaced
        leg = _leg_of(crossing)
        always = [(span.valid_from, span.valid_to) for span in self._own.places]
        for since, until, state, place in self._intervals(always if view.is_own else view.shared, crossing):
            if state.phase != then.phase or state.pursuing_role not in _RIVAL_ROLES:
                continue
            if view.is_own:
                if leg in _ASSET_LEGS or (leg == "works" and place.kind in _WORKS_DISPLACE_ON):
                    affected.append(_CauseInterval(since, until, crossing, "asset", winners))
            elif leg in _MARKET_LEGS:
                affected.append(_CauseInterval(since, until, crossing, "market", winners))

    def _intervals(
        self, allowed: Sequence[tuple[date, date]], crossing: Crossing
    ) -> Iterator[tuple[date, date, DealState, ProjectPlace]]:
        """The days on which the leg is held, this deal is below the line and `allowed` says so; state and place constant."""
        for first, last in allowed:
            since, until = max(first, crossing.on), min(last, crossing.held_until)
            if since >= until:
                continue
            for span in self._below:
                begin, end = max(since, span.valid_from), min(until, span.valid_to)
                if begin >= end:
                    continue
                for place in self._own.places:
                    start, stop = max(begin, place.valid_from), min(end, place.valid_to)
                    if start < stop:
                        yield start, stop, span.value, place.value

    def _put_flag(
        self, flags: SpanTable[tuple[str, str], Flag], definition: MarketFlag, intervals: Sequence[_CauseInterval]
    ) -> None:
        if not intervals:
            return
        flag_state = FlagState(definition, self._deal, self._rules.version)
        held = any(span.value.held_since for span in self._spans)
        days = sorted(set(_turns(intervals)) | ({span.valid_from for span in self._spans} if held else set()))
        for day in days:
            state = next((s.value for s in self._spans if s.valid_from <= day < s.valid_to), None)
            place = next(s.value for s in self._own.places if s.valid_from <= day < s.valid_to)
            active = _on(intervals, day)
            evaluation = None if state is None else self._evaluate(definition, active, state, place)
            held_since = None if state is None else state.held_since
            held_until = None if state is None else state.held_until
            flag = flag_state.update(day, evaluation, held_until, hold_began=held_since == day)
            flags.put(day, (self._deal, definition.name), flag)

    def _evaluate(
        self, definition: MarketFlag, active: Sequence[_CauseInterval], state: DealState, place: ProjectPlace
    ) -> FlagEvaluation | None:
        if not active:
            return None
        if definition is displaced.FLAG:
            return displaced.evaluate(
                [displaced.Displacement(cause.crossing, cause.tier, cause.groups) for cause in active]
            )
        return crowded.evaluate(
            [crowded.Neighbour(cause.crossing, cause.groups) for cause in active],
            groups_least=self._threshold("crowded.groups", state, place),
            months=self._threshold("crowded.months", state, place),
        )

    def _threshold(self, rule: str, state: DealState, place: ProjectPlace) -> int:
        assert state.level is not None, "only living deals are judged"
        return self._rules.threshold(
            rule,
            Circumstances(
                level=state.level.label,
                commodities=place.commodities,
                sector=place.sector,
                country=place.country,
            ),
        )


def _is_below_the_line(state: DealState) -> bool:
    return state.level is not None and Level.ANNOUNCED <= state.level < Level.PARTLY_BOUND


def _had_begun(state: DealState, crossing: Crossing, view: _RivalView) -> bool:
    if view.is_own:
        return state.first_step_on is not None and state.first_step_on <= crossing.on
    return state.memorandum is not None and state.memorandum.latest < crossing.on


def _leg_of(crossing: Crossing) -> str:
    return "rights" if crossing.leg == UNKNOWN_LEG and crossing.pursuing_role == "investor" else crossing.leg


def _on(intervals: Sequence[_CauseInterval], day: date) -> list[_CauseInterval]:
    """The intervals of a day, the asset's first, one for each crossing, in order of days and events."""
    active: dict[tuple[str, str, str], _CauseInterval] = {}
    for interval in intervals:
        if interval.since <= day < interval.until:
            crossing = interval.crossing
            active[crossing.project, crossing.deal, crossing.event] = interval
    return sorted(active.values(), key=lambda p: (p.tier, p.crossing.on, p.crossing.event, p.crossing.project))


def _turns(intervals: Sequence[_CauseInterval]) -> list[date]:
    days = {day for interval in intervals for day in (interval.since, interval.until)}
    return sorted(days - {FOREVER})


def _day_after(day: date) -> date:
    return FOREVER if day >= FOREVER else day + timedelta(days=1)
