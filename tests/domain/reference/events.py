"""Events as they stand in the log, and rows: what an event says once its corrections are applied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from tests.domain.reference.days import Span, Start
from tests.domain.reference.refusals import faults
from tests.domain.reference.vocabulary import BINDING, KINDS, PHYSICAL, RECORD, name_of

Reference = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as ingest took it."""

    source: str
    id: str
    subject: str
    name: str
    data: Mapping[str, Any]
    recorded: datetime
    known: datetime

    @property
    def ref(self) -> str:
        """How answers name it."""
        return f"{self.source}#{self.id}"

    @property
    def key(self) -> Reference:
        """What identifies it within its subject (section 7)."""
        return self.source, self.id

    @property
    def order(self) -> tuple[datetime, datetime, str, str]:
        """The order of corrections and of registrations (section 7)."""
        return self.known, self.recorded, self.source, self.id


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the fold takes it: its name and fields as known, its days cut and perhaps narrowed."""

    source: str
    id: str
    subject: str
    name: str
    data: Mapping[str, Any]
    span: Span
    deal: str | None
    event: Event
    narrowed_by: str | None = None

    @property
    def ref(self) -> str:
        """How answers name it."""
        return self.event.ref

    @property
    def day(self) -> date:
        """The day from which it counts (section 2)."""
        return self.span.latest

    def __deepcopy__(self, memo: object) -> Row:
        return self

    @property
    def order(self) -> tuple[date, date, int, str, str]:
        """Latest day, earliest day, precedence of the type, source, id; an open start sorts first (section 2)."""
        return self.span.latest, self.span.earliest or date.min, KINDS[self.name].place, self.source, self.id

    @property
    def effect(self) -> str:
        """B, P, n, e or m of the table."""
        return KINDS[self.name].effect

    @property
    def start(self) -> Start:
        """A clock that starts here."""
        return Start(self.span.earliest, self.span.latest, (self.ref,))

    @property
    def part(self) -> str | None:
        """The part of the project that it is about."""
        part = self.data.get("part")
        return None if part is None else str(part)

    @property
    def is_record(self) -> bool:
        """Whether it is about the record only."""
        return self.effect == RECORD

    @property
    def is_physical(self) -> bool:
        """Whether it is a P row."""
        return self.effect == PHYSICAL

    @property
    def is_binding(self) -> bool:
        """Whether it is a B row."""
        return self.effect == BINDING

    @property
    def level(self) -> int | None:
        """The level it lifts its deal to; of production by its phase. Rows about the record lift no deal."""
        if self.is_record:
            return None
        if self.name == "production.started" and self.data.get("phase") == "commercial":
            return 9
        return KINDS[self.name].level

    @property
    def has_level_or_is_physical(self) -> bool:
        """What opens a phase, and what wipes the overlay of an ended project (section 4)."""
        return self.level is not None or self.is_physical

    @property
    def is_memorandum_class(self) -> bool:
        """Memoranda, renewals and term sheets, but no treaty (section 3)."""
        return (
            self.name in ("memorandum.signed", "memorandum.renewed", "termsheet.signed")
            and self.data.get("instrument") != "treaty"
        )

    def parties(self, role: str) -> list[str]:
        """The parties in a role, in the order in which they are named."""
        return [str(party["party"]) for party in self.data.get("parties", ()) if party["role"] == role]

    def reference(self, name: str) -> Reference | None:
        """The event that a field names."""
        named = self.data.get(name)
        return None if named is None else (str(named["source"]), str(named["id"]))


@dataclass(slots=True)
class Log:
    """What ingest took, what it refused, and what contradicts an earlier event of the same id."""

    events: list[Event] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    conflicts: list[Event] = field(default_factory=list)


def read(envelopes: Sequence[Mapping[str, Any]]) -> Log:
    """The events of a log in any order, with repeats (sections 2, 3 and 7).

    The same (source, id) with the same content is one event, recorded first; with other content the first in log order
    stands.
    """
    log = Log()
    refused: dict[str, None] = {}
    taken: dict[tuple[str, str, str], tuple[str, Event]] = {}
    for envelope in sorted(envelopes, key=lambda envelope: (_instant(envelope["recordedtime"]), _content(envelope))):
        event = _event(envelope)
        if event is None or faults(event.name, event.data, event.known.date(), event.recorded.date()):
            refused[f"{envelope['source']}#{envelope['id']}"] = None
            continue
        content = _content(envelope)
        earlier = taken.setdefault((event.subject, event.source, event.id), (content, event))
        if earlier[1] is event:
            log.events.append(event)
        elif earlier[0] != content and not any(
            other.key == event.key and other.subject == event.subject and other.data == event.data
            for other in log.conflicts
        ):
            log.conflicts.append(event)
    log.refused = list(refused)
    return log


def _event(envelope: Mapping[str, Any]) -> Event | None:
    name = name_of(envelope["type"])
    if name is None:
        return None
    data: Mapping[str, Any] = envelope.get("data") or {}
    recorded = _instant(envelope["recordedtime"])
    known_at = recorded
    if isinstance(data.get("reported"), str):
        try:
            known_at = datetime.combine(date.fromisoformat(data["reported"]), time(), tzinfo=UTC)
        except ValueError:
            return None
    return Event(envelope["source"], envelope["id"], envelope["subject"], name, data, recorded, known_at)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _content(envelope: Mapping[str, Any]) -> str:
    """Everything but `time` and `recordedtime` (section 7)."""
    said = {name: value for name, value in envelope.items() if name not in ("time", "recordedtime")}
    return json.dumps(said, sort_keys=True)
