"""The fold of one project, day after day (sections 1 to 6): the states and flags at the end of each day.

On each day on which something happens or changes by itself: its events in fold order, then what ceases by itself at its
end, then an evaluation of the deals that may stand otherwise than the day before. `fold` sorts the events and starts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.physical import PhysicalState
from steppe.domain.evaluation.flag_input import ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState, next_change_on
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.flags.flag_registry import PROJECT_FLAGS
from steppe.domain.fold.headline import Headlines
from steppe.domain.fold.holds import Holds
from steppe.domain.fold.registry import RegisteredValues
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.fold.schedule import Schedule
from steppe.domain.fold.tracked_deal import MEMORANDUM_ONLY, DealSpans, Hold, TrackedDeal
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, Crossing, History, ProjectState

_ENDS_THE_PROJECT = frozenset({"project.cancelled", "project.completed"})
_THE_PROJECT = ""  # no deal has an empty key


class ProjectFold:
    """The fold of a project up to the days it has run through. Mutable; `fork` gives an independent copy."""

    def __init__(self, project: str, registered: RegisteredValues, rules: Rules) -> None:
        self._project = project
        self._rules = rules
        self._registry = RegistryCursor(project, registered, rules)
        self._deals: dict[str, TrackedDeal] = {}
        self._physical = PhysicalState()
        # The deals that were resumed since the whole project was suspended.
        self._resumed_alone: set[str] = set()
        self._holds = Holds()
        self._flag_states: dict[str, FlagState] = {}
        self._headlines = Headlines()
        self._level = self._highest_level = Level.IDENTIFIED
        self._ended: frozenset[str] = frozenset()
        self._last_event_on: date | None = None
        self._last_look: Event | None = None
        # When deals, and the project, change by themselves if nothing happens to them before.
        self._schedule = Schedule()
        # The deals that may stand otherwise than at the last evaluation.
        self._touched: set[str] = set()
        self._all_touched = False
        self._project_spans: SpanTable[str, ProjectState] = SpanTable()
        self._deal_spans = DealSpans()

    def fork(self) -> ProjectFold:
        """An independent copy."""
        fork = object.__new__(ProjectFold)
        fork.__dict__.update(self.__dict__)
        fork._registry = self._registry.fork()
        fork._deals = {key: tracked.fork() for key, tracked in self._deals.items()}
        fork._physical = self._physical.fork()
        fork._resumed_alone = self._resumed_alone.copy()
        fork._holds = self._holds.fork()
        fork._flag_states = {name: state.fork() for name, state in self._flag_states.items()}
        fork._schedule = self._schedule.fork()
        fork._touched = set()
        fork._project_spans = self._project_spans.fork()
        fork._deal_spans = self._deal_spans.fork()
        return fork

    def begin(self) -> None:
        """Record the state before anything happened."""
        self._evaluate(BEGINNING)
        self._record_project_state(BEGINNING)

    def run_through(self, events: Sequence[Event], last: date, *, including: bool = True) -> None:
        """Go through every day up to `last` on which something happens or changes by itself.

        Events must be in fold order, none of an earlier day than was run through before.
        """
        at, count = 0, len(events)
        while True:
            day = min(events[at].latest if at < count else FOREVER, self._next_change_on())
            if day > last or (day == last and not including) or (day == FOREVER and at == count):
                return
            only_flags_due = self._take_due_changes(day)
            while at < count and events[at].latest == day:
                self._apply(events[at])
                at += 1
            project_concerned = False
            if self._all_touched or self._touched:
                if self._all_touched:
                    only_flags_due = []
                only_flags_due = [key for key in only_flags_due if key not in self._touched]
                self._end_day(day)
                project_concerned = True
            for key in only_flags_due:
                project_concerned = self._update_due_flags(self._deals[key], day) or project_concerned
            if project_concerned:
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
            crossings=tuple(
                Crossing(
                    project=self._project,
                    deal=key,
                    phase=crossing.phase,
                    on=crossing.leg.since,
                    held_until=crossing.leg.ended_on or FOREVER,
                    leg=crossing.leg.leg,
                    event=crossing.leg.event.reference,
                    parties=crossing.parties,
                    pursuers=crossing.pursuers,
                    pursuing_role=crossing.pursuing_role,
                )
                for key, tracked in sorted(self._deals.items())
                for crossing in tracked.deal.crossings()
            ),
        )

    # Which day is next, and what is due on it.

    def _next_change_on(self) -> date:
        """The next day on which something changes by itself; FOREVER if there is none."""
        return min(self._registry.next_change_on(), self._schedule.next_on())

    def _take_due_changes(self, day: date) -> list[str]:
        """Touch what changes by itself on that day; return the deals of which nothing but flags does."""
        if self._registry.advance(day):
            self._all_touched = True
        only_flags = []
        for key in self._schedule.due(day):
            tracked = self._deals.get(key)
            if tracked is None or tracked.other_change_on <= day:
                self._touched.add(key)
            else:
                only_flags.append(key)
        return only_flags

    # The events of a day.

    def _apply(self, event: Event) -> None:
        kind, name, deal = event.kind, event.kind.name, event.deal
        if kind.effect is Effect.RECORD:
            self._last_look = event
            self._all_touched = True
            if name.startswith("hold."):
                self._holds.apply(event)
            return
        self._last_event_on = event.latest
        physical = kind.effect is Effect.PHYSICAL
        if physical or (deal is None and name in ("project.suspended", "project.resumed")):
            self._physical.apply(event)
        if name == "project.suspended" and deal is None:
            self._resumed_alone.clear()
        elif name == "project.resumed" and deal is not None:
            self._resumed_alone.add(deal)
        if kind.level is not None or physical:
            self._ended = frozenset()
        if deal is None:
            self._apply_to_all_deals(event)
        else:
            self._tracked(deal).deal.apply(event)
            self._touched.add(deal)
        if deal is None or physical:
            self._all_touched = True
            for tracked in self._deals.values():
                tracked.deal.note_physical_state(self._physical.level)
        else:
            self._deals[deal].deal.note_physical_state(self._physical.level)

    def _apply_to_all_deals(self, event: Event) -> None:
        name = event.kind.name
        for tracked in self._deals.values():
            deal = tracked.deal
            deal.hear(event)
            if name.startswith("project.") and name != "project.suspended" and deal.alive:
                deal.apply(event)
        if name in _ENDS_THE_PROJECT:
            self._ended |= {name.removeprefix("project.")}

    def _tracked(self, key: str) -> TrackedDeal:
        tracked = self._deals.get(key)
        if tracked is None:
            tracked = self._deals[key] = TrackedDeal(Deal(key))
        return tracked

    # The end of a day: deals and their flags.

    def _end_day(self, day: date) -> None:
        for tracked in self._touched_deals():
            tracked.deal.expire(day)
        self._holds.end_of_day(day)
        self._evaluate(day)

    def _touched_deals(self) -> Iterable[TrackedDeal]:
        """Those that may stand otherwise than yesterday; all, when something concerns the project."""
        if self._all_touched:
            return self._deals.values()
        return [self._deals[key] for key in self._touched if key in self._deals]

    def _evaluate(self, day: date) -> None:
        """Evaluate the touched deals and the flags of the project."""
        project = self._project_input(day)
        for tracked in self._touched_deals():
            self._evaluate_deal(tracked, day, project)
        levels = [tracked.state.level for tracked in self._deals.values() if tracked.state is not None]
        self._level = max([self._physical.level or Level.IDENTIFIED, *(level for level in levels if level is not None)])
        project.thresholds = self._registry.thresholds(self._level)
        self._evaluate_project_flags(day, project)
        self._touched.clear()
        self._all_touched = False

    def _project_input(self, day: date) -> ProjectFlagInput:
        registered = self._registry.values
        return ProjectFlagInput(
            kind=registered.get("kind"),
            physical=self._physical,
            required_legs=registered.get("required_legs", ()),
            required_since=lambda leg: self._registry.required_since(leg, day),
            last_look=self._last_look,
            pursued=self._pursued,
            pursued_until=self._pursued_until,
        )

    def _pursued(self) -> bool:
        deals = self._deals_begun()
        return any(deal.alive for deal in deals) if deals else not self._ended

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
        deals = [tracked.deal for tracked in self._deals.values()]
        return [deal for deal in deals if deal.phase > 1 or deal.first_step_on is not None]

    def _evaluate_project_flags(self, day: date, project: ProjectFlagInput) -> None:
        hold_until = self._holds.until(None)
        hold_began = self._holds.since(None) == day
        change_on = self._holds.next_end_on()
        for flag in PROJECT_FLAGS:
            evaluation = flag.evaluate(project)
            state = self._flag_states.get(flag.name)
            if state is None:
                if evaluation is None:
                    continue
                state = self._flag_states[flag.name] = FlagState(flag, None, self._rules.version)
            shown = state.update(day, evaluation, hold_until, hold_began=hold_began)
            self._deal_spans.flags.put(day, (_THE_PROJECT, flag.name), shown)
            if evaluation is not None:
                change_on = min(change_on, next_change_on(evaluation, day))
        self._schedule.reschedule(_THE_PROJECT, change_on)

    def _evaluate_deal(self, tracked: TrackedDeal, day: date, project: ProjectFlagInput) -> None:
        """Evaluate the flags of a deal and record its state."""
        key = tracked.deal.key
        change_on = tracked.evaluate(
            day,
            project,
            self._registry,
            Hold(self._holds.since(key), self._holds.until(key)),
            self._deal_spans,
            project_suspended=self._physical.project_suspended and key not in self._resumed_alone,
        )
        self._schedule.reschedule(key, change_on)

    def _update_due_flags(self, tracked: TrackedDeal, day: date) -> bool:
        """Update the flags of a deal to which nothing else happened; whether that may concern its project."""
        change_on, project_concerned = tracked.update_due_flags(day, self._deal_spans)
        self._schedule.reschedule(tracked.deal.key, change_on)
        return project_concerned

    # The end of a day: the project.

    def _record_project_state(self, day: date) -> None:
        investors: set[str] = set()
        memorandum_since, bound_on = FOREVER, FOREVER
        evaluated = [
            (tracked.state, tracked.flags.get(MEMORANDUM_ONLY))
            for tracked in self._deals.values()
            if tracked.state is not None
        ]
        for state, _ in evaluated:
            investors.update(state.investors)
            if state.level is not None and state.bound_on is not None:
                bound_on = min(bound_on, state.bound_on)
            if state.memorandum_runs and state.memorandum is not None:
                memorandum_since = min(memorandum_since, state.memorandum.latest)
        physical = self._physical.level
        self._highest_level = max(self._highest_level, self._level)
        self._headlines, headline = self._headlines.on(day, evaluated, physical)
        overlays = sorted(self._ended)
        if self._holds.until(None) is not None:
            overlays.append("on-hold")
        if headline and headline.severity == "presumed-dead" and headline.certainty == "certain":
            overlays.append("presumed-dead")
        if self._physical.suspended:
            overlays.append("suspended")
        self._project_spans.put(
            day,
            self._project,
            ProjectState(
                **self._registry.state_fields(),
                level=self._level,
                highest_level=self._highest_level,
                physical_state=physical,
                overlays=tuple(overlays),
                headline=headline,
                investors=tuple(sorted(investors)),
                memorandum_since=None if memorandum_since == FOREVER else memorandum_since,
                bound_on=None if bound_on == FOREVER else bound_on,
                last_event_on=self._last_event_on,
            ),
        )
