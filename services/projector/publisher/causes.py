"""Why a flag is not what was told of it: an event, a correction, a day, or other rules. Pure: knows no table, no clock.

A flag that is gone was *revoked* when what it rested on was retracted, reclassified or corrected; else it was *cleared*
(domain page, section 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from steppe.domain.events.corrections import Identity, apply_corrections
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.values.states import Flag

# What other projects do raises and ends these; their evidence are events of others.
OF_THE_MARKET = ("displaced", "crowded")
_EVENTS_TOLD_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A flag on a day that is not what was told of it. `deal` '': of the project; None: not told, or it is gone."""

    project: str
    deal: str
    name: str
    severity_before: str | None
    severity: str | None
    before: Flag | None
    after: Flag | None

    @property
    def evidence_before(self) -> frozenset[str]:
        """The events on which it rested as it was told."""
        return frozenset(self.before.evidence if self.before else ())

    @property
    def evidence(self) -> frozenset[str]:
        """The events on which it rests or rested."""
        return self.evidence_before | frozenset(self.after.evidence if self.after else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An event that was applied since the last telling."""

    subject: str
    reference: str
    name: str
    deal: str | None
    latest: date

    @property
    def corrects(self) -> bool:
        """Whether it is about another event."""
        return self.name in CORRECTION_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What is new since the last telling: the news by subject, which events they changed, and whose events they are.

    `changed` are references by subject; `subjects` says in which subjects an event of that reference is.
    """

    news: Mapping[str, Sequence[News]] = field(default_factory=dict)
    changed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    subjects: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Why:
    """A cause of the contract (event, day, correction, rules), the events behind it, and whether the flag was revoked."""

    cause: str
    events: tuple[str, ...] = ()
    revoked: bool = False


def why_now(difference: Difference, learnt: Learnt) -> Why:
    """Why it differs on a day that was told already: the log has changed it, or the rules."""
    news = _concerning(difference, learnt)
    corrections = [one for one in news if one.corrects]
    plain = [one for one in news if not one.corrects]
    changed = frozenset[str]().union(*(learnt.changed.get(one.subject, frozenset()) for one in news))
    revoked = difference.severity is None and bool(changed & difference.evidence_before)
    if revoked or changed & difference.evidence or (corrections and not plain):
        return Why("correction", _told(corrections, difference), revoked)
    if plain or difference.name in OF_THE_MARKET:
        return Why("event", _told(plain, difference))
    return Why("rules")


def why_on(difference: Difference, day: date, learnt: Learnt) -> Why:
    """Why it differs from the day before: an event of that very day that was not known then, or the day itself."""
    plain = [one for one in _concerning(difference, learnt) if one.latest == day and not one.corrects]
    return Why("event", _told(plain, difference)) if plain else Why("day")


def changed_by(news: Iterable[News], events: Iterable[Event]) -> frozenset[str]:
    """Which of a subject's events the corrections among the news change, through corrections of corrections too.

    `events` are all of that subject. What waits for its target, was refused or is itself retracted changes nothing.
    """
    readings = apply_corrections(events).by_identity
    by_reference = {reading.event.reference: identity for identity, reading in readings.items()}
    changed = set()
    for one in news:
        at: Identity | None = by_reference.get(one.reference) if one.corrects else None
        if at is None or readings[at].state != "stands":
            continue
        trail: set[Identity] = set()
        while at is not None and at in readings and at not in trail:
            trail.add(at)
            event = readings[at].event
            changed.add(event.reference)
            target = event.data.get("target") if event.kind.is_correction else None
            at = None if target is None else (target["source"], target["id"])
    return frozenset(changed)


def _concerning(difference: Difference, learnt: Learnt) -> list[News]:
    """The news of its deal and its project; for what the market does, those of the others too."""
    of_market = difference.name in OF_THE_MARKET
    subjects = {difference.project}
    if of_market:
        for reference in difference.evidence:
            subjects |= learnt.subjects.get(reference, frozenset())
    return [
        one
        for subject in sorted(subjects)
        for one in learnt.news.get(subject, ())
        if one.corrects or of_market or not difference.deal or one.deal in (difference.deal, None)
    ]


def _told(news: Sequence[News], difference: Difference) -> tuple[str, ...]:
    """Those that it rests on, if any; else the latest of all."""
    evidence = [one.reference for one in news if one.reference in difference.evidence]
    return tuple((evidence or [one.reference for one in news])[-_EVENTS_TOLD_MAX:])
