"""The API behind PgBouncer in transaction mode, where a session lasts for one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.api.reading_api import api, get, memorandum, refused
from tests.services.api.streaming import streaming
from tests.services.replicas.every_route import BACK_TEST, NEED_A_COPY, OTHERS, answer, assert_equal_answers
from tests.services.replicas.replicated import TOPIC, Server, news, position_after, slow_forums
from tests.stack import Service, start_service


@pytest.fixture
def another_api(primary: Server, pooled: Server, tmp_path: Path) -> Iterator[Service]:
    """An API in a process of its own: its statements, had they names, would have those of the API in this process."""
    settings = {
        "STEPPE_DATABASE": pooled.database.api,
        "STEPPE_DATABASE_POOLED": "true",
        "STEPPE_DATABASE_PRIMARY": primary.database.api,
        "STEPPE_TOPIC": TOPIC,
    }
    service = start_service("api", settings, tmp_path)
    yield service
    service.kill()


async def test_every_route_is_answered_through_a_pooler_as_without_one(
    primary: Server, pooled: Server, another_api: Service
) -> None:
    direct, through = primary.database.api, pooled.database.api
    async with (
        api(direct, TOPIC) as one,
        api(through, TOPIC, database_pooled=True, database_primary=direct) as other,
        httpx.AsyncClient(base_url=another_api.address, timeout=40) as another,
    ):
        await asyncio.gather(
            assert_equal_answers(one, other, [*OTHERS, *NEED_A_COPY]), assert_equal_answers(one, another, OTHERS[::5])
        )
        # One after the other, they get the same session of the pooler.
        for client in (other, another, other, another):
            assert (await answer(client, BACK_TEST))[0] == 200


async def test_what_needs_a_session_says_so_where_the_primary_is_not_named(pooled: Server) -> None:
    async with api(pooled.database.api, TOPIC, database_pooled=True) as client:
        problem = await refused(client, "/v1/flags?known_at=2021-12-31", 501, "no-copies")
        assert "pooler" in problem["detail"]
        for question in NEED_A_COPY:
            status, _, body = await answer(client, question)
            assert status == 501, (str(question), body)
            assert b"STEPPE_DATABASE_PRIMARY" in body


async def test_limits_hold_in_every_transaction_though_no_session_has_them(primary: Server, pooled: Server) -> None:
    async with api(pooled.database.api, TOPIC, database_pooled=True, statement_timeout_ms=500) as client:
        async with slow_forums(primary):
            await refused(client, "/v1/forums", 503, "too-slow")
        assert (await get(client, "/v1/forums"))["items"]


async def test_through_a_pooler_a_reader_waits_and_the_stream_tells_though_nobody_listens(
    primary: Server, pooled: Server
) -> None:
    async with api(pooled.database.api, TOPIC, database_pooled=True) as client, streaming(client) as reader:
        position = await news(primary, "pooled")
        (told,) = await reader.take(1)
        assert told["project"] == "pooled"
        question = {"min_position": position_after(position)}
        waiting = asyncio.create_task(client.get("/v1/projects", params=question, headers={"Prefer": "wait=20"}))
        assert not (await asyncio.wait({waiting}, timeout=0.5))[0]
        await primary.log.append(memorandum("pooled", "2024-05", "beta"))
        assert (await waiting).status_code == 200


async def test_without_the_setting_connections_are_refused_and_the_log_says_why(
    pooled: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with api(pooled.database.api, TOPIC) as client:
        await refused(client, "/v1/projects", 503, "database-away")
    assert "unsupported startup parameter" in caplog.text
