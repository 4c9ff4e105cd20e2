"""The fold of one project, day after day (sections 1 to 6): the states and flags at the end of each day.

On each day on which something happens or changes by itself: its events in fold order, then what ceases by itself at its
end, then an evaluation of the deals that may stand otherwise than the day before. `fold` sorts the events and starts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from steppe.domain.deals.clock_starts import first_of
from steppe.domain.deals.deal import Deal
from steppe.domain.evaluation.flag_input import Look, ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import PROJECT_FLAGS
from steppe.domain.fold import headline
from steppe.domain.fold.project_aggregate import ProjectAggregate
from steppe.domain.fold.registry import RegisteredValues
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.fold.schedule import Schedule
from steppe.domain.fold.tracked_deal import DealSpans, Hold, TrackedDeal
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import ClockTable, FlagClock
from steppe.domain.values.history import Crossing, History
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, DealState, ProjectState, Start, WorksState

_HEADLINE = "headline"
_THE_PROJECT = ""  # no deal has an empty key


class ProjectFold:
    """The fold of a project up to the days it has run through. Mutable; `fork` gives an independent copy."""

    def __init__(self, project: str, registered: RegisteredValues, rules: Rules, looks: Sequence[Look]) -> None:
        self._project = project
        self._registered = registered
        self._rules = rules
        self._registry = RegistryCursor(project, registered, rules)
        self._aggregate = ProjectAggregate()
        self._tracked: dict[str, TrackedDeal] = {}
        self._flag_states: dict[str, FlagState] = {}
        self._headline = headline.headline_state(rules.version)
        self._headlines = ClockTable()
        # The clocks that the headline was made of last.
        self._headline_clocks: tuple[FlagClock, ...] = ()
        self._last_events: SpanTable[str, Start] = SpanTable()
        self._level = self._highest_level = Level.IDENTIFIED
        self._exists = False
        # The days on which rows were recorded that are still to come, the next last, and the latest that is past.
        self._looks = tuple(sorted(looks, key=lambda look: look.on, reverse=True))
        self._last_look: Look | None = None
        # When deals, and the project, change by themselves if nothing happens to them before.
        self._schedule = Schedule()
        # The deals that may stand otherwise than at the last evaluation.
        self._touched: set[str] = set()
        self._all_touched = False
        # What the last state of the project was made of: most events change none of it.
        self._said: tuple[Any, ...] | None = None
        self._project_spans: SpanTable[str, ProjectState] = SpanTable()
        self._deal_spans = DealSpans()

    def fork(self) -> ProjectFold:
        """An independent copy."""
        fork = ProjectFold(self._project, self._registered, self._rules, ())
        fork._level = self._level
        fork._highest_level = self._highest_level
        fork._exists = self._exists
        fork._looks = self._looks
        fork._last_look = self._last_look
        fork._all_touched = self._all_touched
        fork._said = self._said
        fork._registry = self._registry.fork()
        fork._aggregate = self._aggregate.fork()
        fork._tracked = {key: tracked.fork() for key, tracked in self._tracked.items()}
        fork._flag_states = {name: state.fork() for name, state in self._flag_states.items()}
        fork._schedule = self._schedule.fork()
        fork._touched = set()
        fork._headline = self._headline.fork()
        fork._headlines = self._headlines.fork()
        fork._headline_clocks = self._headline_clocks
        fork._last_events = self._last_events.fork()
        fork._project_spans = self._project_spans.fork()
        fork._deal_spans = self._deal_spans.fork()
        return fork

    def with_looks(self, looks: Sequence[Look]) -> ProjectFold:
        """This fold, in place, with other days to come on which rows were recorded."""
        self._looks = tuple(sorted(looks, key=lambda look: look.on, reverse=True))
        return self

    def begin(self) -> None:
        """Evaluate the state before anything happened."""
        self._evaluate(BEGINNING)

    def run_through(self, events: Sequence[Event], last: date, *, including: bool = True) -> None:
        """Go through every day up to `last` on which something happens or changes by itself.

        Events must be in fold order, narrowed, none of an earlier day than was run through before.
        """
        at, count = 0, len(events)
        while True:
            day = min(events[at].latest if at < count else FOREVER, self._next_change_on())
            if day > last or (day == last and not including) or (day == FOREVER and at == count):
                return
            self._take_due_changes(day)
            first = at
            while at < count and events[at].latest == day:
                at += 1
            self._apply_day(events[first:at], day)
            if self._all_touched or self._touched:
                self._end_day(day)
                self._record_project_state(day)

    def evaluate_all(self, day: date) -> None:
        """Evaluate everything on that day, whether anything changes on it or not. Days must still come in order."""
        self._all_touched = True
        self._end_day(day)
        self._record_project_state(day)

    def history(self) -> History:
        """The spans so far."""
        return History(
            project=self._project,
            projects=self._project_spans.spans(),
            deals=self._deal_spans.states.spans(),
            flags=self._deal_spans.flags.spans(),
            headlines=self._headlines.spans(),
            last_events=self._last_events.spans(),
            crossings=tuple(
                Crossing(
                    project=self._project,
                    deal=key,
                    on=segment.run.on,
                    since=segment.since,
                    held_until=segment.until or FOREVER,
                    leg=segment.run.leg,
                    event=segment.run.event,
                    parties=segment.run.parties,
                    pursuers=segment.run.pursuers,
                    pursuing_role=segment.pursuing_role,
                    scope=segment.scope,
                    on_earliest=segment.run.on_earliest,
                    on_given=segment.run.on_given,
                )
                for key, deal in sorted(self._aggregate.deals.items())
                for segment in deal.winning_runs.all()
            ),
        )

    # Which day is next, and what is due on it.

    def _next_change_on(self) -> date:
        """The next day on which something changes by itself; FOREVER if there is none."""
        next_look = self._looks[-1].on if self._looks else FOREVER
        return min(self._registry.next_change_on(), self._schedule.next_on(), next_look)

    def _take_due_changes(self, day: date) -> None:
        """Touch what changes by itself on that day."""
        if self._registry.advance(day):
            self._all_touched = True
        while self._looks and self._looks[-1].on <= day:
            self._last_look, self._looks = self._looks[-1], self._looks[:-1]
            self._all_touched = True
        self._touched.update(self._schedule.due(day))

    # The events of a day.

    def _apply_day(self, events: Sequence[Event], day: date) -> None:
        """Apply the events of one day, in the order in which they count."""
        narrowed = [event for event in events if event.narrowed_by is not None]
        if narrowed:
            self._note_levels_of_narrowed(narrowed, day)
        for event in events:
            self._exists = True
            concerns_all = self._aggregate.apply(event)
            if event.deal is not None and event.deal in self._aggregate.deals:
                self._touched.add(event.deal)
            self._all_touched = self._all_touched or concerns_all

    def _note_levels_of_narrowed(self, narrowed: Sequence[Event], day: date) -> None:
        """A narrowed row counts for the highest levels ever as if it had counted the day before (section 4)."""
        the_day_before = self._aggregate.fork()
        for event in narrowed:
            the_day_before.apply(event)
        the_day_before.end_day(day - timedelta(days=1), list(the_day_before.deals))
        required = self._registry.values_before(day).get("required_legs", ())
        physical = the_day_before.works.level
        for key, deal in the_day_before.deals.items():
            level = deal.level(required, physical)
            if key not in self._aggregate.deals:
                self._aggregate.deals[key] = Deal(key)
            self._aggregate.deals[key].note_level(level)
            self._highest_level = max(self._highest_level, level or Level.IDENTIFIED)
        self._highest_level = max(self._highest_level, physical or Level.IDENTIFIED)

    # The end of a day: deals and their flags.

    def _end_day(self, day: date) -> None:
        if len(self._tracked) < len(self._aggregate.deals):
            # In the order of their events, not of a set: of two deals of one day the first is told.
            for key in self._aggregate.deals:
                if key not in self._tracked:
                    self._tracked[key] = TrackedDeal(key)
        self._aggregate.end_day(day, self._touched_keys())
        self._evaluate(day)

    def _touched_keys(self) -> list[str]:
        """The deals that may stand otherwise than yesterday; all, when something concerns the project."""
        if self._all_touched:
            return list(self._tracked)
        return [key for key in self._touched if key in self._tracked]

    def _evaluate(self, day: date) -> None:
        """Evaluate the touched deals and the flags of the project."""
        project = self._project_input(day)
        for key in self._touched_keys():
            self._evaluate_deal(key, day, project)
        levels = [tracked.state.level for tracked in self._tracked.values() if tracked.state is not None]
        physical = self._aggregate.works.level or Level.IDENTIFIED
        self._level = max([physical, *(level for level in levels if level is not None)])
        project.thresholds = self._registry.thresholds(self._level)
        self._evaluate_project_flags(day, project)
        self._touched.clear()
        self._all_touched = False

    def _project_input(self, day: date) -> ProjectFlagInput:
        registered = self._registry.values
        return ProjectFlagInput(
            kind=registered.get("kind"),
            works=self._aggregate.works,
            required_legs=registered.get("required_legs", ()),
            required_since=lambda leg: self._registry.required_since(leg, day),
            last_look=self._last_look,
            pursued=self._pursued,
            pursued_until=self._pursued_until,
            unmet_plans=self._aggregate.plans.unmet,
            met=self._aggregate.met_for_all.met,
        )

    def _pursued(self) -> bool:
        deals = self._deals_begun()
        return any(deal.alive for deal in deals) if deals else self._aggregate.ended_how is None

    def _pursued_until(self) -> date | None:
        last: date | None = None
        for deal in self._deals_begun():
            if deal.alive:
                ends_on = deal.ends_by_itself_on()
                if ends_on is None:
                    return None
                last = ends_on if last is None else max(last, ends_on)
        return last

    def _deals_begun(self) -> list[Deal]:
        return [deal for deal in self._aggregate.deals.values() if deal.has_begun]

    def _evaluate_project_flags(self, day: date, project: ProjectFlagInput) -> None:
        holds = self._aggregate.holds
        hold_until = holds.until(None)
        hold_began = holds.since(None) == day
        for flag in PROJECT_FLAGS:
            evaluation = flag.evaluate(project)
            state = self._flag_states.get(flag.name)
            if state is None:
                if evaluation is None:
                    continue
                state = self._flag_states[flag.name] = FlagState(flag, None, self._rules.version)
            before = state.clock
            clock = state.update(day, evaluation, hold_until, hold_began=hold_began)
            if clock is not before:
                self._deal_spans.flags.put(day, (_THE_PROJECT, flag.name), clock)
        self._schedule.reschedule(_THE_PROJECT, holds.next_end_on())

    def _evaluate_deal(self, key: str, day: date, project: ProjectFlagInput) -> None:
        """Evaluate the flags of a deal and record its state."""
        deal, holds = self._aggregate.deals[key], self._aggregate.holds
        change_on = self._tracked[key].evaluate(
            deal,
            day,
            project,
            self._registry,
            Hold(holds.since(key), holds.end(key)),
            self._deal_spans,
            suspended=self._aggregate.is_suspended(deal),
        )
        self._schedule.reschedule(key, change_on)

    # The end of a day: the project.

    def _record_project_state(self, day: date) -> None:
        if not self._exists:
            return
        investors: set[str] = set()
        memorandum: Start | None = None
        bound: Start | None = None
        evaluated: list[tuple[DealState, FlagClock | None]] = []
        for key, tracked in self._tracked.items():
            state = tracked.state
            if state is None:
                continue
            evaluated.append((state, tracked.memorandum_only))
            investors.update(state.investors)
            bound_since = self._aggregate.deals[key].bound
            if state.level is not None and bound_since is not None:
                bound = first_of(bound, bound_since)
            if state.memorandum_runs and state.memorandum is not None:
                memorandum = first_of(memorandum, state.memorandum)
        works = self._aggregate.works
        self._highest_level = max(self._highest_level, self._level)
        clocks = headline.clocks_of(evaluated, works.level)
        if clocks != self._headline_clocks:
            self._headline_clocks = clocks
            clock = self._headline.update(day, headline.evaluate(clocks), None, hold_began=False)
            self._headlines.put(day, (self._project, _HEADLINE), clock)
        self._last_events.put(day, self._project, self._aggregate.last_event)
        aggregate = self._aggregate
        said = (
            self._registry.state_fields(),
            self._level,
            self._highest_level,
            works.level,
            tuple(sorted(self._overlays())),
            tuple(sorted(investors)),
            memorandum,
            bound,
            works.states(),
            aggregate.ended_how,
            aggregate.ended,
        )
        if said != self._said:
            self._said = said
            self._project_spans.put(day, self._project, _project_state(*said))

    def _overlays(self) -> set[str]:
        """What stands beside the level of the project (section 4), but for what a flag says."""
        aggregate = self._aggregate
        overlays = set()
        if aggregate.ended_how is not None:
            overlays.add(aggregate.ended_how)
        if aggregate.last_deal_ended_how is not None and self._nobody_is_left():
            overlays.add(aggregate.last_deal_ended_how)
        if aggregate.holds.until(None) is not None:
            overlays.add("on-hold")
        if aggregate.delisted:
            overlays.add("delisted")
        works = aggregate.works
        all_suspended = aggregate.all_living_deals_are_suspended() and not works.go_on
        if works.stand_still or works.suspended_as_a_whole or all_suspended:
            overlays.add("suspended")
        return overlays

    def _nobody_is_left(self) -> bool:
        """Whether nothing is built and no deal lives."""
        living = any(deal.alive and deal.has_begun for deal in self._aggregate.deals.values())
        return self._aggregate.works.level is None and not living


def _project_state(
    fields: Mapping[str, Any],
    level: Level,
    highest_level: Level,
    physical: Level | None,
    overlays: tuple[str, ...],
    investors: tuple[str, ...],
    memorandum: Start | None,
    bound: Start | None,
    works: tuple[WorksState, ...],
    ended_how: str | None,
    ended: Start | None,
) -> ProjectState:
    return ProjectState(
        **fields,
        level=level,
        highest_level=highest_level,
        physical_state=physical,
        overlays=overlays,
        investors=investors,
        memorandum_since=None if memorandum is None else memorandum.latest,
        memorandum_since_earliest=None if memorandum is None else memorandum.earliest,
        memorandum_since_given=None if memorandum is None else memorandum.given,
        bound_on=None if bound is None else bound.latest,
        bound_on_earliest=None if bound is None else bound.earliest,
        bound_on_given=None if bound is None else bound.given,
        works=works,
        ended_how=ended_how,
        ended_on=None if ended is None else ended.latest,
        ended_on_earliest=None if ended is None else ended.earliest,
        ended_on_given=None if ended is None else ended.given,
    )
