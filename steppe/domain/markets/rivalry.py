"""Who overtook whom, and how crowded a market is: the flags displaced and crowded, and co-investors (section 6).

Looks at one project beside the others that share a market with it. Knows what the fold said of each of them and which
parties are one group; reads no event. A pure function of these, so the order in which projects change cannot matter.

Every cause is a piece of days on which it holds; the flags follow from the days on which pieces begin and end. A market may
have a thousand projects and nearly as many deals on paper, so only who crossed the line is looked at, each prepared once
(`Rival`), and a deal's days are walked once. `tests/domain/markets/plain_rivalry.py` says the same without such care.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Generic, TypeVar

from steppe.domain.events.vocabulary import UNKNOWN_LEG
from steppe.domain.flags import crowded, displaced
from steppe.domain.flags.flag_state import FlagLife
from steppe.domain.flags.severity_steps import Raised
from steppe.domain.markets.groups import Groups
from steppe.domain.rules.rules import RULES, Circumstances, Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import FOREVER, Crossing, DealState, Flag, History, Span

_RIVAL_ROLES = frozenset({"investor", "contractor", "offtaker"})
_MARKET_SECTORS = frozenset({"mining", "processing"})
_IN_NO_MARKET = frozenset({"umbrella", "programme"})
_ASSET_LEGS = frozenset({"equity", "rights"})
_MARKET_LEGS = frozenset({"equity", "rights", "offtake"})
_WORKS_DISPLACE_ON = frozenset({"plant", "corridor"})
_valid_from = attrgetter("valid_from")
_since = attrgetter("since")
_until = attrgetter("until")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What decides in which markets a project is, and what displaces on it."""

    country: str | None
    commodities: tuple[str, ...]
    sector: str | None
    kind: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A project as its rivals see it."""

    project: str
    places: tuple[Span[Place], ...]
    crossings: tuple[Crossing, ...]

    @property
    def markets(self) -> frozenset[tuple[str, str]]:
        """Every (country, commodity) in which it ever is."""
        return frozenset(
            (span.value.country, commodity)
            for span in self.places
            if span.value.country is not None and span.value.kind not in _IN_NO_MARKET
            for commodity in span.value.commodities
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoInvestment:
    """Events in which a rival won and this deal's own group has a part."""

    deal: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivalry:
    """What a project's deals suffer from others, as spans of days, the future included."""

    flags: tuple[Span[Flag], ...]
    co_investments: tuple[Span[CoInvestment], ...]


@dataclass(frozen=True, slots=True)
class Rival:
    """What of a project can do something to others: the crossings of rivals' roles, and where and when it trades."""

    project: str
    crossings: tuple[Crossing, ...]
    trading: tuple[Span[Place], ...]

    @classmethod
    def of(cls, standing: Standing) -> Rival | None:
        """None: nothing. Two standings of one project with equal rivals do the same to everybody."""
        crossings = tuple(crossing for crossing in standing.crossings if crossing.pursuing_role in _RIVAL_ROLES)
        trading = tuple(span for span in standing.places if _trades(span.value)) if crossings else ()
        return cls(standing.project, crossings, trading) if trading else None


@dataclass(frozen=True, slots=True)
class _Piece:
    since: date
    until: date
    crossing: Crossing
    tier: str
    groups: frozenset[str]


def standing_of(history: History) -> Standing:
    """What rivals see of a project."""
    places: list[Span[Place]] = []
    for span in history.projects:
        state = span.value
        last = places[-1].value if places else None
        if last is not None and (state.country, state.commodities, state.sector, state.kind) == (
            last.country, last.commodities, last.sector, last.kind,
        ):  # fmt: skip
            continue
        place = Place(country=state.country, commodities=state.commodities, sector=state.sector, kind=state.kind)
        if places:
            places[-1] = replace(places[-1], valid_to=span.valid_from)
        places.append(Span(valid_from=span.valid_from, valid_to=FOREVER, value=place))
    crossings = tuple(crossing for crossing in history.crossings if crossing.on < crossing.held_until)
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
    flags: SpanTable[tuple[str, str], Flag] = SpanTable()
    shared: SpanTable[str, CoInvestment] = SpanTable()
    views: list[_View] | None = None
    for deal, of_it in groupby(deals, key=lambda span: span.value.deal):
        spans = list(of_it)
        below = [span for span in spans if _is_below(span.value)]
        if below:
            views = _views(own, others) if views is None else views
            _Sufferer(deal, spans, below, own, views, groups, rules).tell(flags, shared)
    return Rivalry(flags=flags.spans(), co_investments=shared.spans())


@dataclass(frozen=True, slots=True)
class _View:
    """Another project (or the own one) seen from a project: its crossings, and when they share a market."""

    is_own: bool
    crossings: Sequence[Crossing]
    shared: Sequence[tuple[date, date]]


def _views(own: Standing, others: Iterable[Rival]) -> list[_View]:
    """Who can do something to a project: itself, and those of whom a day in a market is shared."""
    trading = [(span, frozenset(span.value.commodities)) for span in own.places if _trades(span.value)]
    views = []
    crossings = [crossing for crossing in own.crossings if crossing.pursuing_role in _RIVAL_ROLES]
    if crossings:
        views.append(_View(True, crossings, [(span.valid_from, span.valid_to) for span, _ in trading]))
    for other in others:
        if other.project == own.project:
            continue
        shared = [
            (max(mine.valid_from, theirs.valid_from), min(mine.valid_to, theirs.valid_to))
            for mine, commodities in trading
            for theirs in other.trading
            if mine.value.country is not None
            and mine.value.country == theirs.value.country
            and not commodities.isdisjoint(theirs.value.commodities)
        ]
        if shared:
            views.append(_View(False, other.crossings, shared))
    return views


def _trades(place: Place) -> bool:
    return place.sector in _MARKET_SECTORS and place.kind not in _IN_NO_MARKET


class _Sufferer:
    """One deal that is ever below the line, and what others do to it."""

    def __init__(
        self,
        deal: str,
        spans: Sequence[Span[DealState]],
        below: Sequence[Span[DealState]],
        own: Standing,
        views: Sequence[_View],
        groups: Groups,
        rules: Rules,
    ) -> None:
        self._deal = deal
        self._spans = spans
        self._below = below
        self._own = own
        self._groups = groups
        self._rules = rules
        self._displaced: list[_Piece] = []
        self._co_invested: list[_Piece] = []
        self._crowded: list[_Piece] = []
        first, last = below[0].valid_from, below[-1].valid_to
        for view in views:
            for crossing in view.crossings:
                if crossing.on < last and first < crossing.held_until and not (view.is_own and crossing.deal == deal):
                    self._suffer(view, crossing)

    def tell(self, flags: SpanTable[tuple[str, str], Flag], shared: SpanTable[str, CoInvestment]) -> None:
        """Put the spans of this deal into the tables."""
        self._tell_flag(flags, "displaced", self._displaced)
        self._tell_flag(flags, "crowded", self._crowded)
        for day, active in _through(self._co_invested, ()):
            events = tuple(piece.crossing.event for piece in active)
            shared.put(day, self._deal, CoInvestment(deal=self._deal, events=events) if events else None)

    def _suffer(self, view: _View, crossing: Crossing) -> None:
        winners = self._groups.of_all(crossing.parties, crossing.on)
        self._be_displaced(view, crossing, winners)
        parts = winners | self._groups.of_all(crossing.pursuers, crossing.on)
        for since, until, state, place in self._pieces(view.shared, crossing):
            if parts & self._groups.of_all(state.pursuers, crossing.on):
                continue
            months = self._threshold("crowded.months", state, place)
            last = min(until, _day_after(add_months(crossing.on, months)))
            if since < last:
                self._crowded.append(_Piece(since, last, crossing, "market", winners))

    def _be_displaced(self, view: _View, crossing: Crossing, winners: frozenset[str]) -> None:
        at = bisect_right(self._spans, crossing.on, key=_valid_from) - 1
        then = self._spans[at].value if at >= 0 and crossing.on < self._spans[at].valid_to else None
        if then is None or then.level is None or then.level.crosses_the_line:
            return
        if then.pursuing_role not in _RIVAL_ROLES or not _had_begun(then, crossing, view):
            return
        mine = self._groups.of_all(then.pursuers, crossing.on)
        if winners <= mine:
            return
        found = self._co_invested if winners & mine else self._displaced
        leg = _leg_of(crossing)
        always = [(span.valid_from, span.valid_to) for span in self._own.places]
        for since, until, state, place in self._pieces(always if view.is_own else view.shared, crossing):
            if state.phase != then.phase or state.pursuing_role not in _RIVAL_ROLES:
                continue
            if view.is_own:
                if leg in _ASSET_LEGS or (leg == "works" and place.kind in _WORKS_DISPLACE_ON):
                    found.append(_Piece(since, until, crossing, "asset", winners))
            elif leg in _MARKET_LEGS:
                found.append(_Piece(since, until, crossing, "market", winners))

    def _pieces(
        self, allowed: Sequence[tuple[date, date]], crossing: Crossing
    ) -> Iterator[tuple[date, date, DealState, Place]]:
        """The days on which the leg is held, this deal is below the line and `allowed` says so; state and place constant."""
        for first, last in allowed:
            since, until = max(first, crossing.on), min(last, crossing.held_until)
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

    def _tell_flag(self, flags: SpanTable[tuple[str, str], Flag], name: str, pieces: Sequence[_Piece]) -> None:
        if not pieces:
            return
        life = FlagLife(name, self._deal, self._rules.version)
        held = any(span.value.held_since for span in self._spans)
        states, places = _Walk(self._spans), _Walk(self._own.places)
        for day, active in _through(pieces, [span.valid_from for span in self._spans] if held else ()):
            state, place = states.on(day), places.on(day)
            assert place is not None, "a project is somewhere on every day"
            raised = None if state is None else self._raised(name, active, state, place)
            held_since = None if state is None else state.held_since
            held_until = None if state is None else state.held_until
            flag = life.on(day, raised, held_until, hold_began=held_since == day)
            flags.put(day, (self._deal, name), flag)

    def _raised(self, name: str, active: Sequence[_Piece], state: DealState, place: Place) -> Raised | None:
        if not active:
            return None
        if name == "displaced":
            return displaced.raised([displaced.Cause(p.crossing, p.tier, p.groups) for p in active])
        return crowded.raised(
            [crowded.Neighbour(piece.crossing, piece.groups) for piece in active],
            groups_least=self._threshold("crowded.groups", state, place),
            months=self._threshold("crowded.months", state, place),
        )

    def _threshold(self, rule: str, state: DealState, place: Place) -> int:
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


def _is_below(state: DealState) -> bool:
    return state.level is not None and Level.ANNOUNCED <= state.level < Level.PARTLY_BOUND


def _had_begun(state: DealState, crossing: Crossing, view: _View) -> bool:
    if view.is_own:
        return state.first_step_on is not None and state.first_step_on <= crossing.on
    return state.memorandum is not None and state.memorandum.latest < crossing.on


def _leg_of(crossing: Crossing) -> str:
    return "rights" if crossing.leg == UNKNOWN_LEG and crossing.pursuing_role == "investor" else crossing.leg


class _Walk(Generic[T]):
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


def _through(pieces: Sequence[_Piece], more_days: Iterable[date]) -> Iterator[tuple[date, Sequence[_Piece]]]:
    """Every day on which a piece begins or ends, and more, with the pieces of that day: the asset's first, then in order of
    days and events. A crossing has one piece a day."""
    begins, ends = sorted(pieces, key=_since, reverse=True), sorted(pieces, key=_until, reverse=True)
    days = sorted({day for piece in pieces for day in (piece.since, piece.until)}.union(more_days) - {FOREVER})
    active: list[_Piece] = []
    for day in days:
        while ends and ends[-1].until <= day:
            gone = ends.pop()
            del active[bisect_left(active, _in_order(gone), key=_in_order)]
        while begins and begins[-1].since <= day:
            insort(active, begins.pop(), key=_in_order)
        yield day, active


def _in_order(piece: _Piece) -> tuple[str, date, str, str, str]:
    crossing = piece.crossing
    return (piece.tier, crossing.on, crossing.event, crossing.project, crossing.deal)


def _day_after(day: date) -> date:
    return FOREVER if day >= FOREVER else day + timedelta(days=1)
