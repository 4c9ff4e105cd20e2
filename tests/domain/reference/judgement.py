"""What shows of the flags on a day: holds, since when, until when, and the headline of a project (section 6)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from tests.domain.reference.days import NEVER
from tests.domain.reference.flags import SEVERITIES, Condition, conditions
from tests.domain.reference.history import DealView, History
from tests.domain.reference.markets import Markets, Rivalry
from tests.domain.reference.thresholds import Thresholds
from tests.domain.reference.vocabulary import LEVELS, PARTLY_BOUND
from tests.domain.reference.works import NONE

Name = tuple[str, str | None]
HEADLINE: Name = ("headline", None)


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows of a flag on a day: ranks of severities, the certain one -1 if there is none."""

    severity: int
    certain: int
    condition: Condition | None
    on_hold: bool


class Judgements:
    """The flags of one project on every day, under one known instant."""

    def __init__(self, history: History, markets: Markets, changes: list[date], rules: Thresholds) -> None:
        self.history = history
        self.markets = markets
        self.rules = rules
        looks = [look[0] for look in history.looks]
        self._own_days = sorted({*history.days, *looks})
        self._changes = changes
        self._own: dict[date, list[Condition]] = {}
        self._rivalries: dict[tuple[date, str], Rivalry] = {}
        self._shown: dict[date, dict[Name, Shown]] = {}
        self._days: list[date] | None = None

    def conditions(self, day: date) -> dict[Name, Condition]:
        """The conditions that hold or will, as things are on a day."""
        snapshot = self.history.at(day)
        if snapshot is None or not self.history.is_there(day):
            return {}
        base = self._own_days[bisect_right(self._own_days, day) - 1]
        if base not in self._own:
            self._own[base] = conditions(self.history, snapshot, base, self.rules, LEVELS)
        all_conditions = list(self._own[base])
        for deal in snapshot.living:
            all_conditions += self.rivalry(deal, day).conditions
        return {(condition.flag, condition.deal): condition for condition in all_conditions}

    def rivalry(self, deal: DealView, day: date) -> Rivalry:
        """The rivals of a deal on a day."""
        index = bisect_right(self._changes, day) - 1
        base = self._changes[index] if index >= 0 else day
        if (base, deal.key) not in self._rivalries:
            self._rivalries[base, deal.key] = self.markets.rivalry(self.history.key, deal, base)
        return self._rivalries[base, deal.key]

    def shown(self, day: date) -> dict[Name, Shown]:
        """The flags that show on a day; on hold at most what stood on the first day of the run of holds."""
        if day not in self._shown:
            self._shown[day] = self._show(day)
        return self._shown[day]

    def _show(self, day: date) -> dict[Name, Shown]:
        shown: dict[Name, Shown] = {}
        for name, condition in self.conditions(day).items():
            severity, certain = _ranks(condition, day)
            held_since = self._held_since(name[1], day)
            if held_since is not None:
                then = self._stood(name, held_since)
                severity, certain = min(severity, then[0]), min(certain, then[1])
            if severity >= 0:
                shown[name] = Shown(severity, certain, condition, held_since is not None)
        return shown

    def _held_since(self, deal: str | None, day: date) -> date | None:
        snapshot = self.history.at(day)
        if snapshot is None:
            return None
        return snapshot.held_since if deal is None else snapshot.deals[deal].held_since

    def _stood(self, name: Name, first: date) -> tuple[int, int]:
        """What stood of a flag on the first day of a run of holds, whatever phases came and went since."""
        condition = self.conditions(first).get(name)
        return (-1, -1) if condition is None else _ranks(condition, first)

    def headline(self, day: date) -> Shown | None:
        """A living deal whose M runs, no living deal at or above the line, no physical state (section 6).

        Its severity is the highest of those deals'; none of them flagged: no headline.
        """
        snapshot = self.history.at(day)
        if snapshot is None or not self.history.is_there(day) or snapshot.physical != NONE:
            return None
        running = [deal for deal in snapshot.living if deal.memorandum_runs]
        if not running or any((deal.level or 0) >= PARTLY_BOUND for deal in snapshot.living):
            return None
        shown = self.shown(day)
        flags = [shown["memorandum-only", deal.key] for deal in running if ("memorandum-only", deal.key) in shown]
        if not flags:
            return None
        return Shown(
            max(flag.severity for flag in flags),
            max(flag.certain for flag in flags),
            None,
            any(flag.on_hold for flag in flags),
        )

    def days(self) -> list[date]:
        """Every day on which something may change."""
        if self._days is None:
            base = sorted({*self._own_days, *self._changes} - {NEVER})
            days = set(base)
            for index, day in enumerate(base):
                until = base[index + 1] if index + 1 < len(base) else NEVER
                for condition in self.conditions(day).values():
                    for step in condition.steps:
                        days |= {on for on in (step.possible, step.certain) if day < on < until}
            self._days = sorted(days)
        return self._days

    def _at(self, name: Name, day: date) -> Shown | None:
        return self.headline(day) if name == HEADLINE else self.shown(day).get(name)

    def since(self, name: Name, as_of: date) -> date:
        """The first day of the unbroken run of days on which it is at least that severe."""
        now = self._at(name, as_of)
        assert now is not None
        return self._back(name, as_of, lambda then: then.severity >= now.severity)

    def certain_on(self, name: Name, as_of: date) -> date | None:
        """The day on which this severity became, or becomes, certain; None if the flag ends first."""
        now = self._at(name, as_of)
        assert now is not None
        if now.certain >= now.severity:
            return self._back(name, as_of, lambda then: then.certain >= now.severity)
        for day in self._later(as_of):
            then = self._at(name, day)
            if then is None or then.severity < now.severity:
                return None
            if then.certain >= now.severity:
                return day
        return None

    def next(self, name: Name, as_of: date) -> tuple[str, date] | None:
        """The first later day on which the severity rises if nothing else occurs; None if the flag ends first."""
        now = self._at(name, as_of)
        assert now is not None
        for day in self._later(as_of):
            then = self._at(name, day)
            if then is None:
                return None
            if then.severity > now.severity:
                return SEVERITIES[then.severity], day
        return None

    def _later(self, as_of: date) -> list[date]:
        days = self.days()
        return days[bisect_right(days, as_of) :]

    def _back(self, name: Name, as_of: date, holds: Callable[[Shown], bool]) -> date:
        days = self.days()
        since = as_of
        for day in reversed(days[: bisect_left(days, as_of)]):
            # Nothing changes between two days of the list, so what shows on one shows until the next.
            then = self._at(name, day)
            if then is None or not holds(then):
                return since
            since = day
        return since


def _ranks(condition: Condition, day: date) -> tuple[int, int]:
    step, certain = condition.step(day), condition.certain(day)
    if step is None:
        return -1, -1
    return SEVERITIES.index(step.severity), -1 if certain is None else SEVERITIES.index(certain.severity)
