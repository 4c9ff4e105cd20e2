"""What announces transitions as a worker would, and what reads /v1/stream as a browser would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import asyncpg
import httpx

from services.projector.publisher.flag_diff import Announcer
from tests.stack import Database

Item = dict[str, Any]


class DayAnnouncer:
    """Announces days, as a leading worker would."""

    def __init__(self, database: Database, topic: str) -> None:
        self._database = database
        self._topic = topic

    async def announce(self, day: date) -> None:
        connection = await asyncpg.connect(self._database.projector)
        try:
            assert await Announcer(self._topic).announce(connection, day, {}) is not None
        finally:
            await connection.close()


class Reader:
    """Reads server-sent events as a browser would; `last_id` is where it is."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.last_id: str | None = None

    async def next(self) -> Item:
        """The next event; comments and `retry` are passed over."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line:
                name, _, text = line.partition(": ")
                fields[name] = text
            elif "data" in fields:
                assert fields["event"] == "transition"
                item: Item = json.loads(fields["data"])
                assert fields["id"] == str(item["id"])
                self.last_id = fields["id"]
                return item
            else:
                fields = {}
        raise EOFError("the stream has ended")

    async def take(self, count: int, seconds: float = 20) -> list[Item]:
        """So many events."""
        async with asyncio.timeout(seconds):
            return [await self.next() for _ in range(count)]


@asynccontextmanager
async def streaming(client: httpx.AsyncClient, last_id: str | None = None, **query: str) -> AsyncIterator[Reader]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
    async with client.stream("GET", "/v1/stream", params=query, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-accel-buffering"] == "no"
        yield Reader(response)
