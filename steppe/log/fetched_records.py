"""What a consumer makes of a fetch, in whatever reads the log: committed records, whoever wrote them, and no offset left out.

Whoever imports this module and asks for `isolation_level="read_committed"` reads so:

- What was aborted, and the record that ends a transaction, are no records, but their offsets are no gap either: one remark
  stands for them (`Record.void_from`).
- A batch is inflated up to a limit, and a fetch of a partition up to another one; a record that is too large comes without its
  value, with the reason (`Record.unreadable`).
- A name of a header that is not UTF-8 is escaped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from struct import Struct
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import ConsumerRecord, TopicPartition

from steppe.log import record_batch
from steppe.log.records import Record, Remark

# What is beyond is fetched again.
_FETCH_BYTES_MAX = 64 * 2**20
_LENGTH = Struct(">i")
_LENGTH_AT = 8
_BEFORE_LENGTH_BYTES = 12


class FetchedBatches:
    """The batches of a fetch, each beside its bytes."""

    def __init__(self, fetched: bytes) -> None:
        self._fetched = memoryview(fetched)
        self._batches = MemoryRecords(fetched)
        self._at = 0

    def has_next(self) -> bool:
        """Whether another whole batch follows."""
        return bool(self._batches.has_next())

    def size_in_bytes(self) -> int:
        """Of the fetch."""
        return len(self._fetched)

    def next_batch(self) -> Any:
        """The next batch; its bytes are then in `raw`."""
        (length,) = _LENGTH.unpack_from(self._fetched, self._at + _LENGTH_AT)
        start, self._at = self._at, self._at + _BEFORE_LENGTH_BYTES + length
        self.raw = self._fetched[start : self._at]
        return self._batches.next_batch()


class CommittedRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka ships no types
    """The records of a fetch of one partition, and remarks on offsets that hold none."""

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[ConsumerRecord]:
        if self._isolation_level != fetcher.READ_COMMITTED:
            yield from super()._unpack_records()
            return
        inflated = 0
        while self._records.has_next() and inflated < _FETCH_BYTES_MAX:
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"the checksum of a batch at {self._tp} is wrong")
            first = max(batch.base_offset, self.next_fetch_offset)
            if self._is_void(batch):
                self.next_fetch_offset = batch.next_offset
                yield _void(self._tp, first, batch)
                continue
            raw, whole, bytes_max = self._records.raw, True, len(self._records.raw)
            if batch.compression_type:
                raw, whole = record_batch.inflate(raw)
                inflated += len(raw)
                batch, bytes_max = DefaultRecordBatch(raw), record_batch.RECORD_BYTES_MAX
            for record in _records_of(batch, raw, bytes_max, whole=whole):
                if (
                    record.offset >= self.next_fetch_offset
                ):  # before is what a fetch in the middle of a batch did not ask for
                    self.next_fetch_offset = record.offset + 1
                    yield self._consumer_record(self._tp, record)
            self.next_fetch_offset = batch.next_offset

    def _is_void(self, batch: Any) -> bool:
        """Whether a batch ends a transaction, or was aborted."""
        if batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch:
            if self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            return True
        return bool(batch.is_transactional) and batch.producer_id in self._aborted_producers

    def _consumer_record(self, tp: TopicPartition, record: Any) -> ConsumerRecord:
        made = super()._consumer_record(tp, record)
        return dataclasses.replace(made, headers=record.headers) if isinstance(record.headers, Remark) else made


def record_of(delivered: Any) -> Record:
    """The record, from what a consumer delivers."""
    return record_with_time(delivered, delivered.timestamp)


def record_with_time(delivered: Any, timestamp_ms: int) -> Record:
    """The same for a delivery that counts its time otherwise, as Faust's messages do."""
    headers = delivered.headers
    place = (delivered.partition, delivered.offset, timestamp_ms, delivered.key, delivered.value)
    if isinstance(headers, Remark):
        return Record(*place, void_from=headers.void_from, unreadable=headers.unreadable)
    return Record(*place, tuple(headers))


def _records_of(batch: Any, raw: bytes | memoryview, bytes_max: int, *, whole: bool) -> Iterable[Any]:
    if whole and len(raw) <= bytes_max:
        try:
            return list(batch)
        except UnicodeDecodeError:
            pass  # of a name of a header, which the library has to read
    return record_batch.records_of(bytes(raw), bytes_max)


def _void(tp: TopicPartition, first: int, batch: Any) -> ConsumerRecord:
    return ConsumerRecord(
        tp.topic, tp.partition, batch.next_offset - 1, batch.max_timestamp, batch.timestamp_type, None, None, None, -1, -1,
        Remark(void_from=first),
    )  # fmt: skip


# aiokafka makes both by itself and takes no others.
fetcher.MemoryRecords = FetchedBatches
fetcher.PartitionRecords = CommittedRecords
