"""A deal under evaluation: its flags, overlays and state at the end of a day, recorded as spans (sections 4 to 6)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.deal_snapshot import snapshot
from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState, next_change_on
from steppe.domain.flags import lapsed, memorandum_only
from steppe.domain.flags.flag_registry import DEAL_FLAGS
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.values.flag_clock import ClockTable, FlagClock
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import SpanTable
from steppe.domain.values.states import FOREVER, DealState, Start
from steppe.domain.values.value_class import value_class

MEMORANDUM_ONLY = memorandum_only.FLAG.name
_LAPSED = lapsed.FLAG.name
_PRESUMED_DEAD = memorandum_only.FLAG.severities.index("presumed-dead")


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
    """The states of all deals of a project, and the clocks of the flags of the deals and the project, by day."""

    states: SpanTable[str, DealState] = field(default_factory=SpanTable)
    flags: ClockTable = field(default_factory=ClockTable)

    def fork(self) -> DealSpans:
        """An independent copy."""
        return DealSpans(self.states.fork(), self.flags.fork())


@dataclass(slots=True)
class TrackedDeal:
    """A deal with the result of its last evaluation: its state, and the clocks of the flags that its overlays follow from.

    `other_change_on`: when more of it than these flags changes by itself. `suspended`: whether it was then.
    """

    key: str
    flag_states: dict[str, FlagState] = field(default_factory=dict)
    memorandum_only: FlagClock | None = None
    lapsed: FlagClock | None = None
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
            self.memorandum_only,
            self.lapsed,
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
        self._evaluate_flags(day, given, hold, registry.rule_version, spans)
        overlays = self._overlays(day, hold.until)
        deal.note_level(level)
        self.state = snapshot(deal, level, project.required_legs, overlays, hold.since, hold.end)
        spans.states.put(day, deal.key, self.state)
        return min(self._overlays_change_on(day), self.other_change_on)

    def _evaluate_flags(
        self, day: date, given: FlagInput | None, hold: Hold, rule_version: str, spans: DealSpans
    ) -> None:
        key, hold_until = self.key, hold.until
        hold_began = hold.since == day
        clocks: dict[str, FlagClock | None] = {}
        for flag in DEAL_FLAGS:
            name = flag.name
            evaluation = flag.evaluate(given) if given is not None else None
            state = self.flag_states.get(name)
            if state is None:
                if evaluation is None:
                    continue
                state = self.flag_states[name] = FlagState(flag, key, rule_version)
            clocks[name] = state.update(day, evaluation, hold_until, hold_began=hold_began)
            spans.flags.put(day, (key, name), clocks[name])
        self.memorandum_only, self.lapsed = clocks.get(MEMORANDUM_ONLY), clocks.get(_LAPSED)

    def update_overlays(self, day: date, spans: DealSpans) -> date:
        """Tell the overlays that follow from flags, of a deal to which nothing else happened; the next day on which they change."""
        state = self.state
        assert state is not None, "it was evaluated before"
        overlays = self._overlays(day, state.held_until)
        if overlays != state.overlays:
            self.state = replace(state, overlays=overlays)
            spans.states.put(day, self.key, self.state)
        return min(self._overlays_change_on(day), self.other_change_on)

    def _overlays_change_on(self, day: date) -> date:
        """The next day on which its overlays, or the headline of its project, may change by themselves."""
        clocks = (self.memorandum_only, self.lapsed)
        return min((next_change_on(clock.evaluation, day) for clock in clocks if clock is not None), default=FOREVER)

    def _overlays(self, day: date, held_until: date | None) -> tuple[str, ...]:
        overlays = []
        if held_until is not None:
            overlays.append("on-hold")
        if self.ended_how is not None:
            return tuple(sorted([*overlays, self.ended_how]))
        if self.lapsed is not None and self.lapsed.step_on(day) >= 0:
            overlays.append("lapsed")
        if self.memorandum_only is not None and self.memorandum_only.certain_step_on(day) == _PRESUMED_DEAD:
            overlays.append("presumed-dead")
        if self.suspended:
            overlays.append("suspended")
        return tuple(sorted(overlays))
