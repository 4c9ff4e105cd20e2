"""Ends this process when it makes no progress, or does not stop when it should. A thread watches, because a stuck loop cannot."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping

from services.projector.projection.progress import Progress

log = logging.getLogger("steppe.projector")

EndOffsets = Callable[[], Mapping[int, int]]


def exit_after(seconds: float, why: str) -> None:
    """End the process with exit 1 unless it has ended by itself by then."""

    def end() -> None:
        log.critical("%s, and did not end within %.0f s: exiting now", why, seconds)
        _exit_now()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


class Watchdog:
    """Ends the process with exit 1 when records have waited, and there was neither a commit nor a new step of a batch, for too long.

    A batch may take as long as it must, while it gets on: one that was ended in the middle would only begin again.
    Of several sources for the ends of the log the highest counts: one that is frozen must not hide what waits.
    """

    def __init__(
        self, progress: Callable[[], Progress | None], end_offsets: tuple[EndOffsets, ...], stalled_seconds_max: float
    ) -> None:
        self._progress = progress
        self._end_offsets = end_offsets
        self._stalled_seconds_max = stalled_seconds_max
        self._no_lag_at = time.monotonic()
        self.stalled_seconds = 0.0
        self.waiting: dict[int, int] = {}

    def start(self) -> None:
        """Start to watch; returns at once."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def check(self, now: float) -> float:
        """For how many seconds records have waited without progress; `now` is monotonic."""
        progress = self._progress()
        self.waiting = {} if progress is None else self._waiting(dict(progress.next_offsets))
        if progress is None or not self.waiting:
            self._no_lag_at = now
            self.stalled_seconds = 0.0
        else:
            self.stalled_seconds = now - max(self._no_lag_at, progress.committed_at, progress.advanced_at)
        return self.stalled_seconds

    def _waiting(self, next_offsets: Mapping[int, int]) -> dict[int, int]:
        ends: dict[int, int] = {}
        for end_offsets in self._end_offsets:
            for partition, end in end_offsets().items():
                ends[partition] = max(end, ends.get(partition, 0))
        return {p: ends[p] - offset for p, offset in next_offsets.items() if ends.get(p, 0) > offset}

    def _watch(self) -> None:
        while True:
            time.sleep(min(1.0, self._stalled_seconds_max / 4))
            if self.check(time.monotonic()) > self._stalled_seconds_max:
                log.critical(
                    "nothing was committed for %.0f s, and no batch got on, with records waiting %s: exiting, to be restarted",
                    self.stalled_seconds,
                    self.waiting,
                )
                _exit_now()


def _exit_now() -> None:
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(1)
