"""The cause of a flag transition: an event, a correction, a day, or other rules. Pure.

A flag that is gone was *revoked* when what it rested on was retracted, reclassified or corrected; else it was *cleared*
(domain page, section 6).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter

from steppe.domain.events.corrections import Identity, apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.flags import flag_registry
from steppe.domain.values.states import Flag

# What other projects do raises and ends these; their evidence are events of others.
MARKET_FLAGS = tuple(flag.name for flag in flag_registry.MARKET_FLAGS)
_EVENTS_NAMED_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagDifference:
    """A flag on a day that is not as it was announced. `deal` '': of the project; None: not announced, or it is gone."""

    project: str
    deal: str
    flag: str
    severity_before: str | None
    severity: str | None
    before: Flag | None
    after: Flag | None
    # The stored form of the clock that says so now.
    clock: str | None = None

    @property
    def changes_severity(self) -> bool:
        """Whether it is to be announced: it was raised, it ended, or its severity is another one."""
        return self.severity != self.severity_before

    @property
    def evidence_before(self) -> frozenset[str]:
        """The events on which it rested as it was announced."""
        return frozenset(self.before.evidence if self.before else ())

    @property
    def evidence(self) -> frozenset[str]:
        """The events on which it rests or rested."""
        return self.evidence_before | frozenset(self.after.evidence if self.after else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedEvent:
    """An event that was applied since the last announcement."""

    subject: str
    reference: str
    name: str
    deal: str | None
    latest: date

    @property
    def is_correction(self) -> bool:
        """Whether it is about another event."""
        return self.name in CORRECTION_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContext:
    """What was applied since the last announcement: the events by subject, which events they changed, and whose events these are.

    `changed` are references by subject; `subjects` says in which subjects an event of that reference is.
    """

    new_events: Mapping[str, Sequence[AppliedEvent]] = field(default_factory=dict)
    changed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    subjects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _by_deal: dict[str, dict[str | None, list[tuple[int, AppliedEvent]]]] = field(default_factory=dict)

    def of_deal(self, subject: str, deal: str) -> list[AppliedEvent]:
        """The new events of a subject that concern a deal, in order: its own, those without deal, and corrections."""
        if subject not in self._by_deal:  # gone through once, not once a flag
            by_deal = self._by_deal[subject] = {}
            for number, event in enumerate(self.new_events.get(subject, ())):
                by_deal.setdefault(None if event.is_correction else event.deal, []).append((number, event))
        by_deal = self._by_deal[subject]
        return [event for _, event in heapq.merge(by_deal.get(deal, ()), by_deal.get(None, ()), key=itemgetter(0))]


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause of the contract (event, day, correction, rules), the events behind it, and whether the flag was revoked."""

    kind: str
    events: tuple[str, ...] = ()
    revoked: bool = False


def cause_of_change(difference: FlagDifference, context: EventContext) -> Cause:
    """Why a flag differs on a day that was announced already: the log has changed it, or the rules."""
    new_events = _concerning(difference, context)
    corrections = [event for event in new_events if event.is_correction]
    others = [event for event in new_events if not event.is_correction]
    concerned = {event.subject for event in new_events}
    changed = frozenset[str]().union(*(context.changed.get(subject, frozenset()) for subject in concerned))
    revoked = difference.severity is None and bool(changed & difference.evidence_before)
    if revoked or changed & difference.evidence or (corrections and not others):
        return Cause("correction", _references(corrections, difference), revoked)
    if others or difference.flag in MARKET_FLAGS:
        return Cause("event", _references(others, difference))
    return Cause("rules")


def cause_on_day(difference: FlagDifference, day: date, context: EventContext) -> Cause:
    """Why a flag differs from the day before: an event of that very day that was not known then, or the day itself."""
    events = [event for event in _concerning(difference, context) if event.latest == day and not event.is_correction]
    return Cause("event", _references(events, difference)) if events else Cause("day")


def changed_by(new_events: Iterable[AppliedEvent], events: Iterable[Event]) -> frozenset[str]:
    """Which of a subject's events the corrections among the new ones change, through corrections of corrections too.

    `events` are all of that subject. What waits for its target, was refused or is itself retracted changes nothing.
    """
    readings = apply_corrections(events).by_identity
    by_reference = {reading.event.reference: identity for identity, reading in readings.items()}
    changed = set()
    for new_event in new_events:
        target: Identity | None = by_reference.get(new_event.reference) if new_event.is_correction else None
        if target is None or readings[target].state != "stands":
            continue
        visited: set[Identity] = set()
        while target is not None and target in readings and target not in visited:
            visited.add(target)
            event = readings[target].event
            changed.add(event.reference)
            next_target = event.data.get("target") if event.kind.is_correction else None
            target = None if next_target is None else (next_target["source"], next_target["id"])
    return frozenset(changed)


def _concerning(difference: FlagDifference, context: EventContext) -> list[AppliedEvent]:
    """The new events of its deal and its project; for what the market does, those of the others too."""
    from_market = difference.flag in MARKET_FLAGS
    subjects = {difference.project}
    if from_market:
        for reference in difference.evidence:
            subjects |= context.subjects.get(reference, frozenset())
    if from_market or not difference.deal:
        return [event for subject in sorted(subjects) for event in context.new_events.get(subject, ())]
    return context.of_deal(difference.project, difference.deal)


def _references(events: Sequence[AppliedEvent], difference: FlagDifference) -> tuple[str, ...]:
    """Those that the flag rests on, if any; else the latest of all."""
    evidence = difference.evidence
    named = [event.reference for event in events if event.reference in evidence]
    return tuple((named or [event.reference for event in events])[-_EVENTS_NAMED_MAX:])
