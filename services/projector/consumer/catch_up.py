"""The second gear: what has piled up is read in large batches without Faust, and applied by the same store.

The checkpoint rows fence both gears against each other as they fence two workers, so that both at once are only wasteful.
Knows the log and the store; who starts it, and when it has to stop, is the stream's business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from services.projector.consumer import log_reader
from services.projector.consumer.projection_store import Store
from services.projector.settings import Settings

log = logging.getLogger("steppe.projector")

_RECORDS_FIRST = 2_000
_RECORDS_MAX = 20_000
# A batch ends within a stop, a rebalance and the patience of the database for a transaction that thinks.
_BATCH_SECONDS = 2.0
_SLICE_SECONDS = 30.0
# So little is left to the stream: it takes it in a second or two, and the gears do not change all the time.
_RECORDS_LEFT_SHARE = 0.05


async def work_off(settings: Settings, store: Store, partitions: Iterable[int], may_go_on: Callable[[], bool]) -> bool:
    """Apply what these partitions have until little is left (True), or until it may not go on or half a minute has passed."""
    begin = await store.begin_at(partitions)
    enough = int(settings.projector_backlog_events_min * _RECORDS_LEFT_SHARE)
    deadline = time.monotonic() + _SLICE_SECONDS
    size = _RECORDS_FIRST
    async with log_reader.reading(settings.kafka, settings.topic, begin) as reader:
        while may_go_on() and time.monotonic() < deadline:
            ends = await reader.ends()
            left = sum(ends[partition] - store.progress.next_offsets[partition] for partition in begin)
            if left <= enough:
                return True
            found = await reader.batch(size)
            began = time.monotonic()
            if found:
                await store.apply(record for records in found.values() for record in records)
                log.debug("backlog: %d records in %.2f s, %d were left", size, time.monotonic() - began, left)
                size = _next_size(size, time.monotonic() - began)
    return False


def _next_size(size: int, seconds: float) -> int:
    """As many records as fill a batch's time, changing by no more than the double or the half."""
    fitting = int(size * _BATCH_SECONDS / max(seconds, 0.001))
    return max(1, min(max(fitting, size // 2), size * 2, _RECORDS_MAX))
