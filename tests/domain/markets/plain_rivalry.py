"""Section 6, displaced and crowded, said plainly: on every day everybody looks at everybody, and groups are climbed anew.

Slow, and what `steppe.domain.markets.rivalry` must equal. It looks at nothing but the states of deals and projects day by
day, the events themselves, and who is whose parent: not at the runs (`Crossing`) that the fold finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from steppe.domain.evaluation.flag_definition import MarketFlag
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.events.event import Event
from steppe.domain.flags import crowded, displaced
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.markets.groups import Parents
from steppe.domain.markets.rivalry import CoInvestment, Rivalry
from steppe.domain.rules.thresholds import Circumstances, Rules
from steppe.domain.values.flag_clock import ClockTable, FlagEvaluation
from steppe.domain.values.history import Crossing, History
from steppe.domain.values.levels import Level
from steppe.domain.values.months import add_months
from steppe.domain.values.spans import Span, SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, DealState, LegState, ProjectState

T = TypeVar("T")
_RIVAL_ROLES = ("investor", "contractor", "offtaker")


def plain_groups(parents: Parents, party: str, day: date) -> frozenset[str]:
    """The groups of a party on a day (section 1)."""
    passed: set[str] = set()
    ends: set[str] = set()
    reached: set[str] = set()

    def follow(key: str) -> None:
        if key in passed:
            return
        passed.add(key)
        shares = [shares for since, shares in parents.get(key, ()) if since <= day]
        of_day = shares[-1] if shares else ()
        controlling = [parent for parent, percent in of_day if percent is not None and percent >= 50]
        controlling = controlling or [parent for parent, _ in of_day]
        if not controlling:
            ends.add(key)
        for parent in controlling:
            reached.add(parent)
            follow(parent)

    follow(party)
    return frozenset(ends) if ends else frozenset({min(reached)})


@dataclass(frozen=True, slots=True)
class _Cause:
    """A rival's run of days as it concerns a deal on one day: a displacement, a co-investment or a neighbour."""

    crossing: Crossing
    groups: frozenset[str]
    tier: str


class PlainMarkets:
    """Projects beside each other: their histories, the events that made them, and the parents of parties."""

    def __init__(
        self,
        histories: Mapping[str, History],
        events: Mapping[str, Sequence[Event]],
        parents: Parents,
        rules: Rules = RULES,
    ) -> None:
        self._histories = histories
        self._rules = rules
        self._parents = parents
        self._events = {
            (project, event.reference): event for project, of_project in events.items() for event in of_project
        }
        self._deals = {
            (project, deal): [span for span in history.deals if span.value.deal == deal]
            for project, history in histories.items()
            for deal in sorted({span.value.deal for span in history.deals})
        }

    def rivalry(self, project: str) -> Rivalry:
        """What others do to the deals of a project."""
        flags = ClockTable()
        shared: SpanTable[str, CoInvestment] = SpanTable()
        days = self._days()
        for deal in [deal for of_project, deal in self._deals if of_project == project]:
            spans = self._deals[project, deal]
            states = [
                (definition, FlagState(definition, deal, self._rules.version))
                for definition in (displaced.FLAG, crowded.FLAG)
            ]
            for day in days:
                state = _on(spans, day)
                co_investments: list[_Cause] = []
                for definition, flag_state in states:
                    causes = [] if state is None else list(self._causes(project, state, day, definition))
                    if definition is displaced.FLAG:
                        co_investments = [cause for cause in causes if cause.tier.startswith("co-")]
                        causes = [cause for cause in causes if not cause.tier.startswith("co-")]
                    evaluation = self._evaluation(project, definition, causes, state, day)
                    held_since = None if state is None else state.held_since
                    held_until = None if state is None else state.held_until
                    clock = flag_state.update(day, evaluation, held_until, hold_began=held_since == day)
                    flags.put(day, (deal, definition.name), clock)
                events = tuple(cause.crossing.event for cause in sorted(co_investments, key=_order))
                shared.put(day, deal, CoInvestment(deal=deal, events=events) if events else None)
        return Rivalry(flags=flags.spans(), co_investments=shared.spans())

    def _days(self) -> list[date]:
        """Every day on which anything turns: a state, a group, or the age of a win."""
        days: set[date] = set()
        for history in self._histories.values():
            for spans in (history.deals, history.projects):
                days |= {day for span in spans for day in (span.valid_from, span.valid_to)}
        days |= {day for steps in self._parents.values() for day, _ in steps}
        values = {self._rules.values["crowded.months"]}
        values |= {override.value for override in self._rules.overrides if override.rule == "crowded.months"}
        aged = {add_months(day, months) for day in days - {BEGINNING, FOREVER} for months in values}
        return sorted((days | {_next(day) for day in aged}) - {BEGINNING, FOREVER})

    def _causes(self, project: str, state: DealState, day: date, definition: MarketFlag) -> Iterator[_Cause]:
        """What, on a day, displaces this deal or crowds it; a co-investment's tier begins with `co-`."""
        if state.level is None or not Level.ANNOUNCED <= state.level < Level.PARTLY_BOUND:
            return
        if state.pursuing_role not in _RIVAL_ROLES:
            return
        for (other, deal), spans in self._deals.items():
            if (other, deal) == (project, state.deal):
                continue
            if definition is crowded.FLAG:
                cause = self._crowding(project, state, day, other, spans)
            else:
                cause = self._displacement(project, state, day, other, spans)
            if cause is not None:
                yield cause

    def _displacement(
        self, project: str, state: DealState, day: date, other: str, spans: Sequence[Span[DealState]]
    ) -> _Cause | None:
        if other == project:
            tier, kinds = "asset", {"equity", "rights"}
            if self._place(project, day).kind in ("plant", "corridor"):
                kinds |= {"works", "investment"}
        elif self._share_a_market(project, other, day):
            tier, kinds = "market", {"equity", "rights", "offtake"}
        else:
            return None
        run = self._run(other, spans, day, kinds)
        if run is None:
            return None
        then = _on(self._deals[project, state.deal], run.on)
        if then is None or then.level is None or then.phase != state.phase or any(leg.valid for leg in then.legs):
            return None
        if tier == "asset" and not (then.first_step_on is not None and then.first_step_on <= run.on):
            return None
        if tier == "market" and not (then.memorandum is not None and then.memorandum.latest < run.on):
            return None
        winners, mine = self._groups(run.parties, run.on), self._groups(then.pursuers, run.on)
        if winners <= mine:
            return None
        return _Cause(run, winners, f"co-{tier}" if winners & mine else tier)

    def _crowding(
        self, project: str, state: DealState, day: date, other: str, spans: Sequence[Span[DealState]]
    ) -> _Cause | None:
        if not self._share_a_market(project, other, day):
            return None
        run = self._run(other, spans, day, None)
        if run is None or day > add_months(run.on, self._threshold("crowded.months", project, state, day)):
            return None
        winners = self._groups(run.parties, run.on)
        if (winners | self._groups(run.pursuers, run.on)) & self._groups(state.pursuers, run.on):
            return None
        return _Cause(run, winners, "market")

    def _run(
        self, project: str, spans: Sequence[Span[DealState]], day: date, kinds: set[str] | None
    ) -> Crossing | None:
        """The present run of days at whose ends a deal holds a leg that counts, seen from a day; None: it holds none."""
        now = _on(spans, day)
        if now is None or now.pursuing_role not in _RIVAL_ROLES:
            return None
        if kinds is not None and "rights" in kinds and now.pursuing_role == "investor":
            kinds = kinds | {"unknown"}
        if not _counting(now, kinds):
            return None
        first = day
        for span in reversed([span for span in spans if span.valid_from <= day]):
            if span.value.phase != now.phase or not _counting(span.value, kinds):
                break
            first = span.valid_from
        state = _on(spans, first)
        assert state is not None
        counting = _counting(state, kinds)
        of_the_day = [leg for leg in counting if leg.since == first]
        winning = (of_the_day or counting)[0]
        event = self._events[project, winning.events[0]]
        investors = tuple(sorted({party.party for party in event.parties if party.role == "investor"}))
        return Crossing(
            project=project,
            deal=state.deal,
            on=first,
            since=first,
            held_until=FOREVER,
            leg=winning.leg,
            event=event.reference,
            parties=investors or state.pursuers,
            pursuers=state.pursuers,
            pursuing_role=now.pursuing_role,
            scope="",
        )

    def _share_a_market(self, one: str, other: str, day: date) -> bool:
        """Both of sector mining or processing, in a country and with a commodity of both; a project is in its own."""
        mine, theirs = self._place(one, day), self._place(other, day)
        for place in (mine, theirs):
            if place.sector not in ("mining", "processing") or place.kind in ("umbrella", "programme"):
                return False
        if one == other:
            return True
        return bool(set(mine.countries) & set(theirs.countries) and set(mine.commodities) & set(theirs.commodities))

    def _place(self, project: str, day: date) -> ProjectState:
        """How a project is registered on a day; before it is there, as on its first day."""
        spans = self._histories[project].projects
        return _on(spans, max(day, spans[0].valid_from)) or spans[-1].value

    def _evaluation(
        self, project: str, definition: MarketFlag, causes: Sequence[_Cause], state: DealState | None, day: date
    ) -> FlagEvaluation | None:
        if state is None or not causes:
            return None
        in_order = sorted(causes, key=_order)
        if definition is displaced.FLAG:
            return displaced.evaluate(
                [displaced.Displacement(cause.crossing.event, cause.tier, cause.groups) for cause in in_order]
            )
        return crowded.evaluate(
            [crowded.Neighbour(cause.crossing.event, cause.groups) for cause in in_order],
            groups_least=self._threshold("crowded.groups", project, state, day),
            months=self._threshold("crowded.months", project, state, day),
        )

    def _threshold(self, rule: str, project: str, state: DealState, day: date) -> int:
        assert state.level is not None, "only living deals are judged"
        place = self._place(project, day)
        return self._rules.threshold(
            rule,
            Circumstances(
                level=state.level.label,
                commodities=place.commodities,
                sector=place.sector,
                countries=place.countries,
            ),
        )

    def _groups(self, parties: Sequence[str], day: date) -> frozenset[str]:
        return frozenset().union(*(plain_groups(self._parents, party, day) for party in parties))


def _counting(state: DealState, kinds: set[str] | None) -> list[LegState]:
    """The valid legs of these kinds (None: of any), in the order in which they bound."""
    return [leg for leg in state.legs if leg.valid and (kinds is None or leg.leg in kinds)]


def _order(cause: _Cause) -> tuple[str, date, str, str, str]:
    crossing = cause.crossing
    return (cause.tier, crossing.on, crossing.event, crossing.project, crossing.deal)


def _on(spans: Sequence[Span[T]], day: date) -> T | None:
    return next((span.value for span in spans if span.valid_from <= day < span.valid_to), None)


def _next(day: date) -> date:
    return day if day >= FOREVER else day + timedelta(days=1)
