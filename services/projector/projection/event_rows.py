"""The rows of the tables event, conflict, quarantine and parked; the columns are those of the migrations, in order. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from services.projector.projection.batches import Record
from services.projector.projection.decode import StoredEvent
from services.projector.projection.quarantine_entries import QuarantineEntry
from steppe.contracts.fast_codec import FastRecord
from steppe.database.read_model.projection_rows import Row, text
from steppe.database.read_model.stored_events import encoded_headers

EVENT = (
    "subject", "source", "id", "partition", "log_offset", "name", "state", "deal", "known_at", "recorded_at",
    "occurred_earliest", "occurred_latest", "content_sha256", "raw", "headers",
)  # fmt: skip
CONFLICT = ("subject", "source", "id", "partition", "log_offset", "raw")
QUARANTINE = (
    "partition", "log_offset", "stage", "state", "subject", "key", "value", "headers", "reason", "record_at",
)  # fmt: skip
PARKED = ("subject", "partition", "corrections")


def event_row(stored: StoredEvent) -> Row:
    """The row of an event. An unknown one has neither times nor order."""
    record, event = stored.record, stored.event
    place = (stored.subject, stored.source, stored.id, record.partition, record.offset, stored.name, stored.state.value)
    if event is None:
        return (*place, None, None, None, None, None, stored.content_sha256, stored.raw, stored.headers)
    return (
        *place, event.deal, event.known, event.recorded, event.earliest, event.latest,
        stored.content_sha256, stored.raw, stored.headers,
    )  # fmt: skip


def plain_event_row(record: Record, plain: FastRecord, raw: str) -> Row:
    """The same row, from what the fast codec gives."""
    return (
        plain.subject, plain.source, plain.id, record.partition, record.offset, plain.kind.name, "folded", plain.deal,
        plain.known, plain.recorded, plain.earliest, plain.latest, plain.content_sha256, raw, None,
    )  # fmt: skip


def conflict_row(stored: StoredEvent) -> Row:
    """The row of an event whose identity is taken by another content."""
    record = stored.record
    return (stored.subject, stored.source, stored.id, record.partition, record.offset, stored.raw)


def quarantine_row(entry: QuarantineEntry) -> Row:
    """The row of a quarantined record."""
    record = entry.record
    return (
        record.partition, record.offset, entry.stage.value, "skipped" if entry.skipped else "open",
        entry.subject, record.key, record.value, encoded_headers(record.headers), text(entry.reason),
        instant(record.timestamp_ms) if record.timestamp_ms > 0 else None,
    )  # fmt: skip


def instant(milliseconds: int) -> datetime:
    """A Kafka timestamp."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
