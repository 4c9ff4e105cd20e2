"""Catches up with a long backlog: reads it in large batches without Faust, and applies it through the same store.

A project is folded and judged once a batch, whatever it has of its events: batches have as many records of few partitions as they can.
The checkpoint rows fence this against the stream as they fence two workers, so that both at once are only wasteful.
Who starts it, and when it has to stop, is `faust_app`'s business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from services.projector.consumer import log_reader
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.settings import Settings

log = logging.getLogger("steppe.projector")

_RECORDS_FIRST = 2_000
_RECORDS_MAX = 20_000
# A batch has to end within a stop, a rebalance and the time that the database lets a transaction idle.
_BATCH_SECONDS = 2.0
# While more waits than one batch can hold, nobody reads what came last any sooner for shorter ones.
_BATCH_SECONDS_FAR_BEHIND = 5.0
_SECONDS_TO_TELL = 0.2
_SLICE_SECONDS = 30.0
# So little is left to the stream, which applies it in a second or two.
_RECORDS_LEFT_SHARE = 0.05
# After so long with no more than that: a sender that is faster than the stream would else make the two take turns all the time,
# and each turn costs everybody behind it what it takes to begin to read.
_SECONDS_NEAR = 2.0
_WAIT_SECONDS_MAX = 0.2


async def catch_up(
    settings: Settings, store: ProjectionStore, partitions: Iterable[int], can_continue: Callable[[], bool]
) -> bool:
    """Apply what these partitions have until little has been left for a while (True), or until `can_continue` says no or half a minute
    has passed. `partitions`: some of those for which the store was asked where to start, or there is nothing to do.
    """
    reached = store.progress.next_offsets
    begin = {partition: reached[partition] for partition in partitions if partition in reached}
    if not begin:
        return False
    enough = int(settings.projector_backlog_events_min * _RECORDS_LEFT_SHARE)
    deadline = time.monotonic() + _SLICE_SECONDS
    near_until: float | None = None
    size = _RECORDS_FIRST
    turns: list[int] = []
    fetch_bytes = log_reader.LARGE_FETCH_BYTES
    async with log_reader.reading(settings.kafka, settings.topic, begin, fetch_bytes) as reader:
        while can_continue() and time.monotonic() < deadline:
            ends = await reader.ends()
            reached = store.progress.next_offsets
            if not begin.keys() <= reached.keys():
                return False  # a rebalance took a partition away while the broker told the ends
            waiting = {partition: ends[partition] - reached[partition] for partition in begin}
            behind = sum(waiting.values())
            if behind > enough:
                near_until = None
            elif near_until is None:
                near_until = time.monotonic() + _SECONDS_NEAR
            elif time.monotonic() > near_until:
                return True
            turns = turns or sorted(waiting, key=lambda partition: -waiting[partition])
            chosen = together(turns, waiting, size)
            turns = [*(partition for partition in turns if partition not in chosen), *chosen]
            records = await reader.batch(size, _WAIT_SECONDS_MAX, chosen)
            began = time.monotonic()
            if records:
                await store.apply(record for of_partition in records.values() for record in of_partition)
                seconds = time.monotonic() - began
                count = sum(map(len, records.values()))
                log.debug("backlog: %d records in %.2f s, %d waited", count, seconds, behind)
                size = next_size(size, count, seconds, behind)
    return False


def together(turns: Sequence[int], waiting: Mapping[int, int], size: int) -> list[int]:
    """The partitions of the next batch: the first in turn of which records wait, and those after it of which all fit in beside it."""
    chosen: list[int] = []
    for partition in turns:
        if waiting[partition] > 0 and (not chosen or waiting[partition] <= size):
            chosen.append(partition)
            size -= waiting[partition]
    return chosen


def next_size(size: int, count: int, seconds: float, behind: int) -> int:
    """How many records fill a batch's time when so many took so long, no more than double or half as many as before.

    As many as before when there were fewer, which took next to no time: that tells what a batch costs, not what its records cost.
    """
    if count < size and seconds < _SECONDS_TO_TELL:
        return size
    goal = _BATCH_SECONDS_FAR_BEHIND if behind > _RECORDS_MAX else _BATCH_SECONDS
    fitting = int(count * goal / max(seconds, 0.001))
    return max(1, min(max(fitting, size // 2), size * 2, _RECORDS_MAX))
