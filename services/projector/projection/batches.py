"""The arithmetic of offsets: records of the log by partition, and which of them are still to apply. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.projector.projection.errors import (
    CheckpointWentBackError,
    LogGapError,
    LogShorterError,
    RecordsRemovedError,
)
from steppe.log.records import Headers as Headers
from steppe.log.records import Record as Record


def by_partition(records: Iterable[Record]) -> dict[int, list[Record]]:
    """Order a batch: partitions ascending, offsets ascending, each offset once.

    A batch can hold an offset twice, or run backwards, when a rebalance fell into it.
    """
    by_offset: dict[int, dict[int, Record]] = defaultdict(dict)
    for record in records:
        by_offset[record.partition][record.offset] = record
    return {p: [by_offset[p][offset] for offset in sorted(by_offset[p])] for p in sorted(by_offset)}


def halves(records: Mapping[int, Sequence[Record]]) -> list[dict[int, Sequence[Record]]]:
    """A batch in two, to be applied one after the other; a single record stays whole."""
    count = sum(map(len, records.values()))
    if count < 2:
        return [dict(records)]
    left = count // 2
    first: dict[int, Sequence[Record]] = {}
    second: dict[int, Sequence[Record]] = {}
    for partition, of_partition in records.items():
        for half, share in ((first, of_partition[:left]), (second, of_partition[left:])):
            if share:
                half[partition] = share
        left = max(0, left - len(of_partition))
    return [first, second]


def unapplied(records: Sequence[Record], next_offset: int) -> Sequence[Record]:
    """Drop what the read model covers already. Raises LogGapError when the rest does not continue the checkpoint."""
    remaining = [record for record in records if record.offset >= next_offset]
    expected = next_offset
    for record in remaining:
        # A remark may begin before: the checkpoint may lie within what was aborted.
        if max(record.first_offset, next_offset) != expected:
            raise LogGapError(record.partition, expected, record.first_offset)
        expected = record.offset + 1
    return remaining


def refuse_going_back(seen: Mapping[int, int], stored: Mapping[int, int]) -> None:
    """Raise CheckpointWentBackError when a checkpoint is lower than this worker has seen it."""
    for partition, next_offset in stored.items():
        if next_offset < seen.get(partition, 0):
            raise CheckpointWentBackError(partition, seen[partition], next_offset)


def refuse_another_log(begin: Mapping[int, int], earliest: Mapping[int, int], ends: Mapping[int, int]) -> None:
    """Raise RecordsRemovedError or LogShorterError when the log cannot be continued there; Kafka would just begin anew."""
    for partition, next_offset in begin.items():
        if next_offset < earliest[partition]:
            raise RecordsRemovedError(partition, next_offset, earliest[partition])
        if next_offset > ends[partition]:
            raise LogShorterError(partition, next_offset, ends[partition])
