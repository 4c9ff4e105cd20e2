"""Reads during rebuilds, a roll-back and events that come in: none empty, none mixed, none refused.

A thousand on every run, ten thousand with `make faults`.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from services.projector.commands.verify import verify
from tests.faults.sizes import FULL
from tests.services.projector.projection import QUICK, Message, event, publish, until_covered
from tests.services.projector.test_projector_markets import portfolio_of_messages
from tests.services.rebuild.rebuilding import settings_of, started
from tests.stack import Database, Service, Stack

READS = 10_000 if FULL else 1_000
CLIENTS = 8
_WATCHED = "watched-deposit"


class Reader:
    """One client. What it has seen never goes back, and each answer is about one moment."""

    def __init__(self, address: str, projects: int) -> None:
        self._client = httpx.AsyncClient(base_url=address, timeout=30)
        self._projects = projects
        self._seen: dict[int, int] = {}
        self._events = 0
        self.reads = 0
        self.positions: set[str] = set()

    async def read(self, until: asyncio.Event) -> None:
        """Ask the three questions in turn, until told to stop."""
        while not until.is_set():
            await self._projects_list()
            await self._flags()
            await self._project()
        await self._client.aclose()

    async def _get(self, path: str) -> Any:
        answer = await self._client.get(path, params={"as_of": "2026-01-01", "limit": 500})
        assert answer.status_code == 200, answer.text
        position = {
            int(p): int(o) for p, o in (part.split(":") for part in answer.headers["Steppe-Position"].split(","))
        }
        went_back = {p: (seen, position.get(p)) for p, seen in self._seen.items() if position.get(p, -1) < seen}
        assert went_back == {}, (path, went_back)
        self._seen = position
        self.reads += 1
        self.positions.add(answer.headers["Steppe-Position"])
        return answer.json()

    async def _projects_list(self) -> None:
        assert len((await self._get("/v1/projects"))["items"]) >= self._projects

    async def _flags(self) -> None:
        assert (await self._get("/v1/flags"))["items"]

    async def _project(self) -> None:
        answer_given = await self._get(f"/v1/projects/{_WATCHED}/timeline")
        # The events of this project are numbered in their notes.
        numbers = sorted(int(item["data"]["note"]) for item in answer_given["items"])
        assert numbers == list(range(1, len(numbers) + 1)), numbers
        assert len(numbers) >= self._events, "an event is gone"
        self._events = len(numbers)


def told(number: int) -> Message:
    """An event of the watched project."""
    return event(f"watched-{number}", _WATCHED, note=str(number), occurred=f"2020-{number % 12 + 1:02}")


async def test_every_read_during_rebuilds_under_load_finds_a_whole_read_model(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service], tmp_path: Path
) -> None:
    complaints = (tmp_path / "complaints").open("w")
    chance = random.Random(3)
    service = start("projector", **QUICK)
    api = start("api")
    watching = await asyncpg.connect(database.api)
    last = await publish(stack.kafka, topic, [*portfolio_of_messages(chance, 200), told(1)])
    await until_covered(watching, last, service, 60)
    await watching.close()
    settings = settings_of(stack, database, topic)
    done = asyncio.Event()
    readers = [Reader(api.address, 9) for _ in range(CLIENTS)]
    reading = [asyncio.create_task(reader.read(done)) for reader in readers]
    number = 1

    async def more() -> None:
        nonlocal number
        while not done.is_set():
            number = min(number + 1, 450)  # a page holds them all; the last one is repeated
            await publish(stack.kafka, topic, [told(number), *portfolio_of_messages(chance, 3)[-3:]])
            await asyncio.sleep(0.2)

    load = asyncio.create_task(more())
    flips = 0
    try:
        while sum(reader.reads for reader in readers) < READS:
            for arguments in ([], ["--roll-back"]):
                process = started(settings, *arguments, complaints=complaints)
                while process.poll() is None:
                    for one in (*reading, load):
                        if one.done():
                            one.result()
                    await asyncio.sleep(0.05)
                out, _ = process.communicate()
                assert process.returncode == 0, out + (tmp_path / "complaints").read_text()
                flips += 1
            operator = await asyncpg.connect(database.projector)
            # Readers of the previous one are gone: the next rebuild need not wait for them.
            await operator.execute("UPDATE steppe.read_model SET flipped_at = now() - interval '2 minutes'")
            await operator.close()
    finally:
        done.set()
        await asyncio.gather(*reading, load)
    assert service.child.alive
    assert len(readers[0].positions) > 10
    deadline = asyncio.get_running_loop().time() + 60
    while (verdict := await verify(stack.kafka, database.api, topic)).behind:
        assert asyncio.get_running_loop().time() < deadline, verdict.behind
    assert verdict.differences == []
    sys.stdout.write(
        f"{sum(reader.reads for reader in readers)} reads, {flips} flips, {number} events of one project\n"
    )
