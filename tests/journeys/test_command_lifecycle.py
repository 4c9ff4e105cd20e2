"""`steppe lifecycle` over the real events: the API's answer as tables, and words where nothing is known."""

from __future__ import annotations

import json

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-01")


def test_months_at_levels_and_shares_of_years_are_told(reading: Command) -> None:
    answer = json.loads(reading("lifecycle", *DAY, "--json"))
    output = reading("lifecycle", *DAY, columns=130)
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    for level in answer["levels"]:
        assert f" {level['ended']['count']} " in lines[level["level"]]
        if level["lasting"]["count"]:
            assert f"{level['lasting']['median']:g} (" in lines[level["level"]]
    for year in answer["bound_by_year"]:
        figures = [str(year[field]) for field in ("deals", "bound", "ended", "open")]
        assert lines[year["group"]].split()[1:5] == figures
    assert f"{answer['ages']['count']} papers wait as of 2026-11-01" in output
    assert max(len(line) for line in reading("lifecycle", *DAY, columns=80).splitlines()) <= 80


def test_nothing_known_is_said(reading: Command) -> None:
    assert "No deal has a level." in reading("lifecycle", "--commodity", "cheese")
