"""`steppe supply` over the real events: the API's answer as a table, and words where nothing is bought."""

from __future__ import annotations

import json

from tests.journeys.command import Command

ASKED = ("--as-of", "2026-11-01", "--buyer", "KR,JP")


def test_what_is_bound_is_told_by_year_against_demand(reading: Command) -> None:
    answer = json.loads(reading("supply", *ASKED, "--json"))
    output = reading("supply", *ASKED, columns=160)
    lines = {tuple(line.split()[:3]): line for line in output.splitlines() if line[:2] in ("KR", "JP")}
    for row in answer["buyers"]:
        for year in row["years"]:
            line = lines[row["country"], row["commodity"], str(year["year"])]
            assert not year["contracts"] or f"{year['bound']:,.1f}" in line
            assert all(figure["value"] in line for figure in year["demand"])
    assert f"{answer['not_added']['volume']} without volume" in output
    assert max(len(line) for line in reading("supply", *ASKED, columns=80).splitlines()) <= 80


def test_nothing_bought_is_said(reading: Command) -> None:
    assert "Nothing is bought" in reading("supply", "--commodity", "cheese")
