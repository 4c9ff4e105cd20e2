"""A deal under evaluation: its flags, overlays and state at the end of a day, recorded as spans (sections 4 to 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from steppe.domain.deals.deal import Deal
from steppe.domain.deals.deal_snapshot import snapshot
from steppe.domain.evaluation.flag_input import FlagInput, ProjectFlagInput
from steppe.domain.evaluation.flag_state import FlagState
from steppe.domain.flags import memorandum_only
from steppe.domain.flags.flag_registry import DEAL_FLAGS
from steppe.domain.fold.registry_cursor import RegistryCursor
from steppe.domain.values.flag_clock import ClockTable, FlagClock
from steppe.domain.values.levels import Level
from steppe.domain.values.spans import SpanTable
from steppe.domain.values.states import FOREVER, DealState, Start
from steppe.domain.values.value_class import value_class

MEMORANDUM_ONLY = memorandum_only.FLAG.name


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
    """A deal with the result of its last evaluation: its state, and the clock that the headline of its project follows from.

    `suspended`: whether it was then.
    """

    key: str
    flag_states: dict[str, FlagState] = field(default_factory=dict)
    memorandum_only: FlagClock | None = None
    state: DealState | None = None
    suspended: bool = False
    ended_how: str | None = None

    def fork(self) -> TrackedDeal:
        """An independent copy."""
        flag_states = {name: state.fork() for name, state in self.flag_states.items()}
        return TrackedDeal(
            self.key,
            flag_states,
            self.memorandum_only,
            self.state,
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
        self.suspended = suspended
        self.ended_how = None if deal.alive else deal.ended_how or "terminated"
        given = None
        if level is not None and level >= Level.ANNOUNCED:
            given = FlagInput(deal, level, project, registry.thresholds(level))
        self._evaluate_flags(day, given, hold, registry.rule_version, spans)
        overlays = self._overlays(hold.until)
        deal.note_level(level)
        self.state = snapshot(deal, level, project.required_legs, overlays, hold.since, hold.end)
        spans.states.put(day, deal.key, self.state)
        return min(hold.until or FOREVER, deal.next_change_on() or FOREVER)

    def _evaluate_flags(
        self, day: date, given: FlagInput | None, hold: Hold, rule_version: str, spans: DealSpans
    ) -> None:
        key, hold_until = self.key, hold.until
        hold_began = hold.since == day
        for flag in DEAL_FLAGS:
            name = flag.name
            evaluation = flag.evaluate(given) if given is not None else None
            state = self.flag_states.get(name)
            if state is None:
                if evaluation is None:
                    continue
                state = self.flag_states[name] = FlagState(flag, key, rule_version)
            before = state.clock
            clock = state.update(day, evaluation, hold_until, hold_began=hold_began)
            if clock is not before:
                spans.flags.put(day, (key, name), clock)
            if name == MEMORANDUM_ONLY:
                self.memorandum_only = clock

    def _overlays(self, held_until: date | None) -> tuple[str, ...]:
        """What stands beside its level, but for what follows from flags (`with_flags`)."""
        overlays = []
        if held_until is not None:
            overlays.append("on-hold")
        if self.ended_how is not None:
            return tuple(sorted([*overlays, self.ended_how]))
        if self.suspended:
            overlays.append("suspended")
        return tuple(sorted(overlays))
