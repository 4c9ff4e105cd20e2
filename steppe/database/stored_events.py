"""A stored event back to what it was decoded to. Knows the columns `raw` and `headers` of the table of events."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from steppe.contracts.codec import Decoded, decode
from steppe.domain.events import Event

Headers = Sequence[tuple[str, bytes | None]]

_pairs = msgspec.json.Decoder(list[tuple[str, str | None]])


def event_of(raw: str, headers: str | None, subject: str) -> Event | None:
    """The event, or None when its type is unknown to this release. Raises UndecodableError: it was stored by mistake."""
    found = decode(raw.encode(), () if headers is None else headers_of(headers), key=subject.encode())
    return found.event if isinstance(found, Decoded) else None


def encoded_headers(headers: Headers) -> str:
    """All headers, byte-exact: a JSON list of [name, base64 of the value, or null]."""
    return msgspec.json.encode(
        [[name, None if value is None else base64.b64encode(value).decode()] for name, value in headers]
    ).decode()


def headers_of(text: str) -> list[tuple[str, bytes | None]]:
    """What `encoded_headers` was given."""
    return [(name, None if value is None else base64.b64decode(value)) for name, value in _pairs.decode(text)]
