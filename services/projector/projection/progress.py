"""What one worker has reached and counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """What this worker has reached, for the watchdog, the log and the health server. `committed_at` is monotonic seconds.

    `advanced_at` (monotonic seconds): when it last did a step of a batch that no attempt before had come to; what a batch that is
    tried again does once more is no progress. A step is a subject folded, a project judged, rows written.

    `observe` is called with a measure and its value: `batch` (seconds from the first attempt to the commit), `batch_events`, and of each
    transaction `fold` and `commit` (seconds).
    """

    next_offsets: dict[int, int] = field(default_factory=dict)
    committed_at: float = field(default_factory=time.monotonic)
    advanced_at: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    observe: Callable[[str, float], None] = lambda measure, value: None
    _records: int = 0
    _steps: int = 0
    _steps_max: int = 0

    def begin_attempt(self, records: int) -> None:
        """An attempt to apply so many records begins. With fewer than the one before, each of its steps is a new one."""
        if records != self._records:
            self._records, self._steps_max = records, 0
        self._steps = 0

    def advance(self) -> None:
        """A step is done; cheap."""
        self._steps += 1
        if self._steps > self._steps_max:
            self._steps_max = self._steps
            self.advanced_at = time.monotonic()

    def commit(self, next_offsets: Mapping[int, int]) -> None:
        """A batch is committed, and these are the next offsets."""
        self.next_offsets.update(next_offsets)
        self.committed_at = time.monotonic()
        self._records = 0
