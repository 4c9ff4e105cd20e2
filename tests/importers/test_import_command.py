"""`steppe import` without a system: what is typed wrongly, and what is said of an edition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from steppe.cli.__main__ import app

_TRACKER = "country,url,plant,unit,owner,capacity,status,year\nKazakhstan,https://www.gem.wiki/A,Aktau,Unit 1,Samruk,300,operating,1970\n"


def _ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", *arguments], env={"NO_COLOR": "1", "COLUMNS": "400"})


@pytest.fixture
def tracker(tmp_path: Path) -> str:
    path = tmp_path / "tracker.csv"
    path.write_text(_TRACKER)
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gim", "{}"), "gim is none of"),
        (("gem", "nowhere.csv"), "there is no file nowhere.csv"),
        (("gem", "{}"), "does not tell on which day it was published"),
        (("gem", "{}", "--edition", "soon"), "'soon' is not a day"),
        (("gem", "{}", "--edition", "2999-01-31"), "is after today"),
        (("gem", "{}", "{}", "--edition", "2024-01-31", "--edition", "2023-01-31"), "give the oldest first"),
        (("gem", "{}", "--edition", "2023-01-31", "--edition", "2024-01-31"), "2 editions for 1 files"),
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_is_said(tracker: str, arguments: tuple[str, ...], said: str) -> None:
    ran = _ran(*(argument.format(tracker) for argument in arguments))
    assert ran.exit_code == 2
    assert said in ran.output


def test_a_mapping_says_what_the_columns_of_a_table_are(tracker: str, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "source: /desk\nproject: {name: plant, fields: {country: country, sector: {constant: energy}, kind: {constant: plant}}}\n"
        "events: [{name: production.started, occurred: year, fields: {phase: {constant: commercial}}}]\n"
    )
    arguments = ("csv", tracker, "--edition", "2023-01-31", "--json", "--mapping")
    answer = json.loads(_ran(*arguments, str(mapping)).stdout)
    assert answer["source"] == "/desk"
    assert answer["editions"][0]["events"] == {"production.started": 1, "project.registered": 1}
    mapping.write_text("source: /desk")
    wrong = _ran(*arguments, str(mapping))
    assert (wrong.exit_code, "missing required field" in wrong.output) == (2, True)
    assert "the format csv needs a mapping" in str(_ran("csv", tracker, "--edition", "2023-01-31").exception)
    assert "only the format csv has a mapping" in _ran("gem", tracker, "--mapping", str(mapping)).output


def test_a_guess_prints_a_mapping_and_nothing_else(tmp_path: Path) -> None:
    table = tmp_path / "deals.csv"
    table.write_text("Project,Country,MoU date\nA,KZ,2021-05-06\n")
    guessed = _ran("csv", str(table), "--guess")
    assert guessed.exit_code == 0
    mapping = tmp_path / "deals.yaml"
    mapping.write_text(guessed.stdout)
    answer = json.loads(_ran("csv", str(table), "--mapping", str(mapping), "--edition", "2023-01-31", "--json").stdout)
    assert answer["editions"][0]["refused"]["entries"][0]["reason"].startswith("memorandum.signed: nobody pursues")
    assert "only the format csv" in _ran("gem", str(table), "--guess").output


def test_without_send_the_report_is_all(tracker: str) -> None:
    ran = _ran("gem", tracker, "--edition", "2023-01-31")
    assert ran.exit_code == 0
    assert "1 row read" in ran.stdout
    assert "say the same with --send" in ran.stdout
    (edition,) = json.loads(_ran("gem", tracker, "--edition", "2023-01-31", "--json").stdout)["editions"]
    assert edition["events"] == {"production.started": 1, "project.registered": 1}
    assert edition["refused"] == {"count": 0, "entries": []}
