"""What of a log stands as known at an instant: corrections, reclassifications, retractions (section 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.domain.reference import days
from tests.domain.reference.events import Event, Log, Reference, Row
from tests.domain.reference.refusals import deal_of, fault_of_field, faults_of_whole, missing_fields
from tests.domain.reference.vocabulary import PERMANENT, REGISTRY, fields_of

FIRST_REGISTRATIONS = ("project.registered", "party.registered")


@dataclass(slots=True)
class Reading:
    """One event while its corrections are applied one after another."""

    event: Event
    name: str
    data: dict[str, Any]
    cut_on: date
    reclassified: bool = False


@dataclass(slots=True)
class Record:
    """What stands of one subject as known."""

    subject: str
    rows: list[Row] = field(default_factory=list)
    known_events: list[Event] = field(default_factory=list)
    registrations: list[Row] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def records(log: Log, is_known: Callable[[Event], bool]) -> dict[str, Record]:
    """What stands of every subject, by subject; of what is not known yet only the registrations (section 7)."""
    by_subject: dict[str, list[Event]] = {}
    for event in log.events:
        by_subject.setdefault(event.subject, []).append(event)
    return {subject: _record(subject, events, is_known) for subject, events in by_subject.items()}


def _record(subject: str, events: list[Event], is_known: Callable[[Event], bool]) -> Record:
    known_events = [event for event in events if is_known(event)]
    arrived = {event.key: event for event in events if is_known(event) or event.name in FIRST_REGISTRATIONS}
    record = Record(subject, known_events=known_events)
    retracted = _retracted(record, known_events, arrived)
    readings = {
        event.key: Reading(event, event.name, dict(event.data), event.known.date()) for event in arrived.values()
    }
    for correction in sorted(known_events, key=lambda event: event.order):
        if correction.name not in ("event.corrected", "event.reclassified") or correction.key in retracted:
            continue
        target = readings.get(_target(correction))
        if target is None:
            record.parked.append(correction.ref)
        elif not _apply(correction, target):
            record.refused.append(correction.ref)
    deals = {key: deal_of(reading.name, _heeded(reading)) for key, reading in readings.items() if key not in retracted}
    for reading in readings.values():
        if reading.event.key in retracted:
            continue
        row = _row(reading, deals)
        if reading.event.name in FIRST_REGISTRATIONS:
            record.registrations.append(row)
        if is_known(reading.event):
            record.rows.append(row)
    return record


def _target(event: Event) -> Reference:
    return str(event.data["target"]["source"]), str(event.data["target"]["id"])


def _retracted(record: Record, known_events: list[Event], arrived: Mapping[Reference, Event]) -> set[Reference]:
    """What has no effect, because a retraction that has one aims at it.

    Retractions in a ring, or of themselves, are refused; one whose target has not come waits.
    """
    aims = {event.key: _target(event) for event in known_events if event.name == "event.retracted"}
    in_rings = {key for key in aims if _returns_to_itself(key, aims)}
    names = {event.key: event.ref for event in known_events}
    record.refused += [names[key] for key in aims if key in in_rings]
    record.parked += [names[key] for key, target in aims.items() if key not in in_rings and target not in arrived]

    def has_effect(key: Reference) -> bool:
        return key not in in_rings and not any(target == key and has_effect(other) for other, target in aims.items())

    return {target for key, target in aims.items() if has_effect(key)}


def _returns_to_itself(key: Reference, aims: Mapping[Reference, Reference]) -> bool:
    at: Reference | None = aims[key]
    passed: set[Reference] = set()
    while at is not None and at not in passed:
        if at == key:
            return True
        passed.add(at)
        at = aims.get(at)
    return False


def _apply(correction: Event, target: Reading) -> bool:
    """Change the target as the correction says, if ingest would take the result; else leave it."""
    reclassifies = correction.name == "event.reclassified"
    if target.event.name.startswith("event.") or (reclassifies and target.event.name.startswith(REGISTRY)):
        return False
    name = str(correction.data["name"]) if reclassifies else target.name
    if reclassifies and name.startswith(PERMANENT):
        return False
    changes: Mapping[str, Any] = correction.data.get("changes") or {}
    if "reported" in changes:  # it cannot be corrected: retract and send again
        return False
    if any(value is not None and fault_of_field(name, changed, value) for changed, value in changes.items()):
        return False
    changed_data = {**target.data, **changes}
    result = Reading(
        event=target.event,
        name=name,
        data={changed: value for changed, value in changed_data.items() if value is not None},
        cut_on=correction.known.date() if "occurred" in changes else target.cut_on,
        reclassified=target.reclassified or reclassifies,
    )
    if faults_of_whole(name, _heeded(result), result.cut_on):
        return False
    lacking = set(missing_fields(name, _heeded(result)))
    # A reclassified event may lack what its new name requires; a correction may not take it away.
    if not reclassifies and lacking - (set(missing_fields(name, _heeded(target))) if target.reclassified else set()):
        return False
    target.name, target.data, target.cut_on = result.name, result.data, result.cut_on
    target.reclassified = result.reclassified
    return True


def _heeded(reading: Reading) -> dict[str, Any]:
    """Its fields without those that its name lacks, or whose value it does not allow: they are kept and ignored."""
    allowed = fields_of(reading.name)
    return {
        name: value
        for name, value in reading.data.items()
        if name in allowed and fault_of_field(reading.name, name, value) is None
    }


def _row(reading: Reading, deals: Mapping[Reference, str | None]) -> Row:
    event, data = reading.event, _heeded(reading)
    known_day = reading.cut_on
    # `occurred` defaults to the known day on m rows (section 2), and where a reclassified event lacks it.
    span = days.occurred(data["occurred"], known_day) if "occurred" in data else days.on(event.known.date())
    deal = deals[event.key]
    if deal is None and reading.name.startswith("rights."):  # section 3: about the deal of the event that it names
        for named in ("ends", "amends"):
            if deal is None and named in data:
                deal = deals.get((data[named]["source"], data[named]["id"]))
    return Row(event.source, event.id, event.subject, reading.name, data, span, deal, event)
