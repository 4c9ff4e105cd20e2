"""The projector beside a real broker and a real database: what goes in is there once, and nothing is skipped silently."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from services.projector.commands.verify import verify
from steppe.cli.commands.migrate import run_from_environment
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.database.reset import empty
from tests.services.projector.projection import QUICK, Message, event, publish, until, until_covered
from tests.stack import PARTITIONS, Database, Service, Stack

Start = Callable[..., Service]


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the api."""
    connection = await asyncpg.connect(database.api)
    yield connection
    await connection.close()


async def projected(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, service: Service, messages: list[Message]
) -> dict[int, int]:
    """Publish, wait, and compare every row with a fresh fold of the log."""
    last = await publish(stack.kafka, topic, messages)
    await until_covered(reader, last, service)
    verdict = await verify(stack.kafka, database.api, topic)
    assert verdict.differences == []
    return last


async def test_one_event_becomes_rows(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    last = await projected(stack, topic, database, reader, service, [event("one", forum="first-summit")])
    ((partition, offset),) = last.items()
    project = await reader.fetchrow("SELECT * FROM project")
    assert project is not None
    assert (project["project"], project["partition"], project["log_offset"]) == ("deep-lead-mine", partition, offset)
    assert (project["event_count"], project["forums"]) == (1, ["first-summit"])
    assert await reader.fetchval("SELECT count(*) FROM project_span") > 0
    stored = await reader.fetchrow("SELECT * FROM event")
    assert stored is not None
    assert stored["raw"].encode() == event("one", forum="first-summit")[1]
    assert (stored["state"], stored["name"]) == ("folded", "memorandum.signed")
    assert await reader.fetchval("SELECT last_record_sha256 FROM checkpoint WHERE partition = $1", partition)


async def test_a_repeated_event_counts_once_and_another_content_is_shown_as_a_conflict(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    await projected(stack, topic, database, reader, service, [event("one"), event("one"), event("one", note="other")])
    await projected(stack, topic, database, reader, service, [event("one"), event("one", note="a third content")])
    assert await reader.fetchval("SELECT count(*) FROM event") == 1
    assert await reader.fetchval("SELECT event_count FROM project") == 1
    conflicts = await reader.fetch("SELECT raw FROM conflict ORDER BY log_offset")
    assert [json.loads(row["raw"])["data"]["note"] for row in conflicts] == ["other", "a third content"]


async def test_what_cannot_be_decoded_is_kept_byte_for_byte_with_its_reason(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    key, value, _ = event("one")
    poison: list[Message] = [
        (b"\xff\xfe", b"\x00\xffnot json", [("h", b"\x00\xff"), ("h", b"again")]),
        (b"deep-lead-mine", None, []),
        (None, value, []),
        (key, b"", []),
        (b"another-key", value, []),
        event("feb", occurred="2023-02-30"),
    ]
    await projected(stack, topic, database, reader, service, [*poison, event("two")])
    rows = await reader.fetch("SELECT key, value, headers, reason FROM quarantine WHERE stage = 'decode'")
    kept = {(row["key"], row["value"]) for row in rows}
    assert kept == {(key, value) for key, value, _ in poison}
    assert all(row["reason"] for row in rows)
    (first,) = [row for row in rows if row["key"] == b"\xff\xfe"]
    headers = [(name, base64.b64decode(text)) for name, text in json.loads(first["headers"])]
    assert headers == [("h", b"\x00\xff"), ("h", b"again")]
    assert [row["id"] for row in await reader.fetch("SELECT id FROM event")] == ["two"]


async def test_a_record_in_another_partition_than_its_key_says_is_quarantined_and_the_projects_own_events_all_fold(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    last = await projected(stack, topic, database, reader, service, [event("one")])
    (home,) = last
    elsewhere = await publish(stack.kafka, topic, [event("two")], partition=(home + 1) % 4)
    await until_covered(reader, elsewhere, service)
    await projected(stack, topic, database, reader, service, [event("three")])
    assert [row["id"] for row in await reader.fetch("SELECT id FROM event ORDER BY log_offset")] == ["one", "three"]
    assert await reader.fetchval("SELECT event_count FROM project") == 2
    reason = await reader.fetchval("SELECT reason FROM quarantine")
    assert f"the record is in partition {(home + 1) % 4}, its key belongs in {home} of 4" in reason


async def test_a_log_of_fewer_partitions_than_new_ones_get_goes_on_with_them_after_an_upgrade(
    stack: Stack,
    topic: str,
    database: Database,
    reader: asyncpg.Connection,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mines = [f"mine-{number}" for number in range(12)]
    before = start("projector", **QUICK)
    first = await projected(stack, topic, database, reader, before, [event(f"{mine}-1", mine) for mine in mines])
    before.stop()
    for name, value in {"KAFKA": stack.kafka, "DATABASE": database.owner, "TOPIC": topic}.items():
        monkeypatch.setenv(f"STEPPE_{name}", value)
    monkeypatch.delenv("STEPPE_PARTITIONS", raising=False)
    assert (await run_from_environment()).partitions == PARTITIONS < PARTITIONS_DEFAULT
    after = start("projector", **QUICK)
    last = await projected(stack, topic, database, reader, after, [event(f"{mine}-2", mine) for mine in mines])
    assert last.keys() == first.keys()
    rows = await reader.fetch("SELECT partition, next_offset FROM checkpoint ORDER BY partition")
    assert [tuple(row) for row in rows] == [(partition, last.get(partition, -1) + 1) for partition in range(PARTITIONS)]
    assert await reader.fetchval("SELECT array_agg(event_count) FROM project") == [2] * len(mines)


async def test_an_event_of_an_unknown_type_is_kept_and_not_folded(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    newer = event("new", type="steppe.memorandum.signed.v99")
    await projected(stack, topic, database, reader, service, [newer, event("one")])
    rows = await reader.fetch("SELECT id, state FROM event ORDER BY id")
    assert [tuple(row) for row in rows] == [("new", "unknown"), ("one", "folded")]
    assert await reader.fetchval("SELECT event_count FROM project") == 1


async def test_an_event_in_binary_mode_is_folded_and_folded_again_after_a_restart(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    key, value, _ = event("binary")
    assert value is not None
    envelope = json.loads(value)
    data = json.dumps(envelope.pop("data")).encode()
    headers = [("content-type", b"application/json")]
    headers += [(f"ce_{name}", text.encode()) for name, text in envelope.items() if name != "datacontenttype"]
    await projected(stack, topic, database, reader, service, [(key, data, headers)])
    service.stop()
    await projected(stack, topic, database, reader, start("projector", **QUICK), [event("structured")])
    assert await reader.fetchval("SELECT event_count FROM project") == 2


async def test_parties_and_forums_are_registered_from_ever_and_amended_from_a_day(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    party = {"party": "big-mining", "name": "Big Mining", "home_country": "KR", "kind": "company"}
    await projected(
        stack, topic, database, reader, start("projector", **QUICK),
        [
            event("p2", "party:big-mining", "party.amended", party="big-mining", home_country="JP", **{"from": "2020-05"}),
            event("p1", "party:big-mining", "party.registered", **party),
            event("f1", "forum:first-summit", "forum.held", forum="first-summit", name="First summit", occurred="2023-09"),
        ],
    )  # fmt: skip
    spans = await reader.fetch(
        "SELECT valid_from::text, valid_to::text, name, home_country FROM party_span ORDER BY party_span.valid_from"
    )
    assert [tuple(span) for span in spans] == [
        ("-infinity", "2020-05-01", "Big Mining", "KR"),
        ("2020-05-01", "infinity", "Big Mining", "JP"),
    ]
    forum = await reader.fetchrow("SELECT name, held_earliest::text, held_latest::text FROM forum")
    assert forum is not None
    assert tuple(forum) == ("First summit", "2023-09-01", "2023-09-30")


async def test_a_restart_goes_on_where_the_read_model_ends_whatever_kafka_believes(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    await projected(stack, topic, database, reader, service, [event(f"a{n}", f"project-{n}") for n in range(50)])
    service.stop()
    assert service.child.process.returncode == 0
    owner = await asyncpg.connect(database.owner)
    await empty(owner)
    await owner.close()
    again = start("projector", **QUICK)
    await projected(stack, topic, database, reader, again, [event("b", "project-1")])
    assert await reader.fetchval("SELECT count(*) FROM event") == 51


async def test_a_checkpoint_that_went_back_ends_a_running_projector_and_the_next_one_starts_there(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    await projected(stack, topic, database, reader, service, [event(f"a{n}") for n in range(10)])
    projector = await asyncpg.connect(database.projector)
    await empty(projector)
    await projector.close()
    assert await reader.fetchval("SELECT count(*) FROM project") == 0
    await publish(stack.kafka, topic, [event("later")])
    await until("the fenced projector ends", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert "went back" in service.log()
    await projected(stack, topic, database, reader, start("projector", **QUICK), [event("last")])
    assert await reader.fetchval("SELECT count(*) FROM event") == 12


async def test_a_log_that_was_cut_off_at_its_beginning_halts_with_a_named_reason(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    last = await publish(stack.kafka, topic, [event(f"e{n}") for n in range(5)])
    ((partition, offset),) = last.items()
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before_offset=3)})
    await admin.close()
    service = start("projector", **QUICK)
    await until("the projector halts", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert f"partition {partition} continues at offset 3, the checkpoint expects 0" in service.log()
    assert offset == 4


async def test_a_log_shorter_than_the_checkpoint_halts_with_a_named_reason(database: Database, start: Start) -> None:
    owner = await asyncpg.connect(database.owner)
    await owner.execute("UPDATE checkpoint SET next_offset = 7 WHERE partition = 1")
    await owner.close()
    service = start("projector", **QUICK)
    await until("the projector halts", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert "partition 1 ends at offset 0, the checkpoint expects 7" in service.log()


async def test_a_missing_checkpoint_row_is_named_with_the_command_that_makes_it(
    stack: Stack, topic: str, database: Database, start: Start
) -> None:
    owner = await asyncpg.connect(database.owner)
    await owner.execute("DELETE FROM checkpoint WHERE partition = 2")
    await owner.close()
    service = start("projector", **QUICK)
    await until("the projector ends", lambda: not service.child.alive)
    assert service.child.process.returncode == 1
    assert "run `steppe migrate`" in service.log()


async def test_a_missing_setting_is_named(start: Start) -> None:
    service = start(
        "projector", STEPPE_DATABASE="postgresql://127.0.0.1:1/none", STEPPE_PROJECTOR_BATCH_EVENTS_MAX="no"
    )
    await until("the projector ends", lambda: not service.child.alive)
    assert service.child.process.returncode == 2
    assert "STEPPE_PROJECTOR_BATCH_EVENTS_MAX" in service.log()


async def test_losing_the_database_connections_is_survived_without_ending(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    owner = await asyncpg.connect(database.owner)
    await projected(stack, topic, database, reader, service, [event("first")])
    last: dict[int, int] = {}
    for round_ in range(10):
        last |= await publish(stack.kafka, topic, [event(f"{round_}-{n}", f"project-{n % 40}") for n in range(200)])
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'steppe-projector'"
        )
    await owner.close()
    await until_covered(reader, last, service)
    assert service.child.alive
    assert "the database is unavailable" in service.log()
    verdict = await verify(stack.kafka, database.api, topic)
    assert (verdict.differences, verdict.behind) == ([], 0)
    assert await reader.fetchval("SELECT count(*) FROM event") == 2001


async def test_a_session_that_waits_for_ever_in_the_middle_of_a_copy_is_ended_by_who_waits_for_it(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    """As a worker leaves it that is cut off while it sends rows: no time limit of the server counts there."""
    stuck = await asyncpg.connect(database.projector, server_settings={"idle_in_transaction_session_timeout": "1s"})
    copying = asyncio.Event()

    async def never_more() -> AsyncIterator[bytes]:
        copying.set()
        await asyncio.sleep(3600)
        yield b""

    async def hold() -> None:
        async with stuck.transaction():
            await stuck.execute("SELECT * FROM checkpoint FOR UPDATE")
            await stuck.copy_to_table("conflict", source=never_more())

    holding = asyncio.create_task(hold())
    await copying.wait()
    quick = {"STEPPE_PROJECTOR_IDLE_TRANSACTION_SECONDS_MAX": "1", "STEPPE_PROJECTOR_DATABASE_SECONDS_MAX": "2"}
    service = start("projector", **QUICK, **quick)
    await projected(stack, topic, database, reader, service, [event("one")])
    assert "stuck sessions were terminated" in service.log()
    holding.cancel()
    await asyncio.wait({holding})
    stuck.terminate()


async def test_the_api_hears_of_a_new_position(
    stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start
) -> None:
    heard: list[str] = []
    await reader.add_listener("steppe_position", lambda *notice: heard.append(str(notice[-1])))
    service = start("projector", **QUICK)
    last = await projected(stack, topic, database, reader, service, [event("one")])
    ((partition, offset),) = last.items()
    await until("the notice comes", lambda: bool(heard))
    assert heard == [f"{partition}:{offset}"]
