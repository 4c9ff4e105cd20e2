"""Catches up with a long backlog: reads it in large batches without Faust, and applies it through the same store.

The checkpoint rows fence this against the stream as they fence two workers, so that both at once are only wasteful.
Who starts it, and when it has to stop, is `faust_app`'s business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from services.projector.consumer import log_reader
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.settings import Settings

log = logging.getLogger("steppe.projector")

_RECORDS_FIRST = 2_000
_RECORDS_MAX = 20_000
# A batch has to end within a stop, a rebalance and the time that the database lets a transaction idle.
_BATCH_SECONDS = 2.0
_SLICE_SECONDS = 30.0
# So little is left to the stream, which applies it in a second or two; the two do not take turns all the time.
_RECORDS_LEFT_SHARE = 0.05


async def catch_up(
    settings: Settings, store: ProjectionStore, partitions: Iterable[int], can_continue: Callable[[], bool]
) -> bool:
    """Apply what these partitions have until little is left (True), or until `can_continue` says no or half a minute has passed."""
    begin = await store.start_offsets(partitions)
    enough = int(settings.projector_backlog_events_min * _RECORDS_LEFT_SHARE)
    deadline = time.monotonic() + _SLICE_SECONDS
    size = _RECORDS_FIRST
    fetch_bytes = log_reader.LARGE_FETCH_BYTES
    async with log_reader.reading(settings.kafka, settings.topic, begin, fetch_bytes) as reader:
        while can_continue() and time.monotonic() < deadline:
            ends = await reader.ends()
            reached = store.progress.next_offsets
            if not begin.keys() <= reached.keys():
                return False  # a rebalance took a partition away while the broker told the ends
            behind = sum(ends[partition] - reached[partition] for partition in begin)
            if behind <= enough:
                return True
            records = await reader.batch(size)
            began = time.monotonic()
            if records:
                await store.apply(record for of_partition in records.values() for record in of_partition)
                log.debug("backlog: %d records in %.2f s, %d waited", size, time.monotonic() - began, behind)
                size = _next_size(size, time.monotonic() - began)
    return False


def _next_size(size: int, seconds: float) -> int:
    """As many records as fill a batch's time, changing by no more than the double or the half."""
    fitting = int(size * _BATCH_SECONDS / max(seconds, 0.001))
    return max(1, min(max(fitting, size // 2), size * 2, _RECORDS_MAX))
