"""`steppe import --send` that is broken off, by a person, by a crash, by ingest itself, and said again: nothing is lost, nothing is twice."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.journeys.command import Command
from tests.services.ingest.ingest_client import logged
from tests.stack import Database, Service, Stack

_PLANTS = 3_000
_EVENTS = 2 * _PLANTS
_SECONDS_MAX = 60


def test_an_import_that_is_broken_off_goes_on_where_it_was(
    start: Callable[..., Service], stack: Stack, database: Database, topic: str, tmp_path: Path
) -> None:
    file = tmp_path / "tracker.csv"
    rows = (f"Kazakhstan,https://www.gem.wiki/{number},Plant {number},operating,1990\n" for number in range(_PLANTS))
    file.write_text("country,url,plant,status,year\n" + "".join(rows))
    ingest = start("ingest")
    command = Command(ingest, database, ingest)
    arguments = ("import", "gem", str(file), "--edition", "2023-01-31", "--no-compare", "--send", "--json")

    by_a_person = command.begin(*arguments)
    _until_accepted(ingest, 500)
    by_a_person.send_signal(signal.SIGINT)
    _, output = by_a_person.communicate(timeout=_SECONDS_MAX)
    assert (
        by_a_person.returncode,
        f"of {_EVENTS:,} events were sent. To send the rest, say the same again" in output,
    ) == (1, True), output

    by_a_crash = command.begin(*arguments)
    _until_accepted(ingest, 2_000)
    by_a_crash.kill()
    by_a_crash.communicate(timeout=_SECONDS_MAX)

    without_ingest = command.begin(*arguments)
    _until_accepted(ingest, 3_500)
    ingest.kill()
    _, output = without_ingest.communicate(timeout=_SECONDS_MAX)
    assert (without_ingest.returncode, "say the same again: what was sent is a duplicate" in output) == (1, True), (
        output
    )

    start("ingest", STEPPE_INGEST_PORT=ingest.address.rpartition(":")[2])
    sent = json.loads(command(*arguments))["sent"]
    assert sent["accepted"] + sent["duplicates"] == _EVENTS
    assert sent["accepted"] > 0 and sent["duplicates"] >= 3_500
    times = Counter((record.event["source"], record.event["id"]) for record in asyncio.run(logged(stack.kafka, topic)))
    assert len(times) == _EVENTS, "nothing is lost"
    assert set(times.values()) == {1}, "and nothing is twice"


def _until_accepted(ingest: Service, number: int) -> None:
    """Until ingest has accepted so many events since it was started."""
    deadline = time.monotonic() + _SECONDS_MAX
    while time.monotonic() < deadline:
        lines = httpx.get(f"{ingest.address}/metrics").text.splitlines()
        accepted = next(line for line in lines if line.startswith("steppe_ingest_accepted_total"))
        if float(accepted.split()[-1]) >= number:
            return
        time.sleep(0.02)
    raise AssertionError(f"ingest has not accepted {number} events in {_SECONDS_MAX} seconds")
