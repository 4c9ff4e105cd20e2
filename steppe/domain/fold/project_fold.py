"""The walk through the days of one project (sections 1 to 6): how everything stands at the end of each day.

On each day on which something happens or turns by itself: its events in fold order, then what ceases by itself at its
end, then a look at the deals that may stand otherwise than the day before. Sorts nothing and knows no log; `fold` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.physical import PhysicalState
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import Effect
from steppe.domain.flags import DEAL_FLAGS, PROJECT_FLAGS
from steppe.domain.flags.flag_state import FlagLife, turns_on
from steppe.domain.flags.severity_steps import ProjectSight, Raised, Sight
from steppe.domain.fold.headline import Headlines
from steppe.domain.fold.holds import Holds
from steppe.domain.fold.registry import PROJECT_FIELDS, Registered
from steppe.domain.fold.schedule import Agenda
from steppe.domain.rules.rules import Circumstances, Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import BEGINNING, FOREVER, Crossing, DealState, Flag, History, ProjectState

_ENDS_THE_PROJECT = frozenset({"project.cancelled", "project.completed"})
_THE_PROJECT = ""  # no deal has an empty key


@dataclass(slots=True)
class _Thread:
    """A deal with what was seen and shown of it when it was looked at. `changes_on`: when more of it than flags will turn."""

    deal: Deal
    flags: dict[str, FlagLife] = field(default_factory=dict)
    seen: dict[str, Raised] = field(default_factory=dict)
    shown: dict[str, Flag] = field(default_factory=dict)
    state: DealState | None = None
    changes_on: date = FOREVER

    def fork(self) -> _Thread:
        flags = {name: life.fork() for name, life in self.flags.items()}
        return _Thread(self.deal.fork(), flags, self.seen, self.shown, self.state, self.changes_on)


class Walk:
    """Mutable; `fork` gives an independent copy. Days must come in order."""

    def __init__(self, project: str, registered: Registered, rules: Rules) -> None:
        self._project = project
        self._rules = rules
        self._registered = registered
        self._registered_at = 0
        self._thresholds_at: dict[Level, Mapping[str, int]] = {}
        self._facts_at: dict[str, Any] = {}
        self._threads: dict[str, _Thread] = {}
        self._physical = PhysicalState()
        self._resumed_alone: set[str] = set()
        self._holds = Holds()
        self._flags: dict[str, FlagLife] = {}
        self._headlines = Headlines()
        self._level = self._highest = Level.IDENTIFIED
        self._ended: frozenset[str] = frozenset()
        self._last_event_on: date | None = None
        self._last_look: Event | None = None
        # Of deals, and of the project, if nothing happens to them before.
        self._agenda = Agenda()
        self._touched: set[str] = set()
        self._all_touched = False
        self._project_spans: SpanTable[str, ProjectState] = SpanTable()
        self._deal_spans: SpanTable[str, DealState] = SpanTable()
        self._flag_spans: SpanTable[tuple[str, str], Flag] = SpanTable()

    def fork(self) -> Walk:
        """An independent copy."""
        fork = object.__new__(Walk)
        fork.__dict__.update(self.__dict__)
        fork._threads = {key: thread.fork() for key, thread in self._threads.items()}
        fork._physical = self._physical.fork()
        fork._resumed_alone = self._resumed_alone.copy()
        fork._holds = self._holds.fork()
        fork._flags = {name: life.fork() for name, life in self._flags.items()}
        fork._agenda = self._agenda.fork()
        fork._touched = set()
        fork._project_spans = self._project_spans.fork()
        fork._deal_spans = self._deal_spans.fork()
        fork._flag_spans = self._flag_spans.fork()
        return fork

    def begin(self) -> None:
        """How it stands before anything happened."""
        self._stand(BEGINNING)
        self._tell(BEGINNING)

    def through(self, events: Sequence[Event], last: date, *, including: bool = True) -> None:
        """Walk through every day on which something happens, up to `last`. Events must be in fold order, none of an earlier
        day than what was walked."""
        at, count = 0, len(events)
        while True:
            day = min(events[at].latest if at < count else FOREVER, self._turns_on())
            if day > last or (day == last and not including) or (day == FOREVER and at == count):
                return
            turning = self._turn(day)
            while at < count and events[at].latest == day:
                self._apply(events[at])
                at += 1
            if self._all_touched or self._touched:
                for thread in self._threads_touched():
                    thread.deal.expire(day)
                self._holds.end_of_day(day)
                turning = [] if self._all_touched else [key for key in turning if key not in self._touched]
                self._stand(day)
                concerned = True
            else:
                concerned = False
            for key in turning:
                concerned = self._turn_flags(self._threads[key], day) or concerned
            if concerned:
                self._tell(day)

    def look_at_all(self, day: date) -> None:
        """Look at everything on that day, whether anything turns on it or not. Days must still come in order."""
        self._all_touched = True
        for thread in self._threads.values():
            thread.deal.expire(day)
        self._holds.end_of_day(day)
        self._stand(day)
        self._tell(day)

    def history(self) -> History:
        """What the walk has seen so far."""
        return History(
            project=self._project,
            projects=self._project_spans.spans(),
            deals=self._deal_spans.spans(),
            flags=self._flag_spans.spans(),
            crossings=tuple(
                Crossing(
                    project=self._project,
                    deal=key,
                    phase=crossed.phase,
                    on=crossed.leg.since,
                    held_until=crossed.leg.ended_on or FOREVER,
                    leg=crossed.leg.leg,
                    event=crossed.leg.event.reference,
                    parties=crossed.parties,
                    pursuers=crossed.pursuers,
                    pursuing_role=crossed.pursuing_role,
                )
                for key, thread in sorted(self._threads.items())
                for crossed in thread.deal.crossings()
            ),
        )

    def _turns_on(self) -> date:
        """The next day on which something turns by itself; FOREVER if there is none."""
        days = self._registered.days
        registered = days[self._registered_at + 1] if self._registered_at + 1 < len(days) else FOREVER
        return min(registered, self._agenda.next_on())

    def _turn(self, day: date) -> list[str]:
        """Touch what turns by itself on that day; returns the deals of which nothing but flags does."""
        days = self._registered.days
        while self._registered_at + 1 < len(days) and days[self._registered_at + 1] <= day:
            self._registered_at += 1
            self._thresholds_at, self._facts_at = {}, {}
            self._all_touched = True
        turning = []
        for key in self._agenda.due(day):
            thread = self._threads.get(key)
            if thread is None or thread.changes_on <= day:
                self._touched.add(key)
            else:
                turning.append(key)
        return turning

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
            self._speak_of_project(event)
        else:
            self._thread(deal).deal.apply(event)
            self._touched.add(deal)
        if deal is None or physical:
            self._all_touched = True
            for thread in self._threads.values():
                thread.deal.note_physical_state(self._physical.level)
        else:
            self._threads[deal].deal.note_physical_state(self._physical.level)

    def _speak_of_project(self, event: Event) -> None:
        name = event.kind.name
        for thread in self._threads.values():
            deal = thread.deal
            deal.hear(event)
            if name.startswith("project.") and name != "project.suspended" and deal.alive:
                deal.apply(event)
        if name in _ENDS_THE_PROJECT:
            self._ended |= {name.removeprefix("project.")}

    def _thread(self, key: str) -> _Thread:
        thread = self._threads.get(key)
        if thread is None:
            thread = self._threads[key] = _Thread(Deal(key))
        return thread

    def _threads_touched(self) -> Iterable[_Thread]:
        """Those that may stand otherwise than yesterday; all, when something concerns the project."""
        if self._all_touched:
            return self._threads.values()
        return [self._threads[key] for key in self._touched if key in self._threads]

    def _stand(self, day: date) -> None:
        physical = self._physical.level
        project_hold = self._holds.until(None)
        began = self._holds.since(None) == day
        project = self._sight(physical, day)
        for thread in self._threads_touched():
            self._look(thread, day, project, physical)
        levels = [thread.state.level for thread in self._threads.values() if thread.state is not None]
        self._level = max([physical or Level.IDENTIFIED, *(level for level in levels if level is not None)])
        project.thresholds = self._thresholds(self._level)
        turn = self._holds.next_end_on()
        for name, look in PROJECT_FLAGS.items():
            seen = look(project)
            if seen is None and name not in self._flags:
                continue
            life = self._flags.get(name)
            if life is None:
                life = self._flags[name] = FlagLife(name, None, self._rules.version)
            self._flag_spans.put(day, (_THE_PROJECT, name), life.on(day, seen, project_hold, hold_began=began))
            if seen is not None:
                turn = min(turn, turns_on(seen, day))
        self._agenda.look_again(_THE_PROJECT, turn)
        self._touched.clear()
        self._all_touched = False

    def _sight(self, physical: Level | None, day: date) -> ProjectSight:
        registered = self._registered.at(self._registered_at)
        return ProjectSight(
            kind=registered.get("kind"),
            physical=self._physical,
            required_legs=registered.get("required_legs", ()),
            required_since=lambda leg: self._registered.required_since(leg, day),
            last_look=self._last_look,
            pursued=self._pursued,
            pursued_until=self._pursued_until,
        )

    def _pursued(self) -> bool:
        begun = self._begun()
        return any(deal.alive for deal in begun) if begun else not self._ended

    def _pursued_until(self) -> date | None:
        last: date | None = None
        for deal in self._begun():
            if deal.alive:
                ends_on = deal.ends_by_itself_on()
                if ends_on is None:
                    return None
                last = ends_on if last is None else max(last, ends_on)
        return last

    def _begun(self) -> list[Deal]:
        deals = [thread.deal for thread in self._threads.values()]
        return [deal for deal in deals if deal.phase > 1 or deal.first_step_on is not None]

    def _look(self, thread: _Thread, day: date, project: ProjectSight, physical: Level | None) -> None:
        """Raise the flags of a deal and freeze how it stands."""
        deal = thread.deal
        until = self._holds.until(deal.key)
        held_since = self._holds.since(deal.key)
        level = deal.level(project.required_legs, physical)
        ceasing = deal.legs.next_ceasing_on()
        thread.changes_on = turn = min(until or FOREVER, ceasing or FOREVER)
        thread.seen, thread.shown = {}, {}
        sight = None
        if level is not None and level >= Level.ANNOUNCED:
            sight = Sight(deal, level, project, self._thresholds(level))
        for name, look in DEAL_FLAGS.items():
            seen: Raised | None = look(sight) if sight is not None else None
            life = thread.flags.get(name)
            if life is None:
                if seen is None:
                    continue
                life = thread.flags[name] = FlagLife(name, deal.key, self._rules.version)
            flag = life.on(day, seen, until, hold_began=held_since == day)
            self._flag_spans.put(day, (deal.key, name), flag)
            if flag is not None:
                thread.shown[name] = flag
            if seen is not None:
                thread.seen[name] = seen
                turn = min(turn, turns_on(seen, day))
        overlays = self._overlays_of(deal, thread.shown)
        thread.state = deal.state(level, project.required_legs, overlays, held_since, until)
        self._deal_spans.put(day, deal.key, thread.state)
        self._agenda.look_again(deal.key, turn)

    def _turn_flags(self, thread: _Thread, day: date) -> bool:
        """Turn the flags of a deal to which nothing happened; whether that may concern its project."""
        deal, state = thread.deal, thread.state
        assert state is not None, "it was looked at before"
        shown = thread.shown.copy()
        turn = thread.changes_on
        for name, seen in thread.seen.items():
            if any(day in (one.possible_on, one.certain_on) for one in seen.rungs):
                flag = thread.flags[name].on(day, seen, state.held_until, hold_began=False)
                self._flag_spans.put(day, (deal.key, name), flag)
                if flag is not None:
                    shown[name] = flag
            turn = min(turn, turns_on(seen, day))
        concerns = shown.get("memorandum-only") is not thread.shown.get("memorandum-only")
        thread.shown = shown
        overlays = self._overlays_of(deal, shown)
        if overlays != state.overlays:
            thread.state = replace(state, overlays=overlays)
            self._deal_spans.put(day, deal.key, thread.state)
        self._agenda.look_again(deal.key, turn)
        return concerns

    def _thresholds(self, level: Level) -> Mapping[str, int]:
        found = self._thresholds_at.get(level)
        if found is None:
            registered = self._registered.at(self._registered_at)
            found = self._thresholds_at[level] = self._rules.thresholds_for(
                Circumstances(
                    level=level.label,
                    commodities=registered.get("commodities", ()),
                    sector=registered.get("sector"),
                    country=registered.get("country"),
                )
            )
        return found

    def _overlays_of(self, deal: Deal, flags: Mapping[str, Flag]) -> tuple[str, ...]:
        if not deal.alive:
            return (deal.ended_how or "terminated",)
        overlays = []
        if "lapsed" in flags:
            overlays.append("lapsed")
        if self._holds.until(deal.key) is not None:
            overlays.append("on-hold")
        dead = flags.get("memorandum-only")
        if dead is not None and dead.certain_severity == "presumed-dead":
            overlays.append("presumed-dead")
        if deal.suspended or (self._physical.project_suspended and deal.key not in self._resumed_alone):
            overlays.append("suspended")
        return tuple(overlays)

    def _tell(self, day: date) -> None:
        """Freeze how the project stands."""
        investors: set[str] = set()
        running, bound = FOREVER, FOREVER
        for thread in self._threads.values():
            state = thread.state
            if state is None:
                continue
            investors.update(state.investors)
            if state.level is not None and state.bound_on is not None:
                bound = min(bound, state.bound_on)
            if state.memorandum_runs and state.memorandum is not None:
                running = min(running, state.memorandum.latest)
        physical = self._physical.level
        self._highest = max(self._highest, self._level)
        shown = (
            (thread.state, thread.shown.get("memorandum-only"))
            for thread in self._threads.values()
            if thread.state is not None
        )
        self._headlines, headline = self._headlines.on(day, shown, physical)
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
                **self._facts(),
                level=self._level,
                highest_level=self._highest,
                physical_state=physical,
                overlays=tuple(overlays),
                headline=headline,
                investors=tuple(sorted(investors)),
                memorandum_since=None if running == FOREVER else running,
                bound_on=None if bound == FOREVER else bound,
                last_event_on=self._last_event_on,
            ),
        )

    def _facts(self) -> dict[str, Any]:
        """What is registered of the project, as its states spell it."""
        if not self._facts_at:
            registered = self._registered.at(self._registered_at)
            self._facts_at = {
                "project": self._project,
                **{name: registered.get(name) for name in PROJECT_FIELDS},
                "commodities": tuple(sorted(registered.get("commodities", ()))),
            }
        return self._facts_at
