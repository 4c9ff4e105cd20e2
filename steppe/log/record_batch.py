"""The records in a batch as Kafka stores it (format 2), of any codec and with any bytes in it, inflated up to a limit.

aiokafka reads a batch faster, but inflates whatever it is given, and does not get past a header name that is not UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Any, NamedTuple

import cramjam
from aiokafka.errors import CorruptRecordException

from steppe.log.records import UNREAD, Remark

BATCH_BYTES_MAX = 32 * 2**20
RECORD_BYTES_MAX = 16 * 2**20

_HEADER = Struct(">qiibIhiqqqhii")
_ATTRIBUTES = slice(21, 23)
_CODEC_MASK = 0x07
_APPEND_TIME_MASK = 0x08
_SNAPPY = 2
_CODECS = {1: cramjam.gzip, 3: cramjam.lz4, 4: cramjam.zstd}
_SNAPPY_BLOCKS = b"\x82SNAPPY\0"
_SNAPPY_BLOCKS_HEADER_BYTES = 16
# Of JSON hardly anything inflates to more; what does is tried again with all that is allowed.
_USUAL_RATIO = 16
_BEYOND = (
    f"{UNREAD}its batch inflates to more than {BATCH_BYTES_MAX:,} bytes, and this lies beyond; send smaller batches"
)
_FULL = "failed to write whole buffer"


class _Header(NamedTuple):
    base_offset: int
    bytes: int
    leader_epoch: int
    format: int
    checksum: int
    attributes: int
    last_offset_delta: int
    first_ms: int
    last_ms: int
    producer: int
    producer_epoch: int
    sequence: int
    records: int


class BatchRecord(NamedTuple):
    """A record of a batch, with the names that aiokafka gives its fields."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] | Remark
    checksum: None = None


def inflate(raw: memoryview) -> tuple[bytes, bool]:
    """The same batch without compression, and whether that is all of it: what is beyond BATCH_BYTES_MAX is cut off.

    Raises CorruptRecordException when it cannot be inflated.
    """
    header, packed = bytearray(raw[: _HEADER.size]), raw[_HEADER.size :]
    attributes = int.from_bytes(header[_ATTRIBUTES], "big")
    codec = attributes & _CODEC_MASK
    try:
        payload, whole = _inflated_snappy(packed) if codec == _SNAPPY else _inflated(_CODECS[codec], packed)
    except (cramjam.DecompressionError, KeyError) as error:
        raise CorruptRecordException(f"a batch of codec {codec} cannot be inflated: {error}") from error
    header[_ATTRIBUTES] = (attributes & ~_CODEC_MASK).to_bytes(2, "big")
    return bytes(header + payload), whole


def records_of(batch: bytes, bytes_max: int = RECORD_BYTES_MAX) -> Iterator[BatchRecord]:
    """Every record of a batch without compression, which may be cut off; of what is larger, or beyond the cut, a remark.

    Names of headers that are not UTF-8 are escaped, as in `\\xff`. Raises CorruptRecordException.
    """
    header = _Header(*_HEADER.unpack_from(batch))
    at, following = _HEADER.size, header.base_offset
    for _ in range(header.records):
        try:
            record, at = _record_at(header, batch, at, bytes_max)
        except IndexError:
            record = _unread(header, following, None, _BEYOND)
        following = record.offset + 1
        yield record


def _record_at(header: _Header, batch: bytes, at: int, bytes_max: int) -> tuple[BatchRecord, int]:
    length, at = _number_at(batch, at)
    end = at + length
    milliseconds, at = _number_at(batch, at + 1)  # behind the record's own attributes, which mean nothing
    delta, at = _number_at(batch, at)
    key, at = _bytes_at(batch, at)
    if length > bytes_max:
        reason = f"{UNREAD}it inflates to {length:,} bytes, and {bytes_max:,} are read; send smaller events"
        return _unread(header, header.base_offset + delta, key, reason), end
    if end > len(batch):
        return _unread(header, header.base_offset + delta, key, _BEYOND), end
    value, at = _bytes_at(batch, at)
    count, at = _number_at(batch, at)
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, at = _bytes_at(batch, at)
        content, at = _bytes_at(batch, at)
        headers.append(((name or b"").decode(errors="backslashreplace"), content))
    if at != end:
        raise CorruptRecordException(f"a record ends at byte {at} of its batch, not at {end}")
    appended = bool(header.attributes & _APPEND_TIME_MASK)
    timestamp = header.last_ms if appended else header.first_ms + milliseconds
    return BatchRecord(header.base_offset + delta, timestamp, int(appended), key, value, tuple(headers)), end


def _unread(header: _Header, offset: int, key: bytes | None, reason: str) -> BatchRecord:
    return BatchRecord(offset, header.last_ms, 1, key, None, Remark(unreadable=reason))


def _bytes_at(batch: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _number_at(batch, at)
    if length < 0:
        return None, at
    if at + length > len(batch):
        raise IndexError
    return batch[at : at + length], at + length


def _number_at(batch: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, in zigzag. Raises IndexError at the end of the batch."""
    number = shift = 0
    while True:
        byte = batch[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7


def _inflated(codec: Any, packed: memoryview) -> tuple[bytearray, bool]:
    for size in (min(BATCH_BYTES_MAX, _USUAL_RATIO * len(packed)), BATCH_BYTES_MAX):
        inflated = bytearray(size)
        try:
            del inflated[codec.decompress_into(packed, inflated) :]
        except cramjam.DecompressionError as error:
            if _FULL not in str(error):
                raise
        else:
            return inflated, True
    return inflated, False


def _inflated_snappy(packed: memoryview) -> tuple[bytearray, bool]:
    """Java's clients write blocks with their lengths before them, others one block."""
    inflated = bytearray()
    for block in _snappy_blocks(packed):
        if len(inflated) + cramjam.snappy.decompress_raw_len(block) > BATCH_BYTES_MAX:
            return inflated, False
        inflated += cramjam.snappy.decompress_raw(block)
    return inflated, True


def _snappy_blocks(packed: memoryview) -> Iterator[memoryview]:
    if bytes(packed[: len(_SNAPPY_BLOCKS)]) != _SNAPPY_BLOCKS:
        yield packed
        return
    at = _SNAPPY_BLOCKS_HEADER_BYTES
    while at < len(packed):
        end = at + 4 + int.from_bytes(packed[at : at + 4], "big")
        yield packed[at + 4 : end]
        at = end
