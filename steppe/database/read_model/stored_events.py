"""Reads stored events back: the one way of everything that reads the table of events.

An event is validated and hashed once, on its way into the table. Readers trust that: only what the fold needs is decoded, at
a fifth of the cost. What may not be trusted so:

- rows of state `unknown`: their type was unknown to the release that stored them, so nobody has judged their data. They are
  decoded again from their records (`services/projector/quarantine/refold.py`).
- records in quarantine: they are in another table, as the bytes that they were.
- whether this release would still take what an earlier one took: a rebuild and `verify` read the log and judge all of it.
- events whose attributes are in the headers of the record (CloudEvents binary mode, which ingest never writes): they are
  decoded in full here, because decoding is nearly all that there is to it.
"""

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


def stored_event(row: Mapping[str, Any] | asyncpg.Record) -> Event | None:
    """The event of a row of state `folded` or `registry`, which has `raw`, `headers` and `subject`.

    None when its type is unknown to this release, which then is an older one than the one that stored it.
    """
    if row["headers"] is not None:
        return validated_event(row["raw"], row["headers"], row["subject"])
    envelope = _envelope_of(row["raw"])
    name = name_of_type(envelope.type)
    if name is None:
        return None
    recorded = read_timestamp(envelope.recordedtime)
    assert recorded is not None, "it was read when the event was stored"
    return interpret(
        source=envelope.source, id=envelope.id, subject=envelope.subject, name=name, recorded=recorded,
        data=envelope.data,
    )  # fmt: skip


def folded_event(row: Mapping[str, Any] | asyncpg.Record) -> Event:
    """The same for who must not go on without one of them. Raises TypeError when the type is unknown."""
    event = stored_event(row)
    if event is None:
        raise TypeError(f"an event of {row['subject']} was folded and is now of unknown type")
    return event


def validated_event(raw: str, headers: str | None, subject: str) -> Event | None:
    """The event, judged as if it came from the log; None when its type is unknown. Raises UndecodableError.

    Equal to `stored_event` for what that may read, which a test holds.
    """
    decoded = decode(raw.encode(), () if headers is None else headers_of(headers), key=subject.encode())
    return decoded.event if isinstance(decoded, Decoded) else None


def encoded_headers(headers: Headers) -> str:
    """All headers, byte-exact: a JSON list of [name, base64 of the value, or null]."""
    return msgspec.json.encode(
        [[name, None if value is None else base64.b64encode(value).decode()] for name, value in headers]
    ).decode()


def headers_of(text: str) -> list[tuple[str, bytes | None]]:
    """The headers that `encoded_headers` was given."""
    return [(name, None if value is None else base64.b64decode(value)) for name, value in _pairs.decode(text)]
