"""The cache of projects: the same as a fresh reading after any change, and only what changed is read again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import httpx
import pytest

from services.api.settings import Settings
from services.api.store.decoded_projects import DecodedProjects
from services.api.store.knowledge import Knowledge
from services.api.store.sessions import Sessions
from services.api.store.snapshot import Reader, Snapshot
from tests.services.api.reading_api import Log, get, memorandum, registered
from tests.services.api.test_conversion import AS_OF, bound, paper, withdrawn
from tests.stack import Database


class Levels:
    """Reads the latest level of projects, and notes of which."""

    def __init__(self) -> None:
        self.questions: list[Sequence[str] | None] = []

    async def __call__(
        self, snapshot: Snapshot, projects: Sequence[str] | None, knowledge: Knowledge | None
    ) -> Mapping[str, int]:
        self.questions.append(None if projects is None else sorted(projects))
        rows = await snapshot.connection.fetch(
            "SELECT DISTINCT ON (project) project, level FROM project_span WHERE $1::text[] IS NULL OR project = ANY ($1)"
            " ORDER BY project, valid_from DESC",
            projects,
        )
        return {row["project"]: row["level"] for row in rows}


@pytest.fixture
async def reader(database: Database, topic_name: str) -> AsyncIterator[Reader]:
    settings = Settings(database=database.api, topic=topic_name)
    sessions = Sessions.of(settings)
    pool = await sessions.pool(2)
    yield Reader(pool, topic_name, sessions)
    pool.terminate()


async def test_only_projects_that_changed_are_read_again(log: Log, reader: Reader) -> None:
    cache, levels = DecodedProjects(), Levels()

    async def now() -> Mapping[str, int]:
        async with reader.snapshot() as snapshot:
            values = await cache.of(snapshot, levels)
            assert values == await Levels()(snapshot, None, None), "the cache has what reading gives"
            return values

    await log.append(*paper("a", "2018-01-01"), *paper("b", "2018-01-01"))
    first = await now()
    assert first.keys() == {"a", "b"}
    await now()
    assert levels.questions == [["a", "b"]], "nothing happened"
    await log.append(bound("b", "2019-01-01"))
    second = await now()
    assert second["b"] > first["b"]
    await log.append(registered("c"))
    await now()
    assert levels.questions == [["a", "b"], ["b"], ["c"]]
    assert first.keys() == {"a", "b"}, "who holds an earlier answer keeps it"


async def test_snapshots_of_different_moments_get_their_own(log: Log, reader: Reader) -> None:
    cache, levels = DecodedProjects(), Levels()
    await log.append(*paper("a", "2018-01-01"))
    async with reader.snapshot() as before:
        await log.append(bound("a", "2019-01-01"), *paper("b", "2018-01-01"))
        async with reader.snapshot() as after:
            late = await cache.of(after, levels)
            early = await cache.of(before, levels)
            assert (sorted(late), sorted(early)) == (["a", "b"], ["a"])
            assert late["a"] > early["a"]
            assert await cache.of(after, levels) == late


async def test_knowledge_of_another_day_is_cached_apart_and_follows_the_log(
    log: Log, client: httpx.AsyncClient
) -> None:
    await log.append(*(row for name in ("a", "b") for row in paper(name, "2018-01-01")), bound("a", "2019-01-01"))

    async def counts(**parameters: str) -> tuple[int, int, int]:
        total = (await get(client, "/v1/conversion", as_of=AS_OF, **parameters))["total"]
        return total["bound"], total["ended"], total["open"]

    then = {"known_at": "2020-12-01T12:00:00Z"}  # before the contract was reported
    for _ in range(2):
        assert await counts() == (1, 0, 1)
        assert await counts(**then) == (0, 0, 2)
    await log.append(
        withdrawn("b", "2019-06-01"), memorandum("c", "2018-02-01", "jogmec", reported="2018-02-02"), registered("c")
    )
    assert await counts() == (1, 1, 1)
    assert await counts(**then) == (0, 0, 3)
