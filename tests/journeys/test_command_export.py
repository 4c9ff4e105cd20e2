"""`steppe export` against running services: what is written, what is refused, and that all of it can be sent again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import clone_database, drop_database
from tests.journeys.command import EXAMPLE, Command
from tests.services.api.reading_api import SOURCE, Log, event, memorandum
from tests.stack import Database, Service, Stack, database_of

_DAYS = ("2019-12-31", "2024-06-30", "2026-11-01")


@pytest.fixture
def other_database(stack: Stack, template: str, topic_name: str) -> Iterator[Database]:
    """Of another Steppe, whose log is not in the broker."""
    name = f"steppe_test_{topic_name.rpartition('.')[2]}_other"
    asyncio.run(clone_database(stack, template, name, topic_name))
    yield database_of(stack.database, name)
    asyncio.run(drop_database(stack, name))


def judged(api: Service) -> dict[str, list[Any]]:
    """All projects, deals and flags as of three days, without what says where a record lies in its log."""
    lists: dict[str, list[Any]] = {}
    with httpx.Client(base_url=api.address, timeout=60) as client:
        for day in _DAYS:
            for path in ("/v1/projects", "/v1/deals", "/v1/flags"):
                parameters, items = {"as_of": day, "limit": "500"}, list[Any]()
                while True:
                    body = client.get(path, params=parameters).raise_for_status().json()
                    items += [{**item, "position": None} for item in body["items"]]
                    if body["next_cursor"] is None:
                        break
                    parameters["cursor"] = body["next_cursor"]
                lists[f"{path} {day}"] = items
    return lists


def test_what_is_exported_and_sent_into_an_empty_steppe_is_judged_alike(
    start: Callable[..., Service], database: Database, other_database: Database, topic: str, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    paper = memorandum("sareco-stepnogorsk", "2025-03-01", "nobody", "wrong-paper", reported="2025-03-02")
    target = {"source": SOURCE, "id": "wrong-paper"}
    mended = {"target": target, "changes": {"occurred": "2025-02"}, "reported": "2025-03-03"}
    corrected = event("event.corrected", paper["subject"], "mended", **mended)
    retracted = event("event.retracted", paper["subject"], "back", target=target, reported="2025-06-01")
    asyncio.run(Log(other_database, topic).append(*lines, paper, corrected, retracted))
    first = start("api", STEPPE_DATABASE=other_database.api)
    file = tmp_path / "all.ndjson"
    Command(first, other_database)("export", "events", "-o", str(file))
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(lines) + 3

    ingest = start("ingest")
    start("projector")
    second = start("api")
    sent = json.loads(Command(second, database, ingest)("send", str(file), "--wait", "--json"))
    assert (sent["accepted"], sent["duplicates"], sent["rejected"]) == (len(lines) + 3, 0, [])
    assert judged(second) == judged(first)


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(reading: Command, tmp_path: Path) -> None:
    file = tmp_path / "kz.ndjson"
    file.write_text("mine")
    said = " ".join(reading("export", "events", "-o", str(file), exits=2, columns=200).split())
    assert "kz.ndjson is there; --force replaces it" in said and file.read_text() == "mine"
    reading("export", "events", "--project", "kz-masdar-wind", "-o", str(file), "--force")
    of_project = file.read_text(encoding="utf-8")
    assert {json.loads(line)["subject"] for line in of_project.splitlines()} >= {"kz-masdar-wind", "party:masdar"}
    assert reading("export", "events", "--project", "kz-masdar-wind") == of_project, "standard output"

    assert "is none of events, parquet, iati, bods, oc4ids, ocds, gem, snapshot" in reading(
        "export", "words", exits=2, columns=200
    )
    assert "country: " in reading("export", "events", "--country", "Xanadu", "-o", str(tmp_path / "x"), exits=2)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".log") == ["kz.ndjson"]
