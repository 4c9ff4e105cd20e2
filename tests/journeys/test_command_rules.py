"""`steppe rules`: store a version, see what it would change, put it in force, and read what that did."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.journeys.command import Command


def test_a_version_is_added_tried_and_used_and_what_it_changed_is_published(reading: Command, tmp_path: Path) -> None:
    document = tmp_path / "strict.json"
    document.write_text('{"version": "strict-1", "values": {"memorandum-only.watch": 6}, "note": "earlier"}')
    assert "strict-1 is stored" in reading("rules", "add", str(document), "--by", "desk")
    assert json.loads(reading("rules", "add", str(document), "--json")) == {"version": "strict-1", "added": False}
    assert "memorandum-only.watch" in reading("rules", "show", "strict-1")
    tried = json.loads(reading("rules", "use", "strict-1", "--trial", "--json"))
    assert {one["transition"] for one in tried["differences"]} == {"raised"}
    assert tried["change_id"] is None
    assert _transitions(reading) == []
    reading("rules", "use", "strict-1", exits=1, stdin="n\n")
    output = reading("rules", "use", "strict-1", "--yes", "--reason", "the committee asked", "--by", "desk")
    count = len(tried["differences"])
    assert f"136 projects judged again: {count} raised. strict-1 is in force (before: 2026-2)." in output
    published = _transitions(reading)
    assert [(one["project"], one["deal"], one["severity"], one["cause"]) for one in published] == [
        (one["project"], one["deal"], one["severity"], "rules") for one in tried["differences"]
    ]
    listed = json.loads(reading("rules", "list", "--json"))
    assert listed["in_force"] == "strict-1"
    newest = listed["changes"][0]
    assert (newest["by"], newest["reason"], newest["transitions"]) == ("desk", "the committee asked", count)
    assert "the committee asked" in reading("rules", "list")


def test_what_cannot_be_done_is_refused_in_words(reading: Command, tmp_path: Path) -> None:
    document = tmp_path / "strict.json"
    document.write_text('{"version": "strict-1", "values": {"memorandum-only.wach": 6}}')
    assert "Did you mean memorandum-only.watch" in reading("rules", "add", str(document), exits=2)
    document.write_text('{"version": "2026-2", "values": {"memorandum-only.watch": 6}}')
    assert "exists with other figures" in reading("rules", "add", str(document), exits=1)
    document.write_text("not JSON")
    assert "is not JSON" in reading("rules", "add", str(document), exits=2)
    reading("rules", "add", str(tmp_path / "absent.json"), exits=2)
    assert "There is no version absent; there are 2026-2." in reading("rules", "use", "absent", "--yes", exits=1)
    assert "There is no version absent; there are 2026-2." in reading("rules", "show", "absent", exits=1)
    as_reader = reading.with_database(reading.database.api)
    assert "the rights of the projector" in as_reader("rules", "use", "2026-2", "--yes", exits=1)
    nowhere = reading.with_database("postgresql://nobody@127.0.0.1:1/steppe")
    assert "STEPPE_DATABASE" in nowhere("rules", "use", "2026-2", "--yes", exits=1)


def _transitions(reading: Command) -> list[dict[str, str]]:
    answer = httpx.get(f"{reading.api}/v1/flags/transitions", params={"limit": 500}, timeout=60)
    found: list[dict[str, str]] = answer.json()["items"]
    return found
