"""What one worker has reached and counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """What this worker has reached, for the watchdog, the log and the health server. `committed_at` is monotonic seconds.

    `observe` is called with a measure and its value: `batch` (seconds from the first attempt to the commit), `batch_events`, and of each
    transaction `fold` and `commit` (seconds).
    """

    next_offsets: dict[int, int] = field(default_factory=dict)
    committed_at: float = field(default_factory=time.monotonic)
    counts: Counter[str] = field(default_factory=Counter)
    observe: Callable[[str, float], None] = lambda measure, value: None
