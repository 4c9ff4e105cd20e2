"""The projector's health server: liveness, readiness and metrics; and the watchdog that ends a stuck worker."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.projector.commands.verify import verify
from services.projector.health import checks
from services.projector.health.checks import WorkerStatus, liveness_problem, readiness_problem
from services.projector.health.watchdog import Watchdog
from services.projector.projection.progress import Progress
from steppe.compilation import domain_in_use
from steppe.release import RELEASE
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until, until_covered
from tests.stack import Database, Service, Stack, wait_for_line

Start = Callable[..., Service]
WELL = WorkerStatus(
    seconds_since_heartbeat=0.2, assigned=True, halted=None, stalled_seconds=0.0, waiting=0, log_unknown_seconds=1.0
)
SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$;
CREATE TRIGGER slow BEFORE INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION slow();
"""
WAITING_FOR_CHECKPOINTS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'steppe-projector' AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


def asked(service: Service, path: str) -> httpx.Response:
    """The answer of its door; 0 while there is none yet."""
    try:
        return httpx.get(service.address + path, timeout=10)
    except httpx.TransportError:
        return httpx.Response(0)


def numbers(service: Service) -> dict[str, float]:
    """Its metrics, those of partitions summed up."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(asked(service, "/metrics").text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


async def refuses(service: Service, path: str, slug: str) -> Any:
    """Until that door refuses for that reason; the problem document."""
    await until(
        f"{path} says {slug}",
        lambda: asked(service, path).status_code == 503 and asked(service, path).json()["type"].endswith(f":{slug}"),
    )
    answer = asked(service, path)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


@asynccontextmanager
async def held_checkpoints(database: Database) -> AsyncIterator[None]:
    """Somebody holds the rows that every batch needs."""
    connection = await asyncpg.connect(database.owner)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM checkpoint FOR UPDATE")
            yield
    finally:
        await connection.close()


async def test_a_worker_is_ready_when_it_has_its_partitions_and_counts_what_it_does(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    await until("it is ready", lambda: asked(service, "/readyz").status_code == 200)
    assert asked(service, "/livez").json() == {"status": "live"}
    assert asked(service, "/nothing").status_code == 404
    last = await publish(stack.kafka, topic, [event("one"), event("one"), event("two"), (b"x", b"no json", ())])
    await until_covered(owner, last, service)
    await until("the ends are read", lambda: numbers(service).get("steppe_log_end_offset") == 4)
    metrics = numbers(service)
    assert metrics["steppe_checkpoint_offset"] == 4
    assert metrics["steppe_projection_lag_events"] == metrics["steppe_projection_lag_seconds"] == 0
    assert metrics["steppe_events_applied_total"] == 2
    assert metrics["steppe_duplicates_total"] == 1
    assert metrics["steppe_quarantined_total"] == 1
    assert metrics["steppe_held_total"] == 0
    assert metrics["steppe_batch_duration_seconds_count"] >= 1
    assert metrics["process_resident_memory_bytes"] > 0
    api = start("api")
    for _ in range(2):
        await asyncio.to_thread(asked, api, "/v1/projects/deep-lead-mine")
    await asyncio.to_thread(asked, api, "/v1/nowhere/at/all")
    await until("the api has heard", lambda: asked(api, "/readyz").json()["projection"] == "caught-up")
    build = f'steppe_build_info{{domain="{domain_in_use()}",release="{RELEASE}"}} 1.0'
    assert build in asked(service, "/metrics").text.splitlines()
    assert f"Steppe {RELEASE}, domain {domain_in_use()}" in service.log().splitlines()[0]
    lines = asked(api, "/metrics").text.splitlines()
    assert build in lines
    assert 'steppe_api_requests_total{method="GET",route="/v1/projects/{key}",status="200"} 2.0' in lines
    assert 'steppe_api_requests_total{method="GET",route="none",status="404"} 1.0' in lines
    assert 'steppe_api_request_duration_seconds_count{method="GET",route="/v1/projects/{key}"} 2.0' in lines


async def test_a_worker_that_commits_nothing_says_so_and_is_then_ended(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    service = start("projector", **QUICK, STEPPE_PROJECTOR_STALLED_SECONDS_MAX="8")
    await until("it is ready", lambda: asked(service, "/readyz").status_code == 200)
    async with held_checkpoints(database):
        await publish(stack.kafka, topic, [event("one"), event("two")])
        problem = await refuses(service, "/readyz", "stuck")
        assert "2 records wait, and nothing was committed for" in problem["detail"]
        assert asked(service, "/livez").status_code == 200
        metrics = numbers(service)
        assert metrics["steppe_projection_lag_events"] == 2
        assert metrics["steppe_projection_lag_seconds"] > 3
        await until("the watchdog ends it", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert "nothing was committed for" in service.log()


async def test_a_worker_that_stops_while_it_waits_for_its_checkpoints_ends_as_one_that_reads(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    first, second = start("projector", **QUICK), start("projector", **QUICK)
    for service in (first, second):
        await asyncio.to_thread(wait_for_line, service, "starts at {")
    blocking = await asyncpg.connect(database.owner)
    async with blocking.transaction():
        await blocking.execute("LOCK TABLE checkpoint")
        second.child.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(second.child.process.wait, 11) == 0, second.log()[-2000:]
        # The partitions come back to the first, which asks the read model where to start in each.
        deadline = time.monotonic() + 30
        while not await owner.fetchval(WAITING_FOR_CHECKPOINTS):
            assert time.monotonic() < deadline, first.log()[-2000:]
            await asyncio.sleep(0.05)
        first.child.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(first.child.process.wait, 11) == 0, first.log()[-2000:]
    await blocking.close()


async def test_the_health_server_reports_an_event_loop_that_is_stuck(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    still = {"STEPPE_TEST_FAILPOINT": "before-commit:sleep=20", "STEPPE_PROJECTOR_LOOP_SECONDS_MAX": "2"}
    service = start("projector", **QUICK, **still)
    await until("it is ready", lambda: asked(service, "/readyz").status_code == 200)
    await publish(stack.kafka, topic, [event("one")])
    problem = await refuses(service, "/livez", "loop-stopped")
    assert "restart the worker" in problem["detail"]
    assert asked(service, "/readyz").status_code == 503
    service.kill()


async def test_a_port_that_is_taken_is_named(start: Start) -> None:
    first = start("projector", **QUICK)
    await until("it listens", lambda: asked(first, "/livez").status_code == 200)
    second = start("projector", **QUICK, STEPPE_PROJECTOR_PORT=first.address.rpartition(":")[2])
    await until("the second ends", lambda: not second.child.alive)
    assert second.child.process.returncode == 2
    assert "STEPPE_PROJECTOR_PORT: cannot listen on" in second.log()


async def test_a_slow_database_neither_evicts_the_worker_nor_fills_its_memory_nor_delays_its_exit(
    stack: Stack, topic: str, database: Database, owner: asyncpg.Connection, start: Start
) -> None:
    # The stream's gear: batches of the backlog are larger on purpose, and so is their memory.
    small = {"STEPPE_PROJECTOR_BATCH_EVENTS_MAX": "50", "STEPPE_PROJECTOR_BACKLOG_EVENTS_MIN": "1000000"}
    service = start("projector", **QUICK, **small)
    await until("it is ready", lambda: asked(service, "/readyz").status_code == 200)
    await owner.execute(SLOW)
    padding = "x" * 2000
    await publish(stack.kafka, topic, padded(0, 200, padding))
    before = psutil.Process(service.child.pid).memory_info().rss
    # 60 MB in the log that it must not take in at once, while a statement takes as long as its session may be silent.
    await publish(stack.kafka, topic, padded(200, 30_000, padding))
    deadline = time.monotonic() + 90
    while await applied(owner) < 200:
        assert service.child.alive and time.monotonic() < deadline, service.log()[-3000:]
        await asyncio.sleep(0.2)
    assert psutil.Process(service.child.pid).memory_info().rss - before < 50 * 2**20
    assert sum("starts at {" in line for line in service.log().splitlines()) == 1, "it was evicted and came back"
    assert "the database is unavailable" not in service.log()
    assert asked(service, "/readyz").status_code == 200
    assert numbers(service)["steppe_projection_lag_events"] > 10_000

    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    while not await owner.fetchval(sleeping):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    asked_at = time.monotonic()
    service.child.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(service.child.process.wait, 10)
    assert time.monotonic() - asked_at < 10
    assert service.child.process.returncode == 0, service.log()[-3000:]
    await owner.execute("DROP TRIGGER slow ON event")
    assert (await verify(stack.kafka, database.api, topic)).differences == []
    assert sum((await log_ends(stack.kafka, topic)).values()) == 30_200


def padded(first: int, count: int, padding: str) -> list[Message]:
    """Events of some size."""
    return [event(f"e{n}", f"project-{n % 400}", note=padding) for n in range(first, first + count)]


async def applied(connection: asyncpg.Connection) -> int:
    """How many records are applied."""
    found: int = await connection.fetchval("SELECT sum(next_offset)::bigint FROM checkpoint")
    return found


def test_readiness_names_what_is_wrong_and_the_worst_first() -> None:
    assert readiness_problem(WELL, 15, 30) is None
    assert liveness_problem(WELL, 15) is None
    wrong = {
        checks.STARTING: replace(WELL, assigned=False),
        checks.HALTED: replace(WELL, assigned=False, halted="another-log: made anew"),
        checks.LOOP_STOPPED: replace(WELL, seconds_since_heartbeat=16),
        checks.STUCK: replace(WELL, stalled_seconds=31, waiting=7),
        checks.LOG_UNKNOWN: replace(WELL, log_unknown_seconds=31),
    }
    for slug, status in wrong.items():
        problem = readiness_problem(status, 15, 30)
        assert problem is not None and problem.slug == slug
        document = problem.as_json("/readyz")
        assert (document["status"], document["instance"]) == (503, "/readyz")
        assert document["title"] and document["detail"]
    assert readiness_problem(replace(WELL, stalled_seconds=29, waiting=7, log_unknown_seconds=29), 15, 30) is None


def test_one_frozen_opinion_about_the_log_does_not_hide_what_waits() -> None:
    progress = Progress(next_offsets={0: 5, 1: 3}, committed_at=100.0)
    frozen, fresh = {0: 5, 1: 3}, {0: 9, 1: 3, 7: 99}
    watchdog = Watchdog(lambda: progress, (lambda: frozen, lambda: fresh), 60)
    watchdog._no_lag_at = 100.0
    assert watchdog.check(130.0) == 30.0
    assert watchdog.waiting == {0: 4}, "partition 7 is somebody else's"
    progress.committed_at = 125.0
    assert watchdog.check(130.0) == 5.0
    progress.next_offsets[0] = 9
    assert watchdog.check(140.0) == 0.0
    fresh[1] = 4
    assert watchdog.check(150.0) == 10.0, "from when it was last seen without anything waiting"
    assert Watchdog(lambda: None, (lambda: fresh,), 60).check(1e9) == 0.0


def test_the_watchdog_ends_a_process_whose_consumer_believes_an_old_end() -> None:
    program = (
        "import sys, time, logging\n"
        "from services.projector.health.watchdog import Watchdog\n"
        "from services.projector.consumer.projection_store import Progress\n"
        "logging.basicConfig(stream=sys.stderr)\n"
        "progress = Progress(next_offsets={0: 5})\n"
        "Watchdog(lambda: progress, (lambda: {0: 8}, lambda: {0: 5}), 0.5).start()\n"
        "time.sleep(60)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert ran.returncode == 1
    assert "with records waiting {0: 3}: exiting" in ran.stderr
    assert json.dumps(ran.stdout) == '""'
