"""A client of ingest for tests, events to send, and the records of the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.stack import PARTITIONS

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
PROBLEM = "application/problem+json"


def memorandum(id: str | None = "m-1", subject: str = "north-katpar", **data: object) -> dict[str, Any]:
    """A memorandum that is accepted, unless `data` makes it otherwise."""
    fields = {
        "occurred": "2022-03-01",
        "instrument": "mou",
        "parties": [{"party": "alpha", "role": "investor"}],
        **data,
    }
    event = {"source": "/desk", "type": "steppe.memorandum.signed.v1", "subject": subject, "data": fields}
    return event if id is None else {"id": id, **event}


def lines(events: Iterable[object]) -> bytes:
    """NDJSON."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@dataclass(frozen=True, slots=True)
class IngestClient:
    """`POST /v1/events` of one service."""

    address: str

    def post(
        self, body: object, content_type: str | None = ONE, query: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": content_type} if content_type else {}
        return httpx.post(
            f"{self.address}/v1/events{query}", content=content, headers=named | (headers or {}), timeout=30
        )

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", timeout=30)


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of a refusal, which must be one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == PROBLEM
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["type"].startswith("urn:steppe:problem:")
    assert document["title"]
    assert document["detail"]
    return document


@dataclass(frozen=True, slots=True)
class Logged:
    """A record of the log."""

    partition: int
    offset: int
    key: bytes
    event: dict[str, Any]
    headers: tuple[tuple[str, bytes], ...]


async def logged(kafka: str, topic: str) -> list[Logged]:
    """Everything that is in the log now."""
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[Logged] = []
        while len(found) < sum(ends.values()):
            for place, records in (await consumer.getmany(timeout_ms=5_000)).items():
                found += [
                    Logged(place.partition, r.offset, r.key, json.loads(r.value), tuple(r.headers)) for r in records
                ]
        return found
    finally:
        await consumer.stop()
