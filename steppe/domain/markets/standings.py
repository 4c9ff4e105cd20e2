"""A project as its rivals see it, and no more of its deals than rivals can do something to (section 6, displaced and crowded)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby

from steppe.domain.markets.groups import Groups
from steppe.domain.values.history import Crossing, History
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import Span
from steppe.domain.values.states import BEGINNING, FOREVER, DealState
from steppe.domain.values.value_class import value_class

RIVAL_ROLES = frozenset({"investor", "contractor", "offtaker"})
"""In one of these a deal has to be pursued to displace and to crowd, or to be displaced and crowded."""

_MARKET_SECTORS = frozenset({"mining", "processing"})
_IN_NO_MARKET = frozenset({"umbrella", "programme"})
_SEEN_BY_OTHERS = frozenset({"market", "any"})


@value_class(frozen=True, slots=True, kw_only=True)
class ProjectPlace:
    """What decides in which markets a project is, and what displaces on it."""

    countries: tuple[str, ...]
    commodities: tuple[str, ...]
    sector: str | None
    kind: str | None

    @property
    def trades(self) -> bool:
        """Whether a project there has rivals on other projects."""
        return self.sector in _MARKET_SECTORS and self.kind not in _IN_NO_MARKET


@value_class(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a project is through the days, from `BEGINNING` on, and how its deals crossed the line."""

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
class Contender:
    """A deal on the days of a span, as far as a rival can do something to it.

    `level` None: it cannot, because the deal has ended or is above the line; only the hold is told then. `memorandum_on` and
    `first_step_on` are those of its phase; of a memorandum the latest day.
    """

    deal: str
    phase: int = 0
    level: Level | None = None
    pursuers: tuple[str, ...] = ()
    pursuing_role: str | None = None
    memorandum_on: date | None = None
    first_step_on: date | None = None
    held_since: date | None = None
    held_until: date | None = None

    @property
    def is_exposed(self) -> bool:
        """Whether it can be displaced or crowded on these days: it is below the line, and pursued as rivals do."""
        return self.level is not None and self.level >= Level.ANNOUNCED and self.pursuing_role in RIVAL_ROLES


@value_class(frozen=True, slots=True, kw_only=True)
class RivalCrossing:
    """A crossing of the line as other projects see it, on days on which its project trades at one place.

    `on`, `event` and `since` are those of the Crossing, `scope` is `market` or `any`. `winners` are the groups of its parties
    on the winning day, `parts` these and the groups of its deal's pursuers then. It counts from `valid_from` to the day before
    `valid_to`.
    """

    project: str
    deal: str
    scope: str
    on: date
    since: date
    event: str
    winners: frozenset[str]
    parts: frozenset[str]
    countries: tuple[str, ...]
    commodities: tuple[str, ...]
    valid_from: date
    valid_to: date

    @property
    def key(self) -> tuple[str, str, str, date]:
        """What no other has."""
        return self.project, self.deal, self.scope, self.valid_from

    @property
    def markets(self) -> frozenset[tuple[str, str]]:
        """Each (country, commodity) in which it is seen."""
        return frozenset((country, commodity) for country in self.countries for commodity in self.commodities)


def standing_of(history: History) -> Standing:
    """Where a project was and what crossed the line there. Of a project without spans: nowhere, and nothing."""
    places: list[Span[ProjectPlace]] = []
    for span in history.projects:
        state = span.value
        place = ProjectPlace(
            countries=state.countries, commodities=state.commodities, sector=state.sector, kind=state.kind
        )
        if places and place == places[-1].value:
            continue
        if places:
            places[-1] = replace(places[-1], valid_to=span.valid_from)
        places.append(Span(valid_from=span.valid_from if places else BEGINNING, valid_to=FOREVER, value=place))
    crossings = tuple(crossing for crossing in history.crossings if crossing.since < crossing.held_until)
    return Standing(project=history.project, places=tuple(places), crossings=crossings)


def contenders_of(history: History) -> tuple[Span[Contender], ...]:
    """The deals that rivals can ever do something to, in the order of the history: spans of days without gaps but its own."""
    contenders: list[Span[Contender]] = []
    for _, spans in groupby(history.deals, key=lambda span: span.value.deal):
        of_deal: list[Span[Contender]] = []
        for span in spans:
            contender, valid_from = _contender(span.value), span.valid_from
            if of_deal and of_deal[-1].valid_to == valid_from and of_deal[-1].value == contender:
                valid_from = of_deal.pop().valid_from
            of_deal.append(Span(valid_from=valid_from, valid_to=span.valid_to, value=contender))
        if any(span.value.is_exposed for span in of_deal):
            contenders += of_deal
    return tuple(contenders)


def _contender(state: DealState) -> Contender:
    if state.level is None or state.level.crosses_the_line:
        return Contender(deal=state.deal, held_since=state.held_since, held_until=state.held_until)
    return Contender(
        deal=state.deal,
        phase=state.phase,
        level=state.level,
        pursuers=state.pursuers,
        pursuing_role=state.pursuing_role,
        memorandum_on=None if state.memorandum is None else state.memorandum.latest,
        first_step_on=state.first_step_on,
        held_since=state.held_since,
        held_until=state.held_until,
    )


def rival_crossings(standing: Standing, groups: Groups) -> Iterator[RivalCrossing]:
    """What others see of a project: its crossings by roles of rivals, while it trades in a market."""
    places = [span for span in standing.places if span.value.trades]
    for crossing in standing.crossings:
        if crossing.scope in _SEEN_BY_OTHERS and crossing.pursuing_role in RIVAL_ROLES:
            for span in places:
                seen = rival_crossing(crossing, span, groups)
                if seen is not None and seen.countries and seen.commodities:
                    yield seen


def rival_crossing(crossing: Crossing, place: Span[ProjectPlace], groups: Groups) -> RivalCrossing | None:
    """A crossing on the days on which its project is at that place; None: there are none."""
    valid_from, valid_to = max(crossing.since, place.valid_from), min(crossing.held_until, place.valid_to)
    if valid_from >= valid_to:
        return None
    winners = groups.of_all(crossing.parties, crossing.on)
    return RivalCrossing(
        project=crossing.project,
        deal=crossing.deal,
        scope=crossing.scope,
        on=crossing.on,
        since=crossing.since,
        event=crossing.event,
        winners=winners,
        parts=winners | groups.of_all(crossing.pursuers, crossing.on),
        countries=place.value.countries,
        commodities=place.value.commodities,
        valid_from=valid_from,
        valid_to=valid_to,
    )
