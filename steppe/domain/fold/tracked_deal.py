"""A deal under evaluation: its flags, overlays and state at the end of a day, recorded as spans (sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.deal_snapshot import snapshot
from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState, changes_on, next_change_on
from steppe.domain.evaluation.severity_steps import FlagEvaluation
from steppe.domain.flags import lapsed, memorandum_only
from steppe.domain.flags.flag_registry import DEAL_FLAGS
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.values.levels import Level
from steppe.domain.values.span_table import SpanTable
from steppe.domain.values.states import FOREVER, DealState, Flag, Start
from steppe.domain.values.value_class import value_class

MEMORANDUM_ONLY = memorandum_only.FLAG.name
_LAPSED = lapsed.FLAG.name


@value_class(frozen=True, slots=True)
class Hold:
    """The hold on a deal at the end of a day, since its first day and until its end; both None: there is none."""

    since: date | None
    end: Start | None

    @property
    def until(self) -> date | None:
        """The day on which it ends; FOREVER when nobody said."""
        return None if self.end is None else self.end.latest


@dataclass(slots=True)
class DealSpans:
    """The states of all deals of a project, and the flags of the deals and the project, by day."""

    states: SpanTable[str, DealState] = field(default_factory=SpanTable)
    flags: SpanTable[tuple[str, str], Flag] = field(default_factory=SpanTable)

    def fork(self) -> DealSpans:
        """An independent copy."""
        return DealSpans(self.states.fork(), self.flags.fork())


@dataclass(slots=True)
class TrackedDeal:
    """A deal with the result of its last evaluation.

    `other_change_on`: when more of it than its flags changes by itself. `suspended`: whether it was then.
    """

    key: str
    flag_states: dict[str, FlagState] = field(default_factory=dict)
    evaluations: dict[str, FlagEvaluation] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    state: DealState | None = None
    other_change_on: date = FOREVER
    suspended: bool = False
    ended_how: str | None = None

    def fork(self) -> TrackedDeal:
        """An independent copy."""
        flag_states = {name: state.fork() for name, state in self.flag_states.items()}
        return TrackedDeal(
            self.key,
            flag_states,
            self.evaluations,
            self.flags,
            self.state,
            self.other_change_on,
            self.suspended,
            self.ended_how,
        )

    def evaluate(
        self,
        deal: Deal,
        day: date,
        project: ProjectFlagInput,
        registry: RegistryCursor,
        hold: Hold,
        spans: DealSpans,
        *,
        suspended: bool,
    ) -> date:
        """Evaluate its flags and record its state; the next day on which it changes by itself."""
        level = deal.level(project.required_legs, project.works.level)
        self.other_change_on = min(hold.until or FOREVER, deal.next_change_on() or FOREVER)
        self.suspended = suspended
        self.ended_how = None if deal.alive else deal.ended_how or "terminated"
        given = None
        if level is not None and level >= Level.ANNOUNCED:
            given = FlagInput(deal, level, project, registry.thresholds(level))
        change_on = self._evaluate_flags(day, given, hold, registry.rule_version, spans)
        overlays = self._overlays(self.flags, hold.until)
        deal.note_level(level)
        self.state = snapshot(deal, level, project.required_legs, overlays, hold.since, hold.end)
        spans.states.put(day, deal.key, self.state)
        return min(change_on, self.other_change_on)

    def _evaluate_flags(
        self, day: date, given: FlagInput | None, hold: Hold, rule_version: str, spans: DealSpans
    ) -> date:
        key = self.key
        hold_began = hold.since == day
        self.evaluations, self.flags = {}, {}
        change_on = FOREVER
        for flag in DEAL_FLAGS:
            name = flag.name
            evaluation = flag.evaluate(given) if given is not None else None
            state = self.flag_states.get(name)
            if state is None:
                if evaluation is None:
                    continue
                state = self.flag_states[name] = FlagState(flag, key, rule_version)
            shown = state.update(day, evaluation, hold.until, hold_began=hold_began)
            spans.flags.put(day, (key, name), shown)
            if shown is not None:
                self.flags[name] = shown
            if evaluation is not None:
                self.evaluations[name] = evaluation
                change_on = min(change_on, next_change_on(evaluation, day))
        return change_on

    def update_due_flags(self, day: date, spans: DealSpans) -> tuple[date, bool]:
        """Update the flags of a deal to which nothing else happened: its next day, and whether it may concern its project."""
        state = self.state
        assert state is not None, "it was evaluated before"
        flags = self.flags.copy()
        change_on = self.other_change_on
        for name, evaluation in self.evaluations.items():
            if changes_on(evaluation, day):
                shown = self.flag_states[name].update(day, evaluation, state.held_until, hold_began=False)
                spans.flags.put(day, (self.key, name), shown)
                if shown is not None:
                    flags[name] = shown
            change_on = min(change_on, next_change_on(evaluation, day))
        project_concerned = flags.get(MEMORANDUM_ONLY) is not self.flags.get(MEMORANDUM_ONLY)
        self.flags = flags
        overlays = self._overlays(flags, state.held_until)
        if overlays != state.overlays:
            self.state = replace(state, overlays=overlays)
            spans.states.put(day, self.key, self.state)
        return change_on, project_concerned

    def _overlays(self, flags: Mapping[str, Flag], held_until: date | None) -> tuple[str, ...]:
        overlays = []
        if held_until is not None:
            overlays.append("on-hold")
        if self.ended_how is not None:
            return tuple(sorted([*overlays, self.ended_how]))
        if _LAPSED in flags:
            overlays.append("lapsed")
        memorandum_flag = flags.get(MEMORANDUM_ONLY)
        if memorandum_flag is not None and memorandum_flag.certain_severity == "presumed-dead":
            overlays.append("presumed-dead")
        if self.suspended:
            overlays.append("suspended")
        return tuple(sorted(overlays))
