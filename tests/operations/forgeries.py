"""Requests that no client of ours sends: cursors, positions and headers that somebody forged, drawn from a seed."""

from __future__ import annotations

import base64
import random
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx

_PLACES = {
    "key": ("northern-katpar", "sareco-rare-earths", "jogmec", "no-such-thing", "\x00", "ключ", "a" * 300, "%2e%2e"),
    "country": ("KZ", "UZ", "XX", "kz", "K", "\u212a\u017b"),
    "commodity": ("tungsten", "uranium", "no-such", "TUNGSTEN", ""),
}
_NUMBERS = (
    "0",
    "-1",
    "7",
    "12",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "9" * 400,
    "１２",
    "1_0",
    " 7",
    "1e3",
)
_HEADERS = (
    "accept", "accept-language", "accept-encoding", "if-none-match", "if-modified-since", "if-match", "range", "prefer",
    "last-event-id", "traceparent", "tracestate", "baggage", "x-forwarded-for", "forwarded", "x-request-id", "origin",
    "referer", "cookie", "authorization", "x-api-key", "content-type", "content-encoding", "expect", "te", "via",
    "x-http-method-override", "ce-id", "ce-source", "ce-type", "ce-specversion", "ce-time", "ce-subject", "user-agent",
)  # fmt: skip
_VALUES = (
    b"", b"*", b"*/*;q=nan", b'W/"', b'"' * 40, b"0", b"-1", b"bytes=0-0,-1", b"wait=0", b"wait=-1", b"wait=99999999999", b"\xff\xfe", b"\xed\xa0\x80",
    b"application/json;charset=utf-99", b"gzip", b"gzip, zstd", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", b"Basic =", b"Basic \xff", b"Bearer a.b.c",
    b"ja;q=1.5, ru;q=-1", b"999.999.999.999", b"::1%lo", b"1.0", b"a" * 4000, b"a,b;c=d" * 90, b"2021-13-45T99:99:99Z", b"%00%ff",
)  # fmt: skip


class Forger:
    """Draws requests to the API and to ingest. The same seed and data give the same requests."""

    def __init__(self, seed: int, api: httpx.Client) -> None:
        self._random = random.Random(seed)
        paths: dict[str, dict[str, Any]] = api.get("/openapi.json").json()["paths"]
        self._reads = {
            path: [
                parameter["name"] for parameter in methods["get"].get("parameters", ()) if parameter["in"] == "query"
            ]
            for path, methods in paths.items()
            if "get" in methods and path != "/v1/stream"
        }
        self._cursors = list(self._genuine_cursors(api))
        assert self._cursors, "some list has a second page"

    def read(self) -> tuple[str, dict[str, str], dict[bytes, bytes]]:
        """A path of the API, its parameters and headers."""
        path = self._random.choice(list(self._reads))
        names = self._reads[path]
        parameters: dict[str, str] = {}
        if "cursor" in names and self._random.random() < 0.8:
            parameters["cursor"] = self._cursor()
        if "min_position" in names and self._random.random() < 0.4:
            parameters["min_position"] = self._position()
        filled = re.sub(r"{(\w+)}", lambda place: self._place(place[1]), path)
        return filled, parameters, self._headers()

    def send(self) -> tuple[bytes, dict[bytes, bytes]]:
        """A body for ingest, wrong or empty, and headers."""
        body = self._random.choice(
            (b"", b"{}", b"[]", b"\xff", b'{"id":"1"}', b"[" * 2000, b'{"specversion":"1.0"}\n' * 20)
        )
        media_type = self._random.choice(
            (b"application/json", b"application/x-ndjson", b"application/cloudevents+json")
        )
        return body, {b"content-type": media_type, **self._headers()}

    def _genuine_cursors(self, api: httpx.Client) -> Iterator[str]:
        for path, names in self._reads.items():
            if "cursor" in names and "{" not in path:
                answer = api.get(path, params={"limit": "1"})
                if answer.status_code == 200 and (cursor := answer.json().get("next_cursor")):
                    yield cursor

    def _cursor(self) -> str:
        draw = self._random
        genuine = draw.choice(self._cursors)
        raw = base64.urlsafe_b64decode(genuine + "=" * (-len(genuine) % 4))
        match draw.randrange(6):
            case 0:  # of another list
                return genuine
            case 1:  # one byte is another
                place = draw.randrange(len(raw))
                raw = raw[:place] + bytes([draw.randrange(256)]) + raw[place + 1 :]
            case 2:  # cut off
                raw = raw[: draw.randrange(len(raw))]
            case 3:  # a number is another
                raw = re.sub(rb"\d+", lambda _: draw.choice(_NUMBERS).encode(), raw, count=1 + draw.randrange(3))
            case 4:  # the head of one, the tail of another
                other = draw.choice(self._cursors)
                tail = base64.urlsafe_b64decode(other + "=" * (-len(other) % 4))
                raw = raw[: draw.randrange(len(raw))] + tail[draw.randrange(len(tail)) :]
            case _:  # a word is another
                word = draw.choice((b"\x00", "é".encode(), b"\xff", b"north", b"\\ud800", b"9999-12-31"))
                raw = re.sub(rb"[a-z]{3,}", lambda _: word, raw, count=1 + draw.randrange(3))
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def _position(self) -> str:
        parts = [
            f"{self._random.choice(_NUMBERS)}{self._random.choice((':', ':', ':', '', '::', '='))}{self._random.choice(_NUMBERS)}"
            for _ in range(self._random.randrange(1, 4))
        ]
        return self._random.choice((",", ",", ";", ", ")).join(parts)

    def _place(self, name: str) -> str:
        return quote(self._random.choice(_PLACES.get(name, _PLACES["key"])), safe="%")

    def _headers(self) -> dict[bytes, bytes]:
        # Whatever waits does not wait long.
        chosen = {
            name.encode(): self._random.choice(_VALUES)
            for name in self._random.sample(_HEADERS, self._random.randrange(1, 4))
        }
        if chosen.get(b"prefer", b"").startswith(b"wait=9"):
            chosen[b"prefer"] = b"wait=1"
        return {b"prefer": b"wait=0", **chosen}


def run(api_address: str, ingest_address: str, seed: int, count: int) -> tuple[Counter[int], list[str]]:
    """Send `count` forged requests, a fifth of them to ingest. The statuses that came, and what answered 5xx or not at all.

    503 is an answer where a position is not reached yet.
    """
    with (
        httpx.Client(base_url=api_address, timeout=60) as api,
        httpx.Client(base_url=ingest_address, timeout=60) as ingest,
    ):
        forger = Forger(seed, api)
        requests: list[httpx.Request] = []
        while len(requests) < count:
            path, parameters, headers = forger.read()
            requests.append(api.build_request("GET", path, params=parameters, headers=headers))
            if not len(requests) % 5:
                body, headers = forger.send()
                requests.append(ingest.build_request("POST", "/v1/events", content=body, headers=headers))
        with ThreadPoolExecutor(8) as threads:
            answers = list(
                threads.map(lambda request: _answer(api if request.method == "GET" else ingest, request), requests)
            )
    statuses = Counter(status for status, _ in answers)
    faults = [
        f"{request.method} {request.url} {request.headers.raw}: {status} {text}"
        for request, (status, text) in zip(requests, answers, strict=True)
        if status >= 500 and "urn:steppe:problem:not-caught-up" not in text
    ]
    return statuses, faults


def _answer(client: httpx.Client, request: httpx.Request) -> tuple[int, str]:
    try:
        answer = client.send(request)
    except httpx.RemoteProtocolError as error:  # hung up without an answer: a fault like a 5xx
        return 599, repr(error)
    return answer.status_code, answer.text[:300] if answer.status_code >= 500 else ""
