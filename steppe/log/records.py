"""One record of the log as bytes, and its fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the broker delivered it, bytes untouched. The time is in milliseconds since 1970."""

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def fingerprint(record: Record) -> bytes:
    """SHA-256 over key, value and headers: 32 bytes. Neither place nor time, so that a restored log has the same ones."""
    digest = hashlib.sha256()
    parts = [record.key, record.value]
    for name, value in record.headers:
        parts += [name.encode(), value]
    for part in parts:
        # With its length before it, so that no two lists of parts look alike; none at all is not the same as empty.
        digest.update(b"-" if part is None else b"%d:" % len(part))
        digest.update(part or b"")
    return digest.digest()
