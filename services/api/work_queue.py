"""Places for work that takes seconds: a few at once, shared evenly among callers, and a queue of bounded length before them.

What reads only what is stored never comes here, so it does not wait for what computes.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.api.problems import QUEUE_FULL
from steppe.http.problems import Refusal

_SECONDS_EXPECTED_FIRST = 2.0
_WEIGHT_OF_LATEST = 0.2
_RETRY_AFTER_MAX = 300


class WorkQueue:
    """Turns for one kind of work. Callers take turns, and each its own requests in the order in which they came.

    `at_once`: how many turns run together; of one caller at most half of them, and where there is one turn, that. `waiting_max` of all and `waiting_of_one_max`
    of one caller may wait.
    """

    def __init__(self, work: str, *, at_once: int, waiting_max: int = 32, waiting_of_one_max: int = 8) -> None:
        self._work = work
        self._at_once = at_once
        self._at_once_of_one = max(1, at_once // 2)
        self._waiting_max = waiting_max
        self._waiting_of_one_max = waiting_of_one_max
        self._running: Counter[str] = Counter()
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}  # the caller whose turn is next stands first
        self._seconds_expected = _SECONDS_EXPECTED_FIRST

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return sum(len(line) for line in self._lines.values())

    @property
    def running(self) -> int:
        """How many have one."""
        return self._running.total()

    @asynccontextmanager
    async def turn(self, caller: str, *, first: bool = False) -> AsyncIterator[None]:
        """Wait for a turn and hold it. `first`: before the other requests of this caller that wait. Raises Refusal at once, with the
        place and the time to expect, when too many wait.
        """
        await self._admit(caller, first=first)
        started = time.monotonic()
        try:
            yield
            seconds = time.monotonic() - started
            self._seconds_expected += _WEIGHT_OF_LATEST * (seconds - self._seconds_expected)
        finally:
            self._leave(caller)

    async def _admit(self, caller: str, *, first: bool) -> None:
        if caller not in self._lines and self._may_run(caller):
            self._running[caller] += 1
            return
        line = self._lines.get(caller, ())
        if len(line) >= self._waiting_of_one_max or self.waiting >= self._waiting_max:
            raise self._full(len(line))
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        own_line = self._lines.setdefault(caller, deque())
        if first:
            own_line.appendleft(place)
        else:
            own_line.append(place)
        try:
            await asyncio.shield(place)  # so that only we end it
        except asyncio.CancelledError:
            if place.done():
                self._leave(caller)  # the turn came together with the cancellation
            else:
                self._forget(caller, place)
            raise

    def _may_run(self, caller: str) -> bool:
        return self.running < self._at_once and self._running[caller] < self._at_once_of_one

    def _leave(self, caller: str) -> None:
        self._running[caller] -= 1
        if not self._running[caller]:
            del self._running[caller]
        for following in [waiting for waiting in self._lines if self._may_run(waiting)]:
            if not self._may_run(following):
                return
            line = self._lines.pop(following)
            place = line.popleft()
            if line:
                self._lines[following] = line  # behind the others
            self._running[following] += 1
            place.set_result(None)

    def _forget(self, caller: str, place: asyncio.Future[None]) -> None:
        line = self._lines[caller]
        line.remove(place)
        if not line:
            del self._lines[caller]

    def _full(self, of_caller: int) -> Refusal:
        seconds = math.ceil((self.waiting + 1) * self._seconds_expected / self._at_once)
        retry_after = max(1, min(seconds, _RETRY_AFTER_MAX))
        detail = (
            f"{self._work}: {self.running} run and {self.waiting} wait, {of_caller} of them yours; the next would be answered in "
            f"about {seconds} s. At most {self._waiting_of_one_max} of one caller and {self._waiting_max} of all wait. Retry then."
        )
        return Refusal(
            QUEUE_FULL,
            detail,
            headers={"Retry-After": str(retry_after)},
            place=self.waiting + 1,
            seconds_expected=seconds,
        )
