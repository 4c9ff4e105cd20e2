"""Who overtook whom, and how crowded a market is: the flags displaced and crowded, and co-investors (section 6).

Judges one project beside the others that share a market with it, from what the fold found for each of them. A pure function
of these, so the order in which projects change cannot matter.

A market may have thousands of deals on paper and hundreds that crossed the line, and each of these is among what nearly all
others' flags rest on. So the judgement says on which days the flags stand, and no more; what they rest on (count, events,
groups, tier) is told of one day, when it is asked. `tests/domain/markets/plain_rivalry.py` computes both the slow and obvious way.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Generic, TypeVar

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.flags import crowded, displaced
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.markets.day_runs import Run, intersection, union, within
from steppe.domain.markets.groups import Groups
from steppe.domain.markets.rival_field import FieldView, RivalField
from steppe.domain.markets.standings import (
    RIVAL_ROLES,
    Contender,
    ProjectPlace,
    RivalCrossing,
    Standing,
    rival_crossing,
)
from steppe.domain.rules.thresholds import Circumstances, Rules
from steppe.domain.values.flag_clock import ClockTable, FlagClock, FlagEvaluation
from steppe.domain.values.spans import Span, SpanTable, on_day
from steppe.domain.values.states import BEGINNING, FOREVER, Flag
from steppe.domain.values.value_class import value_class

_WORKS_DISPLACE_ON = frozenset({"plant", "corridor"})
_EVER = Span(valid_from=BEGINNING, valid_to=FOREVER, value=None)
_valid_from = attrgetter("valid_from")

T = TypeVar("T")
_Market = tuple[str, str]


@value_class(frozen=True, slots=True, kw_only=True)
class CoInvestment:
    """Events in which a rival won and this deal's own group has a part."""

    deal: str
    events: tuple[str, ...]


@value_class(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """What others do to the deals of a project, as spans of days, the future included. Of flags not what they rest on."""

    flags: tuple[Span[FlagClock], ...]
    co_investments: tuple[Span[CoInvestment], ...]


class SeenCrossings:
    """The crossings of markets. Whoever judges a project must have given all that are seen in its markets; more change nothing."""

    def __init__(self, crossings: Iterable[RivalCrossing] = ()) -> None:
        self._by_market: dict[_Market, dict[tuple[str, str, str, date], RivalCrossing]] = {}
        self._fields: dict[tuple[tuple[str, ...], tuple[str, ...]], RivalField] = {}
        self.add(crossings)

    def add(self, crossings: Iterable[RivalCrossing]) -> None:
        """Take in those of further markets, from which nobody has looked yet; what is given again is the same."""
        for crossing in crossings:
            for country in crossing.countries:
                for commodity in crossing.commodities:
                    self._by_market.setdefault((country, commodity), {})[crossing.key] = crossing

    def put_field(self, countries: tuple[str, ...], commodities: tuple[str, ...], field: RivalField) -> None:
        """What projects at such a place see, whatever was given."""
        self._fields[countries, commodities] = field

    def forget(self, market: _Market) -> None:
        """What is seen in a market is given anew."""
        self._by_market.pop(market, None)
        country, commodity = market
        for countries, commodities in list(self._fields):
            if country in countries and commodity in commodities:
                del self._fields[countries, commodities]

    def field_at(self, place: ProjectPlace) -> RivalField:
        """What projects at that place see."""
        key = (place.countries, place.commodities)
        field = self._fields.get(key)
        if field is None:
            seen: dict[tuple[str, str, str, date], RivalCrossing] = {}
            for country in place.countries:
                for commodity in place.commodities:
                    seen.update(self._by_market.get((country, commodity), {}))
            field = self._fields[key] = RivalField(seen.values())
        return field


class Rivals:
    """What the rivals in markets have won, and who belongs to whom."""

    def __init__(self, crossings: SeenCrossings, groups: Groups) -> None:
        self.groups = groups
        self._crossings = crossings
        self._views: dict[tuple[tuple[str, ...], tuple[str, ...]], FieldView] = {}

    def view_from(self, place: ProjectPlace, own: Standing) -> FieldView:
        """What a project at that place sees, and every other project there."""
        if not place.countries or not place.commodities:  # in no market, but beside its own deals
            return FieldView(RivalField(self._own_crossings(own)), self.groups)
        key = (place.countries, place.commodities)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = FieldView(self._crossings.field_at(place), self.groups)
        return view

    def _own_crossings(self, own: Standing) -> Iterator[RivalCrossing]:
        for span in own.places:
            if span.value.trades:
                for crossing in own.crossings:
                    if crossing.scope == "any" and crossing.pursuing_role in RIVAL_ROLES:
                        seen = rival_crossing(crossing, span, self.groups)
                        if seen is not None:
                            yield seen


def rivalry(own: Standing, contenders: Iterable[Span[Contender]], rivals: Rivals, rules: Rules = RULES) -> Rivalry:
    """The flags displaced and crowded, and the co-investments, of all deals of a project. `contenders` are those of its history."""
    flags = ClockTable()
    shared: SpanTable[str, CoInvestment] = SpanTable()
    for deal, spans in groupby(contenders, key=lambda span: span.value.deal):
        impact = _DealImpact(own, deal, list(spans), rivals, rules)
        impact.put_flag(flags, displaced.FLAG, [(*run, displaced.ALERT) for run in impact.displaced_days()])
        impact.put_flag(flags, crowded.FLAG, impact.crowded_runs())
        for day, active in _days_with_causes(impact.co_investments()):
            events = tuple(cause.crossing.event for cause in active)
            shared.put(day, deal, CoInvestment(deal=deal, events=events) if events else None)
    return Rivalry(flags=flags.spans(), co_investments=shared.spans())


def with_causes(
    flag: Flag, own: Standing, contenders: Iterable[Span[Contender]], rivals: Rivals, day: date, rules: Rules = RULES
) -> Flag:
    """A flag of `rivalry` with what it rests on, on one day; as it is where nothing is found that day. `rivals` need only have what
    counts on that day.
    """
    assert flag.deal is not None, "what a market does, it does to deals"
    spans = [span for span in contenders if span.value.deal == flag.deal]
    evaluation = _DealImpact(own, flag.deal, spans, rivals, rules).evaluation_on(day, flag.flag)
    if evaluation is None:
        return flag
    return replace(
        flag, count=evaluation.count, evidence=evaluation.evidence, groups=evaluation.groups, tier=evaluation.tier
    )


@value_class(frozen=True, slots=True)
class _Cause:
    """A crossing that does something to a deal on a run of days."""

    since: date
    until: date
    crossing: RivalCrossing
    tier: str


@value_class(frozen=True, slots=True)
class _Paper:
    """Days on which a deal can be overtaken: the winning day must be one of them."""

    first: date
    last: date
    phase: int
    pursuers: tuple[str, ...]


_FlagRun = tuple[date, date, FlagEvaluation]


class _DealImpact:
    """What the crossings of rivals do to one deal that is ever below the line."""

    def __init__(
        self, own: Standing, deal: str, spans: Sequence[Span[Contender]], rivals: Rivals, rules: Rules
    ) -> None:
        self._own = own
        self._deal = deal
        self._spans = spans
        self._rivals = rivals
        self._rules = rules
        self._exposed = [span for span in spans if span.value.is_exposed]

    def displaced_days(self) -> list[Run]:
        """When another group holds what this deal is after."""
        days = [(cause.since, cause.until) for cause in self._on_the_asset(shared=False)]
        for place, view in self._views():
            for paper in self._papers():
                if exposed := self._exposed_days(paper.phase, place):
                    held = view.displaced_days(paper.first, paper.last, paper.pursuers, self._own.project)
                    days += intersection(held, exposed)
        return union(days)

    def co_investments(self) -> list[_Cause]:
        """What displaces this deal but that its own groups have a part in it."""
        causes = list(self._on_the_asset(shared=True))
        for place, view in self._views():
            for paper in self._papers():
                for crossing in view.shared(paper.first, paper.last, paper.pursuers, self._own.project):
                    held = [(crossing.valid_from, crossing.valid_to)]
                    exposed = self._exposed_days(paper.phase, place)
                    causes += [_Cause(*run, crossing, "market") for run in intersection(held, exposed)]
        return causes

    def crowded_runs(self) -> list[_FlagRun]:
        """When enough other groups were bound of late, in order of days."""
        runs: list[_FlagRun] = []
        for span in self._exposed:
            for place, view in self._views(span):
                months, groups_least = self._crowded_thresholds(span.value, place.value)
                evaluation = crowded.notice(months)
                days = view.crowded_days(span.value.pursuers, months, groups_least, (self._own.project, self._deal))
                first, last = max(span.valid_from, place.valid_from), min(span.valid_to, place.valid_to)
                runs += [(*run, evaluation) for run in within(days, first, last)]
        return runs

    def evaluation_on(self, day: date, flag: str) -> FlagEvaluation | None:
        """What a flag rests on, on a day; None: it is not found then."""
        for state in on_day(self._exposed, day):
            return self._displaced_on(day, state) if flag == displaced.FLAG.name else self._crowded_on(day, state)
        return None

    def put_flag(self, flags: ClockTable, definition: MarketFlag, runs: Sequence[_FlagRun]) -> None:
        """Put the spans of a flag that is found on these days."""
        if not runs:
            return
        flag_state = FlagState(definition, self._deal, self._rules.version)
        days = {day for since, until, _ in runs for day in (since, until)}
        if any(span.value.held_since for span in self._spans):
            days.update(span.valid_from for span in self._spans)
        evaluations = _Cursor([Span(valid_from=run[0], valid_to=run[1], value=run[2]) for run in runs])
        states = _Cursor(self._spans)
        for day in sorted(days - {FOREVER}):
            state = states.on(day)
            held_since, held_until = (None, None) if state is None else (state.held_since, state.held_until)
            clock = flag_state.update(day, evaluations.on(day), held_until, hold_began=held_since == day)
            flags.put(day, (self._deal, definition.name), clock)

    def _displaced_on(self, day: date, state: Contender) -> FlagEvaluation | None:
        on_the_asset = [cause for cause in self._on_the_asset(shared=False) if cause.since <= day < cause.until]
        displacements = [
            displaced.Displacement(cause.crossing.event, cause.tier, cause.crossing.winners)
            for cause in sorted(on_the_asset, key=_order)
        ]
        for place, view in self._views():
            if place.valid_from <= day < place.valid_to:
                in_the_market = [
                    crossing
                    for paper in self._papers()
                    if paper.phase == state.phase
                    for crossing in view.displacing(paper.first, paper.last, day, paper.pursuers, self._own.project)
                ]
                displacements += [displaced.Displacement(one.event, "market", one.winners) for one in in_the_market]
        return displaced.evaluate(displacements)

    def _crowded_on(self, day: date, state: Contender) -> FlagEvaluation | None:
        for place, view in self._views():
            if place.valid_from <= day < place.valid_to:
                months, groups_least = self._crowded_thresholds(state, place.value)
                neighbours = view.crowding(day, state.pursuers, months, (self._own.project, self._deal))
                return crowded.evaluate(
                    [crowded.Neighbour(crossing.event, crossing.winners) for crossing in neighbours],
                    groups_least=groups_least,
                    months=months,
                )
        return None

    def _papers(self) -> Iterator[_Paper]:
        """When winning in the market overtakes this deal: while it is on paper, after its first memorandum."""
        for span in self._spans:
            state = span.value
            if state.level is not None and state.memorandum_on is not None:
                first = max(span.valid_from, _day_after(state.memorandum_on))
                if first < span.valid_to:
                    yield _Paper(first, span.valid_to, state.phase, state.pursuers)

    def _on_the_asset(self, *, shared: bool) -> Iterator[_Cause]:
        """What other deals of the project do to this one; where the deal's groups have a part (`shared`), or where they have none."""
        scopes = {_scope_on_the_asset(place.value) for place in self._own.places}
        for crossing in self._own.crossings:
            if crossing.deal == self._deal or crossing.pursuing_role not in RIVAL_ROLES or crossing.scope not in scopes:
                continue
            then = self._state_on(crossing.on)
            if then is None or then.level is None or then.first_step_on is None or then.first_step_on > crossing.on:
                continue
            winners = self._rivals.groups.of_all(crossing.parties, crossing.on)
            mine = self._rivals.groups.of_all(then.pursuers, crossing.on)
            if winners <= mine or winners.isdisjoint(mine) == shared:
                continue
            for place in self._own.places:
                seen = rival_crossing(crossing, place, self._rivals.groups)
                if seen is not None and crossing.scope == _scope_on_the_asset(place.value):
                    held = [(seen.valid_from, seen.valid_to)]
                    exposed = self._exposed_days(then.phase, place)
                    yield from (_Cause(*run, seen, "asset") for run in intersection(held, exposed))

    def _state_on(self, day: date) -> Contender | None:
        at = bisect_right(self._spans, day, key=_valid_from) - 1
        return self._spans[at].value if at >= 0 and day < self._spans[at].valid_to else None

    def _exposed_days(self, phase: int, place: Span[ProjectPlace]) -> list[Run]:
        """When it can be displaced in that phase, while the project is at that place."""
        of_phase = [(span.valid_from, span.valid_to) for span in self._exposed if span.value.phase == phase]
        return within(of_phase, place.valid_from, place.valid_to)

    def _views(self, on: Span[Contender] | Span[None] = _EVER) -> Iterator[tuple[Span[ProjectPlace], FieldView]]:
        """Where the project trades on some of these days, and what it sees there."""
        for place in self._own.places:
            if place.value.trades and place.valid_from < on.valid_to and on.valid_from < place.valid_to:
                yield place, self._rivals.view_from(place.value, self._own)

    def _crowded_thresholds(self, state: Contender, place: ProjectPlace) -> tuple[int, int]:
        """At most so many months ago, at least so many groups."""
        assert state.level is not None, "only living deals are judged"
        thresholds = self._rules.thresholds_for(
            Circumstances(
                level=state.level.label,
                commodities=place.commodities,
                sector=place.sector,
                countries=place.countries,
            )
        )
        return thresholds["crowded.months"], thresholds["crowded.groups"]


def _scope_on_the_asset(place: ProjectPlace) -> str:
    """Which runs of another deal of the project count: those of equity and rights; on some kinds works and investment, too."""
    return "works" if place.kind in _WORKS_DISPLACE_ON else "asset"


class _Cursor(Generic[T]):
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


def _days_with_causes(causes: Sequence[_Cause]) -> Iterator[tuple[date, Sequence[_Cause]]]:
    """Every day on which a cause begins or ends, with the causes of that day: the asset's first, then in order of days and events.
    A crossing is one cause a day."""
    begins = sorted(causes, key=lambda cause: cause.since, reverse=True)
    ends = sorted(causes, key=lambda cause: cause.until, reverse=True)
    active: list[_Cause] = []
    for day in sorted({day for cause in causes for day in (cause.since, cause.until)} - {FOREVER}):
        while ends and ends[-1].until <= day:
            ended = ends.pop()
            del active[bisect_left(active, _order(ended), key=_order)]
        while begins and begins[-1].since <= day:
            insort(active, begins.pop(), key=_order)
        yield day, active


def _order(cause: _Cause) -> tuple[str, date, str, str, str, date]:
    crossing = cause.crossing
    return (cause.tier, crossing.on, crossing.event, crossing.project, crossing.deal, crossing.since)


def _day_after(day: date) -> date:
    return FOREVER if day >= FOREVER else day + timedelta(days=1)
