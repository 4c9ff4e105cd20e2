"""The API is killed while it is paged through, and cut off from its database: whoever reads on misses and repeats nothing."""

from __future__ import annotations

import asyncio

import httpx

from tests.faults.invariants import hold, until, watched
from tests.faults.load import identities, messages
from tests.faults.own_stack import World
from tests.faults.workers import QUICK, Workers
from tests.services.projector.projection import publish

_PROJECTS = 120


def test_an_api_that_is_killed_between_pages_goes_on_with_the_next_one(world: World) -> None:
    workers = Workers(lambda: world.start("projector", QUICK))
    written = messages(0, _PROJECTS * 2, _PROJECTS)
    asyncio.run(publish(world.kafka, world.topic, written))
    with watched(world, all_distinct=True):
        hold(world, identities(written), workers)
    seen: list[str] = []
    cursor: str | None = None
    api = world.start("api")
    for page in range(_PROJECTS):
        body = httpx.get(f"{api.address}/v1/projects", params={"limit": 25} | ({"cursor": cursor} if cursor else {}))
        assert body.status_code == 200, body.text
        seen += [item["key"] for item in body.json()["items"]]
        cursor = body.json()["next_cursor"]
        if cursor is None:
            break
        if page % 2 == 0:
            api.kill()
            api = world.start("api")
    assert sorted(seen) == sorted({f"project-{number}" for number in range(_PROJECTS)})


def test_an_api_without_its_database_says_so_and_comes_back_by_itself(world: World) -> None:
    api = world.start("api")
    assert httpx.get(f"{api.address}/v1/projects").status_code == 200
    world.stack.kill_database()
    away = httpx.get(f"{api.address}/v1/projects", timeout=60)
    assert away.status_code == 503, away.text
    assert away.headers["content-type"] == "application/problem+json"
    assert int(away.headers["retry-after"]) > 0
    assert httpx.get(f"{api.address}/readyz", timeout=60).status_code == 503
    world.stack.mend()
    until("it answers again", lambda: httpx.get(f"{api.address}/v1/projects", timeout=60).status_code == 200)
