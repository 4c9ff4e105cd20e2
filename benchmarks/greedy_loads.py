"""What one caller may do at worst: loads on ingest and the API, each of which goes on until its process is ended."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import httpx

from services.ingest.routes import BATCH

_CONNECTIONS = 520
_JSON_LINES = {"Content-Type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a load goes, and the key that it shows."""

    api: str
    ingest: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates it."""
        return {"Authorization": f"Bearer {self.key}"}


async def many(count: int, request: Callable[[int], Awaitable[object]]) -> None:
    """That many at once, again and again; what is refused comes back after a moment, as a rude client does."""

    async def one(number: int) -> None:
        while True:
            try:
                await request(number)
            except (httpx.HTTPError, OSError):
                await asyncio.sleep(0.2)
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(one(number))


def client(address: str, target: Target) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(base_url=address, headers=target.headers, timeout=600, limits=limits)


async def posted_lines(target: Target, line: dict[str, Any]) -> None:
    body = (json.dumps(line) + "\n").encode() * 10_000
    async with client(target.ingest, target) as sender:
        await many(1, lambda _: sender.post("/v1/events?on_error=continue", content=body, headers=_JSON_LINES))


async def refused_lines(target: Target) -> None:
    await posted_lines(target, sent("p", "x", occurred="2021-13-45", instrument="handshake", parties="nobody"))


async def misspelt_types(target: Target) -> None:
    await posted_lines(target, {**sent("p", "x"), "type": "steppe.memorandum.sign.v1"})


async def whole_arrays(target: Target) -> None:
    envelopes = [sent(f"array-{number % 50}", f"a{number}") for number in range(1_000)]
    body = json.dumps(envelopes).encode()
    async with client(target.ingest, target) as sender:
        await many(1, lambda _: sender.post("/v1/events", content=body, headers={"Content-Type": BATCH}))


async def waiters(target: Target) -> None:
    headers = {"Prefer": "wait=30"}
    async with client(target.api, target) as reader:
        await many(_CONNECTIONS, lambda _: reader.get("/v1/status?min_position=0:999999999", headers=headers))


async def held_open(address: str, head: str, drip: bytes) -> None:
    """520 connections, a byte of the body on each every two seconds; a closed one is opened again."""
    host, _, port = address.removeprefix("http://").partition(":")

    async def upload(_: int) -> None:
        _reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode())
        try:
            while True:
                await asyncio.sleep(2)
                writer.write(drip)
                await writer.drain()
        finally:
            writer.close()

    await many(_CONNECTIONS, upload)


async def endless_bodies(target: Target) -> None:
    head = (
        "POST /v1/backtest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n"
        f"Authorization: Bearer {target.key}\r\n\r\n{{"
    )
    await held_open(target.api, head, b" ")


async def slow_uploads(target: Target) -> None:
    head = (
        "POST /v1/events?on_error=continue HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
        f"Transfer-Encoding: chunked\r\nAuthorization: Bearer {target.key}\r\n\r\n"
    )
    await held_open(target.ingest, head, b"1\r\n \r\n")


async def known_at(target: Target) -> None:
    def path(number: int) -> str:
        return f"/v1/projects?limit=1&known_at=20{10 + number % 14}-{1 + number % 12:02}-{1 + number % 28:02}T00:{number % 60:02}:00Z"

    async with client(target.api, target) as reader:
        await many(450, lambda number: reader.get(path(number)))


def asked_again(path: str) -> Callable[[Target], Coroutine[Any, Any, None]]:
    """One question, four at once, again and again."""

    async def load(target: Target) -> None:
        async with client(target.api, target) as reader:
            await many(4, lambda _: reader.get(path))

    return load


async def back_tests(target: Target) -> None:
    def body(number: int) -> dict[str, Any]:
        return {"rules": {"values": {"memorandum-only.stagnant": 13 + number % 20}}}

    async with client(target.api, target) as reader:
        await many(20, lambda number: reader.post("/v1/backtest", json=body(number)))


async def export(target: Target) -> None:
    async with client(target.api, target) as reader:

        async def whole_file(_: int) -> None:
            async with reader.stream("GET", "/v1/flags?format=csv") as answer:
                async for _chunk in answer.aiter_raw():
                    pass

        await many(1, whole_file)


LOADS: dict[str, Callable[[Target], Coroutine[Any, Any, None]]] = {
    "10,000 refused lines": refused_lines,
    "10,000 misspelt types": misspelt_types,
    "arrays of 1,000 events": whole_arrays,
    "520 waiters": waiters,
    "520 endless bodies": endless_bodies,
    "520 slow uploads": slow_uploads,
    "450 known_at": known_at,
    "timeline of 1,000 events, 100 corrections": asked_again("/v1/projects/busy/timeline?limit=500"),
    "party of 5,000 deals": asked_again("/v1/parties/everybody"),
    "table of that timeline": asked_again("/v1/projects/busy/timeline?format=csv"),
    "market of 400 projects": asked_again("/v1/markets/KZ/tungsten"),
    "market of 400 projects, 500 a page": asked_again("/v1/markets/KZ/tungsten?limit=500"),
    "scorecard of 2,000 deals": asked_again("/v1/forums/summit/scorecard"),
    "retractions": asked_again("/v1/retractions?limit=500"),
    "conflicts": asked_again("/v1/conflicts?limit=500"),
    "projects with flags, 500 a page": asked_again("/v1/projects?limit=500"),
    "back-tests": back_tests,
    "export of all flags": export,
}


def run_load(name: str, target: Target) -> None:
    """A process of its own, so that what is measured does not wait for it."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
    asyncio.run(LOADS[name](target))


def sent(project: str, id: str, **data: Any) -> dict[str, Any]:
    """An event as a sender writes it."""
    parties = [{"party": "desk", "role": "investor"}]
    return {
        "specversion": "1.0", "id": id, "source": "/desk", "type": "steppe.memorandum.signed.v1", "subject": project,
        "data": {"occurred": "2021-03-01", "instrument": "mou", "parties": parties, **data},
    }  # fmt: skip
