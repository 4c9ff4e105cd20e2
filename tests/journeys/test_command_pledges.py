"""`steppe pledges` over the real events: the figures of the API as a table."""

from __future__ import annotations

import json

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-01")


def test_promises_are_told_with_what_is_bound_of_them_and_their_time(reading: Command) -> None:
    answer = json.loads(reading("pledges", *DAY, "--json"))
    output = reading("pledges", *DAY, columns=140)
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    tokyo = next(one for one in answer["pledges"] if one["project"] == "ca-japan-action-plan")
    line = lines["ca-japan-action-plan"]
    for told in (
        "gov-jp",
        "2025-12-20",
        "JPY 3,000,000,000,000",
        f"{100 * tokyo['time_passed']:.1f}%",
        "2030-12",
    ):
        assert told in line, line
    assert "In every row: bound 0.0%, paid 0.0%." in output, "nothing of the two is bound yet"
    assert f"{len(answer['pledges'])} pledges as of 2026-11-01, 0 withdrawn; left out: 0 pledges without" in output
    narrow = reading("pledges", *DAY, columns=80)
    assert max(len(line) for line in narrow.splitlines()) <= 80


def test_filters_are_those_of_the_api(reading: Command) -> None:
    assert "eu-global-gateway" not in reading("pledges", *DAY, "--donor", "JP", columns=140)
    assert "No pledge by that day." in reading("pledges", *DAY, "--year", "1990")
    assert "a whole number from 1900" in reading("pledges", "--year", "91", exits=2)
