"""Which events were acknowledged lately, in memory that is taken once and never grows. Knows hashes and positions only.

A table of buckets: a key can stand in any slot of its bucket, and the oldest of a full bucket makes room. Nothing is
promised about what was sent long ago: the log and the fold see to that. Keys are hashed with a secret of the process, so
that no sender can aim at a bucket.
"""

from __future__ import annotations

import hashlib
import secrets
from struct import Struct

_BUCKETS = 8_192
_WAYS = 32
_KEY = 16
_ENTRY = Struct(">16sHq")  # content, partition, offset
_SECRET = secrets.token_bytes(16)

Place = tuple[int, int]
"""Partition and offset of a record."""


def key_of(subject: str, source: str, id: str) -> bytes:
    """What makes two events one: (source, id) within a subject."""
    # No attribute may hold a line break, so it can stand between them.
    return hashlib.blake2b(f"{subject}\n{source}\n{id}".encode(), digest_size=_KEY, key=_SECRET).digest()


class Seen:
    """Up to 262,144 keys with the hash of their content and their place in the log: 11 MB, from the start."""

    def __init__(self) -> None:
        slots = _BUCKETS * _WAYS
        # Written, not only reserved: otherwise the pages would come one by one and look like a leak. Not with zeros,
        # which the allocator hands out without touching them.
        self._keys = bytearray(b"\xff") * (slots * _KEY)
        self._entries = bytearray(b"\xff") * (slots * _ENTRY.size)
        self._next = bytearray(_BUCKETS)

    def find(self, key: bytes) -> tuple[bytes, Place] | None:
        """The first 16 bytes of the content's hash and the place; None when it is not, or no longer, known."""
        bucket = int.from_bytes(key[:4], "big") % _BUCKETS
        start = bucket * _WAYS * _KEY
        at = self._keys.find(key, start, start + _WAYS * _KEY)
        if at < 0 or at % _KEY:
            return None
        content, partition, offset = _ENTRY.unpack_from(self._entries, at // _KEY * _ENTRY.size)
        return content, (partition, offset)

    def remember(self, key: bytes, content_sha256: bytes, place: Place) -> None:
        """Keep an acknowledged event; the oldest of its bucket may be forgotten."""
        bucket = int.from_bytes(key[:4], "big") % _BUCKETS
        way = self._next[bucket]
        self._next[bucket] = (way + 1) % _WAYS
        slot = bucket * _WAYS + way
        self._keys[slot * _KEY : (slot + 1) * _KEY] = key
        _ENTRY.pack_into(self._entries, slot * _ENTRY.size, content_sha256[:16], *place)
