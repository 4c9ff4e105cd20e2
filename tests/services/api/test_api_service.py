"""What every answer of the API has in common: snapshots, ETags, positions, problems, and that it only reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from services.api.problems import PROBLEMS, QUEUE_FULL
from services.api.settings import Settings
from services.api.store.sessions import Sessions
from steppe.database.active_read_model import use_active
from tests.services.api.reading_api import Log, api, get, memorandum, refused, registered
from tests.stack import Database, Service, Stack

LISTS = ("/v1/projects", "/v1/deals", "/v1/flags")


async def test_every_answer_says_position_and_day(log: Log, client: httpx.AsyncClient) -> None:
    position = await log.append(registered("a"), memorandum("a", "2022", "alpha"))
    for path in (*LISTS, "/v1/projects/a", "/v1/projects/a/timeline", "/v1/trace/a-registered"):
        response = await client.get(path, params={"as_of": "2024-05-06"})
        assert response.status_code == 200, response.text
        assert response.headers["steppe-position"] == position
        assert response.headers["steppe-as-of"] == response.json()["as_of"] == "2024-05-06"
        assert response.headers["steppe-known-at"] == response.json()["known_at"]
        assert "2024-05-06" not in response.headers["steppe-known-at"]
    assert (await get(client, "/v1/projects"))["position"] == position


async def test_an_etag_is_stable_until_something_changes(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"))
    question = {"as_of": "2025-01-01", "country": "KZ"}
    first = (await client.get("/v1/projects", params=question)).headers["etag"]
    assert (await client.get("/v1/projects", params=question)).headers["etag"] == first
    for held in (first, f'"other", {first}', first.removeprefix("W/")):
        again = await client.get("/v1/projects", params=question, headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first)
        assert again.headers["steppe-position"]
    for other in ({"as_of": "2025-01-02"}, {"country": "UZ"}, {"limit": "7"}, {"format": "csv"}):
        answer = await client.get("/v1/projects", params={**question, **other}, headers={"If-None-Match": first})
        assert answer.status_code == 200
    await log.append(registered("b"))
    assert (await client.get("/v1/projects", params=question, headers={"If-None-Match": first})).status_code == 200


async def test_an_etag_is_answered_before_any_row_is_read(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await log.append(registered("a"), memorandum("a", "2018", "alpha"))
    paths = (*LISTS, "/v1/projects/a", "/v1/projects/a/timeline", "/v1/portfolio", "/v1/retractions", "/v1/conflicts")
    questions = [
        *((path, more) for path in paths for more in ({}, {"as_of": "2023-01-01"})),
        *((path, {"format": "csv"}) for path in LISTS),
        # More copies than the API keeps.
        *((path, {"known_at": f"2023-01-{day:02}"}) for day, path in enumerate(paths, 1)),
    ]
    first = [await client.get(path, params=query) for path, query in questions]
    assert {answer.status_code for answer in first} == {200}
    owner = await asyncpg.connect(database.owner)
    try:
        async with owner.transaction():
            await use_active(owner)
            await owner.execute(
                "LOCK TABLE project, project_span, deal_span, flag_span, event IN ACCESS EXCLUSIVE MODE"
            )
            for (path, query), answer in zip(questions, first, strict=True):
                held = {"If-None-Match": answer.headers["etag"]}
                again = await client.get(path, params=query, headers=held, timeout=5)
                assert (again.status_code, again.headers["etag"]) == (304, answer.headers["etag"]), (path, query)
                assert again.headers["steppe-position"] == answer.headers["steppe-position"]
    finally:
        await owner.close()


async def test_head_is_get_without_a_body(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"))
    for path in (*LISTS, "/v1/projects/a", "/v1/status", "/livez", "/readyz"):
        head = await client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
    assert (await client.head("/v1/projects")).headers["steppe-position"]


async def test_min_position_answers_as_soon_as_it_is_reached(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"))
    next_one = f"{await log.append(registered('a2'))},"
    partition, _, offset = next_one.rstrip(",").partition(":")
    wanted = f"{partition}:{int(offset) + 1}"

    async def timed_answer() -> tuple[Any, float]:
        response = await client.get("/v1/projects", params={"min_position": wanted}, headers={"Prefer": "wait=20"})
        return response, time.monotonic()

    waiters = [asyncio.create_task(timed_answer()) for _ in range(5)]
    done, _ = await asyncio.wait(waiters, timeout=0.3)
    assert not done
    # The same partition again: another event of the same subject.
    await log.append(memorandum("a2", "2022", "alpha"))
    written = time.monotonic()
    for response, answered in await asyncio.gather(*waiters):
        assert response.status_code == 200, response.text
        assert "a2" in {item["key"] for item in response.json()["items"]}
        assert answered - written < 2


async def test_min_position_that_is_not_reached_says_how_far_it_is(log: Log, client: httpx.AsyncClient) -> None:
    reached = await log.append(registered("a"))
    partition = reached.partition(":")[0]
    for path in ("/v1/projects", "/v1/projects/a", "/v1/status"):
        started = time.monotonic()
        response = await client.get(path, params={"min_position": f"{partition}:999"}, headers={"Prefer": "wait=1"})
        assert 0.9 <= time.monotonic() - started < 4
        problem = response.json()
        assert (response.status_code, problem["type"]) == (503, "urn:steppe:problem:not-caught-up")
        assert response.headers["retry-after"] == "1"
        assert (problem["wanted"], problem["position"]) == (f"{partition}:999", reached)


async def test_a_position_is_read_strictly(client: httpx.AsyncClient) -> None:
    problem = await refused(client, "/v1/projects?min_position=9:1", 400, "unknown-partition")
    assert problem["partitions"] == [0, 1, 2, 3]
    for text in ("", "0", "0:", "0:-1", "0:1;1:2", "0:99999999999999999999", "a:b"):
        await refused(client, f"/v1/projects?min_position={text}", 400, "bad-parameter")


@pytest.mark.parametrize(
    ("query", "slug", "says"),
    [
        ("contry=KZ", "unknown-parameter", "country"),
        ("as_of=2023-02-30", "bad-parameter", "no day of the calendar"),
        ("as_of=20230301", "bad-parameter", "YYYY-MM-DD"),
        ("as_of=9999-12-31", "bad-parameter", "9999-12-30"),
        ("as_of=", "bad-parameter", "as_of"),
        ("as_of=2023-01-01&as_of=2024-01-01", "bad-parameter", "more than once"),
        ("limit=0", "bad-parameter", "1 to 500"),
        ("limit=501", "bad-parameter", "1 to 500"),
        ("limit=ten", "bad-parameter", "1 to 500"),
        ("limit=²", "bad-parameter", "1 to 500"),
        ("country=KAZ", "bad-parameter", "ISO 3166"),
        ("country=", "bad-parameter", "country"),
        ("level=memorandun", "bad-parameter", "Did you mean memorandum?"),
        ("sector=minning", "bad-parameter", "Did you mean mining?"),
        ("flag=memorandum", "bad-parameter", "memorandum-only"),
        ("severity=dead", "bad-parameter", "presumed-dead"),
        ("sort=age", "bad-parameter", "memorandum_since"),
        ("updated_after=2024-01-01T00:00:00", "bad-parameter", "zone"),
        ("updated_after=0001-01-01T00:00:00%2B14:00", "bad-parameter", "1 to 9999"),
        ("q=" + "x" * 201, "bad-parameter", "200"),
        ("investor=%00", "bad-parameter", "characters"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_name(
    client: httpx.AsyncClient, query: str, slug: str, says: str
) -> None:
    problem = await refused(client, f"/v1/projects?{query}", 400, slug)
    assert problem["parameter"] == query.partition("=")[0]
    assert says in problem["detail"]


async def test_rules_that_do_not_exist_are_refused_with_those_that_do(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"))
    for path in (*LISTS, "/v1/projects/a", "/v1/projects/a/timeline"):
        problem = await refused(client, f"{path}?rules=2019-9", 400, "bad-parameter")
        assert (problem["parameter"], problem["versions"]) == ("rules", ["2026-2"])
        assert (await client.get(f"{path}?known_by=reported")).status_code == 200


async def test_what_is_not_there_suggests_what_is(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("north-katpar"))
    for path in ("/v1/projects/north-katpat", "/v1/projects/north-katpat/timeline"):
        problem = await refused(client, path, 404, "not-found")
        assert problem["suggestions"] == ["north-katpar"]
    await refused(client, "/v1/projects/%00", 404, "not-found")
    await refused(client, "/v1/trace/nobody", 404, "not-found")
    assert "/v1/projects" in (await refused(client, "/v1/project", 404, "not-found"))["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_only_reading_is_allowed(client: httpx.AsyncClient, method: str) -> None:
    for path in (*LISTS, "/v1/projects/a", "/v1/status", "/readyz"):
        response = await client.request(method, path)
        assert (response.status_code, response.json()["type"]) == (405, "urn:steppe:problem:method-not-allowed")
        assert response.headers["allow"] == "GET, HEAD"
        assert response.headers["content-type"] == "application/problem+json"


async def test_reading_a_route_that_is_asked_by_post_names_post(client: httpx.AsyncClient) -> None:
    response = await client.get("/v1/backtest")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["detail"] == "GET is not allowed here; see /docs."


async def test_a_database_that_is_away_is_a_503_and_ends_when_it_is_back(
    log: Log, client: httpx.AsyncClient, database: Database
) -> None:
    await log.append(registered("a"))
    assert (await client.get("/v1/projects")).status_code == 200
    name = database.owner.rpartition("/")[2]
    server = await asyncpg.connect(database.owner.removesuffix(name) + "postgres")
    try:
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        for path in ("/v1/projects", "/readyz", "/v1/status"):
            response = await client.get(path)
            assert (response.status_code, response.json()["type"]) == (503, "urn:steppe:problem:database-away")
            assert int(response.headers["retry-after"]) > 0
        assert (await client.get("/livez")).status_code == 200
    finally:
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await server.close()
    assert (await client.get("/v1/projects")).status_code == 200


async def test_a_database_without_a_read_model_is_not_ready(stack: Stack, topic: str) -> None:
    empty = stack.database.rpartition("/")[0] + "/postgres"
    async with api(empty, topic) as client:
        response = await client.get("/readyz")
        assert (response.status_code, response.json()["type"]) == (503, "urn:steppe:problem:not-prepared")


async def test_a_database_of_which_no_read_model_is_active_is_not_ready(
    client: httpx.AsyncClient, database: Database
) -> None:
    owner = await asyncpg.connect(database.owner)
    try:
        await owner.execute("UPDATE steppe.read_model SET state = 'previous'")
    finally:
        await owner.close()
    for path in ("/readyz", "/v1/projects", "/v1/status"):
        response = await client.get(path)
        assert (response.status_code, response.json()["type"]) == (503, "urn:steppe:problem:not-prepared")
        assert int(response.headers["retry-after"]) > 0
    assert (await client.get("/metrics")).status_code == 200
    page = await client.get("/")
    assert page.status_code == 503 and "steppe migrate" in page.text
    assert page.headers["retry-after"]


async def test_the_api_cannot_write_even_as_the_owner(database: Database, topic: str) -> None:
    pool = await Sessions.of(Settings(database=database.owner, topic=topic)).pool(1)
    try:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await pool.execute("DELETE FROM project")
    finally:
        await pool.close()


async def test_status_reads_the_log_end_from_kafka_itself(
    stack: Stack, topic: str, database: Database, log: Log
) -> None:
    await log.append(registered("a"))
    async with api(database.api, topic, stack.kafka) as client:
        body = await get(client, "/v1/status")
        assert {one["state"] for one in body["partitions"]} == {"caught-up", "ahead-of-log"}
        producer = AIOKafkaProducer(bootstrap_servers=stack.kafka)
        await producer.start()
        try:
            for _ in range(3):
                await producer.send_and_wait(topic, b"{}", partition=2)
        finally:
            await producer.stop()
        deadline = time.monotonic() + 10
        while body["partitions"][2]["log_end"] != 3:
            assert time.monotonic() < deadline, body
            body = await get(client, "/v1/status")
        behind = body["partitions"][2]
        applied = behind["next_offset"]
        assert (behind["lag_events"], behind["state"]) == (3 - applied, "behind")
        assert behind["lag_seconds"] > 0
        assert body["totals"]["projects"] == 1
        assert body["totals"]["lag_seconds"] >= behind["lag_seconds"]


async def test_status_answers_while_kafka_is_away(database: Database, topic: str) -> None:
    async with api(database.api, topic, "127.0.0.1:1") as client:
        started = time.monotonic()
        body = await get(client, "/v1/status")
        assert time.monotonic() - started < 8
        assert body["log_end_unknown_because"].startswith("Kafka does not answer")
        assert {one["state"] for one in body["partitions"]} == {"unknown"}
        assert body["totals"]["lag_events"] is None


async def test_status_counts_what_could_not_be_used(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(registered("a"))
    await log.append({**registered("a"), "data": {**registered("a")["data"], "name": "Other"}})
    await log.append_records([(b"a", b"not json")])
    totals = (await get(client, "/v1/status"))["totals"]
    assert (totals["applied"], totals["quarantined"], totals["conflicts"]) == (3, 1, 1)


async def test_the_description_lists_every_parameter_and_is_served(client: httpx.AsyncClient) -> None:
    described = await get(client, "/openapi.json")
    for path in LISTS:
        names = {parameter["name"] for parameter in described["paths"][path]["get"]["parameters"]}
        assert {"as_of", "limit", "cursor", "country", "flag", "severity", "min_position"} <= names
    assert (await client.get("/docs")).status_code == 200
    assert (await client.get("/")).headers["content-type"].startswith("text/html")


async def test_the_table_of_problems_has_no_doubles() -> None:
    assert len({problem.slug for problem in PROBLEMS}) == len(PROBLEMS)
    # How long a full queue takes is reckoned for each answer.
    unavailable = [problem for problem in PROBLEMS if problem.status == 503 and problem is not QUEUE_FULL]
    assert all(problem.retry_after_seconds for problem in unavailable)


def test_the_service_starts_as_a_process_and_stops(start: Callable[..., Service]) -> None:
    service = start("api")
    assert httpx.get(f"{service.address}/v1/projects").json()["items"] == []
    service.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{service.address}/livez")


def test_everybody_may_read_only_on_loopback() -> None:
    with pytest.raises(ValueError, match="reachable from outside"):
        Settings(database="postgresql://localhost/x", host="0.0.0.0")
    assert Settings(database="postgresql://localhost/x", host="0.0.0.0", auth="published-on-loopback").auth
