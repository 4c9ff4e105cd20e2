"""Keeps projector workers running, as whoever runs them in earnest would: one that has ended is replaced at once."""

from __future__ import annotations

from collections.abc import Callable

from tests.stack import Service

SESSION_SECONDS = 3.0
QUICK = {
    "STEPPE_PROJECTOR_SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
    "STEPPE_PROJECTOR_HEARTBEAT_SECONDS": "0.8",
    "STEPPE_PROJECTOR_IDLE_TRANSACTION_SECONDS_MAX": "2",
}
"""Settings with which the replacement of a silent worker takes seconds instead of half a minute."""


class Workers:
    """So many workers that are awake. `exits`: how those that ended did, by their last words or their exit code."""

    def __init__(self, start: Callable[[], Service], count: int = 1) -> None:
        self._start = start
        self._count = count
        self.awake: list[Service] = []
        self.exits: list[int | str] = []

    def keep(self) -> None:
        """Replace what has ended. From the main thread only."""
        for worker in [worker for worker in self.awake if not worker.child.alive]:
            self.awake.remove(worker)
            code = worker.child.process.returncode
            said = [line for line in worker.log().splitlines() if " CRITICAL " in line]
            self.exits.append(said[0] if code == 1 and said else code)
        while len(self.awake) < self._count:
            self.awake.append(self._start())

    def said(self) -> str:
        """The last words of those that are awake, for a test that fails."""
        return "\n".join(worker.log()[-3000:] for worker in self.awake)
