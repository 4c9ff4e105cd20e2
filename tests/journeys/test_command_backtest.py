"""`steppe backtest` over the real events: two tables, refusals that help, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.journeys.command import Command

TRY = ("backtest", "--set", "memorandum-only.stagnant=18", "--country", "KZ", "--to", "2026-11-22")


def test_other_thresholds_are_tried_on_the_real_events(reading: Command, tmp_path: Path) -> None:
    answer = json.loads(reading(*TRY, "--json"))
    output = reading(*TRY, columns=80)
    assert all(len(line) <= 80 for line in output.splitlines())
    assert "memorandum-only.stagnant: 24 -> 18" in output
    (score,) = [score for score in answer["summary"] if score["severity"] == "stagnant"]
    figures = [str(score[field]) for field in ("raised", "raised_before", "only_now", "only_before", "earlier")]
    (line,) = [line.split() for line in output.splitlines() if line.startswith("stagnant")]
    assert line[1:6] == figures
    moved = [item for item in answer["items"] if item["days_earlier"] != 0]
    assert f"… and {len(moved) - 20} more that differ, see --all or --json" in output
    assert "xiamen-tungsten" in output, "the deal of the golden case would have been known to be stuck earlier"
    whole = reading(*TRY, "--all")
    assert sum(item["project"] == "kt-rare-metals" for item in answer["items"]) == whole.count("kt-rare-metals")

    mining = (
        "--override",
        "sector=mining:memorandum-only.presumed-dead=24",
        "--override",
        "country=KZ:silent.watch=12",
    )
    tried = json.loads(reading("backtest", *mining, "--json"))
    assert tried["flags"] == ["memorandum-only", "silent"]
    assert [override["value"] for override in tried["overrides"]["tried"]] == [24, 12]
    document = tmp_path / "strict.json"
    document.write_text('{"version": "strict-1", "values": {"silent.watch": 12}}')
    assert "strict-1 against 2026-2" in reading("backtest", "--rules", str(document), "--project", "hyrasia-one")
    assert "No project matches" in reading(*TRY, "--project", "nobody-knows-it")
    assert "Neither version would have raised anything" in reading(*TRY, "--from", "2026-11-21")


def test_what_cannot_be_tried_is_refused_with_a_suggestion(reading: Command) -> None:
    output = reading("backtest", "--set", "memorandum-only.stagnent=18", exits=2)
    assert "Did you mean memorandum-only.stagnant" in output
    assert "Did you mean memorandum-only" in reading(*TRY, "--flag", "memorandum-onli", exits=2)
    assert "there is no version '2027-1'; there are 2026-2" in reading("backtest", "--version", "2027-1", exits=2)
    assert "there is no version" in reading(
        "backtest", "--override", "country=KZ:silent.watch=9", "--against", "x", exits=2
    )
    reading("backtest", exits=2)
    reading(*TRY, "--version", "2026-2", exits=2)
    reading("backtest", "--set", "silent.watch", exits=2)
    reading("backtest", "--override", "planet=mars:silent.watch=9", exits=2)
    reading(*TRY, "--from", "yesterday", exits=2)
    reading("backtest", "--rules", "no-such-file.json", exits=2)
