"""The API on a hot standby: every answer as from the primary, and a word where a standby cannot give one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from services.api.app import create_app
from services.api.problems import of_database
from services.api.settings import Settings
from services.api.store.sessions import Sessions
from services.api.store.snapshot import Reader
from tests.services.api.reading_api import api, get, memorandum, refused, registered
from tests.services.api.streaming import streaming
from tests.services.replicas.every_route import (
    NEED_A_COPY,
    OTHERS,
    answer,
    assert_equal_answers,
    routes_without_a_question,
)
from tests.services.replicas.replicated import TOPIC, Server, news, position_after, slow_forums, until, until_replayed

# An answer that waited for its deadline would take twenty.
_SOON = 10
_VACUUM = ("DELETE FROM public.churned", "INSERT INTO public.churned VALUES (1)", "VACUUM public.churned")


def api_of(server: Server, **named: Any) -> Any:
    return api(server.database.api, TOPIC, **named)


@pytest.fixture
async def client(standby: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that reads the standby and knows of no primary."""
    async with api_of(standby) as connected:
        yield connected


@asynccontextmanager
async def replay_paused(primary: Server, standby: Server) -> AsyncIterator[None]:
    """The standby has all that was written by now, and applies nothing more until the context ends."""
    await until_replayed(primary, standby)
    await standby.run("SELECT pg_wal_replay_pause()")
    await until(standby, "SELECT pg_get_wal_replay_pause_state() = 'paused'")
    try:
        yield
    finally:
        await standby.run("SELECT pg_wal_replay_resume()")


def test_every_route_and_every_page_is_asked() -> None:
    app = create_app(Settings(database="postgresql://localhost/none"))
    assert list(routes_without_a_question(app)) == []


async def test_a_standby_at_the_same_position_answers_every_route_as_the_primary_does(
    primary: Server, standby: Server
) -> None:
    await until_replayed(primary, standby)
    async with api_of(primary) as one, api_of(standby, database_primary=primary.database.api) as other:
        await assert_equal_answers(one, other, [*OTHERS, *NEED_A_COPY])


async def test_what_needs_a_copy_is_refused_on_a_standby_with_the_remedy(client: httpx.AsyncClient) -> None:
    for question in NEED_A_COPY:
        status, headers, body = await answer(client, question)
        assert status == 501, (str(question), body)
        assert b"STEPPE_DATABASE_PRIMARY" in body
        assert "retry-after" not in headers, "it will not help"
    problem = await refused(client, "/v1/flags?known_at=2021-12-31", 501, "no-copies")
    assert "standby" in problem["detail"]


async def test_a_reader_waits_for_what_he_wrote_until_the_standby_has_it(
    primary: Server, standby: Server, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with replay_paused(primary, standby):
        position = await primary.log.append(registered("written"))
        question = {"min_position": position}
        late = await client.get("/v1/projects/written", params=question, headers={"Prefer": "wait=1"})
        assert (late.status_code, late.json()["type"]) == (503, "urn:steppe:problem:not-caught-up")
        assert late.json()["wanted"] == position
        waiting = asyncio.create_task(
            client.get("/v1/projects/written", params=question, headers={"Prefer": "wait=20"})
        )
        assert not (await asyncio.wait({waiting}, timeout=0.5))[0]
    resumed = time.monotonic()
    response = await waiting
    assert response.status_code == 200, response.text
    assert time.monotonic() - resumed < _SOON
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_the_stream_of_a_standby_tells_what_the_primary_announces(
    primary: Server, standby: Server, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async with streaming(client) as reader:
        async with replay_paused(primary, standby):
            await news(primary, "streamed")
            telling = asyncio.create_task(reader.take(1))
            assert not (await asyncio.wait({telling}, timeout=0.5))[0]
        resumed = time.monotonic()
        (told,) = await telling
        assert (told["project"], told["transition"]) == ("streamed", "raised")
        assert time.monotonic() - resumed < _SOON
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@asynccontextmanager
async def impatient(primary: Server, standby: Server) -> AsyncIterator[None]:
    """The standby lets no reader hold up what the primary has written, and there are rows to vacuum."""
    await primary.run("CREATE TABLE public.churned AS SELECT generate_series(1, 100) AS number")
    await standby.run("ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
    await until_replayed(primary, standby)
    try:
        yield
    finally:
        await primary.run("DROP TABLE public.churned")
        await standby.run("ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()")


async def test_a_query_that_replication_stops_is_503_with_the_time_to_retry(
    primary: Server, standby: Server, client: httpx.AsyncClient
) -> None:
    async with slow_forums(primary), impatient(primary, standby):
        for path in ("/v1/forums", "/forums"):
            asking = asyncio.create_task(client.get(path))
            await until(standby, "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
            await primary.run(*_VACUUM)
            response = await asking
            assert response.status_code == 503, response.text
            if path.startswith("/v1"):
                assert response.json()["type"] == "urn:steppe:problem:standby-conflict"
                assert int(response.headers["retry-after"]) > 0
            else:
                assert "Query stopped by replication" in response.text
    await until_replayed(primary, standby)
    assert (await get(client, "/v1/forums"))["items"]


async def test_a_session_that_replication_ends_between_two_queries_of_an_answer_is_503_too(
    primary: Server, standby: Server
) -> None:
    """As while a file is written page by page."""
    sessions = Sessions.of(Settings(database=standby.database.api, topic=TOPIC))
    pool = await sessions.pool(1)
    try:
        async with impatient(primary, standby):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as ended:
                async with Reader(pool, TOPIC, sessions).snapshot() as snapshot:
                    process = await snapshot.connection.fetchval("SELECT pg_backend_pid()")
                    await primary.run(*_VACUUM)
                    await until(standby, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {process}")
                    await snapshot.rows("progress", topic=TOPIC)
    finally:
        pool.terminate()
    refusal = of_database(ended.value)
    assert refusal is not None, repr(ended.value)
    assert refusal[0].status == 503


async def test_after_promotion_the_same_api_goes_on_and_listens_and_makes_copies(
    primary: Server, standby_to_promote: Server
) -> None:
    promoted = standby_to_promote
    async with api_of(promoted) as client, streaming(client) as reader:
        await refused(client, "/v1/flags?known_at=2021-12-31", 501, "no-copies")
        promoting = asyncio.create_task(promoted.run("SELECT pg_promote(true, 30)"))
        while not promoting.done():
            assert (await client.get("/v1/projects?limit=1")).status_code == 200
        assert await promoting
        await until(promoted, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%steppe_transition%'")
        position = await news(promoted, "after-promotion")
        await get(client, "/v1/projects/after-promotion", min_position=position)
        (told,) = await reader.take(1)
        assert told["project"] == "after-promotion"
        assert (await get(client, "/v1/flags", known_at="2021-12-31"))["items"]
        # Waiting for a position, too: somebody writes while a reader waits.
        waiting = asyncio.create_task(
            client.get(
                "/v1/projects/after-promotion",
                params={"min_position": position_after(position)},
                headers={"Prefer": "wait=20"},
            )
        )
        await until(promoted, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%steppe_position%'")
        await promoted.log.append(memorandum("after-promotion", "2024-05", "beta"))
        assert (await waiting).status_code == 200
