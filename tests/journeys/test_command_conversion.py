"""`steppe conversion` over the real events: the figures of the API as a table, and refusals that help."""

from __future__ import annotations

import json

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-01")


def test_papers_that_became_binding_are_told_by_nation(reading: Command) -> None:
    answer = json.loads(reading("conversion", *DAY, "--by", "investor_country", "--json"))
    output = reading("conversion", *DAY, "--by", "investor_country", columns=110)
    lines = {line.split()[0]: line.split()[1:] for line in output.splitlines() if line.strip()}
    for group in [*answer["groups"], {**answer["total"], "group": "all"}]:
        if group["group"] is not None:
            figures = [str(group[field]) for field in ("deals", "bound", "ended", "open")]
            assert lines[group["group"]][:4] == figures, group["group"]
    by_two_years = [step for step in answer["total"]["curve"] if step["months"] <= 24][-1]
    band = f"{100 * by_two_years['low']:.0f}-{100 * by_two_years['high']:.0f}"
    assert f"{100 * by_two_years['incidence']:.0f} ({band})" in output
    narrow = reading("conversion", *DAY, "--by", "investor_country", columns=80)
    assert max(len(line) for line in narrow.splitlines()) <= 80
    assert f"{answer['total']['deals']} deals as of 2026-11-01; left out: " in output


def test_a_misspelt_grouping_is_refused_and_no_papers_are_said(reading: Command) -> None:
    assert "none of investor_country, commodity" in reading("conversion", "--by", "nation", exits=2)
    assert "No deal has a paper." in reading("conversion", "--to", "1990-01-01")
