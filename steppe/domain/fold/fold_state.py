"""The fold: from the events of one project to its states and flags as spans of days (sections 1 to 6). The heart of Steppe.

One pass forward through the days. After the last event it goes on to every later day on which something changes by itself,
so the spans hold the future, too. The cost grows with events and such days, n log n; a fold can be continued with events
that come after all the others for what these cost.

Order of arrival, repeats and batches cannot matter, because the pass begins with sorting. Registrations are read for all
days (section 7); corrections (`event.*`) are applied before, and are events about the record only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from operator import attrgetter

from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.project_fold import ProjectFold
from steppe.domain.fold.registry import RegisteredValues
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.states import BEGINNING, FOREVER, History, Judgement, judgement_on

_in_fold_order = attrgetter("order")


def fold_history(project: str, events: Iterable[Event], rules: Rules = RULES) -> History:
    """The whole history of a project. Twice is safe; of events with the same (source, id) the first given counts.

    Days are UTC. Raises nothing for events made by `interpret` from accepted data.
    """
    project_fold, in_order = _begin(project, events, rules)
    project_fold.run_through(in_order, FOREVER)
    return project_fold.history()


def judge(project: str, events: Iterable[Event], as_of: date, rules: Rules = RULES) -> Judgement:
    """The states and flags of a project on a day, folded from what had occurred by then and what is registered."""
    events_so_far = [event for event in events if event.latest <= as_of or event.kind.is_registry]
    project_fold, in_order = _begin(project, events_so_far, rules)
    project_fold.run_through(in_order, as_of)
    project_fold.evaluate_all(as_of)
    return judgement_on(project_fold.history(), as_of)


class FoldState:
    """A project folded so far, ready for events that come after all the others. A value: nothing changes it.

    `rules` judged it. `changed_from` is the day before which its history is that of the state it was appended to; BEGINNING
    if it was folded from the beginning. Spans that ended before that day are the same in both.
    """

    __slots__ = ("_last_day", "_past", "changed_from", "rules")

    def __init__(self, past: ProjectFold, last_day: tuple[Event, ...], rules: Rules, changed_from: date) -> None:
        self._past = past
        # The events of the last day are applied by each reader: that day may get more of them.
        self._last_day = last_day
        self.rules = rules
        self.changed_from = changed_from

    def history(self) -> History:
        """As `fold_history` of all its events."""
        project_fold = self._past.fork()
        project_fold.run_through(self._last_day, FOREVER)
        return project_fold.history()

    def append(self, events: Iterable[Event]) -> FoldState | None:
        """The state with these events, none of which it has; None when one of them does not come after all the others.

        Costs what the new events cost, and copying references to what there is.
        """
        new_events = sorted(events, key=_in_fold_order)
        if not new_events or not self._last_day:
            return None
        last = self._last_day[-1]
        if new_events[0].latest < last.latest or any(_is_retroactive(event) for event in new_events):
            return None
        in_order = sorted((*self._last_day, *new_events), key=_in_fold_order)
        return _run_before_last_day(self._past.fork(), in_order, self.rules, last.latest)


def fold(project: str, events: Iterable[Event], rules: Rules = RULES) -> FoldState:
    """A project folded from its beginning; the events as for `fold_history`."""
    project_fold, in_order = _begin(project, events, rules)
    return _run_before_last_day(project_fold, in_order, rules, BEGINNING)


def _begin(project: str, events: Iterable[Event], rules: Rules) -> tuple[ProjectFold, list[Event]]:
    unique = list({(event.source, event.id): event for event in reversed(list(events))}.values())
    project_fold = ProjectFold(project, RegisteredValues(unique), rules)
    project_fold.begin()
    return project_fold, sorted(unique, key=_in_fold_order)


def _run_before_last_day(
    project_fold: ProjectFold, in_order: Sequence[Event], rules: Rules, changed_from: date
) -> FoldState:
    first_of_last_day = len(in_order)
    while first_of_last_day > 0 and in_order[first_of_last_day - 1].latest == in_order[-1].latest:
        first_of_last_day -= 1
    if in_order:
        project_fold.run_through(in_order[:first_of_last_day], in_order[-1].latest, including=False)
    return FoldState(project_fold, tuple(in_order[first_of_last_day:]), rules, changed_from)


def _is_retroactive(event: Event) -> bool:
    """Whether it changes days before its own."""
    return event.kind.is_registry or event.kind.is_correction
