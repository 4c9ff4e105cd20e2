"""From the events of one project to its life as spans of days (sections 1 to 6). The heart of Steppe.

One walk forward through the days: the events of a day in fold order, then what ceases by itself at its end, then how
everything stands. After the last event the walk goes on to every later day on which something turns by itself, so the
spans hold the future, too. The cost grows with events and turning days, n log n.

Order of arrival, repeats and batches cannot matter, because the walk begins with sorting. Registrations are read for all
days (section 7); corrections (`event.*`) are rows of the record and are not walked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from steppe.domain.deal import DealLife
from steppe.domain.events import Event
from steppe.domain.flagging import FlagLife, turning_days
from steppe.domain.flags import DEAL_FLAGS, PROJECT_FLAGS
from steppe.domain.flags.rungs import ProjectSight, Raised, Sight
from steppe.domain.history import (
    EVER,
    FOREVER,
    Crossing,
    DealState,
    Flag,
    Headline,
    History,
    Judgement,
    ProjectState,
    Step,
    cut,
)
from steppe.domain.holds import Holds
from steppe.domain.levels import Level
from steppe.domain.physical import PhysicalState
from steppe.domain.registered import Registered
from steppe.domain.rules import RULES, Circumstances, Rules
from steppe.domain.spans import SpanTable
from steppe.domain.vocabulary import Row

_ENDS_THE_PROJECT = frozenset({"project.cancelled", "project.completed"})
_SEVERITIES = ("watch", "stagnant", "presumed-dead")


def history(project: str, events: Iterable[Event], rules: Rules = RULES) -> History:
    """The whole life of a project. Twice is safe; of events with the same (source, id) the first given counts.

    Days are UTC. Raises nothing for events made by `interpret` from accepted data.
    """
    walk = _Walk(project, events, rules)
    walk.to(FOREVER)
    return walk.history()


def judge(project: str, events: Iterable[Event], as_of: date, rules: Rules = RULES) -> Judgement:
    """How the project stands on a day, judged afresh from what had occurred by then and what is registered."""
    known = [event for event in events if event.latest <= as_of or event.kind.is_registry]
    walk = _Walk(project, known, rules)
    walk.look_on(as_of)
    walk.to(as_of)
    return cut(walk.history(), as_of)


class _Walk:
    def __init__(self, project: str, events: Iterable[Event], rules: Rules) -> None:
        self._project = project
        self._rules = rules
        unique = list({(event.source, event.id): event for event in reversed(list(events))}.values())
        self._registered = Registered(unique)
        self._events = sorted(unique, key=lambda event: event.order)
        self._deals: dict[str, DealLife] = {}
        self._physical = PhysicalState()
        self._resumed_alone: set[str] = set()
        self._holds = Holds()
        self._flags: dict[tuple[str, str], FlagLife] = {}
        self._headlines: dict[int, date] = {}
        self._highest = Level.IDENTIFIED
        self._ended: str | None = None
        self._last_event_on: date | None = None
        self._last_look: Event | None = None
        self._wake: list[date] = []
        self._woken_by: dict[date, set[str | None]] = {}
        self._touched: set[str | None] = set()
        self._deal_states: dict[str, DealState] = {}
        self._deal_flags: dict[str, dict[str, Flag]] = {}
        self._project_spans: SpanTable[str, ProjectState] = SpanTable()
        self._deal_spans: SpanTable[str, DealState] = SpanTable()
        self._flag_spans: SpanTable[tuple[str, str], Flag] = SpanTable()
        self._steps: list[Step] = []

    def look_on(self, day: date) -> None:
        """Look at everything on that day, whether anything turns on it or not."""
        self._wake_on(day, None)

    def to(self, last: date) -> None:
        """Walk through every day on which something happens, up to and including `last`."""
        self._stand(EVER)
        for day in self._registered.days:
            self._wake_on(day, None)
        days = [(day, list(group)) for day, group in groupby(self._events, key=lambda event: event.latest)]
        following = iter(days)
        ahead = next(following, None)
        while ahead is not None or self._wake:
            day = min([ahead[0]] if ahead else [FOREVER], default=FOREVER)
            if self._wake and self._wake[0] < day:
                day = self._wake[0]
            if day > last:
                return
            while self._wake and self._wake[0] <= day:
                self._touched |= self._woken_by.pop(heapq.heappop(self._wake))
            today: list[Event] = []
            if ahead is not None and ahead[0] == day:
                today = ahead[1]
                ahead = next(following, None)
            for event in today:
                self._apply(event)
            self._end_of_day(day)
            self._stand(day)
            self._tell(today)

    def history(self) -> History:
        """What the walk has seen so far."""
        return History(
            project=self._project,
            projects=self._project_spans.spans(),
            deals=self._deal_spans.spans(),
            flags=self._flag_spans.spans(),
            steps=tuple(self._steps),
            crossings=tuple(
                Crossing(
                    project=self._project,
                    deal=deal.key,
                    phase=crossed.phase,
                    on=crossed.leg.since,
                    held_until=crossed.leg.ended_on or FOREVER,
                    leg=crossed.leg.leg,
                    event=crossed.leg.event.reference,
                    parties=crossed.parties,
                    pursuers=crossed.pursuers,
                    pursuing_role=crossed.pursuing_role,
                )
                for _, deal in sorted(self._deals.items())
                for crossed in deal.crossings
            ),
        )

    def _wake_on(self, day: date, deal: str | None) -> None:
        """Look at the deal again on that day; None: at the whole project."""
        if not EVER < day < FOREVER:
            return
        if day not in self._woken_by:
            self._woken_by[day] = set()
            heapq.heappush(self._wake, day)
        self._woken_by[day].add(deal)

    def _apply(self, event: Event) -> None:
        kind = event.kind
        if kind.row is not Row.RECORD:
            self._last_event_on = event.latest
        else:
            self._last_look = event
            self._touched.add(None)
        if kind.name.startswith("hold."):
            until = self._holds.apply(event)
            self._touched.add(event.deal)
            if until is not None:
                self._wake_on(until, event.deal)
            return
        if kind.row is Row.RECORD:
            return
        if kind.row is Row.PHYSICAL or (event.deal is None and kind.name in ("project.suspended", "project.resumed")):
            self._physical.apply(event)
        if kind.name == "project.suspended" and event.deal is None:
            self._resumed_alone.clear()
        elif kind.name == "project.resumed" and event.deal is not None:
            self._resumed_alone.add(event.deal)
        if kind.level is not None or kind.row is Row.PHYSICAL:
            self._ended = None
        if event.deal is not None:
            self._deal(event.deal).apply(event)
        else:
            self._speak_of_project(event)
        self._touched.add(None if kind.row is Row.PHYSICAL else event.deal)
        for deal in self._touched_deals():
            deal.see(self._physical.level)

    def _speak_of_project(self, event: Event) -> None:
        name = event.kind.name
        for deal in self._deals.values():
            deal.hear(event)
            if name.startswith("project.") and name != "project.suspended" and deal.alive:
                deal.apply(event)
        if name in _ENDS_THE_PROJECT:
            self._ended = name.removeprefix("project.")

    def _deal(self, key: str) -> DealLife:
        if key not in self._deals:
            self._deals[key] = DealLife(key)
        return self._deals[key]

    def _end_of_day(self, day: date) -> None:
        for deal in self._touched_deals():
            deal.expire(day)
            for leg in deal.standing:
                if leg.ceases_on is not None:
                    self._wake_on(leg.ceases_on, deal.key)
        self._holds.free(day)

    def _touched_deals(self) -> list[DealLife]:
        """Those that may stand otherwise than yesterday; all, when something concerns the project."""
        if None in self._touched:
            return list(self._deals.values())
        return [self._deals[key] for key in self._touched if key in self._deals]

    def _stand(self, day: date) -> None:
        registered = self._registered.on(day)
        required = registered.get("required_legs", ())
        physical = self._physical.level
        sight = self._project_sight(day)
        for deal in self._touched_deals():
            raised = self._raise_flags(deal, day, sight)
            held = (self._holds.since(deal.key), self._holds.until(deal.key))
            state = deal.state(required, physical, self._overlays_of(deal, raised), held)
            self._deal_flags[deal.key], self._deal_states[deal.key] = raised, state
            self._deal_spans.put(day, deal.key, state)
        flags, states = self._deal_flags, list(self._deal_states.values())
        project_hold = self._holds.until(None)
        levels = [state.level for state in states if state.level is not None]
        level = max([*levels, physical or Level.IDENTIFIED, Level.IDENTIFIED])
        sight = replace(sight, circumstances=_circumstances(registered, level))
        for name, look in PROJECT_FLAGS.items():
            began = self._holds.since(None) == day
            self._show(name, None, day, look(sight), project_hold, hold_began=began)
        self._touched.clear()
        self._highest = max(self._highest, level)
        headline = self._headline(day, states, flags)
        overlays = [self._ended] if self._ended else []
        if project_hold is not None:
            overlays.append("on-hold")
        if self._physical.suspended:
            overlays.append("suspended")
        if headline and headline.severity == "presumed-dead" and headline.certainty == "certain":
            overlays.append("presumed-dead")
        running = [state.memorandum.latest for state in states if state.memorandum and state.memorandum_runs]
        bound = [state.bound_on for state in states if state.bound_on is not None and state.level is not None]
        self._project_spans.put(
            day,
            self._project,
            ProjectState(
                project=self._project,
                name=registered.get("name"),
                country=registered.get("country"),
                place=registered.get("place"),
                latitude=registered.get("latitude"),
                longitude=registered.get("longitude"),
                sector=registered.get("sector"),
                kind=registered.get("kind"),
                commodities=tuple(sorted(registered.get("commodities", ()))),
                required_legs=registered.get("required_legs"),
                level=level,
                highest_level=self._highest,
                physical_state=physical,
                overlays=tuple(sorted(overlays)),
                headline=headline,
                investors=tuple(sorted({party for state in states for party in state.investors})),
                memorandum_since=min(running, default=None),
                bound_on=min(bound, default=None),
                last_event_on=self._last_event_on,
            ),
        )

    def _project_sight(self, day: date) -> ProjectSight:
        registered = self._registered.on(day)
        begun = [deal for deal in self._deals.values() if deal.phase > 1 or deal.first_step_on is not None]
        ends = [deal.ends_on or FOREVER for deal in begun if deal.alive]
        return ProjectSight(
            rules=self._rules,
            circumstances=_circumstances(registered, Level.IDENTIFIED),
            kind=registered.get("kind"),
            physical=self._physical,
            required_legs=registered.get("required_legs", ()),
            required_since=lambda leg: self._registered.required_since(leg, day),
            last_look=self._last_look,
            pursued_until=max(ends, default=FOREVER if not begun and self._ended is None else None),
        )

    def _raise_flags(self, deal: DealLife, day: date, project: ProjectSight) -> dict[str, Flag]:
        level = deal.level(project.required_legs, self._physical.level)
        sight = None
        if level is not None and level >= Level.ANNOUNCED:
            sight = Sight(
                deal=deal,
                level=level,
                project=project,
                rules=self._rules,
                circumstances=_circumstances(self._registered.on(day), level),
            )
        until = self._holds.until(deal.key)
        began = self._holds.since(deal.key) == day
        raised: dict[str, Flag] = {}
        for name, look in DEAL_FLAGS.items():
            flag = self._show(name, deal.key, day, look(sight) if sight else None, until, hold_began=began)
            if flag is not None:
                raised[name] = flag
        return raised

    def _show(
        self, name: str, deal: str | None, day: date, seen: Raised | None, until: date | None, *, hold_began: bool
    ) -> Flag | None:
        key = (deal or "", name)
        life = self._flags.get(key)
        if life is None:
            if seen is None:
                return None
            life = self._flags[key] = FlagLife(name, deal, self._rules.version)
        flag = life.on(day, seen, until, hold_began=hold_began)
        self._flag_spans.put(day, key, flag)
        if seen is not None:
            for turn in turning_days(seen, day):
                self._wake_on(turn, deal)
        return flag

    def _overlays_of(self, deal: DealLife, flags: dict[str, Flag]) -> tuple[str, ...]:
        if not deal.alive:
            return (deal.ended_how or "terminated",)
        overlays = []
        if self._holds.until(deal.key) is not None:
            overlays.append("on-hold")
        if deal.suspended or (self._physical.project_suspended and deal.key not in self._resumed_alone):
            overlays.append("suspended")
        if "lapsed" in flags:
            overlays.append("lapsed")
        dead = flags.get("memorandum-only")
        if dead is not None and dead.certain_severity == "presumed-dead":
            overlays.append("presumed-dead")
        return tuple(sorted(overlays))

    def _headline(self, day: date, states: list[DealState], flags: dict[str, dict[str, Flag]]) -> Headline | None:
        living = [state for state in states if state.level is not None]
        stuck = self._physical.level is None and not any(
            state.level.crosses_the_line for state in living if state.level
        )
        own = [
            flags[state.deal]["memorandum-only"]
            for state in living
            if stuck and state.memorandum_runs and "memorandum-only" in flags[state.deal]
        ]
        highest = max((_SEVERITIES.index(flag.severity) for flag in own), default=-1)
        for rank in [rank for rank in self._headlines if rank > highest]:
            del self._headlines[rank]
        for rank in range(highest + 1):
            self._headlines.setdefault(rank, day)
        if highest < 0:
            return None
        severity = _SEVERITIES[highest]
        certain = any(flag.severity == severity and flag.certainty == "certain" for flag in own)
        return Headline(
            flag="memorandum-only",
            severity=severity,
            certainty="certain" if certain else "possible",
            since=self._headlines[highest],
        )

    def _tell(self, today: list[Event]) -> None:
        project_level = self._project_spans.current(self._project).level
        for event in today:
            level = None if event.deal not in self._deals else self._deal_spans.current(event.deal).level
            self._steps.append(
                Step(reference=event.reference, deal=event.deal, deal_level=level, project_level=project_level)
            )


def _circumstances(registered: Mapping[str, Any], level: Level) -> Circumstances:
    return Circumstances(
        level=level.label,
        commodities=registered.get("commodities", ()),
        sector=registered.get("sector"),
        country=registered.get("country"),
    )
