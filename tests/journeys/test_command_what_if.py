"""`steppe what-if` over the real events: what changes, as a table and as JSON, and refusals that help."""

from __future__ import annotations

import json
from pathlib import Path

from services.api.web.what_if_request import EXAMPLE
from tests.journeys.command import Command


def test_a_file_of_events_is_tried_and_nothing_is_sent(reading: Command, tmp_path: Path) -> None:
    file = tmp_path / "sale.json"
    file.write_text(json.dumps(EXAMPLE))
    before = reading("project", "kz-masdar-wind", "--as-of", "2026-11-01", "--json")
    output = reading("what-if", str(file), "--as-of", "2026-11-01", columns=80)
    assert "1 event tried as of 2026-11-01" in output
    assert any(line.split() == ["masdar", "leg", "equity", "-", "binds"] for line in output.splitlines()), output
    answer = json.loads(reading("what-if", str(file), "--as-of", "2026-11-01", "--json"))
    assert [project["project"] for project in answer["projects"]] == ["kz-masdar-wind"]
    after = reading("project", "kz-masdar-wind", "--as-of", "2026-11-01", "--json")
    assert json.loads(after)["position"] == json.loads(before)["position"]


def test_what_cannot_be_tried_says_where_and_why(reading: Command, tmp_path: Path) -> None:
    file = tmp_path / "lines.ndjson"
    file.write_text(json.dumps(EXAMPLE[0]) + "\nnot json\n")
    assert "lines.ndjson:2 is not JSON" in reading("what-if", str(file), exits=2)
    file.write_text(json.dumps({**EXAMPLE[0], "type": "steppe.equity.agred.v1"}))
    assert "equity.agreed" in reading("what-if", str(file), exits=2)
    assert "there is no file" in reading("what-if", str(tmp_path / "none"), exits=2)
