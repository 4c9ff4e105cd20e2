"""Corrections (domain page, section 7): from the events of one subject to what they say as known at an instant.

Events are never edited: corrections, reclassifications and retractions are events of the same subject that say how an
earlier one is to be read. Pure, and independent of the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Any

from steppe.domain.events.event import Event, clamp_to_known_day, interpret
from steppe.domain.events.field_checks import RECLASSIFIABLE
from steppe.domain.events.validation import FIELDS, FIELDS_ANYWHERE, faults_of
from steppe.domain.values import edtf
from steppe.domain.values.value_class import value_class

_ANY_FIELD = frozenset(FIELDS_ANYWHERE)
_REGISTRATIONS = frozenset({"project.registered", "party.registered"})

Identity = tuple[str, str]
_Events = Mapping[Identity, Event]


@value_class(frozen=True, slots=True)
class FieldChange:
    """One field of an event as a correction changed it; None: it was or is absent. `name` is the event's own name."""

    by: str
    field: str
    before: Any
    after: Any
    reason: str | None


@value_class(frozen=True, slots=True, kw_only=True)
class CorrectedEvent:
    """One event with all its corrections. `state`: stands, retracted, parked (waits for its target) or refused.

    `retracted_by` names the retraction that is in force; `because` says why a correction is parked or refused, and so
    changes nothing.
    """

    event: Event
    state: str = "stands"
    because: str | None = None
    retracted_by: str | None = None
    changes: tuple[FieldChange, ...] = ()


@value_class(frozen=True, slots=True, kw_only=True)
class CorrectedEvents:
    """What a subject's events say as known at an instant: `events` are those to be folded.

    `by_identity` has every event that was known, those of the corrections too, by (source, id), in the order of
    corrections.
    """

    events: tuple[Event, ...]
    by_identity: Mapping[Identity, CorrectedEvent] = field(default_factory=dict)


def apply_corrections(
    events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False
) -> CorrectedEvents:
    """The events of one subject, corrected by what was known at an instant (None: everything).

    `recorded` insists on the time at which ingest accepted an event (`known_by=recorded`, section 8). Of events with the
    same source and id the first given counts. The first registration of a key is known always. Twice is safe.
    """
    return _Corrections(_unique(events), known_at, recorded=recorded).all()


def effective_events(
    events: Iterable[Event], known_at: datetime | None = None, *, recorded: bool = False
) -> tuple[Event, ...]:
    """The events to be folded: `apply_corrections(...).events`, at less cost."""
    unique = _unique(events)
    if known_at is None and not has_corrections(unique.values()):
        return tuple(unique.values())
    return _Corrections(unique, known_at, recorded=recorded).effective()


def has_corrections(events: Iterable[Event]) -> bool:
    """Whether one of them is about another, so that how it is read depends on the others."""
    return any(event.kind.is_correction for event in events)


def correction_order(event: Event) -> tuple[datetime, datetime, str, str]:
    """The order of corrections among themselves, and of registrations: known time, recorded time, source, id."""
    return (event.known, event.recorded, event.source, event.id)


def _unique(events: Iterable[Event]) -> dict[Identity, Event]:
    unique: dict[Identity, Event] = {}
    for event in events:
        unique.setdefault((event.source, event.id), event)
    return unique


class _Corrections:
    """The corrections that are known, applied to the events that are known."""

    def __init__(self, unique: _Events, known_at: datetime | None, *, recorded: bool) -> None:
        self._known = {
            identity: event
            for identity, event in unique.items()
            if known_at is None or event.known_by(recorded=recorded) <= known_at
        }
        retractions = [event for event in self._known.values() if event.kind.name == "event.retracted"]
        cycles = _cycles(retractions, self._known)
        self._retracted_by = _retractions_in_force(retractions, unique, cycles)
        if known_at is not None:
            first = _first_registration(unique, self._retracted_by)
            if first is not None:
                self._known.setdefault((first.source, first.id), first)
        self._drafts: dict[Identity, _Draft] = {}
        # State and reason of the corrections that change nothing.
        self._without_effect: dict[Identity, tuple[str, str]] = dict.fromkeys(
            cycles, ("refused", "retractions that retract each other in a ring have no effect")
        )
        corrections = (event for event in self._known.values() if event.kind.is_correction)
        for event in sorted(corrections, key=correction_order):
            identity = (event.source, event.id)
            if identity not in cycles and identity not in self._retracted_by:
                self._apply(identity, event)
        self._read = {
            identity: self._drafts[identity].event() if identity in self._drafts else event
            for identity, event in self._known.items()
        }

    def _apply(self, identity: Identity, event: Event) -> None:
        target_identity = _target(event)
        target = self._known.get(target_identity)
        if target is None:
            waits_for = f"waits for {target_identity[0]}#{target_identity[1]} in {event.subject}"
            self._without_effect[identity] = ("parked", waits_for)
        elif event.kind.name != "event.retracted":
            draft = self._drafts.get(target_identity) or _Draft(target)
            refusal = draft.apply(event)
            if refusal is None:
                self._drafts[target_identity] = draft
            else:
                self._without_effect[identity] = ("refused", refusal)

    def effective(self) -> tuple[Event, ...]:
        """The events to be folded."""
        return tuple(
            event
            for identity, event in self._read.items()
            if identity not in self._retracted_by and not event.kind.is_correction
        )

    def all(self) -> CorrectedEvents:
        """The same, and what became of each event."""
        by_identity: dict[Identity, CorrectedEvent] = {}
        for event in sorted(self._known.values(), key=correction_order):
            identity = (event.source, event.id)
            state, because = self._without_effect.get(identity, ("stands", None))
            retracted_by = self._retracted_by.get(identity)
            by_identity[identity] = CorrectedEvent(
                event=self._read[identity],
                state="retracted" if retracted_by else state,
                because=because,
                retracted_by=retracted_by,
                changes=tuple(self._drafts[identity].changes) if identity in self._drafts else (),
            )
        return CorrectedEvents(events=self.effective(), by_identity=by_identity)


def _target(event: Event) -> Identity:
    target = event.data["target"]
    return (target["source"], target["id"])


def _cycles(retractions: list[Event], known: _Events) -> set[Identity]:
    """The retractions that lie in a cycle. Each has one target, so a path that meets itself has found a cycle."""
    in_cycle: set[Identity] = set()
    visited: set[Identity] = set()
    for retraction in retractions:
        path: dict[Identity, int] = {}
        at: Identity | None = (retraction.source, retraction.id)
        while at is not None and at not in visited and at not in path:
            path[at] = len(path)
            event = known.get(at)
            at = _target(event) if event is not None and event.kind.name == "event.retracted" else None
        if at is not None and at in path:
            in_cycle.update(identity for identity, depth in path.items() if depth >= path[at])
        visited.update(path)
    return in_cycle


def _retractions_in_force(retractions: list[Event], unique: _Events, cycles: set[Identity]) -> dict[Identity, str]:
    """Which events are retracted, and by which retraction (the first in the order of corrections).

    A retraction is in force unless one that is in force retracts it. They form trees, so each is decided once those aimed
    at it are.
    """
    aimed_at: dict[Identity, list[Event]] = {}
    undecided: dict[Identity, int] = {}
    for event in sorted(retractions, key=correction_order):
        identity = (event.source, event.id)
        if identity not in cycles:
            undecided.setdefault(identity, 0)
            aimed_at.setdefault(_target(event), []).append(event)
    for identity in undecided:
        undecided[identity] = len(aimed_at.get(identity, ()))
    ready = [identity for identity, count in undecided.items() if count == 0]
    retracted_by: dict[Identity, str] = {}
    while ready:
        identity = ready.pop()
        _decide(identity, aimed_at, retracted_by)
        target = _target(unique[identity])
        if target in undecided:
            undecided[target] -= 1
            if undecided[target] == 0:
                ready.append(target)
    for target in aimed_at:
        if target in unique and target not in undecided and target not in cycles:
            _decide(target, aimed_at, retracted_by)
    return retracted_by


def _decide(target: Identity, aimed_at: Mapping[Identity, list[Event]], retracted_by: dict[Identity, str]) -> None:
    """Note the first retraction of `target` that is not retracted itself."""
    for event in aimed_at.get(target, ()):
        if (event.source, event.id) not in retracted_by:
            retracted_by[target] = event.reference
            return


def _first_registration(unique: _Events, retracted_by: Mapping[Identity, str]) -> Event | None:
    registrations = (
        event
        for identity, event in unique.items()
        if event.kind.name in _REGISTRATIONS and identity not in retracted_by
    )
    return min(registrations, key=correction_order, default=None)


class _Draft:
    """An event to which corrections are applied, one after another, each only if ingest would accept the result."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._name = event.kind.name
        self._data = dict(event.data)
        self._dated_on: date = event.known.date()
        self.changes: list[FieldChange] = []

    def apply(self, event: Event) -> str | None:
        """Apply a correction; the reason when it is refused, and then nothing has changed."""
        if self._event.kind.is_correction:
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
            self.changes.append(FieldChange(event.reference, "name", self._name, name, reason))
        self.changes += [
            FieldChange(event.reference, key, self._data.get(key), data.get(key), reason)
            for key in sorted(changes)
            if self._data.get(key) != data.get(key)
        ]
        self._name, self._data, self._dated_on = name, data, dated_on
        return None

    def event(self) -> Event:
        """The event as corrected."""
        known_day = self._dated_on
        event = self._event
        corrected = interpret(
            source=event.source,
            id=event.id,
            subject=event.subject,
            name=self._name,
            recorded=event.recorded,
            data=self._data if self._name == event.kind.name else _fields_that_fit(self._name, self._data, known_day),
        )
        if known_day == corrected.known.date() or "occurred" not in self._data:
            return corrected
        earliest, latest = clamp_to_known_day(edtf.parse(self._data["occurred"]), known_day)
        return corrected.dated(earliest, latest)


def _fields_that_fit(name: str, data: Mapping[str, Any], known_day: date) -> dict[str, Any]:
    """Without what the new name lacks or does not allow: kept in the record, and ignored (section 7)."""
    kept_fields = {key: value for key, value in data.items() if key in FIELDS[name]}
    return {
        key: value
        for key, value in kept_fields.items()
        if not any(
            fault.pointer == f"/data/{key}" or fault.pointer.startswith(f"/data/{key}/")
            for fault in faults_of(name, {key: value}, known_day, strict=False)
        )
    }
