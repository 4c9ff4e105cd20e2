"""Decodes a record of the log: an event with all that its row needs, or the reason why it is none, and whose it is.

Shared by the batch, the re-fold, the rebuild and `verify`, so that all agree on what counts as an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from services.projector.projection.batches import Headers, Record
from steppe.contracts import codec
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model.stored_events import encoded_headers
from steppe.domain.events.event import Event
from steppe.log.record_owner import REGISTRY_SUBJECTS, subject_of


class State(Enum):
    """What is done with a stored event. `HELD` waits behind a record of its subject; `SKIPPED` was given up."""

    FOLDED = "folded"
    UNKNOWN = "unknown"
    REGISTRY = "registry"
    HELD = "held"
    SKIPPED = "skipped"

    @property
    def folds(self) -> bool:
        """Whether the read model follows from it."""
        return self in (State.FOLDED, State.REGISTRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event of the log with all that its row needs. `event` is None exactly when the state is unknown."""

    record: Record
    subject: str
    source: str
    id: str
    name: str
    state: State
    event: Event | None
    content_sha256: bytes
    raw: str
    headers: str | None

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes it this event and no other (domain page, section 7)."""
        return (self.subject, self.source, self.id)

    @property
    def reference(self) -> str:
        """How it is referred to (domain page, section 1)."""
        return f"{self.source}#{self.id}"


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A record that is no event, and why. `subject` may not go on without it; None when it cannot be told."""

    record: Record
    reason: str
    subject: str | None = None


def decode_record(record: Record, partitions: int) -> StoredEvent | Undecoded:
    """Decode one record of a log with so many partitions. Never raises for what a record may contain."""
    event = _event_or_reason(record, partitions)
    return event if isinstance(event, StoredEvent) else Undecoded(record, event, subject_of(record, partitions))


def _event_or_reason(record: Record, partitions: int) -> StoredEvent | str:
    """The event, or why the record is none."""
    if record.unreadable is not None:
        return record.unreadable
    if record.value is None:
        return "the record has no value; send the event as the value"
    try:
        decoded = codec.decode(record.value, record.headers, key=record.key)
        raw = record.value.decode()
    except codec.UndecodableError as error:
        return str(error)
    except UnicodeDecodeError as error:
        return f"the value is not UTF-8: {error.reason} at byte {error.start}"
    origin: Event | codec.Unknown
    interpreted: Event | None
    match decoded:
        case codec.Decoded(event=event):
            origin, name, interpreted = event, event.kind.name, event
            state = State.REGISTRY if event.subject.startswith(REGISTRY_SUBJECTS) else State.FOLDED
        case codec.Unknown():
            origin, name, interpreted, state = decoded, decoded.type, None, State.UNKNOWN
    if any("\0" in text for text in (origin.subject, origin.source, origin.id, name)):
        return "subject, source, id or type contains the character U+0000; Postgres cannot store it"
    home = partition_of(origin.subject.encode(), partitions)
    if record.partition != home:
        return (
            f"the record is in partition {record.partition}, its key belongs in {home} of {partitions};"
            " write with Kafka's default partitioner (murmur2)"
        )
    return StoredEvent(
        record=record,
        subject=origin.subject,
        source=origin.source,
        id=origin.id,
        name=name,
        state=state,
        event=interpreted,
        content_sha256=decoded.content_sha256,
        raw=raw,
        headers=attributes_of(record.headers),
    )


def attributes_of(headers: Headers) -> str | None:
    """The headers when they carry the event's attributes (CloudEvents binary mode), else None."""
    if any(name.lower().startswith("ce_") for name, _ in headers):
        return encoded_headers(headers)
    return None
