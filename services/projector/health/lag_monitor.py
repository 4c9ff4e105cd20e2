"""The lag of this worker: a thread asks Kafka where the log ends, because a consumer that is stuck believes old ends."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.projector.projection.progress import Progress
from steppe.log.end_offsets import EndOffsets, EndOffsetsReader

log = logging.getLogger("steppe.projector")

_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LagSnapshot:
    """The ends of the partitions that this worker has, and when they were last known (monotonic seconds)."""

    ends: EndOffsets
    known_at: float


class LagMonitor:
    """Asks Kafka once a second from its own thread, for as long as the process lives."""

    def __init__(self, kafka: str, topic: str, progress: Callable[[], Progress | None]) -> None:
        self._kafka = kafka
        self._topic = topic
        self._progress = progress
        self.snapshot = LagSnapshot(EndOffsets({}, "not asked yet"), time.monotonic())

    def start(self) -> None:
        """Start the thread; returns at once."""
        threading.Thread(target=lambda: asyncio.run(self._run()), name="lag-monitor", daemon=True).start()

    def ends(self) -> Mapping[int, int]:
        """As far as they are known; safe to call from any thread."""
        return self.snapshot.ends.offsets

    def lag_events(self) -> dict[int, int]:
        """Records that wait, by partition of this worker."""
        progress = self._progress()
        ends = self.ends()
        if progress is None:
            return {}
        return {
            partition: max(ends[partition] - next_offset, 0)
            for partition, next_offset in dict(progress.next_offsets).items()
            if partition in ends
        }

    def lag_seconds(self) -> dict[int, float]:
        """How long the oldest record that waits has been in the log, by partition of this worker; 0 where none waits."""
        now = datetime.now(UTC)
        since = self.snapshot.ends.waiting_since
        return {
            partition: max((now - since[partition]).total_seconds(), 0.0) if lag else 0.0
            for partition, lag in self.lag_events().items()
            if not lag or partition in since
        }

    async def _run(self) -> None:
        log_ends = EndOffsetsReader(self._kafka, self._topic, "steppe-projector-watch")
        while True:
            progress = self._progress()
            next_offsets = {} if progress is None else dict(progress.next_offsets)
            try:
                ends = await log_ends.read(next_offsets) if next_offsets else EndOffsets({})
            except Exception:  # whatever it is, the monitor goes on
                log.exception("the ends of the log could not be read")
                ends = EndOffsets({}, "the ends of the log could not be read; see the worker's log")
            known_at = self.snapshot.known_at if ends.unknown_because else time.monotonic()
            self.snapshot = LagSnapshot(ends, known_at)
            await asyncio.sleep(_PAUSE_SECONDS)
