"""What an answer computes holds no connection to the database and does not stop the event loop: others are answered meanwhile."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from services.api import computation
from services.api.views import market_view, party_view, project_view, record_view
from tests.services.api.reading_api import Log, api, event, get, memorandum, registered
from tests.stack import Database

_SECONDS_MAX = 20.0
_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'forum'::regclass"


@pytest.fixture
async def one_connection(log: Log) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that has one connection for all its answers."""
    await log.append(
        registered("north", commodities=["tungsten"]),
        memorandum("north", "2020-03-01", "alpha"),
        event(
            "equity.agreed", "north", "bound", occurred="2022-05-01", reported="2022-05-02",
            parties=[{"party": "alpha", "role": "investor"}],
        ),
    )  # fmt: skip
    async with api(log.database.api, log.topic, database_connections_max=1) as client:
        yield client


class Held:
    """Stands for a function that computes for as long as the test wants; says when it has begun."""

    def __init__(self, patch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()
        self._function = getattr(module, name)
        patch.setattr(module, name, self)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.began.set()
        assert self.may_end.wait(_SECONDS_MAX), "the test went on meanwhile"
        return self._function(*arguments, **named)


@pytest.mark.parametrize(
    ("path", "module", "name"),
    [
        ("/v1/parties/alpha", party_view, "party"),
        ("/v1/markets", market_view, "summary"),
        ("/v1/markets/KZ/tungsten", market_view, "market"),
        ("/v1/conflicts", record_view, "doubts_of_page"),
        ("/v1/projects/north", project_view, "project_detail"),
        ("/v1/projects/north?as_of=2021-01-01", project_view, "foreseen_changes"),
        ("/parties/alpha", party_view, "party"),
        ("/markets", market_view, "summary"),
        ("/markets/KZ/tungsten", market_view, "market"),
        ("/projects/north", project_view, "project_detail"),
    ],
)
async def test_others_are_answered_while_an_answer_is_computed(
    one_connection: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str, module: Any, name: str
) -> None:
    held = Held(monkeypatch, module, name)
    answering = asyncio.create_task(one_connection.get(path))
    try:
        assert await asyncio.to_thread(held.began.wait, _SECONDS_MAX)
        assert [item["key"] for item in (await get(one_connection, "/v1/projects"))["items"]] == ["north"]
        assert not answering.done()
    finally:
        held.may_end.set()
    assert (await answering).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/north?as_of=2025-01-01&crosswalk=iati,gem",
        "/v1/projects/north?as_of=2020-06-01",
        "/v1/projects/north/timeline?as_of=2025-01-01",
        "/v1/projects/north/timeline?as_of=2025-01-01&format=csv",
        "/projects/north?as_of=2025-01-01",
        "/projects/north?as_of=2025-01-01&lang=ja",
        "/projects/north?as_of=2025-01-01&known_at=2022-04-01&lang=ru",
    ],
)
async def test_a_project_is_told_alike_whether_it_is_made_in_a_thread_or_in_another_process(
    one_connection: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    answers = {}
    for rows_max in (1_000, 0):
        monkeypatch.setattr(computation, "_ROWS_IN_THREAD_MAX", rows_max)
        answer = await one_connection.get(path)
        assert answer.status_code == 200, answer.text
        answers[rows_max] = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "now", answer.text)
    assert answers[0] == answers[1_000]
    assert "alpha" in answers[0]


async def test_who_watches_the_service_is_answered_while_readers_hold_every_connection(
    one_connection: httpx.AsyncClient, database: Database
) -> None:
    owner = await asyncpg.connect(database.owner)
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE forum IN ACCESS EXCLUSIVE MODE")
            held_up = asyncio.create_task(one_connection.get("/v1/forums"))
            deadline = time.monotonic() + _SECONDS_MAX
            while not await owner.fetchval(_WAITING):
                assert time.monotonic() < deadline, "nobody reads forums"
                await asyncio.sleep(0.02)
            ready, metrics = await asyncio.gather(one_connection.get("/readyz"), one_connection.get("/metrics"))
            assert (ready.status_code, ready.json()["status"]) == (200, "ready")
            assert "steppe_outbox_oldest_seconds 0.0" in metrics.text
            assert 'steppe_database_connections{state="busy"} 1.0' in metrics.text
            assert not held_up.done()
    finally:
        await owner.close()
    assert (await held_up).status_code == 200
