"""How far a rebuild is: stored in a table for `/v1/status`, and reported to the progress bar."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg

from steppe import failpoints
from steppe.database import sql

_STATEMENTS = sql.load("rebuild")
# What an event costs in each stage, relative to the others; only the time that is left is estimated from it.
STAGES = {
    "read": 50, "sort": 8, "fold": 150, "index": 12, "judge": 25, "finish": 12, "catch-up": 3, "compare": 8, "flip": 1,
}  # fmt: skip
Report = Callable[["Step"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A moment of a rebuild. `done` of `total` are events; `eta_seconds` is for all that is left, None: not known yet."""

    schema: str
    stage: str
    done: int
    total: int
    eta_seconds: int | None


class RebuildProgress:
    """Stores each step and reports it."""

    def __init__(self, connection: asyncpg.Connection, schema: str, report: Report) -> None:
        self._connection = connection
        self._schema = schema
        self._report = report
        self._began = time.monotonic()
        self._stage = ""
        self._weight_before = 0.0  # what had been done of this stage when this process came to it
        self._worked = 0.0

    async def enter(self, stage: str, total: int, done: int = 0) -> None:
        """Start the next stage. `done`: what an earlier process did of it."""
        if self._stage:
            self._worked += STAGES[self._stage] * (1 - self._weight_before)
        self._stage = stage
        self._weight_before = done / total if total else 0.0
        await self._connection.execute(*_STATEMENTS["enter_phase"](schema=self._schema, phase=stage, total=total))
        await self.update(done, total)

    async def update(self, done: int, total: int) -> None:
        """Store and report how much of this stage is done."""
        share = done / total if total else 0.0
        worked = self._worked + STAGES[self._stage] * (share - self._weight_before)
        names = list(STAGES)
        left = STAGES[self._stage] * (1 - share) + sum(STAGES[name] for name in names[names.index(self._stage) + 1 :])
        eta = round((time.monotonic() - self._began) * left / worked) if worked > 1 else None
        await self._connection.execute(
            *_STATEMENTS["store_progress"](schema=self._schema, done=done, total=total, eta_seconds=eta)
        )
        self._report(Step(schema=self._schema, stage=self._stage, done=done, total=total, eta_seconds=eta))
        failpoints.reach("rebuild", self._stage)
