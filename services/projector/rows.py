"""From what the fold says to the rows that are stored. Pure; the columns here are those of the migration, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.projector.reading import StoredEvent, Undecoded, encoded_headers
from steppe.domain.events import Event
from steppe.domain.history import History

Row = tuple[Any, ...]

EVENT = (
    "subject", "source", "id", "partition", "log_offset", "name", "state", "deal", "known_at", "recorded_at",
    "occurred_earliest", "occurred_latest", "precedence", "content_sha256", "raw", "headers",
)  # fmt: skip
CONFLICT = ("subject", "source", "id", "partition", "log_offset", "raw")
UNDECODED = ("partition", "log_offset", "key", "value", "headers", "reason")
PROJECT = ("project", "partition", "log_offset", "event_count", "forums", "investors", "updated_at")
PROJECT_SPAN = (
    "project", "valid_from", "valid_to", "name", "country", "sector", "kind", "commodities", "level", "highest_level",
    "headline_severity", "investors", "document",
)  # fmt: skip
DEAL_SPAN = ("project", "deal", "valid_from", "valid_to", "phase", "level", "highest_level", "investors", "document")
FLAG_SPAN = ("project", "deal", "flag", "valid_from", "valid_to", "severity", "certainty", "document")

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class ProjectRows:
    """The rows of any number of projects, one list a table."""

    projects: list[Row] = field(default_factory=list)
    project_spans: list[Row] = field(default_factory=list)
    deal_spans: list[Row] = field(default_factory=list)
    flag_spans: list[Row] = field(default_factory=list)


def add_project(
    rows: ProjectRows, history: History, events: Sequence[Event], *, partition: int, last_offset: int, now: datetime
) -> None:
    """Append everything that is stored of one project. Dates `EVER` and `FOREVER` become the infinities of Postgres."""
    project = history.project
    forums = {forum for event in events if (forum := event.data.get("forum"))}
    investors = {investor for span in history.projects for investor in span.value.investors}
    rows.projects.append(
        (project, partition, last_offset, len(events), sorted(forums), sorted(investors), now),
    )
    for span in history.projects:
        state = span.value
        rows.project_spans.append(
            (
                project, span.valid_from, span.valid_to, text(state.name), state.country, state.sector, state.kind,
                list(state.commodities), int(state.level), int(state.highest_level),
                state.headline.severity if state.headline else None, list(state.investors), document(state),
            )
        )  # fmt: skip
    for deal_span in history.deals:
        deal = deal_span.value
        rows.deal_spans.append(
            (
                project, deal.deal, deal_span.valid_from, deal_span.valid_to, deal.phase,
                None if deal.level is None else int(deal.level), int(deal.highest_level), list(deal.investors),
                document(deal),
            )
        )  # fmt: skip
    for flag_span in history.flags:
        flag = flag_span.value
        rows.flag_spans.append(
            (
                project, flag.deal or "", flag.flag, flag_span.valid_from, flag_span.valid_to, flag.severity,
                flag.certainty, document(flag),
            )
        )  # fmt: skip


def event_row(stored: StoredEvent) -> Row:
    """The row of an event. An unknown one has neither times nor order."""
    record, event = stored.record, stored.event
    place = (stored.subject, stored.source, stored.id, record.partition, record.offset, stored.name, stored.state.value)
    if event is None:
        return (*place, None, None, None, None, None, None, stored.content_sha256, stored.raw, stored.headers)
    return (
        *place, event.deal, event.known, event.recorded, event.earliest, event.latest, event.kind.precedence,
        stored.content_sha256, stored.raw, stored.headers,
    )  # fmt: skip


def conflict_row(stored: StoredEvent) -> Row:
    """The row of an event whose identity is taken by another content."""
    record = stored.record
    return (stored.subject, stored.source, stored.id, record.partition, record.offset, stored.raw)


def undecoded_row(undecoded: Undecoded) -> Row:
    """The row of a record that is no event."""
    record = undecoded.record
    reason = text(undecoded.reason)
    return (record.partition, record.offset, record.key, record.value, encoded_headers(record.headers), reason)


def document(value: object) -> str:
    """The stored form of a value of `steppe.domain.history`."""
    return _encode(value).decode()


def text(value: str | None) -> str | None:
    """Free text for a column: U+0000, which Postgres cannot store, becomes the replacement character."""
    return None if value is None else value.replace("\0", "\ufffd")


def instant(milliseconds: int) -> datetime:
    """A Kafka timestamp."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
