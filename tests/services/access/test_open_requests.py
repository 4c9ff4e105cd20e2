"""Uploads and streams that are open when their key is revoked, or their key or token expires, end within seconds."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from services.api.web.abandoned_requests import CancelAbandoned
from steppe.access import key_file
from steppe.access.callers import EVENTS_WRITE, READ, Caller
from steppe.access.middleware import UNAUTHENTICATED
from steppe.access.oidc import LEEWAY_SECONDS
from steppe.access.open_request import OpenRequest
from steppe.http.problems import Refusal
from tests.services.access.guarded_app import Waiting, bearer, guarded_client
from tests.services.access.test_authentication import Keys, Provider
from tests.services.access.test_authentication import keys as keys
from tests.services.access.test_authentication import provider as provider
from tests.services.ingest.ingest_client import logged, memorandum
from tests.stack import Service, Stack

Start = Callable[..., Service]
_SECONDS_MAX = 20.0  # of waiting for an end that takes two


def _revoke(path: Path, *names: str) -> None:
    now = datetime.now(UTC)
    with key_file.exclusive(path):
        keys = key_file.read(path)
        key_file.write(path, [key_file.revoked(key, now) if key.id in names else key for key in keys])


class Upload:
    """A stream of events on a connection of its own, one chunk a call."""

    def __init__(self, service: Service, authorization: str) -> None:
        place = urlsplit(service.address)
        self._connection = socket.create_connection((place.hostname, place.port), timeout=_SECONDS_MAX)
        self._connection.sendall(
            b"POST /v1/events?on_error=continue HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\nAuthorization: " + authorization.encode() + b"\r\n\r\n"
        )

    def send(self, event_id: str) -> None:
        line = json.dumps(memorandum(event_id)).encode() + b"\n"
        self._connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))

    def answer(self) -> bytes:
        """Everything until the server closes the connection."""
        parts = []
        while part := self._connection.recv(65_536):
            parts.append(part)
        return b"".join(parts)

    def close(self) -> None:
        self._connection.close()


async def test_uploads_end_with_their_key_and_say_what_was_accepted(
    start: Start, keys: Keys, stack: Stack, topic: str
) -> None:
    texts = [keys.make(EVENTS_WRITE) for _ in range(2)]
    service = start("ingest", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    sending, silent = (Upload(service, f"Bearer {text}") for text in texts)
    sending.send("m-before")
    silent.send("m-silent")
    deadline = time.monotonic() + _SECONDS_MAX
    while len(await logged(stack.kafka, topic)) < 2:
        assert time.monotonic() < deadline
    _revoke(keys.path, *(key.id for key in keys.made))
    refused = [upload.answer() for upload in (sending, silent)]
    for answer in refused:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 401")
        assert b"connection: close" in head.lower()
        document = json.loads(body)
        assert document["type"] == "urn:steppe:problem:unauthenticated"
        assert document["so_far"]["accepted"] == 1
    for upload in (sending, silent):
        upload.close()


async def test_a_chunk_that_arrives_after_the_revocation_is_not_handed_on() -> None:
    valid = True
    chunks = iter([b"before", b"after"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": next(chunks), "more_body": True}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    caller = Caller(name="key:1 desk", scopes=frozenset({EVENTS_WRITE}), still_valid=lambda: valid)
    scope = {"type": "http", "method": "POST", "path": "/v1/events"}
    request = OpenRequest(scope, receive, send, caller, Refusal(UNAUTHENTICATED, "It was revoked."))
    assert (await request.receive())["body"] == b"before"
    valid = False
    with pytest.raises(Refusal, match="revoked"):
        await request.receive()


class _Reading(threading.Thread):
    """Reads a stream to its end."""

    def __init__(self, service: Service, authorization: str) -> None:
        super().__init__(daemon=True)
        self._address = f"{service.address}/v1/stream"
        self._headers = {"authorization": authorization}
        self.first_part_read = threading.Event()
        self.text = ""
        self.start()

    def run(self) -> None:
        with httpx.stream("GET", self._address, headers=self._headers, timeout=60) as response:
            for part in response.iter_text():
                self.text += part
                self.first_part_read.set()


def test_streams_end_with_their_key_whether_revoked_or_expired_and_others_go_on(start: Start, keys: Keys) -> None:
    revoked, expiring, lasting = (
        keys.make(READ),
        keys.make(READ, expires_at=datetime.now(UTC) + timedelta(minutes=5)),
        keys.make(READ),
    )
    service = start("api", STEPPE_AUTH="keys", STEPPE_KEYS=str(keys.path))
    readers = [_Reading(service, f"Bearer {text}") for text in (revoked, expiring, lasting)]
    assert all(reader.first_part_read.wait(_SECONDS_MAX) for reader in readers)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    with key_file.exclusive(keys.path):
        first, second, third = key_file.read(keys.path)
        expires = key_file.Key(
            id=second.id, name=second.name, scopes=second.scopes, sha256=second.sha256, made_at=second.made_at,
            expires_at=soon,
        )  # fmt: skip
        key_file.write(keys.path, [key_file.revoked(first, datetime.now(UTC)), expires, third])
    for reader in readers[:2]:
        reader.join(_SECONDS_MAX)
        assert not reader.is_alive()
    assert readers[2].is_alive()


def test_a_stream_ends_with_its_token(start: Start, provider: Provider) -> None:
    service = start("api", STEPPE_AUTH="oidc", STEPPE_OIDC_ISSUER=provider.issuer, STEPPE_OIDC_AUDIENCE="steppe")
    soon = datetime.now(UTC) - timedelta(seconds=LEEWAY_SECONDS - 8)
    reader = _Reading(service, f"Bearer {provider.token(READ, exp=soon)}")
    assert reader.first_part_read.wait(_SECONDS_MAX)
    reader.join(_SECONDS_MAX)
    assert not reader.is_alive()


async def test_a_request_that_waits_is_refused_when_its_key_is_revoked_meanwhile(keys: Keys) -> None:
    text = keys.make(READ)
    app = Waiting()
    async with guarded_client(CancelAbandoned(app, ()), auth="keys", keys=str(keys.path)) as client:
        waiting = asyncio.create_task(client.get("/slow", headers=bearer(text)))
        async with asyncio.timeout(_SECONDS_MAX):
            while not app.open:  # noqa: ASYNC110  # the application has no event for it
                await asyncio.sleep(0.01)
            _revoke(keys.path, keys.made[0].id)
            assert (await waiting).status_code == 401


@pytest.mark.parametrize(
    ("name", "path", "first", "more"),
    [
        ("ingest", "/v1/events", b"{", b" "),
        ("ingest", "/v1/events?on_error=continue", b" ", b" "),
        ("api", "/v1/backtest", b"{", b" "),
    ],
)
def test_a_body_that_is_dealt_out_byte_by_byte_is_cut_off(
    start: Start, name: str, path: str, first: bytes, more: bytes
) -> None:
    service = start(name, STEPPE_INGEST_BODY_SECONDS_MAX="2", STEPPE_API_BODY_SECONDS_MAX="2")
    place = urlsplit(service.address)
    with socket.create_connection((place.hostname, place.port), timeout=0.2) as connection:
        media_type = b"application/x-ndjson" if name == "ingest" else b"application/json"
        connection.sendall(
            b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: " + media_type + b"\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n1\r\n" + first + b"\r\n"
        )
        answer = b""
        deadline = time.monotonic() + _SECONDS_MAX
        while not answer:
            assert time.monotonic() < deadline
            try:
                answer = connection.recv(65_536)
            except TimeoutError:
                connection.sendall(b"1\r\n" + more + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 408"), answer
