"""When to look again at what may turn by itself. Knows keys and days; looks at nothing."""

from __future__ import annotations

import heapq
from datetime import date

from steppe.domain.values.states import FOREVER


class Agenda:
    """The next look at each key. Mutable; `fork` gives an independent copy."""

    def __init__(self) -> None:
        self._next: dict[str, date] = {}
        # May hold looks that were put off since; they are dropped when they come up.
        self._heap: list[tuple[date, str]] = []

    def fork(self) -> Agenda:
        """An independent copy."""
        fork = Agenda()
        fork._next, fork._heap = self._next.copy(), self._heap.copy()
        return fork

    def look_again(self, key: str, day: date) -> None:
        """Look at a key on that day, whatever was said of it before; FOREVER: not by itself."""
        self._next[key] = day
        if day < FOREVER:
            heapq.heappush(self._heap, (day, key))

    def next_on(self) -> date:
        """The day of the next look; FOREVER if there is none."""
        while self._heap:
            day, key = self._heap[0]
            if self._next.get(key) == day:
                return day
            heapq.heappop(self._heap)
        return FOREVER

    def due(self, day: date) -> list[str]:
        """Take off whatever is to be looked at by that day."""
        found = []
        while self._heap and self._heap[0][0] <= day:
            on, key = heapq.heappop(self._heap)
            if self._next.get(key) == on:
                found.append(key)
        return found
