"""Clients that take their time: five hundred of them at once keep nobody else waiting, and a slow body is cut off."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from steppe.http.header_limits import LimitedHeadersProtocol
from steppe.standalone.places import free_port
from tests.stack import Service

Start = Callable[..., Service]
_SLOW = 500


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_five_hundred_slow_connections_leave_the_service_answering_others(start: Start, name: str) -> None:
    service = start(name)
    place = urlsplit(service.address)
    slow = []
    try:
        for number in range(_SLOW):
            connection = socket.create_connection((place.hostname, place.port), timeout=5)
            connection.sendall(f"GET /v1/slow-{number} HTTP/1.1\r\nHost: x\r\nX-Begun: ".encode())
            slow.append(connection)
        with httpx.Client(base_url=service.address, timeout=5) as client:
            for _ in range(20):
                for connection in slow[::25]:
                    connection.sendall(b"a")
                assert client.get("/livez").status_code == 200
                assert client.get("/openapi.json").status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_a_body_that_stops_coming_is_cut_off_and_the_others_are_taken(start: Start) -> None:
    service = start("ingest", STEPPE_INGEST_IDLE_SECONDS_MAX="1")
    place = urlsplit(service.address)
    connection = socket.create_connection((place.hostname, place.port), timeout=20)
    headers = (
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{"
    )
    connection.sendall(headers.encode())
    began = time.monotonic()
    answer = connection.recv(4096).decode()
    connection.close()
    assert answer.startswith("HTTP/1.1 408")
    assert time.monotonic() - began < 10


def test_more_at_once_than_may_be_are_told_to_come_again_and_probes_are_answered(start: Start) -> None:
    service = start("ingest", STEPPE_REQUESTS_AT_ONCE_MAX="3")
    place = urlsplit(service.address)
    headers = (
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{"
    )
    slow = [socket.create_connection((place.hostname, place.port), timeout=20) for _ in range(3)]
    for connection in slow:
        connection.sendall(headers.encode())
    with httpx.Client(base_url=service.address, timeout=20) as client:
        _until(lambda: client.get("/v1/vocabulary").status_code == 503)
        refused = client.get("/v1/vocabulary")
        assert (refused.json()["type"], refused.headers["retry-after"]) == ("urn:steppe:problem:busy", "1")
        assert client.get("/readyz").status_code == 200
        slow.pop().close()
        _until(lambda: client.get("/v1/vocabulary").status_code == 200)
    for connection in slow:
        connection.close()


async def test_a_connection_whose_headers_do_not_complete_is_closed_and_a_slow_body_is_not() -> None:
    class Quick(LimitedHeadersProtocol):
        header_seconds_max = 0.5

    async with _served(Quick) as port:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Begun: a"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(begun)
            assert await reader.read() == b"", "it is closed without a word"
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):  # a connection that is kept serves a second request as well
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
            await asyncio.sleep(1.0)
            writer.write(b"b")
            assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_compressed_body_is_not_unpacked(start: Start) -> None:
    service = start("ingest")
    answer = httpx.post(
        f"{service.address}/v1/events", content=b"\x1f\x8b", headers={"content-encoding": "gzip", "content-type": "application/x-ndjson"}
    )  # fmt: skip
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_headers_without_end_are_refused(start: Start, name: str) -> None:
    service = start(name)
    place = urlsplit(service.address)
    connection = socket.create_connection((place.hostname, place.port), timeout=20)
    connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
    answer = b""
    try:
        for number in range(2_000):
            connection.sendall(f"X-{number}: {'a' * 1000}\r\n".encode())
        connection.sendall(b"\r\n")
        answer = connection.recv(4096)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the connection was closed, which is an answer too
    finally:
        connection.close()
    assert b" 200 " not in answer.split(b"\r\n")[0], answer[:100]


_MANY = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\n" + _MANY + b"\r\n", id="ten thousand headers"),
        pytest.param(b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 100 + b"\r\n", id="one header too many"),
        pytest.param(b"GET /livez HTTP/0.9\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"GET /livez\r\n\r\n", id="HTTP/0.9 as it was"),
        pytest.param(b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n", id="HTTP/2.0"),
    ],
)
async def test_too_many_headers_and_other_versions_are_refused_and_the_connection_is_closed(head: bytes) -> None:
    async with _served(LimitedHeadersProtocol) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400"), answer


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_a_hundred_headers_and_both_versions_are_taken(version: bytes) -> None:
    async with _served(LimitedHeadersProtocol) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /livez HTTP/" + version + b"\r\nHost: x\r\n" + b"X-A: a\r\n" * 99 + b"\r\n")
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_a_body_that_goes_on_after_its_refusal_is_cut_off_and_one_that_ends_is_not() -> None:
    class Quick(LimitedHeadersProtocol):
        rest_of_body_seconds_max = 0.5

    async with _served(Quick) as port:
        head = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\na"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert b" 413 " in await reader.readuntil(b"\r\n\r\n")
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            with suppress(ConnectionError):
                writer.write(b"a")
                await writer.drain()
            await asyncio.wait({ended}, timeout=0.1)
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
        assert b" 413 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"a")
        await asyncio.sleep(1.0)  # longer than the rest of a body may take
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 204 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """Refuses /refused at once; else reads the body, however long it takes, and answers 204."""
    if scope["type"] == "http" and scope["path"] == "/refused":
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})
    elif scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@asynccontextmanager
async def _served(protocol: type[LimitedHeadersProtocol]) -> AsyncIterator[int]:
    """The port of a server of this protocol."""
    server = uvicorn.Server(uvicorn.Config(_app, port=free_port(0), http=protocol, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.01)
        yield server.config.port
        server.should_exit = True
        await serving
