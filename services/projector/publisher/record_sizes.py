"""What is published of a record that is too large for its topic: a pointer to the API, or to the quarantine, in its place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from services.projector.projection.quarantine_policy import HEADER
from steppe.contracts.announcements import without_data
from steppe.contracts.topics import QUARANTINE, TOPICS

_BYTES_MAX_OF_KAFKA = 1_048_588
# Of the batch around a record, and of the numbers before each part of it.
_OVERHEAD_BYTES = 512
_HEADER_OVERHEAD_BYTES = 10
_KEY_BYTES_MAX = 32 * 1024
_BYTES_MAX = {
    topic.name: int(topic.settings.get("max.message.bytes", _BYTES_MAX_OF_KAFKA)) - _OVERHEAD_BYTES for topic in TOPICS
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRecord:
    """A record on its way; `topic` is its public name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    @property
    def size(self) -> int:
        """About as many bytes as it has on the wire."""
        names = sum(len(name.encode()) + len(value or b"") + _HEADER_OVERHEAD_BYTES for name, value in self.headers)
        return len(self.key or b"") + len(self.value or b"") + names


def fitting(record: OutboxRecord) -> OutboxRecord:
    """The record, or its pointer where it is larger than its topic takes with the settings of `steppe migrate`."""
    return record if record.size <= _BYTES_MAX[record.topic] else pointer(record)


def pointer(record: OutboxRecord) -> OutboxRecord:
    """What can be said in its place: whose it is, and where all of it is. One without value is as it was."""
    if record.topic == QUARANTINE.name:
        own = [(name, value) for name, value in record.headers if name.startswith(HEADER)]
        place = dict(own)
        where = b"%b:%b" % (place.get(HEADER + "partition") or b"", place.get(HEADER + "offset") or b"")
        left_out = (HEADER + "left-out", b"value and headers; steppe quarantine show " + where + b" has them")
        key = None if record.key is not None and len(record.key) > _KEY_BYTES_MAX else record.key
        return replace(record, key=key, value=None, headers=[*own, left_out])
    if record.value is None:
        return record
    return replace(record, value=msgspec.json.encode(without_data(msgspec.json.decode(record.value))))
