"""From the events of one project to its life as spans of days (sections 1 to 6). The heart of Steppe.

One walk forward through the days. After the last event it goes on to every later day on which something turns by itself,
so the spans hold the future, too. The cost grows with events and turning days, n log n; a life can go on with events that
come after all the others for what these cost.

Order of arrival, repeats and batches cannot matter, because the walk begins with sorting. Registrations are read for all
days (section 7); corrections (`event.*`) are rows of the record and are not walked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from operator import attrgetter

from steppe.domain.events.event import Event
from steppe.domain.fold.project_fold import Walk
from steppe.domain.fold.registry import Registered
from steppe.domain.rules.rules import RULES, Rules
from steppe.domain.values.states import BEGINNING, FOREVER, History, Judgement, judgement_on

_in_fold_order = attrgetter("order")


def history(project: str, events: Iterable[Event], rules: Rules = RULES) -> History:
    """The whole life of a project. Twice is safe; of events with the same (source, id) the first given counts.

    Days are UTC. Raises nothing for events made by `interpret` from accepted data.
    """
    walk, coming = _begun(project, events, rules)
    walk.through(coming, FOREVER)
    return walk.history()


def judge(project: str, events: Iterable[Event], as_of: date, rules: Rules = RULES) -> Judgement:
    """How the project stands on a day, judged afresh from what had occurred by then and what is registered."""
    known = [event for event in events if event.latest <= as_of or event.kind.is_registry]
    walk, coming = _begun(project, known, rules)
    walk.through(coming, as_of)
    walk.look_at_all(as_of)
    return judgement_on(walk.history(), as_of)


class Life:
    """A project's life so far, ready to go on with events that come after all the others. A value: nothing changes it.

    `rules` judged it. `changed_from` is the day before which its history is the same as that of the life it came from; BEGINNING if it began
    afresh. Spans that ended before that day are the same in both.
    """

    __slots__ = ("_past", "_today", "changed_from", "rules")

    def __init__(self, past: Walk, today: tuple[Event, ...], rules: Rules, changed_from: date) -> None:
        self._past = past
        self._today = today
        self.rules = rules
        self.changed_from = changed_from

    def history(self) -> History:
        """As `history` of all its events."""
        ahead = self._past.fork()
        ahead.through(self._today, FOREVER)
        return ahead.history()

    def gone_on(self, events: Iterable[Event]) -> Life | None:
        """The life with these events, too, none of which it has; None when one of them does not come after the others.

        Costs what the new events cost, and copying references to what there is.
        """
        coming = sorted(events, key=_in_fold_order)
        if not coming or not self._today:
            return None
        last = self._today[-1]
        if coming[0].latest < last.latest or any(_is_of_the_record_of_all_days(event) for event in coming):
            return None
        today = sorted((*self._today, *coming), key=_in_fold_order)
        return _lived(self._past.fork(), today, self.rules, last.latest)


def live(project: str, events: Iterable[Event], rules: Rules = RULES) -> Life:
    """A life from its beginning; the events as for `history`."""
    walk, coming = _begun(project, events, rules)
    return _lived(walk, coming, rules, BEGINNING)


def _lived(walk: Walk, coming: Sequence[Event], rules: Rules, changed_from: date) -> Life:
    """Walk through all days but the last, which may get more events yet."""
    first_of_last_day = len(coming)
    while first_of_last_day > 0 and coming[first_of_last_day - 1].latest == coming[-1].latest:
        first_of_last_day -= 1
    if coming:
        walk.through(coming[:first_of_last_day], coming[-1].latest, including=False)
    return Life(walk, tuple(coming[first_of_last_day:]), rules, changed_from)


def _is_of_the_record_of_all_days(event: Event) -> bool:
    return event.kind.is_registry or event.kind.is_correction


def _begun(project: str, events: Iterable[Event], rules: Rules) -> tuple[Walk, list[Event]]:
    unique = list({(event.source, event.id): event for event in reversed(list(events))}.values())
    walk = Walk(project, Registered(unique), rules)
    walk.begin()
    return walk, sorted(unique, key=_in_fold_order)
