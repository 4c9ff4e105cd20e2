"""How the record corrects itself (section 7): from the events of one subject to what they say as known at an instant.

Events are never edited: corrections, reclassifications and retractions are events of the same subject that say how an
earlier one is to be read. Knows one subject and its events; judges no deal. Pure, and independent of the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from steppe.domain.events.event import Event, interpret, place_in_time
from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.validation import FIELDS, FIELDS_ANYWHERE, faults_of
from steppe.domain.values import edtf

_ANY_FIELD = frozenset(FIELDS_ANYWHERE)
_REGISTRATIONS = frozenset({"project.registered", "party.registered"})

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an event as a correction changed it; None: it was or is absent. `name` is the event's own name."""

    by: str
    field: str
    before: Any
    after: Any
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one event is read. `state`: stands, retracted, parked (waits for its target) or refused (changes nothing).

    `retracted_by` names the retraction that holds, `because` says why something is parked or refused.
    """

    event: Event
    state: str = "stands"
    because: str | None = None
    retracted_by: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a subject's events say as known at an instant: those to be folded, and how each one is read.

    `readings` is in the order of corrections and, like `events`, holds only what was known, with each event as it is read.
    """

    events: tuple[Event, ...]
    readings: Mapping[Identity, Reading] = field(default_factory=dict)


def read_record(events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False) -> Record:
    """The events of one subject as known at an instant (None: everything).

    `recorded` insists on the time at which ingest accepted an event (`known_by=recorded`, section 8). Of events with the
    same source and id the first given counts. The first registration of a key is known always. Twice is safe.
    """
    return _read(_unique(events), known_at, recorded=recorded, with_readings=True)


def effective(
    events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False
) -> tuple[Event, ...]:
    """The events to be folded, as `read_record` gives them."""
    unique = _unique(events)
    if known_at is None and not corrects_itself(unique.values()):
        return tuple(unique.values())
    return _read(unique, known_at, recorded=recorded, with_readings=False).events


def corrects_itself(events: Iterable[Event]) -> bool:
    """Whether one of them is about another, so that how it is read depends on the others."""
    return any(_is_about_an_event(event) for event in events)


def _unique(events: Iterable[Event]) -> dict[Identity, Event]:
    unique: dict[Identity, Event] = {}
    for event in events:
        unique.setdefault((event.source, event.id), event)
    return unique


def _read(unique: dict[Identity, Event], known_at: datetime | None, *, recorded: bool, with_readings: bool) -> Record:
    known = {
        identity: event
        for identity, event in unique.items()
        if known_at is None or event.known_by(recorded=recorded) <= known_at
    }
    retractions = [event for event in known.values() if event.kind.name == "event.retracted"]
    refused = _rings(retractions, known)
    retracted_by = _in_force(retractions, unique, refused)
    if known_at is not None:
        first = _first_registration(unique, retracted_by)
        if first is not None:
            known.setdefault((first.source, first.id), first)
    about = sorted((event for event in known.values() if _is_about_an_event(event)), key=order_of_corrections)
    drafts: dict[Identity, _Draft] = {}
    unheeded: dict[Identity, tuple[str, str]] = dict.fromkeys(
        refused, ("refused", "retractions that retract each other in a ring have no effect")
    )
    for event in about:
        identity = (event.source, event.id)
        if identity in refused or identity in retracted_by:
            continue
        target_identity = _target(event)
        target = known.get(target_identity)
        if target is None:
            unheeded[identity] = ("parked", f"waits for {target_identity[0]}#{target_identity[1]} in {event.subject}")
        elif event.kind.name != "event.retracted":
            draft = drafts.get(target_identity) or _Draft(target)
            why_not = draft.change(event)
            if why_not is None:
                drafts[target_identity] = draft
            else:
                unheeded[identity] = ("refused", why_not)
    read = {identity: drafts[identity].event() if identity in drafts else event for identity, event in known.items()}
    folded = tuple(
        event for identity, event in read.items() if identity not in retracted_by and not _is_about_an_event(event)
    )
    readings: dict[Identity, Reading] = {}
    if with_readings:
        for event in sorted(known.values(), key=order_of_corrections):
            identity = (event.source, event.id)
            state, because = unheeded.get(identity, ("stands", None))
            by = retracted_by.get(identity)
            readings[identity] = Reading(
                event=read[identity],
                state="retracted" if by else state,
                because=because,
                retracted_by=by,
                changes=tuple(drafts[identity].changes) if identity in drafts else (),
            )
    return Record(events=folded, readings=readings)


def order_of_corrections(event: Event) -> tuple[datetime, datetime, str, str]:
    """Among themselves corrections order by known time, recorded time, source, id; registrations do, too."""
    return (event.known, event.recorded, event.source, event.id)


def _is_about_an_event(event: Event) -> bool:
    return event.kind.name.startswith("event.")


def _target(event: Event) -> Identity:
    target = event.data["target"]
    return (target["source"], target["id"])


def _rings(retractions: list[Event], known: Mapping[Identity, Event]) -> set[Identity]:
    """The retractions that lie in a ring. Each has one target, so a walk that comes back to its own trail found a ring."""
    rings: set[Identity] = set()
    done: set[Identity] = set()
    for event in retractions:
        trail: dict[Identity, int] = {}
        at: Identity | None = (event.source, event.id)
        while at is not None and at not in done and at not in trail:
            trail[at] = len(trail)
            here = known.get(at)
            at = _target(here) if here is not None and here.kind.name == "event.retracted" else None
        if at is not None and at in trail:
            rings.update(identity for identity, place in trail.items() if place >= trail[at])
        done.update(trail)
    return rings


def _in_force(
    retractions: list[Event], unique: Mapping[Identity, Event], refused: set[Identity]
) -> dict[Identity, str]:
    """Which events are retracted, and by which retraction (the first in the order of corrections).

    A retraction holds unless one that holds retracts it. They form trees, so each is decided once those aimed at it are.
    """
    aimed: dict[Identity, list[Event]] = {}
    open_count: dict[Identity, int] = {}
    for event in sorted(retractions, key=order_of_corrections):
        identity = (event.source, event.id)
        if identity not in refused:
            open_count.setdefault(identity, 0)
            aimed.setdefault(_target(event), []).append(event)
    for identity in open_count:
        open_count[identity] = len(aimed.get(identity, ()))
    ready = [identity for identity, count in open_count.items() if count == 0]
    retracted_by: dict[Identity, str] = {}
    while ready:
        identity = ready.pop()
        for event in aimed.get(identity, ()):
            if (event.source, event.id) not in retracted_by:
                retracted_by[identity] = event.reference
                break
        target = _target(unique[identity])
        if target in open_count:
            open_count[target] -= 1
            if open_count[target] == 0:
                ready.append(target)
    for target, events in aimed.items():
        if target in unique and target not in open_count and target not in refused:
            standing = [event for event in events if (event.source, event.id) not in retracted_by]
            if standing:
                retracted_by[target] = standing[0].reference
    return retracted_by


def _first_registration(unique: Mapping[Identity, Event], retracted_by: Mapping[Identity, str]) -> Event | None:
    registrations = (
        event
        for identity, event in unique.items()
        if event.kind.name in _REGISTRATIONS and identity not in retracted_by
    )
    return min(registrations, key=order_of_corrections, default=None)


class _Draft:
    """An event while corrections are added to it, one after another, each only if ingest would take the result."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._name = event.kind.name
        self._data = dict(event.data)
        self._dated_on: date = event.known.date()
        self.changes: list[Change] = []

    def change(self, event: Event) -> str | None:
        """Take in a correction; the reason when it is refused, and then nothing has changed."""
        if _is_about_an_event(self._event):
            return f"{self._event.kind.name} is not corrected; send another correction, or retract it"
        changes: Mapping[str, Any] = event.data.get("changes") or {}
        name = self._name
        if event.kind.name == "event.reclassified":
            name = event.data["name"]
            if self._event.kind.is_registry:
                return f"{self._event.kind.name} is a registration and is not reclassified"
            if name not in RECLASSIFIABLE:
                return f"nothing becomes {name}"
        if "reported" in changes:
            return "/data/changes/reported: reported cannot be corrected; retract the event and send it again"
        data = {key: value for key, value in self._data.items() if key not in changes}
        data.update((key, value) for key, value in changes.items() if value is not None)
        dated_on = self._dated_on
        if "occurred" in changes:
            dated_on = (event if changes["occurred"] is not None else self._event).known.date()
        faults = faults_of(name, data, dated_on, kept=(_ANY_FIELD | self._data.keys()) - changes.keys())
        if faults:
            return "; ".join(f"{fault.pointer}: {fault.message}" for fault in faults)
        reason = event.data.get("reason")
        if name != self._name:
            self.changes.append(Change(event.reference, "name", self._name, name, reason))
        self.changes += [
            Change(event.reference, key, self._data.get(key), data.get(key), reason)
            for key in sorted(changes)
            if self._data.get(key) != data.get(key)
        ]
        self._name, self._data, self._dated_on = name, data, dated_on
        return None

    def event(self) -> Event:
        """The event as it is to be read."""
        known_day = self._dated_on
        event = self._event
        read = interpret(
            source=event.source,
            id=event.id,
            subject=event.subject,
            name=self._name,
            recorded=event.recorded,
            data=self._data if self._name == event.kind.name else _fields_that_fit(self._name, self._data, known_day),
        )
        if known_day == read.known.date() or "occurred" not in self._data:
            return read
        earliest, latest = place_in_time(edtf.parse(self._data["occurred"]), known_day)
        return read.dated(earliest, latest)


def _fields_that_fit(name: str, data: Mapping[str, Any], known_day: date) -> dict[str, Any]:
    """Without what the new name lacks or does not allow: kept in the record, and ignored (section 7)."""
    known = {key: value for key, value in data.items() if key in FIELDS[name]}
    return {
        key: value
        for key, value in known.items()
        if not any(
            fault.pointer == f"/data/{key}" or fault.pointer.startswith(f"/data/{key}/")
            for fault in faults_of(name, {key: value}, known_day, closed=False)
        )
    }
