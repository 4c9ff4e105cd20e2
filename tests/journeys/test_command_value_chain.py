"""`steppe value-chain` over the real events: the API's answer as a table, and words where nothing is told."""

from __future__ import annotations

import json

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-01")


def test_the_last_step_of_each_market_is_told(reading: Command) -> None:
    answer = json.loads(reading("value-chain", *DAY, "--json"))
    output = reading("value-chain", *DAY, columns=110)
    lines = {line.split()[0]: line.split() for line in output.splitlines() if "/" in line}
    for market in answer["markets"]:
        line = lines[f"{market['country']}/{market['commodity']}"]
        assert line[1] == market["told_up_to"]
        assert str(market["projects"]) in line
    people = [row for project in answer["projects"] for row in project["training"]]
    assert f"{len(people)} rows of training" in output
    narrow = reading("value-chain", *DAY, columns=80)
    assert max(len(line) for line in narrow.splitlines()) <= 80


def test_nothing_told_is_said(reading: Command) -> None:
    assert "Nothing is told of the value chain." in reading("value-chain", "--commodity", "cheese")
