"""Who overtook whom, and how crowded a market is: the flags displaced and crowded, and co-investors (section 6).

Judges one project beside the others that share a market with it, from what the fold found for each of them. A pure function
of these, so the order in which projects change cannot matter.

Every cause holds on an interval of days; the flags follow from the days on which these begin and end. A market may have a
thousand projects and nearly as many deals on paper, so only projects that crossed the line are compared, each prepared once
(`Rival`). `tests/domain/markets/plain_rivalry.py` computes the same the slow and obvious way.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Generic, TypeVar

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.flags import crowded, displaced
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.markets.groups import Groups
from steppe.domain.rules.thresholds import Circumstances, Rules
from steppe.domain.values.flag_clock import ClockTable, FlagClock, FlagEvaluation
from steppe.domain.values.history import Crossing, History
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months
from steppe.domain.values.spans import Span, SpanTable
from steppe.domain.values.states import FOREVER, DealState
from steppe.domain.values.value_class import value_class

_RIVAL_ROLES = frozenset({"investor", "contractor", "offtaker"})
_MARKET_SECTORS = frozenset({"mining", "processing"})
_IN_NO_MARKET = frozenset({"umbrella", "programme"})
_WORKS_DISPLACE_ON = frozenset({"plant", "corridor"})
_valid_from = attrgetter("valid_from")
_since = attrgetter("since")
_until = attrgetter("until")

T = TypeVar("T")


@value_class(frozen=True, slots=True, kw_only=True)
class ProjectPlace:
    """What decides in which markets a project is, and what displaces on it."""

    countries: tuple[str, ...]
    commodities: tuple[str, ...]
    sector: str | None
    kind: str | None


@value_class(frozen=True, slots=True, kw_only=True)
class Standing:
    """A project as its rivals see it."""

    project: str
    places: tuple[Span[ProjectPlace], ...]
    crossings: tuple[Crossing, ...]

    @property
    def markets(self) -> frozenset[tuple[str, str]]:
        """Every (country, commodity) in which it ever is."""
        return frozenset(
            (country, commodity)
            for span in self.places
            if span.value.kind not in _IN_NO_MARKET
            for country in span.value.countries
            for commodity in span.value.commodities
        )


@value_class(frozen=True, slots=True, kw_only=True)
class CoInvestment:
    """Events in which a rival won and this deal's own group has a part."""

    deal: str
    events: tuple[str, ...]


@value_class(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """What others do to the deals of a project, as spans of days, the future included."""

    flags: tuple[Span[FlagClock], ...]
    co_investments: tuple[Span[CoInvestment], ...]


@value_class(frozen=True, slots=True)
class Rival:
    """What of a project can affect others: the crossings by roles of rivals, and where and when it is in a market."""

    project: str
    crossings: tuple[Crossing, ...]
    trading: tuple[Span[ProjectPlace], ...]

    @classmethod
    def of(cls, standing: Standing) -> Rival | None:
        """None: nothing of it can. Two standings of one project with equal rivals affect everybody alike."""
        crossings = tuple(crossing for crossing in standing.crossings if crossing.pursuing_role in _RIVAL_ROLES)
        trading = tuple(span for span in standing.places if _trades(span.value)) if crossings else ()
        return cls(standing.project, crossings, trading) if trading else None


@value_class(frozen=True, slots=True)
class _CauseInterval:
    since: date
    until: date
    crossing: Crossing
    tier: str
    groups: frozenset[str]


def standing_of(history: History) -> Standing:
    """What rivals see of a project."""
    places: list[Span[ProjectPlace]] = []
    for span in history.projects:
        state = span.value
        last = places[-1].value if places else None
        if last is not None and (state.countries, state.commodities, state.sector, state.kind) == (
            last.countries, last.commodities, last.sector, last.kind,
        ):  # fmt: skip
            continue
        place = ProjectPlace(
            countries=state.countries, commodities=state.commodities, sector=state.sector, kind=state.kind
        )
        if places:
            places[-1] = replace(places[-1], valid_to=span.valid_from)
        places.append(Span(valid_from=span.valid_from, valid_to=FOREVER, value=place))
    crossings = tuple(crossing for crossing in history.crossings if crossing.since < crossing.held_until)
    return Standing(project=history.project, places=tuple(places), crossings=crossings)


def rivalry(
    own: Standing,
    deals: Iterable[Span[DealState]],
    others: Iterable[Rival],
    groups: Groups,
    rules: Rules = RULES,
) -> Rivalry:
    """The flags displaced and crowded, and the co-investments, of all deals of a project.

    `others` are the rivals that share a market with it, in any order; more of them change nothing.
    """
    flags = ClockTable()
    shared: SpanTable[str, CoInvestment] = SpanTable()
    views: list[_RivalView] | None = None
    for deal, deal_spans in groupby(deals, key=lambda span: span.value.deal):
        spans = list(deal_spans)
        below = [span for span in spans if _is_below_the_line(span.value)]
        if below:
            views = _rival_views(own, others) if views is None else views
            _DealImpact(deal, spans, below, own, views, groups, rules).put_spans(flags, shared)
    return Rivalry(flags=flags.spans(), co_investments=shared.spans())


@value_class(frozen=True, slots=True)
class _RivalView:
    """Another project (or the own one) as a rival of a project: its crossings, and when the two share a market."""

    is_own: bool
    crossings: Sequence[Crossing]
    shared: Sequence[tuple[date, date]]


def _rival_views(own: Standing, others: Iterable[Rival]) -> list[_RivalView]:
    """The rivals of a project: itself, and those that share a market with it on some day."""
    trading = [(span, frozenset(span.value.commodities)) for span in own.places if _trades(span.value)]
    views = []
    crossings = [crossing for crossing in own.crossings if crossing.pursuing_role in _RIVAL_ROLES]
    if crossings:
        views.append(_RivalView(True, crossings, [(span.valid_from, span.valid_to) for span, _ in trading]))
    for other in others:
        if other.project == own.project:
            continue
        shared = [
            (max(mine.valid_from, theirs.valid_from), min(mine.valid_to, theirs.valid_to))
            for mine, commodities in trading
            for theirs in other.trading
            if not set(mine.value.countries).isdisjoint(theirs.value.countries)
            and not commodities.isdisjoint(theirs.value.commodities)
        ]
        if shared:
            views.append(_RivalView(False, other.crossings, shared))
    return views


def _trades(place: ProjectPlace) -> bool:
    return place.sector in _MARKET_SECTORS and place.kind not in _IN_NO_MARKET


class _DealImpact:
    """What the crossings of rivals do to one deal that is ever below the line."""

    def __init__(
        self,
        deal: str,
        spans: Sequence[Span[DealState]],
        below: Sequence[Span[DealState]],
        own: Standing,
        views: Sequence[_RivalView],
        groups: Groups,
        rules: Rules,
    ) -> None:
        self._deal = deal
        self._spans = spans
        self._below = below
        self._own = own
        self._groups = groups
        self._rules = rules
        self._displaced: list[_CauseInterval] = []
        self._co_invested: list[_CauseInterval] = []
        self._crowded: list[_CauseInterval] = []
        first, last = below[0].valid_from, below[-1].valid_to
        for view in views:
            for crossing in view.crossings:
                if (
                    crossing.since < last
                    and first < crossing.held_until
                    and not (view.is_own and crossing.deal == deal)
                ):
                    self._apply_crossing(view, crossing)

    def put_spans(self, flags: ClockTable, shared: SpanTable[str, CoInvestment]) -> None:
        """Put the spans of this deal into the tables."""
        self._put_flag(flags, displaced.FLAG, self._displaced)
        self._put_flag(flags, crowded.FLAG, self._crowded)
        for day, active in _days_with_causes(self._co_invested, ()):
            events = tuple(interval.crossing.event for interval in active)
            shared.put(day, self._deal, CoInvestment(deal=self._deal, events=events) if events else None)

    def _apply_crossing(self, view: _RivalView, crossing: Crossing) -> None:
        winners = self._groups.of_all(crossing.parties, crossing.on)
        if crossing.scope != "any":
            self._apply_displacement(view, crossing, winners)
            return
        parts = winners | self._groups.of_all(crossing.pursuers, crossing.on)
        for since, until, state, place in self._intervals(view.shared, crossing):
            if state.pursuing_role not in _RIVAL_ROLES or parts & self._groups.of_all(state.pursuers, crossing.on):
                continue
            months = self._threshold("crowded.months", state, place)
            last = min(until, _day_after(add_months(crossing.on, months)))
            if since < last:
                self._crowded.append(_CauseInterval(since, last, crossing, "market", winners))

    def _apply_displacement(self, view: _RivalView, crossing: Crossing, winners: frozenset[str]) -> None:
        at = bisect_right(self._spans, crossing.on, key=_valid_from) - 1
        then = self._spans[at].value if at >= 0 and crossing.on < self._spans[at].valid_to else None
        if then is None or then.level is None or then.level.crosses_the_line:
            return
        if not _had_begun(then, crossing, view):
            return
        mine = self._groups.of_all(then.pursuers, crossing.on)
        if winners <= mine:
            return
        affected = self._co_invested if winners & mine else self._displaced
        always = [(span.valid_from, span.valid_to) for span in self._own.places]
        for since, until, state, place in self._intervals(always if view.is_own else view.shared, crossing):
            if state.phase != then.phase or state.pursuing_role not in _RIVAL_ROLES:
                continue
            if crossing.scope == _scope_of(view, place):
                tier = "asset" if view.is_own else "market"
                affected.append(_CauseInterval(since, until, crossing, tier, winners))

    def _intervals(
        self, allowed: Sequence[tuple[date, date]], crossing: Crossing
    ) -> Iterator[tuple[date, date, DealState, ProjectPlace]]:
        """The days on which the leg is held, this deal is below the line and `allowed` says so; state and place constant."""
        for first, last in allowed:
            since, until = max(first, crossing.since), min(last, crossing.held_until)
            if since >= until:
                continue
            for span in islice(self._below, max(0, bisect_right(self._below, since, key=_valid_from) - 1), None):
                if span.valid_from >= until:
                    break
                begin, end = max(since, span.valid_from), min(until, span.valid_to)
                if begin >= end:
                    continue
                for place in self._own.places:
                    start, stop = max(begin, place.valid_from), min(end, place.valid_to)
                    if start < stop:
                        yield start, stop, span.value, place.value

    def _put_flag(self, flags: ClockTable, definition: MarketFlag, intervals: Sequence[_CauseInterval]) -> None:
        if not intervals:
            return
        flag_state = FlagState(definition, self._deal, self._rules.version)
        held = any(span.value.held_since for span in self._spans)
        states, places = _SpanCursor(self._spans), _SpanCursor(self._own.places)
        for day, active in _days_with_causes(intervals, [span.valid_from for span in self._spans] if held else ()):
            state, place = states.on(day), places.on(day)
            assert place is not None, "a project is somewhere on every day"
            evaluation = None if state is None else self._evaluate(definition, active, state, place)
            held_since = None if state is None else state.held_since
            held_until = None if state is None else state.held_until
            clock = flag_state.update(day, evaluation, held_until, hold_began=held_since == day)
            flags.put(day, (self._deal, definition.name), clock)

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
                countries=place.countries,
            ),
        )


def _is_below_the_line(state: DealState) -> bool:
    return state.level is not None and Level.ANNOUNCED <= state.level < Level.PARTLY_BOUND


def _had_begun(state: DealState, crossing: Crossing, view: _RivalView) -> bool:
    if view.is_own:
        return state.first_step_on is not None and state.first_step_on <= crossing.on
    return state.memorandum is not None and state.memorandum.latest < crossing.on


def _scope_of(view: _RivalView, place: ProjectPlace) -> str:
    """Which runs of a rival count: on the asset equity and rights (on some kinds works and investment), else offtake, too."""
    if not view.is_own:
        return "market"
    return "works" if place.kind in _WORKS_DISPLACE_ON else "asset"


class _SpanCursor(Generic[T]):
    """The values of spans that do not overlap, day after day."""

    def __init__(self, spans: Sequence[Span[T]]) -> None:
        self._spans = spans
        self._at = 0

    def on(self, day: date) -> T | None:
        """The value of a day; days must come in order."""
        while self._at < len(self._spans) and self._spans[self._at].valid_to <= day:
            self._at += 1
        if self._at == len(self._spans) or day < self._spans[self._at].valid_from:
            return None
        return self._spans[self._at].value


def _days_with_causes(
    intervals: Sequence[_CauseInterval], more_days: Iterable[date]
) -> Iterator[tuple[date, Sequence[_CauseInterval]]]:
    """Every day on which an interval begins or ends, and more, with the intervals of that day: the asset's first, then in order of
    days and events. A crossing has one interval a day."""
    begins, ends = sorted(intervals, key=_since, reverse=True), sorted(intervals, key=_until, reverse=True)
    days = sorted(
        {day for interval in intervals for day in (interval.since, interval.until)}.union(more_days) - {FOREVER}
    )
    active: list[_CauseInterval] = []
    for day in days:
        while ends and ends[-1].until <= day:
            ended = ends.pop()
            del active[bisect_left(active, _interval_order(ended), key=_interval_order)]
        while begins and begins[-1].since <= day:
            insort(active, begins.pop(), key=_interval_order)
        yield day, active


def _interval_order(interval: _CauseInterval) -> tuple[str, date, str, str, str, date]:
    crossing = interval.crossing
    return (interval.tier, crossing.on, crossing.event, crossing.project, crossing.deal, crossing.since)


def _day_after(day: date) -> date:
    return FOREVER if day >= FOREVER else day + timedelta(days=1)
