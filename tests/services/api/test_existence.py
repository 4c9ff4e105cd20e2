"""Which projects there are on a day: superseded ones, those without events, and those of which nothing lives."""

from __future__ import annotations

import httpx

from tests.services.api.reading_api import DAY, Log, event, get, keys, memorandum, refused, registered


async def test_a_superseded_project_is_on_no_list_and_says_what_stands_in_its_place(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("old"),
        memorandum("old", "2020-05-01", "alpha"),
        event(
            "project.superseded",
            "old",
            "gone",
            by=["new-north", "new-south"],
            reason="Two pits.",
            reported="2024-01-01",
        ),
    )
    assert await keys(client) == []
    assert await keys(client, "/v1/deals") == await keys(client, "/v1/flags") == []
    body = await get(client, "/v1/projects/old", as_of=DAY)
    assert body["superseded"] == {"by": ["new-north", "new-south"], "reason": "Two pits.", "event": "/tests#gone"}
    assert (body["level"], body["deals"], body["flags"], body["headline"]) == ("identified", [], [], None)
    assert (
        body["explanation"]["stands"] == "Superseded by new-north and new-south (Two pits): this key is no longer used."
    )
    assert await keys(client, known_at="2023-12-31", as_of="2023-12-31") == ["old"]
    timeline = await get(client, "/v1/projects/old/timeline", as_of=DAY)
    assert [entry["name"] for entry in timeline["items"]]
    page = await client.get("/projects/old")
    assert page.status_code == 200
    assert "new-north" in page.text


async def test_before_its_first_event_there_is_no_such_project(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("later"), memorandum("later", "2022-05-01", "alpha"))
    assert await keys(client, as_of="2019-12-31") == []
    problem = await refused(client, "/v1/projects/later?as_of=2019-12-31", 404, "not-found")
    assert "2020-01-01" in problem["detail"]


async def test_a_project_none_of_whose_events_stands_is_not_suggested_under_its_own_key(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(
        registered("quarry-2"),
        event("event.retracted", "quarry-2", "back", target={"source": "/tests", "id": "quarry-2-registered"}, reason="No such place."),
    )  # fmt: skip
    problem = await refused(client, "/v1/projects/quarry-2", 404, "not-found")
    assert problem["detail"] == "No project 'quarry-2': none of its events stands. See /v1/retractions."
    assert problem["suggestions"] == []
    misspelt = await refused(client, "/v1/projects/quarry-3", 404, "not-found")
    assert "quarry-2" not in misspelt["suggestions"]


async def test_the_only_deal_cancelled_is_no_live_project(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("gone"),
        memorandum("gone", "2018-01-01", "alpha", deal="alpha"),
        event("project.cancelled", "gone", "cancelled", deal="alpha", occurred="2019-06-01", by="owner"),
    )
    assert await keys(client, overlay="cancelled") == ["gone"]
    (item,) = (await get(client, "/v1/projects", as_of=DAY, crosswalk="gem,iati"))["items"]
    assert item["overlays"] == ["cancelled"]
    assert (item["crosswalk"]["gem"]["code"], item["crosswalk"]["iati"]["code"]) == ("cancelled", "5")
