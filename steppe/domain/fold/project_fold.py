"""The fold of one project, day after day (sections 1 to 6): the states and flags at the end of each day.

On each day on which something happens or changes by itself: its events in fold order, then what ceases by itself at its
end, then an evaluation of the deals that may stand otherwise than the day before. `fold` sorts the events and starts it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.physical import PhysicalState
from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState, next_change_on
from steppe.domain.evaluation.severity_steps import FlagEvaluation
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.flags import lapsed, memorandum_only
from steppe.domain.flags.flag_registry import DEAL_FLAGS, PROJECT_FLAGS
from steppe.domain.fold.headline import Headlines
from steppe.domain.fold.holds import Holds
from steppe.domain.fold.registry import RegisteredValues
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.fold.schedule import Schedule
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, Crossing, DealState, Flag, History, ProjectState

_ENDS_THE_PROJECT = frozenset({"project.cancelled", "project.completed"})
_THE_PROJECT = ""  # no deal has an empty key
_MEMORANDUM_ONLY = memorandum_only.FLAG.name
_LAPSED = lapsed.FLAG.name


@dataclass(slots=True)
class _TrackedDeal:
    """A deal with the result of its last evaluation. `other_change_on`: when more of it than its flags changes by itself."""

    deal: Deal
    flag_states: dict[str, FlagState] = field(default_factory=dict)
    evaluations: dict[str, FlagEvaluation] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    state: DealState | None = None
    other_change_on: date = FOREVER

    def fork(self) -> _TrackedDeal:
        flag_states = {name: state.fork() for name, state in self.flag_states.items()}
        return _TrackedDeal(
            self.deal.fork(), flag_states, self.evaluations, self.flags, self.state, self.other_change_on
        )


class ProjectFold:
    """The fold of a project up to the days it has run through. Mutable; `fork` gives an independent copy."""

    def __init__(self, project: str, registered: RegisteredValues, rules: Rules) -> None:
        self._project = project
        self._rules = rules
        self._registry = RegistryCursor(project, registered, rules)
        self._deals: dict[str, _TrackedDeal] = {}
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
        self._deal_spans: SpanTable[str, DealState] = SpanTable()
        self._flag_spans: SpanTable[tuple[str, str], Flag] = SpanTable()

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
        fork._flag_spans = self._flag_spans.fork()
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
            deals=self._deal_spans.spans(),
            flags=self._flag_spans.spans(),
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

    def _tracked(self, key: str) -> _TrackedDeal:
        tracked = self._deals.get(key)
        if tracked is None:
            tracked = self._deals[key] = _TrackedDeal(Deal(key))
        return tracked

    # The end of a day: deals and their flags.

    def _end_day(self, day: date) -> None:
        for tracked in self._touched_deals():
            tracked.deal.expire(day)
        self._holds.end_of_day(day)
        self._evaluate(day)

    def _touched_deals(self) -> Iterable[_TrackedDeal]:
        """Those that may stand otherwise than yesterday; all, when something concerns the project."""
        if self._all_touched:
            return self._deals.values()
        return [self._deals[key] for key in self._touched if key in self._deals]

    def _evaluate(self, day: date) -> None:
        """Evaluate the touched deals and the flags of the project."""
        physical = self._physical.level
        project = self._project_input(day)
        for tracked in self._touched_deals():
            self._evaluate_deal(tracked, day, project, physical)
        levels = [tracked.state.level for tracked in self._deals.values() if tracked.state is not None]
        self._level = max([physical or Level.IDENTIFIED, *(level for level in levels if level is not None)])
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
            self._flag_spans.put(day, (_THE_PROJECT, flag.name), shown)
            if evaluation is not None:
                change_on = min(change_on, next_change_on(evaluation, day))
        self._schedule.reschedule(_THE_PROJECT, change_on)

    def _evaluate_deal(
        self, tracked: _TrackedDeal, day: date, project: ProjectFlagInput, physical: Level | None
    ) -> None:
        """Evaluate the flags of a deal and record its state."""
        deal = tracked.deal
        held_until = self._holds.until(deal.key)
        held_since = self._holds.since(deal.key)
        level = deal.level(project.required_legs, physical)
        ceasing_on = deal.legs.next_ceasing_on()
        tracked.other_change_on = change_on = min(held_until or FOREVER, ceasing_on or FOREVER)
        tracked.evaluations, tracked.flags = {}, {}
        given = None
        if level is not None and level >= Level.ANNOUNCED:
            given = FlagInput(deal, level, project, self._registry.thresholds(level))
        for flag in DEAL_FLAGS:
            name = flag.name
            evaluation = flag.evaluate(given) if given is not None else None
            state = tracked.flag_states.get(name)
            if state is None:
                if evaluation is None:
                    continue
                state = tracked.flag_states[name] = FlagState(flag, deal.key, self._rules.version)
            shown = state.update(day, evaluation, held_until, hold_began=held_since == day)
            self._flag_spans.put(day, (deal.key, name), shown)
            if shown is not None:
                tracked.flags[name] = shown
            if evaluation is not None:
                tracked.evaluations[name] = evaluation
                change_on = min(change_on, next_change_on(evaluation, day))
        overlays = self._deal_overlays(deal, tracked.flags)
        tracked.state = deal.state(level, project.required_legs, overlays, held_since, held_until)
        self._deal_spans.put(day, deal.key, tracked.state)
        self._schedule.reschedule(deal.key, change_on)

    def _update_due_flags(self, tracked: _TrackedDeal, day: date) -> bool:
        """Update the flags of a deal to which nothing else happened; whether that may concern its project."""
        deal, state = tracked.deal, tracked.state
        assert state is not None, "it was evaluated before"
        flags = tracked.flags.copy()
        change_on = tracked.other_change_on
        for name, evaluation in tracked.evaluations.items():
            if any(day in (step.possible_on, step.certain_on) for step in evaluation.steps):
                shown = tracked.flag_states[name].update(day, evaluation, state.held_until, hold_began=False)
                self._flag_spans.put(day, (deal.key, name), shown)
                if shown is not None:
                    flags[name] = shown
            change_on = min(change_on, next_change_on(evaluation, day))
        project_concerned = flags.get(_MEMORANDUM_ONLY) is not tracked.flags.get(_MEMORANDUM_ONLY)
        tracked.flags = flags
        overlays = self._deal_overlays(deal, flags)
        if overlays != state.overlays:
            tracked.state = replace(state, overlays=overlays)
            self._deal_spans.put(day, deal.key, tracked.state)
        self._schedule.reschedule(deal.key, change_on)
        return project_concerned

    def _deal_overlays(self, deal: Deal, flags: Mapping[str, Flag]) -> tuple[str, ...]:
        if not deal.alive:
            return (deal.ended_how or "terminated",)
        overlays = []
        if _LAPSED in flags:
            overlays.append("lapsed")
        if self._holds.until(deal.key) is not None:
            overlays.append("on-hold")
        memorandum_flag = flags.get(_MEMORANDUM_ONLY)
        if memorandum_flag is not None and memorandum_flag.certain_severity == "presumed-dead":
            overlays.append("presumed-dead")
        if deal.suspended or (self._physical.project_suspended and deal.key not in self._resumed_alone):
            overlays.append("suspended")
        return tuple(overlays)

    # The end of a day: the project.

    def _record_project_state(self, day: date) -> None:
        investors: set[str] = set()
        memorandum_since, bound_on = FOREVER, FOREVER
        evaluated = [
            (tracked.state, tracked.flags.get(_MEMORANDUM_ONLY))
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
