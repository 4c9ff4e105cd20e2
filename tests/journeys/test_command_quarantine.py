"""`steppe quarantine`: find what could not be applied, look at it, try it again, give it up."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from steppe.contracts.partitioning import partition_of
from tests.journeys.command import Command
from tests.services.api.reading_api import Log, memorandum, registered
from tests.stack import Database, Service

BROKEN = b'{"subject": "north", \xff\x00'


@pytest.fixture
def operating(
    start: Callable[..., Service], database: Database, topic: str, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command of an operator of a log in which the project north is held behind a broken record."""
    monkeypatch.setenv("STEPPE_TOPIC", topic)
    asyncio.run(_written(Log(database, topic)))
    return Command(start("api"), database)


async def _written(log: Log) -> None:
    await log.append(registered("north"), registered("south"))
    await log.append_records([(b"north", BROKEN)])
    await log.append(memorandum("north", "2022-03", "alpha"), memorandum("south", "2022-03", "beta"))
    await log.append_records([(b"?", b"whose?")])


def test_a_record_is_found_shown_and_given_up_and_what_waited_is_folded(operating: Command) -> None:
    listed = json.loads(operating("quarantine", "list", "--json"))
    by_subject = {item["subject"]: item for item in listed}
    assert {subject: (item["stage"], item["held_events"]) for subject, item in by_subject.items()} == {
        "north": ("decode", 1),
        None: ("decode", 0),
    }
    north, nobody = by_subject["north"]["id"], by_subject[None]["id"]
    table = operating("quarantine", "list", "--subject", "north", columns=200)
    assert north in table and "1 record; held: 1 subject." in table
    assert "(not known)" in operating("quarantine", "list", columns=200)
    shown = operating("quarantine", "show", north)
    assert "JSON cannot be read" in shown and "7b 22 73 75" in shown and "1 event held" in shown
    assert _raw(operating, north) == BROKEN
    assert "still cannot" not in operating("quarantine", "retry", north, exits=1)
    operating("quarantine", "skip", north, exits=2)
    assert _project(operating)["held_events"] == 1
    output = operating("quarantine", "skip", north, nobody, "--reason", "mended and sent again", "--by", "desk")
    assert "2 of 2 skipped" in output
    assert "2 of 2 skipped" in operating("quarantine", "skip", north, nobody, "--reason", "once more")
    project = _project(operating)
    assert (project["quarantined"], project["held_events"], project["level"]) == (False, 0, "memorandum")
    assert operating("quarantine", "list").strip() == "Nothing is in quarantine."
    again = json.loads(operating("quarantine", "list", "--all", "--json"))
    assert [item["state"] for item in again] == ["skipped", "skipped"]
    actions = json.loads(operating("quarantine", "show", north, "--json"))["actions"]
    assert [(one["action"], one["acted_by"], one["reason"]) for one in actions[-1:]] == [
        ("skip", "desk", "mended and sent again")
    ]
    assert "was given up" in operating("quarantine", "retry", north, exits=1)


def test_an_event_of_a_type_that_is_known_since_is_folded_by_the_command(operating: Command) -> None:
    asyncio.run(_forget_its_type(operating.database.owner))
    assert _unknown(operating) == 1
    answer = json.loads(operating("quarantine", "retry", "--unknown", "--json"))
    assert answer == {"records": [], "upgraded": 1}
    assert _unknown(operating) == 0
    assert "No event waits for this." in operating("quarantine", "retry", "--unknown")


def test_what_cannot_be_done_is_refused_in_words(operating: Command) -> None:
    waiting = f"{partition_of(b'north', 4)}:2"
    assert "waits for an earlier record of north" in operating("quarantine", "retry", waiting, exits=1)
    assert "Nothing is in quarantine at 0:99" in operating("quarantine", "skip", "0:99", "--reason", "x", exits=1)
    assert "Nothing is in quarantine at 0:99" in operating("quarantine", "show", "0:99", exits=1)
    assert "There is no partition 9" in operating("quarantine", "retry", "9:1", exits=1)
    assert "write it like 0:41" in operating("quarantine", "show", "41", exits=2)
    assert "write it like 0:41" in operating("quarantine", "retry", "41", exits=2)
    assert "one of: IDs, --subject, --all, --unknown" in operating("quarantine", "retry", exits=2)
    assert "there is no stage broken" in operating("quarantine", "list", "--stage", "broken", exits=2)
    assert "Nothing to do" in operating("quarantine", "retry", "--subject", "south")
    assert "Nothing of this choice" in operating("quarantine", "list", "--stage", "fold")
    as_reader = operating.with_database(operating.database.api)
    assert "the rights of the projector" in as_reader("quarantine", "skip", "0:0", "--reason", "x", exits=1)
    nowhere = operating.with_database("postgresql://nobody@127.0.0.1:1/steppe")
    for command in (("list",), ("retry", "--all")):
        assert "STEPPE_DATABASE" in nowhere("quarantine", *command, exits=1)


def _raw(operating: Command, record: str) -> bytes:
    command = [sys.executable, "-m", "steppe.cli", "quarantine", "show", record, "--raw"]
    return subprocess.run(command, env=operating._environment, capture_output=True, check=True).stdout


def _project(operating: Command) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{operating.api}/v1/projects/north", timeout=60).json()
    return found


def _unknown(operating: Command) -> int:
    return int(httpx.get(f"{operating.api}/v1/status", timeout=60).json()["totals"]["unknown"])


async def _forget_its_type(owner: str) -> None:
    """As an older release would have stored it, which did not know memoranda."""
    connection = await asyncpg.connect(owner)
    await connection.execute(
        "UPDATE event SET state = 'unknown', name = 'steppe.memorandum.signed.v1', deal = NULL, known_at = NULL,"
        " recorded_at = NULL, occurred_earliest = NULL, occurred_latest = NULL"
        " WHERE subject = 'south' AND name = 'memorandum.signed'"
    )
    await connection.close()
