"""The clocks of ingest and of the projector jump by hours and days, forwards and backwards, while events come in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.invariants import hold, until, watched
from tests.faults.load import sending
from tests.faults.own_stack import World
from tests.faults.workers import QUICK, Workers
from tests.services.ingest.ingest_client import IngestClient, logged, memorandum

_HOUR = 3600
_JUMPS = (_HOUR, -_HOUR, 30 * 24 * _HOUR, -100 * 24 * _HOUR, 0)


def test_clocks_that_jump_change_neither_order_nor_state(world: World, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    wrong = {"PYTHONPATH": str(Path(__file__).parent / "clock"), "STEPPE_TEST_CLOCK": str(clock)}
    ingest = world.start("ingest", wrong)
    workers = Workers(lambda: world.start("projector", QUICK | wrong))
    with watched(world) as watch:
        with sending(lambda: ingest.address) as sender:
            for jump in _JUMPS:
                reached = watch.total
                until("it flows", lambda: watch.total > reached + 60, workers)  # noqa: B023
                clock.write_text(str(jump))
        hold(world, sender.acknowledged, workers)
    assert workers.exits == []
    # The clock was wrong indeed, and what a sender reads there is what the event was recorded at.
    clock.write_text(str(30 * 24 * _HOUR))
    assert IngestClient(ingest.address).post(memorandum("late")).status_code == 202
    (late,) = [record.event for record in asyncio.run(logged(world.kafka, world.topic)) if record.event["id"] == "late"]
    assert datetime.fromisoformat(late["recordedtime"]) - datetime.now(UTC) > timedelta(days=29)
