"""`steppe reference`: the series and their rows as tables."""

from __future__ import annotations

import json

from tests.journeys.command import Command


def test_series_and_rows_are_told_with_what_to_beware_of(reading: Command) -> None:
    listed = reading("reference", columns=100)
    for item in json.loads(reading("reference", "--json"))["items"]:
        assert f"{item['name']}  " in listed
    rows = reading("reference", "oda_uz", columns=110)
    assert "195100000" in rows
    assert "DAC is the sum of all DAC donors" in " ".join(rows.split())
    assert "30 rows" in rows
    assert "No rate: RUB 2000, 2001" in reading("reference", "fx", columns=110)


def test_an_unknown_series_is_refused_with_the_one_that_may_be_meant(reading: Command) -> None:
    assert "Did you mean oda_uz?" in reading("reference", "oda", exits=1)
