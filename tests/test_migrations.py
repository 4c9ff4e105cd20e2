"""The schema: applied once, in order, never edited; and the roles that may or may not write."""

import asyncio
import re

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.projector.rebuild.compare import statements_between
from steppe.cli.commands.migrate import Prepared, SettingError, run, run_from_environment
from steppe.database import apply_migrations, schema, sql
from steppe.database.apply_migrations import Applied, Login, Migration, MigrationError
from tests.stack import Database, Stack


def test_migrations_are_numbered_without_gaps() -> None:
    names = [file.name for file in apply_migrations.migrations()]
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


async def test_the_written_schema_is_what_the_migrations_make(database: Database) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        assert await schema.describe(connection) == schema.FILE.read_text(), "run `python -m steppe.database.schema`"
    finally:
        await connection.close()


async def test_migrating_twice_and_at_once_changes_nothing(database: Database) -> None:
    one, two = await asyncpg.connect(database.owner), await asyncpg.connect(database.owner)
    try:
        applied = await asyncio.gather(apply_migrations.apply(one), apply_migrations.apply(two))
        assert list(applied) == [Applied(migrations=(), rejudged=None)] * 2
        assert len(await one.fetch("SELECT name FROM steppe.migration")) == len(apply_migrations.migrations())
    finally:
        await one.close()
        await two.close()


async def test_an_edited_migration_is_refused(database: Database) -> None:
    first, *others = apply_migrations.migrations()
    edited = Migration(name=first.name, text=first.text + "\n-- edited")
    connection = await asyncpg.connect(database.owner)
    try:
        with pytest.raises(MigrationError, match="was edited after it was applied"):
            await apply_migrations.apply(connection, [edited, *others])
    finally:
        await connection.close()


async def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        with pytest.raises(MigrationError, match="start a newer version"):
            await apply_migrations.apply(connection, apply_migrations.migrations()[1:])
    finally:
        await connection.close()


async def test_a_migration_that_fails_leaves_nothing_behind(database: Database) -> None:
    broken = Migration(name="9999_broken", text="CREATE TABLE rm_v1.half (); SELECT 1 / 0;")
    connection = await asyncpg.connect(database.owner)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await apply_migrations.apply(connection, [*apply_migrations.migrations(), broken])
        assert await connection.fetchval("SELECT to_regclass('rm_v1.half')") is None
        assert await apply_migrations.apply(connection) == Applied(migrations=(), rejudged=None)
    finally:
        await connection.close()


async def test_checkpoints_start_at_the_beginning_and_are_never_moved_by_migrating(
    database: Database, topic: str
) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        await connection.execute("UPDATE checkpoint SET next_offset = 7 WHERE partition = 1")
        await apply_migrations.ensure_checkpoints(connection, topic, 4)
        rows = await connection.fetch("SELECT partition, next_offset FROM checkpoint ORDER BY partition")
        assert [tuple(row) for row in rows] == [(0, 0), (1, 7), (2, 0), (3, 0)]
    finally:
        await connection.close()


async def test_the_api_reads_and_writes_nothing_that_stays(database: Database) -> None:
    connection = await asyncpg.connect(database.api)
    try:
        assert await connection.fetchval("SELECT count(*) FROM checkpoint") == 4
        for statement in (
            "UPDATE checkpoint SET next_offset = 1",
            "INSERT INTO forum (forum, name, countries) VALUES ('a', 'b', '{}')",
            "DELETE FROM project",
            "TRUNCATE event",
            "CREATE TABLE rm_v1.mine ()",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_projector_writes_the_read_models_and_nothing_else(database: Database) -> None:
    connection = await asyncpg.connect(database.projector)
    try:
        await connection.execute("UPDATE checkpoint SET next_offset = 1 WHERE partition = 0")
        await connection.execute("TRUNCATE project")
        for statement in ("DELETE FROM steppe.migration", "CREATE TABLE rm_v1.mine ()", "DROP TABLE rm_v1.project"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_every_query_can_be_prepared(database: Database) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        for package in ("steppe.database", "services.api"):
            for file in sql.files(package):
                statements = statements_between("rm_v1", "rm_v1") if file == "compare" else sql.load(file, package)
                for name, statement in statements.items():
                    try:
                        await connection.prepare(str(statement))
                    except asyncpg.PostgresError as error:
                        raise AssertionError(f"{package}, {file}.sql, {name}: {error}") from error
    finally:
        await connection.close()


async def test_text_sorts_by_code_point_on_every_stack(database: Database) -> None:
    connection = await asyncpg.connect(database.api)
    try:
        rows = await connection.fetch("SELECT word FROM unnest(ARRAY['a', 'B', 'é', 'z', 'Z']) AS word ORDER BY word")
        assert [row["word"] for row in rows] == ["B", "Z", "a", "z", "é"]
    finally:
        await connection.close()


async def test_preparing_from_the_environment_twice_keeps_the_partitions_and_the_positions(
    stack: Stack, database: Database, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = f"steppe_test_{topic.rpartition('.')[2]}"
    for name, value in {"KAFKA": stack.kafka, "DATABASE": database.owner, "TOPIC": topic, "PARTITIONS": "9"}.items():
        monkeypatch.setenv(f"STEPPE_{name}", value)
    assert (await run_from_environment()) == Prepared(migrations=(), topic=topic, partitions=4)
    connection = await asyncpg.connect(database.owner)
    try:
        assert await connection.fetchval("SELECT count(*) FROM checkpoint") == 4
        for password in ("first", "it's"):
            await apply_migrations.ensure_login(connection, Login(user=user, group="steppe_api", password=password))
            own = await asyncpg.connect(database.api, user=user, password=password)
            assert await own.fetchval("SELECT count(*) FROM checkpoint") == 4
            await own.close()
        await connection.execute(f"DROP ROLE {user}")
    finally:
        await connection.close()


async def test_a_new_log_has_twelve_partitions_unless_the_environment_says_otherwise(
    stack: Stack, database: Database, topic_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KAFKA": stack.kafka, "DATABASE": database.owner, "TOPIC": f"{topic_name}.new"}.items():
        monkeypatch.setenv(f"STEPPE_{name}", value)
    monkeypatch.delenv("STEPPE_PARTITIONS", raising=False)
    assert (await run_from_environment()).partitions == 12
    monkeypatch.setenv("STEPPE_TOPIC", f"{topic_name}.small")
    monkeypatch.setenv("STEPPE_PARTITIONS", "3")
    assert (await run_from_environment()).partitions == 3


async def test_preparing_names_the_setting_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPPE_KAFKA", raising=False)
    with pytest.raises(SettingError, match="STEPPE_KAFKA is not set"):
        await run_from_environment()


async def _settings_of(stack: Stack, topic: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        return {name: value for name, value, *_ in answer.resources[0][4]}
    finally:
        await admin.close()


async def test_what_is_published_has_topics_and_is_kept_as_long_as_was_promised(
    stack: Stack, database: Database, topic: str
) -> None:
    await run(stack.kafka, database.owner, topic=topic)
    flags = await _settings_of(stack, "steppe.flags.v1")
    assert (flags["cleanup.policy"], int(flags["retention.ms"]) // 86_400_000) == ("delete", 365)
    assert (await _settings_of(stack, "steppe.projects.v1"))["cleanup.policy"] == "compact"


async def test_the_log_is_kept_for_ever_and_dated_by_the_broker(stack: Stack, topic: str) -> None:
    settings = await _settings_of(stack, topic)
    assert settings["retention.ms"] == "-1"
    assert settings["retention.bytes"] == "-1"
    assert settings["cleanup.policy"] == "delete"
    assert settings["message.timestamp.type"] == "LogAppendTime"
