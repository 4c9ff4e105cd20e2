"""A batch that takes long: while it gets on nobody ends it, and it may be given up; one that hangs is ended."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import pytest

from services.projector.commands.verify import verify
from services.projector.health.watchdog import Watchdog
from services.projector.projection.progress import Progress
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until, until_covered
from tests.stack import Database, Service, Stack, wait_for_line

Start = Callable[..., Service]
_PROJECTS = 60
# Each project of the market is judged in this time, so that a batch takes three times as long as the watchdog waits.
_SLOW = {
    **QUICK,
    "STEPPE_TEST_FAILPOINT": "judge:sleep=0.15",
    "STEPPE_PROJECTOR_STALLED_SECONDS_MAX": "3",
    "STEPPE_PROJECTOR_BATCH_SECONDS_MAX": "0.5",
}
_JUDGING = "failpoint judge: sleep"


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


def dense_market() -> list[Message]:
    """Deposits of one market with a deal on paper each, and some that cross the line and so concern all others."""
    place: dict[str, Any] = {"country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["tungsten"]}
    messages = []
    for number in range(_PROJECTS):
        project, parties = f"deposit-{number}", [{"party": f"party-{number}", "role": "investor"}]
        messages.append(event("registered", project, "project.registered", name=project, **place))
        messages.append(event("paper", project, parties=parties))
        if number % 10 == 0:
            messages.append(event("bound", project, "equity.agreed", occurred="2023-05-01", parties=parties))
    return messages


async def test_a_batch_that_takes_longer_than_the_watchdog_waits_goes_on_to_its_end_while_it_gets_on(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **_SLOW)
    last = await publish(stack.kafka, topic, dense_market())
    began = time.monotonic()
    await until_covered(owner, last, service, 120)
    assert time.monotonic() - began > 3
    assert service.child.alive and "exiting" not in service.log()
    assert service.log().count("starts at {") == 1, "it was evicted and came back"
    assert await owner.fetchval("SELECT count(DISTINCT project) FROM flag_span WHERE flag = 'displaced'") > 0
    assert (await verify(stack.kafka, database.api, topic)).differences == []


async def test_a_worker_in_a_long_batch_stops_in_time_and_gives_it_to_another(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    first = start("projector", **_SLOW | {"STEPPE_TEST_FAILPOINT": "judge:sleep=0.3"})
    await publish(stack.kafka, topic, dense_market())
    await asyncio.to_thread(wait_for_line, first, _JUDGING)
    second = start("projector", **QUICK)
    await asyncio.to_thread(wait_for_line, second, "starts at {")
    assert first.child.alive
    first.child.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.child.process.wait, 11) == 0, first.log()[-2000:]
    ends = await log_ends(stack.kafka, topic)
    await until_covered(owner, {partition: end - 1 for partition, end in ends.items()}, second, 60)
    assert (await verify(stack.kafka, database.api, topic)).differences == []


async def test_a_batch_that_hangs_behind_a_market_that_somebody_holds_is_ended_though_each_attempt_folds_again(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    hanging = _SLOW | {"STEPPE_PROJECTOR_IDLE_TRANSACTION_SECONDS_MAX": "1", "STEPPE_TEST_FAILPOINT": ""}
    service = start("projector", **hanging)
    await asyncio.to_thread(wait_for_line, service, "starts at {")
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock(hashtextextended('KZ/tungsten', 0))")
        await publish(stack.kafka, topic, dense_market()[:2])
        await until("the watchdog ends it", lambda: not service.child.alive, 60)
    assert service.child.process.returncode == 1
    assert service.log().count("retrying the batch") > 2
    assert "nothing was committed for" in service.log()


def test_what_an_attempt_does_once_more_is_no_progress_and_a_smaller_batch_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress(next_offsets={0: 0}, committed_at=now, advanced_at=now)
    watchdog = Watchdog(lambda: progress, (lambda: {0: 500},), 60)

    def after(second: float, steps: int) -> float:
        nonlocal now
        now = second
        for _ in range(steps):
            progress.advance()
        return watchdog.check(now)

    progress.begin_attempt(500)
    assert after(150.0, 3) == 0.0
    assert after(180.0, 0) == 30.0
    progress.begin_attempt(500)
    assert after(190.0, 3) == 40.0, "it did no more than the attempt before"
    assert after(195.0, 1) == 0.0
    progress.begin_attempt(250)
    assert after(200.0, 1) == 0.0
    progress.commit({0: 250})
    progress.begin_attempt(250)
    assert after(210.0, 1) == 0.0, "the other half is another batch"
