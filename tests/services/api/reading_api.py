"""A log written straight through the projector's own code, and the API in front of it over real HTTP.

For tests of what readers see: Kafka is left out except where a test asks for it; Postgres and HTTP are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import uvicorn

from services.api.app import create_app
from services.api.settings import Settings
from services.projector.large_projects.late_fold import LateFold, Stretch
from services.projector.projection.apply import STATEMENTS, Applier
from services.projector.projection.batches import Record
from services.projector.projection.project_cache import ProjectCache
from services.projector.settings import Settings as ProjectorSettings
from steppe.contracts import acceptance
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model.market_cache import MarketCache
from tests.stack import PARTITIONS, Database

SOURCE = "/tests"
DAY = "2025-12-31"
"""As of which most questions are asked."""
Envelope = dict[str, Any]


def event(name: str, subject: str, id: str, /, **data: Any) -> Envelope:
    """An event as a sender gives it."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": SOURCE,
        "type": f"steppe.{name}.v1",
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }


def registered(key: str, /, **data: Any) -> Envelope:
    """A tungsten deposit in Kazakhstan, unless it is something else."""
    what = {"name": key.title(), "country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["tungsten"]}
    return event("project.registered", key, f"{key}-registered", reported="2020-01-01", **{**what, **data})


def memorandum(key: str, occurred: str, investor: str, id: str | None = None, **data: Any) -> Envelope:
    """A memorandum of one investor."""
    parties = [{"party": investor, "role": "investor"}]
    own_id = id or f"{key}-{investor}-{occurred}"
    return event(
        "memorandum.signed", key, own_id, **{"occurred": occurred, "instrument": "mou", "parties": parties, **data}
    )


@dataclass(frozen=True, slots=True)
class Log:
    """Appends to the read model as the projector would, one transaction a call.

    `large_events_min`: from so many events on a project is folded only by `fold_beside`; None: none is.
    """

    database: Database
    topic: str
    large_events_min: int | None = None
    records: list[Record] = field(default_factory=list)

    async def append(self, *envelopes: Envelope) -> str:
        """Apply these events; returns their position, as ingest would."""
        accepted = [acceptance.accept(envelope, datetime.now(UTC)) for envelope in envelopes]
        refused = [one for one in accepted if isinstance(one, acceptance.Refused)]
        assert not refused, refused
        return await self.append_records(
            [(one.subject.encode(), one.value) for one in accepted if isinstance(one, acceptance.Accepted)]
        )

    async def append_records(self, pairs: Iterable[tuple[bytes, bytes]]) -> str:
        """Apply records, whatever is in them."""
        applier = Applier(STATEMENTS, self.topic, PARTITIONS, large_events_min=self.large_events_min)
        records: dict[int, list[Record]] = {}
        async with (
            asyncpg.create_pool(self.database.projector, min_size=1, max_size=1) as pool,
            pool.acquire() as connection,
            connection.transaction(),
        ):
            fence = await applier.fence(connection, list(range(PARTITIONS)))
            following = dict(fence)
            for key, value in pairs:
                partition = partition_of(key, PARTITIONS)
                now = int(datetime.now(UTC).timestamp() * 1000)
                records.setdefault(partition, []).append(Record(partition, following[partition], now, key, value))
                following[partition] += 1
            await applier.apply(connection, records, fence, ProjectCache(0))
        self.records.extend(record for of_partition in records.values() for record in of_partition)
        return ",".join(f"{partition}:{appended[-1].offset}" for partition, appended in sorted(records.items()))

    async def fold_beside(self, project: str) -> bool:
        """Fold a large project of which events wait, as the process beside a worker does."""
        connection = await asyncpg.connect(self.database.projector)
        try:
            settings = ProjectorSettings(kafka="127.0.0.1:1", database=self.database.projector, topic=self.topic)

            async def read_log(project: str, stretch: Stretch) -> list[Record]:
                of_project = [record for record in self.records if record.key == project.encode()]
                return [record for record in of_project if stretch.first <= record.offset <= stretch.last]

            return await LateFold(connection, settings, read_log, MarketCache()).fold(project)
        finally:
            await connection.close()


@asynccontextmanager
async def api(database: str, topic: str, kafka: str | None = None, **named: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a free port, and a client that talks to it; `named` are further settings."""
    settings = Settings(database=database, topic=topic, kafka=kafka, **named)
    server = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(10):
            while not server.started:
                if serving.done():
                    serving.result()
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=40) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    """The body of a successful answer."""
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def keys(client: httpx.AsyncClient, path: str = "/v1/projects", **parameters: Any) -> list[str]:
    """The projects of a list, in its order; as of DAY unless the parameters say another day."""
    body = await get(client, path, **{"as_of": DAY, **parameters})
    return [item["key" if path == "/v1/projects" else "project"] for item in body["items"]]


async def refused(client: httpx.AsyncClient, path: str, status: int, slug: str, **headers: str) -> dict[str, Any]:
    """The problem document of a refusal, its shape checked."""
    response = await client.get(path, headers=headers)
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"], problem["type"]) == (status, status, f"urn:steppe:problem:{slug}")
    assert problem["title"] and problem["detail"] and problem["instance"] == path.partition("?")[0]
    return problem
