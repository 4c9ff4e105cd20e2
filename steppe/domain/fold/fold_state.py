"""The fold: from the events of one project to its states and flags as spans of days (sections 1 to 6). The heart of Steppe.

One pass forward through the days. After the last event it goes on to every later day on which something changes by itself,
so the spans hold the future, too. The cost grows with events and such days, n log n; a fold can be continued with events
that come after all the others for what these cost.

Order of arrival, repeats and batches cannot matter, because the pass begins with sorting. Registrations are read for all
days (section 7); corrections (`event.*`) are applied before, and are events about the record only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.corrections import correction_order
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.looks import looks_of, merged_looks
from steppe.domain.fold.narrowing import ENDINGS, is_coarse, narrowed
from steppe.domain.fold.project_fold import ProjectFold
from steppe.domain.fold.registry import RegisteredValues
from steppe.domain.fold.rights_rows import named_but_missing, with_deals_of_rights
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.history import History, Judgement, Superseded, judgement_on
from steppe.domain.values.states import BEGINNING, FOREVER

_order = attrgetter("order")


def fold_history(
    project: str, events: Iterable[Event], rules: Rules = RULES, looks: Sequence[Look] | None = None
) -> History:
    """The whole history of a project. Twice is safe; of events with the same (source, id) the first given counts.

    `looks` are the days on which rows of it were recorded, whatever became of them (`looks_of`); None: those of `events`.
    Days are UTC. Raises nothing for events made by `interpret` from accepted data.
    """
    unique = _unique(events)
    superseded = superseded_by(unique)
    if superseded is not None:
        return History(project=project, projects=(), deals=(), flags=(), superseded=superseded)
    project_fold = begin_fold(project, unique, rules, looks_of(unique) if looks is None else looks)
    project_fold.run_through(in_fold_order(unique), FOREVER)
    return project_fold.history()


def judge(
    project: str, events: Iterable[Event], as_of: date, rules: Rules = RULES, looks: Sequence[Look] | None = None
) -> Judgement:
    """The states and flags of a project on a day, folded from what had occurred by then and what is registered."""
    unique = _unique(events)
    if superseded_by(unique) is not None:
        return Judgement(project=None, deals=(), flags=())
    looks = looks_of(unique) if looks is None else looks
    project_fold = begin_fold(project, unique, rules, [look for look in looks if look.on <= as_of])
    project_fold.run_through([event for event in in_fold_order(unique) if event.latest <= as_of], as_of)
    project_fold.evaluate_all(as_of)
    return judgement_on(project_fold.history(), as_of)


class FoldState:
    """A project folded so far, ready for events that come after all the others. A value: nothing changes it.

    `rules` judged it. `changed_from` is the day before which its history is that of the state it was appended to; BEGINNING
    if it was folded from the beginning. Spans that ended before that day are the same in both.
    """

    __slots__ = ("_awaited", "_last_day", "_last_ending_on", "_looks", "_past", "_superseded", "changed_from", "rules")

    def __init__(
        self,
        past: ProjectFold,
        last_day: tuple[Event, ...],
        looks: tuple[Look, ...],
        rules: Rules,
        changed_from: date,
        last_ending_on: date,
        awaited: frozenset[tuple[str, str]] = frozenset(),
        superseded: Superseded | None = None,
    ) -> None:
        self._past = past
        # The events of the last day are applied by each reader: that day may get more of them.
        self._last_day = last_day
        # The days on which rows were recorded that the past has not come to.
        self._looks = looks
        # The last day on which something ended: a coarse row that began before may belong before it.
        self._last_ending_on = last_ending_on
        # What rows about rights name that has not come: it will give them its deal.
        self._awaited = awaited
        self._superseded = superseded
        self.rules = rules
        self.changed_from = changed_from

    def history(self) -> History:
        """As `fold_history` of all its events."""
        project_fold = self._past.fork()
        if self._superseded is not None:
            return replace(project_fold.history(), superseded=self._superseded)
        project_fold.with_looks(self._looks).run_through(self._last_day, FOREVER)
        return project_fold.history()

    def append(self, events: Iterable[Event]) -> FoldState | None:
        """The state with these events, none of which it has; None when one of them does not come after all the others.

        Costs what the new events cost, and copying references to what there is.
        """
        new_events = sorted(events, key=_order)
        if not new_events or not self._last_day or self._superseded is not None:
            return None
        last = self._last_day[-1]
        if new_events[0].latest < last.latest or any(self._is_retroactive(event) for event in new_events):
            return None
        if any(event.narrowed_by is not None for event in self._last_day):
            return None  # their places among the others of the day follow from all events
        looks = looks_of(new_events)
        if looks[0].on < last.latest:
            return None
        in_order = sorted((*self._last_day, *new_events), key=_order)
        ending_on = max([self._last_ending_on, *(e.latest for e in new_events if e.kind.name in ENDINGS)])
        if any(is_coarse(event) and (event.earliest or date.min) <= ending_on for event in in_order):
            return None
        looks = merged_looks(self._looks, looks)
        return _run_before_last_day(
            self._past.fork(), in_order, looks, self.rules, last.latest, ending_on, self._awaited
        )

    def _is_retroactive(self, event: Event) -> bool:
        """Whether it changes days before its own, or how rows of other days are read."""
        return (
            event.kind.is_registry
            or event.kind.is_correction
            or (event.deal is None and event.kind.name.startswith("rights."))
            or (event.source, event.id) in self._awaited
        )


def fold(project: str, events: Iterable[Event], rules: Rules = RULES, looks: Sequence[Look] | None = None) -> FoldState:
    """A project folded from its beginning; the events and looks as for `fold_history`."""
    unique = _unique(events)
    superseded = superseded_by(unique)
    if superseded is not None:
        nothing = ProjectFold(project, RegisteredValues(()), rules, ())
        return FoldState(nothing, (), (), rules, BEGINNING, BEGINNING, superseded=superseded)
    looks = tuple(looks_of(unique) if looks is None else looks)
    project_fold = begin_fold(project, unique, rules, ())
    endings = [event.latest for event in unique if event.kind.name in ENDINGS]
    return _run_before_last_day(
        project_fold,
        in_fold_order(unique),
        looks,
        rules,
        BEGINNING,
        max(endings, default=BEGINNING),
        named_but_missing(unique),
    )


def _unique(events: Iterable[Event]) -> list[Event]:
    return list({(event.source, event.id): event for event in reversed(list(events))}.values())


def begin_fold(project: str, unique: Sequence[Event], rules: Rules, looks: Sequence[Look]) -> ProjectFold:
    """A fold of these events before the first of them; none of them twice."""
    project_fold = ProjectFold(project, RegisteredValues(unique), rules, looks)
    project_fold.begin()
    return project_fold


def in_fold_order(unique: Sequence[Event]) -> list[Event]:
    """The events in the order in which they count, narrowed, and each with the deal that it is about."""
    return narrowed(sorted(with_deals_of_rights(unique), key=_order))


def superseded_by(unique: Sequence[Event]) -> Superseded | None:
    """What stands in the place of a project (section 7), as its last row about that says; None: itself."""
    rows = [event for event in unique if event.kind.name == "project.superseded"]
    if not rows:
        return None
    last = max(rows, key=correction_order)
    return Superseded(by=tuple(sorted(last.data["by"])), reason=last.data.get("reason"), event=last.reference)


def _run_before_last_day(
    project_fold: ProjectFold,
    in_order: Sequence[Event],
    looks: tuple[Look, ...],
    rules: Rules,
    changed_from: date,
    last_ending_on: date,
    awaited: frozenset[tuple[str, str]],
) -> FoldState:
    if not in_order:
        return FoldState(project_fold, (), looks, rules, changed_from, last_ending_on, awaited)
    last = in_order[-1].latest
    first_of_last_day = len(in_order)
    while first_of_last_day > 0 and in_order[first_of_last_day - 1].latest == last:
        first_of_last_day -= 1
    past = [look for look in looks if look.on < last]
    project_fold.with_looks(past).run_through(in_order[:first_of_last_day], last, including=False)
    to_come = tuple(look for look in looks if look.on >= last)
    last_day = tuple(in_order[first_of_last_day:])
    return FoldState(project_fold, last_day, to_come, rules, changed_from, last_ending_on, awaited)
