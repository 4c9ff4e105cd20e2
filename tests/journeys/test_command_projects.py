"""`steppe projects` and `steppe search` on the real events: what they list is what the API has."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.journeys.command import Command

DAY = ("--as-of", "2026-11-22")


def _all(reading: Command, **query: str) -> list[dict[str, Any]]:
    query = {"as_of": "2026-11-22", "limit": "500", **query}
    items: list[dict[str, Any]] = httpx.get(f"{reading.api}/v1/projects", params=query, timeout=60).json()["items"]
    return items


def test_projects_are_listed_filtered_and_cut(reading: Command) -> None:
    everything = _all(reading)
    assert json.loads(reading("projects", *DAY, "--json")) == everything
    in_country = _all(reading, country="UZ")
    assert 0 < len(in_country) < len(everything)
    assert json.loads(reading("projects", *DAY, "--country", "UZ", "--json")) == in_country
    assert json.loads(reading("projects", *DAY, "--limit", "3", "--json")) == everything[:3]
    output = reading("projects", *DAY, "--country", "UZ")
    assert all(item["key"] in output for item in in_country)
    assert f"{len(in_country)} projects as of 2026-11-22." in output
    assert "No projects." in reading("projects", *DAY, "--q", "no such name anywhere")
    reading("projects", "--sort", "by-mood", exits=2)


def test_a_search_finds_projects_and_parties_by_words(reading: Command) -> None:
    answer = json.loads(reading("search", "KATPAR", *DAY, "--json"))
    assert [item["key"] for item in answer["projects"]] == ["north-katpar-upper-kairakty"]
    assert "north-katpar-upper-kairakty" in reading("search", "katpar", *DAY)
    assert "jogmec" in reading("search", "jogmec", *DAY)
    assert "Nothing has zzzzz in a name" in reading("search", "zzzzz", *DAY)
