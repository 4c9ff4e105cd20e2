"""The walk of the README with the steppe command: send, read your own write, flags, project, trace, status, rebuild."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.values.history import Judgement
from tests.domain.event_logs import from_wire
from tests.journeys.command import EXAMPLE, Command
from tests.stack import Database, Service, Stack

AS_OF = date(2026, 11, 22)
Start = Callable[..., Service]


@pytest.fixture
def steppe(start: Start, database: Database) -> Command:
    start("projector", wait=False)
    ingest = start("ingest")
    return Command(start("api"), database, ingest)


def test_a_memorandum_is_followed_from_the_door_to_its_flag(steppe: Command) -> None:
    memorandum = {
        "id": "walk-1",
        "source": "/desk/example",
        "type": "steppe.memorandum.signed.v1",
        "subject": "example-tungsten",
        "data": {
            "occurred": "2022-03-01",
            "instrument": "mou",
            "parties": [{"party": "example-mining", "role": "investor"}],
        },
    }
    sent = json.loads(steppe("send", "-", "--wait", "--json", stdin=json.dumps(memorandum) + "\n"))
    assert (sent["accepted"], sent["duplicates"]) == (1, 0)
    again = json.loads(steppe("send", "-", "--json", stdin=json.dumps(memorandum) + "\n"))
    assert (again["accepted"], again["duplicates"]) == (0, 1)
    arguments = ("flags", "--flag", "memorandum-only", "--json", "--as-of")
    assert json.loads(steppe(*arguments, "2023-02-28")) == []
    assert [flag["severity"] for flag in json.loads(steppe(*arguments, "2023-03-01"))] == ["watch"]
    assert [flag["severity"] for flag in json.loads(steppe(*arguments, "2024-03-01"))] == ["stagnant"]
    assert "2022-03-01" in steppe("project", "example-tungsten")
    assert "presumed-dead memorandum-only" in steppe("trace", "walk-1")
    assert all(part["lag_events"] == 0 for part in json.loads(steppe("status", "--wait", "--json"))["partitions"])


def test_what_is_refused_names_line_field_and_reason(steppe: Command) -> None:
    line = {"source": "/d", "type": "steppe.setback.reported.v1", "subject": "x", "data": {"occurred": "2023-02-30"}}
    output = steppe("send", "-", exits=1, stdin=json.dumps(line) + "\n")
    assert "stdin:1: /data/occurred" in output
    steppe("project", "nobody-knows-it", exits=1)
    steppe("flags", "--as-of", "yesterday", exits=2)


def test_the_real_events_shuffled_and_sent_twice_give_what_the_fold_says(steppe: Command, tmp_path: Path) -> None:
    lines = EXAMPLE.read_text().splitlines()
    shuffled = lines + lines
    random.Random(7).shuffle(shuffled)  # the same disorder every time
    file = tmp_path / "shuffled.ndjson"
    file.write_text("\n".join(shuffled) + "\n")
    sent = json.loads(steppe("send", str(file), "--wait", "--json"))
    assert (sent["accepted"], sent["duplicates"], sent["rejected"]) == (830, 830, [])
    folded = _folded(lines)
    projects = _items(steppe.api, "/v1/projects")
    assert {item["key"]: item["level"] for item in projects} == {
        key: judged.project.level.label for key, judged in folded.items() if judged.project is not None
    }
    flags = {(item["project"], item["deal"], item["flag"]): item for item in _items(steppe.api, "/v1/flags")}
    expected = {(key, flag.deal, flag.flag): flag for key, judged in folded.items() for flag in judged.flags}
    assert flags.keys() == expected.keys()
    for key, flag in expected.items():
        shown = (flags[key]["severity"], flags[key]["since"], flags[key]["evidence"])
        assert shown == (flag.severity, flag.since.isoformat(), list(flag.evidence))


def test_a_rebuild_and_the_way_back_leave_every_answer_as_it_was(steppe: Command, stack: Stack, topic: str) -> None:
    steppe("send", str(EXAMPLE), "--wait")
    steppe = steppe.with_log(stack.kafka, topic)
    before = json.loads(steppe("flags", "--json", "--as-of", AS_OF.isoformat()))
    assert len(before) > 50
    assert "rm_v2 is active" in steppe("rebuild")
    assert json.loads(steppe("flags", "--json", "--as-of", AS_OF.isoformat())) == before
    assert json.loads(steppe("verify", "--json"))["differences"] == []
    assert "previous" in steppe("rebuild", "--status")
    assert "rm_v1 is active again" in steppe("rebuild", "--roll-back")
    assert json.loads(steppe("flags", "--json", "--as-of", AS_OF.isoformat())) == before
    assert json.loads(steppe("status", "--json"))["rebuild"] is None
    assert "0 differences" in steppe("verify")
    assert "--roll-back" in steppe("rebuild", "--help")
    steppe("rebuild", "--workers", "none", exits=2)


def _folded(lines: list[str]) -> dict[str, Judgement]:
    """The same events in their own order, by the domain alone, recorded now as the service did."""
    now = datetime.now(UTC).isoformat()
    whole = portfolio(from_wire({**json.loads(line), "recordedtime": now}) for line in lines)
    return {key: whole.judged(key, AS_OF) for key in whole.histories}


def _items(api: str, path: str) -> list[dict[str, Any]]:
    page = httpx.get(f"{api}{path}", params={"limit": 500, "as_of": AS_OF.isoformat()}, timeout=60).json()
    assert page["next_cursor"] is None
    items: list[dict[str, Any]] = page["items"]
    return items
