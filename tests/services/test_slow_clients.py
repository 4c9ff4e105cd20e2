"""Clients that take their time: five hundred of them at once keep nobody else waiting, and a slow body is cut off."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

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
    head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{"
    connection.sendall(head.encode())
    began = time.monotonic()
    answer = connection.recv(4096).decode()
    connection.close()
    assert answer.startswith("HTTP/1.1 408")
    assert time.monotonic() - began < 10


def test_a_compressed_body_is_not_unpacked(start: Start) -> None:
    service = start("ingest")
    answer = httpx.post(
        f"{service.address}/v1/events", content=b"\x1f\x8b", headers={"content-encoding": "gzip", "content-type": "application/x-ndjson"}
    )  # fmt: skip
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["ingest", "api"])
def test_a_head_without_end_is_refused(start: Start, name: str) -> None:
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
        pass  # the door was shut in our face, which is an answer too
    finally:
        connection.close()
    assert b" 200 " not in answer.split(b"\r\n")[0], answer[:100]
