"""`steppe money` over the real events: the figures of the API as a table, and the donors of each year."""

from __future__ import annotations

import json

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-01")


def test_money_is_told_by_donor_and_leg(reading: Command) -> None:
    answer = json.loads(reading("money", *DAY, "--recipient", "UZ", "--by", "donor", "--json"))
    output = reading("money", *DAY, "--recipient", "UZ", "--by", "donor", columns=110)
    for group in answer["groups"]:
        for leg in group["legs"]:
            if float(leg["committed"]):
                assert f"{round(float(leg['committed'])):,}" in output
    assert f"{len(answer['rows'])} rows as of 2026-11-01; left out: " in output
    narrow = reading("money", *DAY, "--recipient", "UZ", "--by", "donor", columns=80)
    assert max(len(line) for line in narrow.splitlines()) <= 80


def test_donors_of_each_year_are_told_and_wrong_words_refused(reading: Command) -> None:
    output = reading("money", "--aid", "--recipient", "UZ", "--year", "2016", columns=100)
    lines = [line.split() for line in output.splitlines()]
    assert ["2016", "1", "JP", "195,100,000"] in lines
    assert "none of donor, programme, recipient, year" in reading("money", "--by", "nation", exits=2)
    assert "No money is told." in reading("money", "--year", "1990")
