"""What readers see of a large project whose newest records wait for their fold beside the stream."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.services.api.reading_api import DAY, Log, get, keys, memorandum, refused, registered
from tests.stack import Database

LARGE = 4


@pytest.fixture
async def log(database: Database, topic_name: str) -> Log:
    """A log in which a project of four events is a large one."""
    return Log(database, topic_name, large_events_min=LARGE)


async def waiting_project(log: Log) -> str:
    """The large project `hot`: three events are folded, three more wait. Where the last one lies."""
    await log.append(registered("hot"), memorandum("hot", "2021", "alpha"), memorandum("hot", "2022", "beta"))
    return await log.append(*(memorandum("hot", f"202{year}-05-01", "gamma") for year in (3, 4, 5)))


async def test_a_project_is_answered_as_it_was_folded_last_and_says_how_many_records_wait(
    log: Log, client: httpx.AsyncClient
) -> None:
    last = await waiting_project(log)
    answer = await client.get("/v1/projects/hot", params={"as_of": DAY})
    assert (answer.headers["steppe-records-waiting"], answer.headers["steppe-position"]) == ("3", last)
    assert answer.json()["investors"] == ["alpha", "beta"]
    assert answer.json()["position"] != last
    timeline = await get(client, "/v1/projects/hot/timeline", as_of=DAY)
    signed = [entry["occurred"]["text"] for entry in timeline["items"] if entry["name"] == "memorandum.signed"]
    assert signed == ["2021", "2022"]
    totals = (await get(client, "/v1/status"))["totals"]
    assert (totals["waiting_projects"], totals["waiting_records"], totals["lag_events"]) == (1, 3, None)
    assert totals["waiting_seconds"] > 0
    metrics = (await client.get("/metrics")).text
    assert "steppe_waiting_projects 1.0" in metrics

    assert await log.fold_beside("hot")
    answer = await client.get("/v1/projects/hot", params={"as_of": DAY})
    assert "steppe-records-waiting" not in answer.headers
    assert (answer.json()["investors"], answer.json()["position"]) == (["alpha", "beta", "gamma"], last)
    totals = (await get(client, "/v1/status"))["totals"]
    assert (totals["waiting_projects"], totals["waiting_records"], totals["waiting_seconds"]) == (0, 0, 0)


async def test_an_answer_that_a_reader_holds_is_another_one_once_the_fold_is_written(
    log: Log, client: httpx.AsyncClient
) -> None:
    await waiting_project(log)
    paths = ("/v1/projects/hot", "/v1/projects", "/v1/flags")
    held = {path: (await client.get(path)).headers["etag"] for path in paths}
    for path, etag in held.items():
        assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304
    await log.fold_beside("hot")
    for path, etag in held.items():
        assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 200


async def test_who_asks_for_a_large_project_from_a_position_on_waits_for_its_fold_and_nobody_else_does(
    log: Log, client: httpx.AsyncClient
) -> None:
    last = await waiting_project(log)
    await log.append(registered("cold"))
    assert await keys(client, min_position=last) == ["cold", "hot"]
    await client.get("/v1/projects/cold", params={"min_position": last})
    problem = await refused(client, f"/v1/projects/hot?min_position={last}", 503, "not-caught-up", Prefer="wait=1")
    assert "its fold has not come there yet" in problem["detail"]

    async def answers(path: str) -> Any:
        return await client.get(path, params={"as_of": DAY, "min_position": last}, headers={"Prefer": "wait=20"})

    waiters = [asyncio.create_task(answers(path)) for path in ("/v1/projects/hot", "/v1/projects/hot/timeline")]
    done, _ = await asyncio.wait(waiters, timeout=0.3)
    assert not done
    await log.fold_beside("hot")
    project, timeline = await asyncio.gather(*waiters)
    assert project.json()["investors"] == ["alpha", "beta", "gamma"]
    assert len(timeline.json()["items"]) == 6
    earlier = last.partition(":")[0] + ":0"
    await log.append(memorandum("hot", "2025-09-01", "delta"))
    assert (await get(client, "/v1/projects/hot", min_position=earlier))["investors"], "what it asks for is folded"


async def test_a_copy_as_known_at_an_instant_gets_the_large_project_once_it_is_folded(
    log: Log, client: httpx.AsyncClient
) -> None:
    await waiting_project(log)
    question = {"as_of": DAY, "known_at": "2099-01-01T00:00:00Z"}
    assert (await get(client, "/v1/projects/hot", **question))["investors"] == ["alpha", "beta"]
    await log.append(registered("cold"))
    assert await keys(client, **question) == ["cold", "hot"]
    await log.fold_beside("hot")
    assert (await get(client, "/v1/projects/hot", **question))["investors"] == ["alpha", "beta", "gamma"]
