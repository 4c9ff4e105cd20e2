"""What each correction of a project does to its flags on a day: which stand because of it, and which do not (section 7).

The flags on a day with all events are compared with those without the one correction. Folding the whole project again for
each correction would cost events times corrections, so the events that a correction leaves alone are folded once: the fold is
forked on the first day of which the correction changes the events, and goes on from there to the day that is judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import zip_longest

from steppe.domain.evaluation.flag_input import Look
from steppe.domain.events.corrections import Identity, effective_events
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import begin_fold, in_fold_order, superseded_by
from steppe.domain.fold.looks import looks_of
from steppe.domain.rules.thresholds import Rules
from steppe.domain.values.flag_clock import flags_on_day
from steppe.domain.values.states import BEGINNING, FOREVER
from steppe.domain.values.value_class import value_class

FlagKey = tuple[str, str, str]
"""Deal ('' for the project), flag, severity: sorted as answers are."""


@value_class(frozen=True, slots=True)
class CorrectionEffect:
    """The flags that stand because of a correction, and those that would stand without it, in order."""

    raised: tuple[FlagKey, ...] = ()
    revoked: tuple[FlagKey, ...] = ()


def correction_effects(
    project: str,
    events: Iterable[Event],
    corrections: Collection[Identity],
    as_of: date,
    rules: Rules = RULES,
    known_at: datetime | None = None,
    *,
    recorded: bool = False,
) -> dict[Identity, CorrectionEffect]:
    """The effect of some corrections on the flags of a day, each by itself; `known_at`, `recorded` as for `effective_events`.

    Equal to folding all events with and without each correction, which a test holds.
    """
    unique = {(event.source, event.id): event for event in reversed(list(events))}
    effective = _by_identity(effective_events(unique.values(), known_at, recorded=recorded))
    without: dict[Identity, _Change] = {}
    for group in _groups(unique):
        wanted = [identity for identity in corrections if identity in group]
        if not wanted:
            continue
        corrected = _by_identity(effective_events(group.values(), known_at, recorded=recorded))
        for identity in wanted:
            rest = [event for key, event in group.items() if key != identity]
            without[identity] = _change(corrected, _by_identity(effective_events(rest, known_at, recorded=recorded)))
    looks = looks_of(unique.values(), known_at, recorded=recorded)
    return _effects(project, effective, without, as_of, rules, looks)


@value_class(frozen=True, slots=True)
class _Change:
    """How the effective events differ: those that are gone, and those that come instead.

    `from_beginning`: a registration is among them, which holds from ever.
    """

    gone: frozenset[Identity]
    instead: tuple[Event, ...]
    from_beginning: bool


def _change(before: Mapping[Identity, Event], after: Mapping[Identity, Event]) -> _Change:
    gone = [event for key, event in before.items() if after.get(key) != event]
    instead = tuple(event for key, event in after.items() if before.get(key) != event)
    return _Change(
        frozenset((event.source, event.id) for event in gone),
        instead,
        any(event.kind.is_registry for event in (*gone, *instead)),
    )


def _groups(unique: Mapping[Identity, Event]) -> list[dict[Identity, Event]]:
    """The events in groups that say nothing of each other: those that corrections connect, and all registrations together.

    What was known of a registration depends on whether there is an earlier one, so they are one group.
    """
    leader: dict[Identity, Identity] = {}

    def find(key: Identity) -> Identity:
        while (above := leader.setdefault(key, key)) != key:
            leader[key] = leader[above]
            key = leader[key]
        return key

    registration: Identity | None = None
    for key, event in unique.items():
        if event.kind.is_correction:
            target = event.data["target"]
            leader[find(key)] = find((target["source"], target["id"]))
        elif event.kind.is_registry:
            registration = registration or key
            leader[find(key)] = find(registration)
    groups: dict[Identity, dict[Identity, Event]] = {}
    for key in leader:
        if key in unique:
            groups.setdefault(find(key), {})[key] = unique[key]
    return list(groups.values())


def _effects(
    project: str,
    effective: Mapping[Identity, Event],
    without: Mapping[Identity, _Change],
    as_of: date,
    rules: Rules,
    looks: Sequence[Look],
) -> dict[Identity, CorrectionEffect]:
    effects = dict.fromkeys(without, CorrectionEffect())
    fold = _ForkableFold(project, list(effective.values()), rules, looks)
    changes = []
    for identity, change in without.items():
        if change.gone or change.instead:
            events = [*(event for key, event in effective.items() if key not in change.gone), *change.instead]
            since = BEGINNING if change.from_beginning else fold.first_difference(events)
            if since <= as_of:
                changes.append((since, identity, events))
    flags_without: dict[Identity, set[FlagKey]] = {}
    for since, identity, events in sorted(changes, key=lambda entry: entry[:2]):
        if since == BEGINNING:
            flags_without[identity] = _ForkableFold(project, events, rules, looks).flags_on(as_of)
        else:
            fold.advance_to(since)
            flags_without[identity] = fold.with_other_events(events).flags_on(as_of)
    flags = fold.flags_on(as_of) if changes else set()
    for identity, others in flags_without.items():
        effects[identity] = CorrectionEffect(tuple(sorted(flags - others)), tuple(sorted(others - flags)))
    return effects


class _ForkableFold:
    """A fold of effective events that stops before a day, and can go on from there with others."""

    def __init__(self, project: str, events: Sequence[Event], rules: Rules, looks: Sequence[Look]) -> None:
        self._events = in_fold_order(events)
        self._superseded = superseded_by(events) is not None
        self._fold = begin_fold(project, events, rules, looks)
        self._at = 0

    def first_difference(self, events: Sequence[Event]) -> date:
        """The first day on which these events count otherwise than ours."""
        for ours, theirs in zip_longest(self._events, in_fold_order(events)):
            if ours is not theirs and ours != theirs:
                return min(event.latest for event in (ours, theirs) if event is not None)
        return FOREVER

    def advance_to(self, day: date) -> None:
        """Fold all days before this one."""
        coming = self._until(day)
        self._fold.run_through(coming, day, including=False)
        self._at += len(coming)

    def with_other_events(self, events: Sequence[Event]) -> _ForkableFold:
        """A fork that goes on with these events; they differ from ours from the day on at which we stopped."""
        fork = object.__new__(_ForkableFold)
        fork._events = in_fold_order(events)
        fork._superseded = superseded_by(events) is not None
        fork._fold = self._fold.fork()
        fork._at = self._at
        return fork

    def flags_on(self, day: date) -> set[FlagKey]:
        """The flags that stand on a day; folds up to it."""
        if self._superseded:
            return set()
        self._fold.run_through(self._events[self._at :], day)
        flags = flags_on_day(self._fold.history().flags, day)
        return {(flag.deal or "", flag.flag, flag.severity) for flag in flags}

    def _until(self, day: date) -> Sequence[Event]:
        end = self._at
        while end < len(self._events) and self._events[end].latest < day:
            end += 1
        return self._events[self._at : end]


def _by_identity(events: Iterable[Event]) -> dict[Identity, Event]:
    return {(event.source, event.id): event for event in events}
