"""One record of the log as bytes, its fingerprint, and remarks on offsets that hold none."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the broker delivered it. The time is in milliseconds since 1970. Names of headers that are not UTF-8 are
    escaped, as in `\\xff`; all other bytes are untouched.

    `void_from`: it is none, and stands for the offsets from this one on to its own, which hold the end of a transaction or what
    was aborted. `unreadable`: why its value was not read, nor its headers, nor perhaps its key.
    """

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    void_from: int | None = None
    unreadable: str | None = None

    @property
    def first_offset(self) -> int:
        """The first of the offsets that it stands for; of a record, its own."""
        return self.offset if self.void_from is None else self.void_from


# How every reason begins for which a record was not read; the quarantine keeps it instead of the value.
UNREAD = "not read: "


class Remark(tuple[()]):
    """Stands in the place of headers while a record passes through libraries, where no sender's bytes can put it."""

    void_from: int | None
    unreadable: str | None

    def __new__(cls, *, void_from: int | None = None, unreadable: str | None = None) -> Self:
        """As the fields of a record."""
        remark = super().__new__(cls)
        remark.void_from, remark.unreadable = void_from, unreadable
        return remark


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
