"""The ids of recent events of the log, to deduplicate what is sent again: a hash table of fixed size.

A table of buckets: a key can stand in any slot of its bucket, and a new key replaces the oldest one of a full bucket. Older
duplicates are not found here, and `known_from` says so; the fold counts an event once however often it is in the log. Keys are hashed with a secret of
the process, so that no sender can aim at a bucket.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from struct import Struct

_BUCKETS = 8_192
_SLOTS_A_BUCKET = 32
_KEY_BYTES = 16
_ENTRY = Struct(">16sHq")  # content hash, partition, offset
_SECRET = secrets.token_bytes(16)

RecordId = tuple[int, int]
"""Partition and offset of a record."""


def key_of(subject: str, source: str, id: str) -> bytes:
    """The identity of an event, hashed: (source, id) within a subject."""
    # No attribute may hold a line break, so it can stand between them.
    return hashlib.blake2b(f"{subject}\n{source}\n{id}".encode(), digest_size=_KEY_BYTES, key=_SECRET).digest()


class RecentIds:
    """Up to 262,144 keys with the hash of their content and their record: 11 MB, allocated at the start."""

    def __init__(self) -> None:
        slots = _BUCKETS * _SLOTS_A_BUCKET
        # Written, not only reserved: otherwise the pages would be allocated one by one and look like a leak. Not with zeros,
        # which the allocator hands out without touching them.
        self._keys = bytearray(b"\xff") * (slots * _KEY_BYTES)
        self._entries = bytearray(b"\xff") * (slots * _ENTRY.size)
        self._next_slots = bytearray(_BUCKETS)
        self._known_from: dict[int, int] = {}

    @property
    def known_from(self) -> Mapping[int, int]:
        """By partition, the offset from which on all is known that this process has seen; empty: from the beginning."""
        return self._known_from

    def forget_before(self, partition: int, offset: int) -> None:
        """Note that records before this offset are not known."""
        if offset > self._known_from.get(partition, 0):
            self._known_from[partition] = offset

    def find(self, key: bytes) -> tuple[bytes, RecordId] | None:
        """The first 16 bytes of the content's hash and the record; None when the key is not, or no longer, known."""
        bucket = int.from_bytes(key[:4], "big") % _BUCKETS
        start = bucket * _SLOTS_A_BUCKET * _KEY_BYTES
        at = self._keys.find(key, start, start + _SLOTS_A_BUCKET * _KEY_BYTES)
        if at < 0 or at % _KEY_BYTES:
            return None
        content_hash, partition, offset = _ENTRY.unpack_from(self._entries, at // _KEY_BYTES * _ENTRY.size)
        return content_hash, (partition, offset)

    def remember(self, key: bytes, content_sha256: bytes, record_id: RecordId) -> None:
        """Keep an acknowledged event; the oldest of its bucket may be forgotten."""
        bucket = int.from_bytes(key[:4], "big") % _BUCKETS
        slot_in_bucket = self._next_slots[bucket]
        self._next_slots[bucket] = (slot_in_bucket + 1) % _SLOTS_A_BUCKET
        slot = bucket * _SLOTS_A_BUCKET + slot_in_bucket
        _, partition, offset = _ENTRY.unpack_from(self._entries, slot * _ENTRY.size)
        if partition >= 0:
            self.forget_before(partition, offset + 1)
        self._keys[slot * _KEY_BYTES : (slot + 1) * _KEY_BYTES] = key
        _ENTRY.pack_into(self._entries, slot * _ENTRY.size, content_sha256[:16], *record_id)
