"""`steppe import` against a running system: what is said before anything is sent, and what a second time adds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.command import Command
from tests.stack import Database, Service

_HEADING = "country,url,plant,unit,owner,parent,capacity,status,year\n"
_ROWS = (
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 1,Samruk [100%],State,300,{status},\n"
    "Kazakhstan,https://www.gem.wiki/A,Aktau power station,Unit 2,Samruk [100%],State,300,retired,1970\n"
)


@pytest.fixture
def steppe(start: Callable[..., Service], database: Database) -> Command:
    """The command in front of a whole system."""
    ingest = start("ingest")
    start("projector")
    return Command(start("api"), database, ingest)


def test_a_tracker_and_its_next_edition_are_imported(steppe: Command, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(_HEADING + _ROWS.format(status="construction"))
    second.write_text(_HEADING + _ROWS.format(status="operating"))
    arguments = ("import", "gem", str(first), "--edition", "2023-01-31")

    report = steppe(*arguments)
    assert "2 rows read: 1 project, 1 party (0 of them known), 4 events." in report
    assert "Nothing was sent. To send these 4 events, say the same with --send." in report
    assert json.loads(steppe(*arguments, "--send", "--json"))["sent"]["accepted"] == 4
    again = json.loads(steppe(*arguments, "--send", "--json"))["sent"]
    assert (again["accepted"], again["duplicates"], again["rejected"]) == (0, 4, [])

    both = ("import", "gem", str(first), str(second), "--edition", "2023-01-31", "--edition", "2024-02-07")
    assert "aktau-power-station: new production.started" in steppe(*both)
    later = json.loads(steppe(*both, "--send", "--json"))
    assert (later["sent"]["accepted"], later["sent"]["duplicates"]) == (1, 4)
    steppe("status", "--wait")
    assert "producing" in steppe("projects", "--as-of", "2024-02-07")
    assert "construction" in steppe("projects", "--as-of", "2023-12-31")


def test_the_rows_that_are_refused_are_named_and_the_rest_is_sent(steppe: Command, tmp_path: Path) -> None:
    file = tmp_path / "tracker.csv"
    file.write_text(_HEADING + _ROWS.format(status="dreamt of"))
    said = steppe("import", "gem", str(file), "--edition", "2023-01-31", "--send", exits=1)
    assert "line 2: status: 'dreamt of' is none of" in said
    assert "4 accepted, 0 duplicates, 0 rejected" in said


def test_the_project_of_somebody_else_is_not_touched_until_a_key_is_said(steppe: Command, tmp_path: Path) -> None:
    file, keys = tmp_path / "tracker.csv", tmp_path / "keys.csv"
    file.write_text(_HEADING + _ROWS.format(status="operating"))
    own = {
        "source": "/desk/example", "type": "steppe.project.registered.v1", "subject": "aktau-power-station",
        "data": {"name": "Aktau nuclear plant", "country": "KZ", "sector": "energy", "kind": "plant", "commodities": []},
    }  # fmt: skip
    steppe("send", "-", "--wait", stdin=json.dumps(own) + "\n")
    arguments = ("import", "gem", str(file), "--edition", "2023-01-31", "--send", "--json")
    report = json.loads(steppe(*arguments, exits=1).partition("\n}\n")[0] + "}")
    assert report["sent"]["accepted"] == 0
    assert report["editions"][0]["undecided"]["entries"][0]["thing"] == "https://www.gem.wiki/A"
    keys.write_text("thing,project\nhttps://www.gem.wiki/A,aktau-coal\n")
    assert json.loads(steppe(*arguments, "--keys", str(keys)))["sent"]["accepted"] == 4
    steppe("status", "--wait")
    again = json.loads(steppe(*arguments, "--keys", str(keys)))
    assert again["editions"][0]["matches"] == {"matched: same key, name and country": 1}
    assert (again["sent"]["accepted"], again["sent"]["duplicates"]) == (0, 4)
