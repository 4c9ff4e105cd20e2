"""The ways this process ends when it cannot end by itself. A thread watches, because a stuck loop cannot."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from services.projector.store import Progress

log = logging.getLogger("steppe.projector")

Highwaters = Callable[[], dict[int, int]]


def end_within(seconds: float, why: str) -> None:
    """End the process with exit 1 unless it has ended by itself by then."""

    def end() -> None:
        log.critical("%s, and did not end within %.0f s: ending now", why, seconds)
        _end_now()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()


def watch(progress: Callable[[], Progress | None], highwaters: Highwaters, stalled_seconds_max: float) -> None:
    """Start the watchdog: with records waiting and nothing committed for so long, the process ends with exit 1."""

    def watching() -> None:
        quiet_since = time.monotonic()
        while True:
            time.sleep(min(1.0, stalled_seconds_max / 4))
            now = time.monotonic()
            reached = progress()
            behind = {
                partition: log_end - (reached.next_offsets.get(partition, 0) if reached else 0)
                for partition, log_end in highwaters().items()
            }
            if reached is None or not any(lag > 0 for lag in behind.values()):
                quiet_since = now
                continue
            stalled = now - max(quiet_since, reached.moved_at)
            if stalled > stalled_seconds_max:
                log.critical(
                    "nothing was committed for %.0f s with records waiting %s: ending, to be started again",
                    stalled,
                    {partition: lag for partition, lag in behind.items() if lag > 0},
                )
                _end_now()

    threading.Thread(target=watching, name="watchdog", daemon=True).start()


def _end_now() -> None:
    for handler in logging.getLogger().handlers:
        handler.flush()
    os._exit(1)
