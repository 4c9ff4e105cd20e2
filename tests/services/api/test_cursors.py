"""Cursors that nobody gave out: every list answers them with a problem that says so, whatever is in them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.web import pagination
from tests.domain.properties import LOGS
from tests.services.api.reading_api import DAY, Log, event, memorandum, registered
from tests.stack import Database, Service

NUMBERS = ("-1", "9223372036854775808", "9" * 5000, "１２", "1_0", " 7", "7.0", "0x7", "٣")
WORDS = ("log", "project", "north", "", "\x00", "\U0001f9ed", "é", "\\ud800", "9999-12-31", "a" * 5000)


def forged(key: list[Any], day: str = DAY, path: str = "", **parts: Any) -> bytes:
    """What a cursor of that list and day holds, with this order key."""
    try:
        digest = pagination.fingerprint(path, [], date.fromisoformat(day))
    except ValueError:
        digest = "0" * 16
    return json.dumps({"v": 1, "f": digest, "a": day, "k": key, **parts}).encode()


def as_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def lists(start: Callable[..., Service], database: Database, topic: str) -> tuple[httpx.Client, list[str]]:
    """A client, and every path that takes a cursor, as the API's own document lists them."""
    asyncio.run(
        Log(database, topic).append(
            registered("north"),
            memorandum("north", "2022-03-01", "alpha"),
            event(
                "party.registered",
                "party:alpha",
                "alpha",
                party="alpha",
                name="Alpha",
                kind="company",
                home_country="KR",
            ),
        )
    )
    client = httpx.Client(base_url=start("api").address, timeout=30)
    paths = client.get("/openapi.json").json()["paths"]
    listed = [
        path.replace("/parties/{key}", "/parties/alpha").format(key="north", country="KZ", commodity="tungsten")
        for path, operations in paths.items()
        if any(parameter["name"] == "cursor" for parameter in operations.get("get", {}).get("parameters", ()))
    ]
    assert {"/v1/projects", "/v1/conflicts", "/v1/quarantine", "/v1/flags/transitions"} < set(listed)
    assert all("{" not in path for path in listed), listed
    return client, listed


def answers(client: httpx.Client, path: str, cursor: str) -> None:
    """The list goes on from the cursor or says why not; nothing else."""
    answer = client.get(path, params={"cursor": cursor})
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        if problem["status"] == 404:
            # a timeline, or a party, of a day before its first event
            assert "the first of its events counts on" in problem["detail"] or path == "/v1/parties/alpha"
            return
        assert (problem["status"], problem["parameter"] in ("cursor", "after")) == (400, True), problem
        assert "cursor" in problem["detail"] or "beyond the end of the feed" in problem["detail"]


def test_known_forgeries_are_refused_by_every_list(lists: tuple[httpx.Client, list[str]]) -> None:
    client, paths = lists
    for path in paths:
        for raw in (
            forged([], path=path),
            forged(["north"] * 9, path=path),
            forged([7, None], path=path),
            forged(["2147483648", "1"], path="/v1/quarantine"),
            forged(["project", "\x00", "0", "0:1"], path=path),
            forged(["1", "north"], "9999-12-31", path),
            forged(["1", "north"], "0000-01-01", path),
            forged(["x"], path=path).replace(b'"x"', b'"\xff\xfe"'),
            forged(["x"], path=path).replace(b'"x"', b"[" * 100_000),
            forged([], path=path, deep=0).replace(b'"deep": 0', b'"deep":' + b"[" * 20_000 + b"]" * 20_000),
            b"\xff",
        ):
            text = as_text(raw)
            if len(text) < 60_000:  # the server takes no longer line
                answer = client.get(path, params={"cursor": text})
                assert answer.status_code == 400, (path, raw[:200], answer.text)
                assert answer.json()["type"] == "urn:steppe:problem:stale-cursor"


def test_a_number_that_no_list_counts_to_is_refused(lists: tuple[httpx.Client, list[str]]) -> None:
    client, _ = lists
    for number in NUMBERS:
        for path, key in (
            ("/v1/quarantine", [number, "1"]),
            ("/v1/quarantine", ["1", number]),
            ("/v1/conflicts", ["log", number, "1"]),
            ("/v1/conflicts", ["project", "north", number, "0:1"]),
            ("/v1/conflicts", ["project", "north", "0", number]),
            ("/v1/conflicts", ["project", "north", "0", f"0:{number}"]),
            ("/v1/flags/transitions", [number]),
        ):
            answer = client.get(path, params={"cursor": as_text(forged(key, path=path))})
            assert answer.status_code == 400, (path, key, answer.text)


def test_no_list_breaks_on_a_cursor_whatever_is_in_it(lists: tuple[httpx.Client, list[str]]) -> None:
    client, paths = lists
    parts = st.one_of(st.sampled_from(NUMBERS + WORDS), st.text(max_size=20), st.integers(), st.none())
    days = st.one_of(
        st.sampled_from([DAY, "0000-01-01", "0001-01-01", "9999-12-30", "9999-12-31", "2025-02-30", "10000-01-01"]),
        st.dates().map(str),
    )
    bad_bytes = st.binary(min_size=1, max_size=6)

    @settings(max_examples=LOGS * 10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(path=st.sampled_from(paths), data=st.data())
    def walk(path: str, data: st.DataObject) -> None:
        raw = forged(data.draw(st.lists(parts, max_size=6)), data.draw(days), path)
        if data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(raw)))
            raw = raw[:place] + data.draw(bad_bytes) + raw[place:]
        cursor = data.draw(st.one_of(st.just(as_text(raw)), st.text(max_size=60), bad_bytes.map(as_text)))
        if cursor:
            answers(client, path, cursor)

    walk()
