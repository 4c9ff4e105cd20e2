"""A stored event back to what it was decoded to. Knows the columns `raw` and `headers` of the table of events."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from steppe.contracts.codec import Decoded, decode
from steppe.contracts.envelope import read_timestamp
from steppe.domain.events.event import Event, interpret
from steppe.domain.events.vocabulary import name_of_type

if TYPE_CHECKING:
    import asyncpg

Headers = Sequence[tuple[str, bytes | None]]


class _Envelope(msgspec.Struct):
    source: str
    id: str
    subject: str
    type: str
    recordedtime: str
    data: dict[str, Any]


_envelope_of = msgspec.json.Decoder(_Envelope).decode
_pairs = msgspec.json.Decoder(list[tuple[str, str | None]])


def event_of(raw: str, headers: str | None, subject: str) -> Event | None:
    """The event, or None when its type is unknown to this release. Raises UndecodableError: it was stored by mistake."""
    found = decode(raw.encode(), () if headers is None else headers_of(headers), key=subject.encode())
    return found.event if isinstance(found, Decoded) else None


def stored_before(row: Mapping[str, Any] | asyncpg.Record) -> Event:
    """The event of a row of a known type that this release has stored, without judging again whether it may be one.

    A row has `raw`, `headers` and `subject`. Equal to `event_of` for such rows, which a test holds.
    """
    if row["headers"] is not None:
        event = event_of(row["raw"], row["headers"], row["subject"])
        assert event is not None, "an event of unknown type is not stored as one that folds"
        return event
    envelope = _envelope_of(row["raw"])
    name = name_of_type(envelope.type)
    recorded = read_timestamp(envelope.recordedtime)
    assert name is not None and recorded is not None, "it was read before"
    return interpret(
        source=envelope.source, id=envelope.id, subject=envelope.subject, name=name, recorded=recorded,
        data=envelope.data,
    )  # fmt: skip


def encoded_headers(headers: Headers) -> str:
    """All headers, byte-exact: a JSON list of [name, base64 of the value, or null]."""
    return msgspec.json.encode(
        [[name, None if value is None else base64.b64encode(value).decode()] for name, value in headers]
    ).decode()


def headers_of(text: str) -> list[tuple[str, bytes | None]]:
    """What `encoded_headers` was given."""
    return [(name, None if value is None else base64.b64decode(value)) for name, value in _pairs.decode(text)]
