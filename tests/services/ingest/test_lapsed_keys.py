"""A key that is revoked while ingest works on a request: what was not yet handed to the log does not go there."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request

from services.ingest.accept import EventIntake
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.metrics import IngestMetrics
from services.ingest.routes import EventRoutes
from services.ingest.settings import Settings
from steppe.access.callers import EVENTS_WRITE, Caller
from steppe.access.middleware import CALLER, ENDED, UNAUTHENTICATED
from steppe.http.problems import Refusal
from tests.services.ingest.ingest_client import LINES, lines, logged, memorandum
from tests.services.ingest.test_interleaved_requests import intake as intake
from tests.stack import Stack


async def _refusal(intake: EventIntake, stack: Stack, on_error: str, *bodies: bytes) -> Refusal:
    """Sends the parts of a body; the key is revoked when the last of them has arrived."""
    parts = list(bodies)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    caller = Caller(name="key:1 desk", scopes=frozenset({EVENTS_WRITE}), still_valid=lambda: bool(parts))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/events",
        "query_string": f"on_error={on_error}".encode(),
        "headers": [(b"content-type", LINES.encode())],
        CALLER: caller,
        ENDED: Refusal(UNAUTHENTICATED, "It was revoked."),
    }
    routes = EventRoutes(intake, Settings.model_validate({"kafka": stack.kafka}), IngestMetrics(), KnownKeys(1))
    with pytest.raises(Refusal, match="revoked") as refused:
        await routes.post_events(Request(scope, receive))
    return refused.value


async def test_nothing_of_a_whole_is_appended_once_its_key_is_revoked(
    intake: EventIntake, stack: Stack, topic: str
) -> None:
    refusal = await _refusal(intake, stack, "reject", lines([memorandum("m-1")]), lines([memorandum("m-2")]))
    assert "so_far" not in refusal.members
    assert await logged(stack.kafka, topic) == []


async def test_of_a_stream_only_what_came_before_its_key_was_revoked_is_appended(
    intake: EventIntake, stack: Stack, topic: str
) -> None:
    refusal = await _refusal(intake, stack, "continue", lines([memorandum("m-1")]), lines([memorandum("m-2")]))
    assert refusal.members["so_far"]["accepted"] == 1
    assert [record.event["id"] for record in await logged(stack.kafka, topic)] == ["m-1"]
