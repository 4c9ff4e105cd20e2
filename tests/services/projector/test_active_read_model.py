"""The active read model: everybody follows the pointer within one transaction, and nobody sees half of two."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import asyncpg
import httpx
import pytest

from services.projector.commands.verify import verify
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.projection.batches import Record
from steppe.contracts.partitioning import partition_of
from steppe.database import active_read_model, apply_migrations
from tests.services.api.reading_api import Log, get, memorandum, registered
from tests.services.projector.projection import QUICK, event, publish, until_covered
from tests.services.rebuild.rebuilding import settings_of
from tests.stack import Database, Service, Stack

_COPIED = (
    "event", "conflict", "quarantine", "parked", "project", "project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "party_span", "forum",
    "standing", "crossing", "market", "co_investment_span", "party_naming",
)  # fmt: skip


@pytest.fixture
async def operator(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the projector, as operators' commands have."""
    connection = await asyncpg.connect(database.projector)
    yield connection
    await connection.close()


async def copied(operator: asyncpg.Connection) -> str:
    """Another read model with all that the living one has; building."""
    schema: str = await operator.fetchval("SELECT steppe.create_read_model('test', 1, '{event}')")
    for table in _COPIED:
        await operator.execute(f"INSERT INTO {schema}.{table} SELECT * FROM rm_v1.{table}")
    await operator.execute(
        f"UPDATE {schema}.checkpoint AS new SET next_offset = old.next_offset FROM rm_v1.checkpoint AS old"
        " WHERE (old.topic, old.partition) = (new.topic, new.partition)"
    )
    return schema


async def test_a_projector_at_work_goes_over_to_the_read_model_that_was_put_in_its_place(
    stack: Stack, topic: str, database: Database, operator: asyncpg.Connection, start: Callable[..., Service]
) -> None:
    service = start("projector", **QUICK)
    last = await publish(stack.kafka, topic, [event("one"), event("two", "other-mine")])
    await until_covered(operator, last, service)
    async with operator.transaction():
        await active_read_model.lock_active_for_write(operator, exclusive=True)
        schema = await copied(operator)
        await operator.execute("SELECT steppe.flip_read_model($1)", schema)
    reader = await asyncpg.connect(database.api)  # a new session, which finds the one that lives by itself
    assert await reader.fetchval("SELECT current_schema()") == schema == "rm_v2"
    last |= await publish(stack.kafka, topic, [event("three"), event("four", "third-mine")])
    await until_covered(reader, last, service)
    assert service.child.alive
    assert (await verify(stack.kafka, database.api, topic)).differences == []
    assert await reader.fetchval("SELECT count(*) FROM rm_v1.event") == 2
    assert await reader.fetchval("SELECT count(*) FROM rm_v2.event") == 4
    await reader.close()


async def test_a_worker_that_goes_over_knows_where_all_its_partitions_are(
    database: Database, topic: str, stack: Stack, operator: asyncpg.Connection
) -> None:
    key, value, _ = event("one")
    assert key is not None
    home = partition_of(key, 4)
    other = (home + 1) % 4
    store = await ProjectionStore.open(settings_of(stack, database, topic))
    await store.start_offsets(range(4))
    await operator.execute("UPDATE rm_v1.checkpoint SET next_offset = 5 WHERE partition = $1", other)
    await operator.execute("SELECT steppe.flip_read_model($1)", await copied(operator))
    await store.apply([Record(home, 0, 1_700_000_000_000, key, value)])
    assert store.progress.next_offsets == {0: 0, 1: 0, 2: 0, 3: 0} | {home: 1, other: 5}
    await store.close()


async def test_readers_of_the_api_and_of_an_earlier_knowledge_follow_the_pointer(
    log: Log, client: httpx.AsyncClient, operator: asyncpg.Connection
) -> None:
    await log.append(registered("katpar"), memorandum("katpar", "2021-03-01", "korea-metals"))
    earlier = {"known_at": "2020-06-01T00:00:00Z"}
    assert [one["key"] for one in (await get(client, "/v1/projects"))["items"]] == ["katpar"]
    assert [one["key"] for one in (await get(client, "/v1/projects", **earlier))["items"]] == ["katpar"]
    schema = await copied(operator)
    await operator.execute("SELECT steppe.flip_read_model($1)", schema)
    await log.append(registered("akmola"))
    assert [one["key"] for one in (await get(client, "/v1/projects"))["items"]] == ["akmola", "katpar"]
    assert [one["key"] for one in (await get(client, "/v1/projects", **earlier))["items"]] == ["akmola", "katpar"]
    assert await operator.fetchval("SELECT count(*) FROM rm_v1.project") == 1


async def test_one_is_active_one_is_built_and_the_active_one_is_never_dropped(operator: asyncpg.Connection) -> None:
    schema = await copied(operator)
    with pytest.raises(asyncpg.UniqueViolationError):
        await copied(operator)
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        await operator.execute("SELECT steppe.drop_read_model('rm_v1')")
    with pytest.raises(asyncpg.CheckViolationError):
        await operator.execute("UPDATE steppe.read_model SET schema_name = 'public' WHERE state = 'building'")
    await operator.execute("SELECT steppe.drop_read_model($1)", schema)
    assert await operator.fetchval("SELECT to_regnamespace('rm_v2')") is None


async def test_a_read_model_that_was_built_has_the_tables_keys_and_indexes_of_the_active_one(
    operator: asyncpg.Connection, database: Database
) -> None:
    schema = await copied(operator)
    for table in ("checkpoint", *_COPIED):
        await operator.execute("SELECT steppe.index_read_model($1, $2, true, true)", schema, table)
    described = """
        SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = $1::text::regnamespace ORDER BY 1"""
    old = [row[0].replace("rm_v1.", "rm_v2.") for row in await operator.fetch(described, "rm_v1")]
    assert [row[0] for row in await operator.fetch(described, schema)] == sorted(old)
    reader = await asyncpg.connect(database.api)
    assert await reader.fetchval(f"SELECT count(*) FROM {schema}.project") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute(f"DELETE FROM {schema}.project")
    await reader.close()


async def test_migrating_finds_the_active_read_model_and_gives_every_one_its_checkpoints(
    operator: asyncpg.Connection, database: Database
) -> None:
    await operator.execute("SELECT steppe.flip_read_model($1)", await copied(operator))
    owner = await asyncpg.connect(database.owner)
    await apply_migrations.apply(owner)
    await apply_migrations.ensure_checkpoints(owner, "another-topic", 2)
    for schema in ("rm_v1", "rm_v2"):
        results = await owner.fetchval(f"SELECT count(*) FROM {schema}.checkpoint WHERE topic = 'another-topic'")
        assert results == 2
    await owner.close()
    again = await asyncpg.connect(database.projector)
    assert await again.fetchval("SELECT current_schema()") == "rm_v2"
    await again.close()
