"""What one reader asks never stops the others: work that takes long is shared, and ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import psutil
import pytest

from tests.services.api.reading_api import Log, event, memorandum, registered
from tests.stack import Service

# Generous: an answer that waited for the work below would take far longer.
_SECONDS_MAX = 2.0
_DEADLINE = 60.0
_PROJECTS = 150


async def many_projects(log: Log) -> None:
    await log.append(
        *(
            envelope
            for number in range(_PROJECTS)
            for envelope in (
                registered(f"p{number}", commodities=["tungsten"]),
                memorandum(f"p{number}", "2015-03-01", f"party-{number % 9}"),
                event(
                    "equity.agreed", f"p{number}", f"p{number}-bound", occurred="2016-05-01", reported="2016-05-02",
                    parties=[{"party": f"party-{number % 7}", "role": "investor"}],
                ),
            )
        )
    )  # fmt: skip


@asynccontextmanager
async def hung(client: httpx.AsyncClient, requests: list[bytes]) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """Connections on which these requests were sent and nothing is read."""
    writers = []
    for request in requests:
        _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
        writer.write(request)
        await writer.drain()
        writers.append(writer)
    try:
        yield writers
    finally:
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def get_request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def backtest_request(months: int) -> bytes:
    body = json.dumps({"rules": {"values": {"memorandum-only.stagnant": months}}}).encode()
    head = f"POST /v1/backtest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def assert_others_are_answered(client: httpx.AsyncClient, times: int = 15) -> None:
    for _ in range(times):
        for path in ("/livez", "/v1/projects?limit=1", "/metrics"):
            started = time.monotonic()
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
            assert time.monotonic() - started < _SECONDS_MAX, path


@pytest.fixture
async def served(log: Log, start: Callable[..., Service]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API in a process of its own that reads many projects of one market."""
    await many_projects(log)
    async with httpx.AsyncClient(base_url=start("api").address, timeout=_DEADLINE) as client:
        yield client


def as_known(number: int) -> str:
    return f"/v1/projects?limit=1&known_at=20{10 + number % 14}-{1 + number % 12:02}-{1 + number % 28:02}T00:{number % 60:02}:00Z"


@pytest.mark.parametrize(
    "requests",
    [
        [get_request(as_known(number)) for number in range(60)],
        [backtest_request(1 + number) for number in range(60)],
        [get_request(f"/?as_of=2020-01-01&known_at=2019-01-{1 + number % 28:02}") for number in range(60)],
    ],
    ids=["known_at", "back-tests", "pages as known then"],
)
async def test_others_are_answered_while_one_asks_much_and_after_he_hung_up(
    served: httpx.AsyncClient, requests: list[bytes]
) -> None:
    async with hung(served, requests):
        await assert_others_are_answered(served)
    await assert_others_are_answered(served)
    async with asyncio.timeout(_DEADLINE):
        # What was hung up does not run on: the next question of the kind gets its turn.
        assert (await served.get(as_known(3))).status_code == 200
        answer = await served.post("/v1/backtest", json={"version": "2026-2", "to": "2019-12-31"})
        assert answer.status_code == 200, answer.text


async def test_too_many_questions_of_one_caller_are_refused_with_the_time_to_come_back(
    served: httpx.AsyncClient,
) -> None:
    answers = await asyncio.gather(*(served.get(as_known(number)) for number in range(40)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < len(answers)
    for answer in refused:
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem["type"]) == (503, "urn:steppe:problem:queue-full")
        assert int(answer.headers["Retry-After"]) >= 1
        assert problem["place"] >= 1 and problem["seconds_expected"] >= 0


async def test_the_page_that_finds_a_full_queue_says_when_to_come_back(served: httpx.AsyncClient) -> None:
    paths = [f"/?as_of=2020-01-01&known_at=2019-{1 + number % 12:02}-{1 + number:02}" for number in range(28)]
    answers = await asyncio.gather(*(served.get(path) for path in paths))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < len(answers)
    for answer in refused:
        assert answer.status_code == 503 and "Queue for this kind of question is full" in answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_back_test_that_is_hung_up_ends_and_one_whose_process_is_ended_says_so(
    log: Log, start: Callable[..., Service]
) -> None:
    """Its process is killed. It is stopped before, because one that comes to its end is kept for the next."""
    await many_projects(log)
    service = start("api")
    async with httpx.AsyncClient(base_url=service.address, timeout=_DEADLINE) as client:
        async with hung(client, [backtest_request(5)]):
            await until(lambda: len(children_of(service)) == 1)
            os.kill(children_of(service)[0], signal.SIGSTOP)
        await until(lambda: children_of(service) == [])
        async with asyncio.TaskGroup() as tasks:
            answering = tasks.create_task(client.post("/v1/backtest", json={"version": "2026-2"}))
            await until(lambda: len(children_of(service)) == 1)
            os.kill(children_of(service)[0], signal.SIGKILL)
        answer = answering.result()
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:steppe:problem:computation-ended")


def children_of(service: Service) -> list[int]:
    """The processes that it has started."""
    return [child.pid for child in psutil.Process(service.child.process.pid).children()]


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_a_timeline_with_many_corrections_is_worked_out_beside_the_others(
    log: Log, start: Callable[..., Service]
) -> None:
    memoranda = [
        memorandum("busy", f"20{10 + number // 28:02}-01-{1 + number % 28:02}", "alpha", f"m{number}")
        for number in range(150)
    ]
    corrections = [
        event(
            "event.corrected", "busy", f"c{number}", target={"source": "/tests", "id": f"m{number}"}, reason="typo",
            reported="2024-01-01", changes={"occurred": "2012-02-03"},
        )
        for number in range(60)
    ]  # fmt: skip
    await log.append(registered("busy"), *memoranda, *corrections)
    async with httpx.AsyncClient(base_url=start("api").address, timeout=_DEADLINE) as client:
        timeline = asyncio.create_task(client.get("/v1/projects/busy/timeline?limit=500"))
        await assert_others_are_answered(client, times=10)
        answer = await timeline
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) >= 150
