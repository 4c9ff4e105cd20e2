"""When the fold has to evaluate a deal or the project again, because something may change by itself."""

from __future__ import annotations

import heapq
from datetime import date

from steppe.domain.values.states import FOREVER


class Schedule:
    """The next due day of each key. Mutable; `fork` gives an independent copy."""

    def __init__(self) -> None:
        self._next: dict[str, date] = {}
        # May hold days that were replaced since; they are dropped when they come up.
        self._heap: list[tuple[date, str]] = []

    def fork(self) -> Schedule:
        """An independent copy."""
        fork = Schedule()
        fork._next, fork._heap = self._next.copy(), self._heap.copy()
        return fork

    def reschedule(self, key: str, day: date) -> None:
        """Make a key due on that day instead of any day set before; FOREVER: not by itself."""
        self._next[key] = day
        if day < FOREVER:
            heapq.heappush(self._heap, (day, key))

    def next_on(self) -> date:
        """The next day on which a key is due; FOREVER if there is none."""
        while self._heap:
            day, key = self._heap[0]
            if self._next.get(key) == day:
                return day
            heapq.heappop(self._heap)
        return FOREVER

    def due(self, day: date) -> list[str]:
        """Take off the keys that are due by that day."""
        keys = []
        while self._heap and self._heap[0][0] <= day:
            on, key = heapq.heappop(self._heap)
            if self._next.get(key) == on:
                keys.append(key)
        return keys
