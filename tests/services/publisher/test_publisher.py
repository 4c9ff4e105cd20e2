"""From the read model to the topics, beside a real broker and a real database: by whom, when, and how often."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from services.projector.publisher import publisher
from services.projector.publisher.flag_diff import Announcer
from services.projector.publisher.outbox_relay import OutboxRelay
from services.projector.publisher.publisher import Publisher, today
from services.projector.settings import Settings
from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS, FLAGS, PROJECTS
from steppe.database import locks
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, free_ports
from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.projector.projection import QUICK, event, publish, until, until_covered
from tests.services.publisher.published import Topics, counts, until_sent
from tests.stack import PARTITIONS, Database, Service, Stack

Start = Callable[..., Service]

EVE = date(2023, 2, 28)
WATCH = date(2023, 3, 1)


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the api."""
    connection = await asyncpg.connect(database.api)
    yield connection
    await connection.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of the test's own, not yet started."""
    own = Kafka(tmp_path / "kafka", tmp_path / "logs", kafka_jars(print), free_ports(), short_lived=True)
    yield own
    own.stop()


def settings(database: Database, topics: Topics, topic: str) -> Settings:
    return Settings(
        kafka=topics.kafka,
        database=database.projector,
        topic=topic,
        flags_topic=topics.flags,
        projects_topic=topics.projects,
        projector_announce_seconds=0.2,
    )


async def told_of_the_paper(topics: Topics, wanted: int) -> list[tuple[str, str, str]]:
    """The transitions of memorandum-only; the deadline is the caller's patience with Kafka, not with the publisher."""
    records = [record for record in await topics.read(topics.flags) if record["data"]["flag"] == "memorandum-only"]
    # Delivery is at least once: a leader that ends after it has sent and before its outbox says so leaves a repeat of one id.
    announced = list({record["id"]: record for record in records}.values())
    assert len(announced) == wanted, announced
    return [(one["subject"], one["type"], one["data"]["on"]) for one in announced]


async def test_what_an_event_does_is_in_the_topics_and_each_thing_once(
    stack: Stack, topic: str, topics: Topics, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK, **topics.settings)
    await until_covered(reader, await publish(stack.kafka, topic, [event("one")]), service)
    await until_sent(reader, lambda told: told > 0)
    flags, projects = await topics.read(topics.flags), await topics.read(topics.projects)
    stored = await reader.fetch("SELECT event_id, transition_id FROM steppe.flag_transition ORDER BY transition_id")
    assert [(one["id"], one["data"]["id"]) for one in flags] == [(str(row[0]), row[1]) for row in stored]
    assert "memorandum-only" in {one["data"]["flag"] for one in flags}
    assert projects[-1]["data"]["headline"]["flag"] == "memorandum-only"
    assert projects[-1]["data"]["as_of"] == today().isoformat()


async def test_of_two_workers_one_announces_and_the_other_takes_over_when_it_is_killed(
    stack: Stack, topic: str, topics: Topics, reader: asyncpg.Connection, start: Start
) -> None:
    workers = [start("projector", **QUICK, **topics.settings) for _ in range(2)]
    last = await publish(stack.kafka, topic, [event("one")])
    await until_covered(reader, last, seconds=40)
    await until_sent(reader, lambda told: told > 0)
    leads = [worker for worker in workers if "announces from now on" in worker.log()]
    (leader,) = leads
    (other,) = [worker for worker in workers if worker is not leader]
    leader.kill()
    await until("the other one announces", lambda: "announces from now on" in other.log())
    before, _ = await counts(reader)
    await until_covered(reader, await publish(stack.kafka, topic, [event("two", "second-mine")]), other, seconds=40)
    await until_sent(reader, lambda told: told > before)
    ids = [one["id"] for one in await topics.read(topics.flags)]
    stored = [str(row[0]) for row in await reader.fetch("SELECT event_id FROM steppe.flag_transition")]
    assert sorted(ids) == sorted(stored)
    assert {one["subject"] for one in await topics.read(topics.projects)} == {"deep-lead-mine", "second-mine"}


async def test_a_leader_that_sleeps_loses_the_lead_and_does_not_tell_again_when_it_wakes(
    stack: Stack, topic: str, topics: Topics, reader: asyncpg.Connection, start: Start
) -> None:
    leader = start("projector", **QUICK, **topics.settings)
    await until("one announces", lambda: "announces from now on" in leader.log())
    other = start("projector", **QUICK, **topics.settings)
    leader.child.process.send_signal(signal.SIGSTOP)
    await until("the other one announces", lambda: "announces from now on" in other.log(), seconds=150)
    await until_covered(reader, await publish(stack.kafka, topic, [event("one")]), other, seconds=40)
    await until_sent(reader, lambda told: told > 0)
    leader.child.process.send_signal(signal.SIGCONT)
    before, _ = await counts(reader)
    await until_covered(reader, await publish(stack.kafka, topic, [event("two", "second-mine")]), other, seconds=40)
    await until_sent(reader, lambda told: told > before)
    ids = [one["id"] for one in await topics.read(topics.flags)]
    stored = [str(row[0]) for row in await reader.fetch("SELECT event_id FROM steppe.flag_transition")]
    assert sorted(ids) == sorted(stored)


async def test_a_leader_that_sleeps_in_the_middle_of_a_statement_loses_the_lead(
    database: Database, topic: str, topics: Topics, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No time limit of the server counts there; a statement that is prepared and not executed yet is such a middle."""
    monkeypatch.setattr(publisher, "_IDLE_SECONDS_MAX", 1.0)
    sleeping = await asyncpg.connect(database.projector)
    await sleeping.execute(f"SELECT pg_advisory_lock({locks.PUBLISHER})")

    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    middle = asyncio.create_task(sleeping.copy_to_table("outbox", schema_name="steppe", source=never()))
    following = asyncio.create_task(Publisher(settings(database, topics, topic)).run())
    try:
        with caplog.at_level(logging.INFO, logger="steppe.projector.publisher"):
            await until("the other one announces", lambda: "announces from now on" in caplog.text)
        assert "was terminated" in caplog.text
    finally:
        for task in (following, middle):
            task.cancel()
        await asyncio.wait({following, middle})
        sleeping.terminate()


async def test_two_leaders_in_turn_announce_a_day_once(
    log: Log, database: Database, topic: str, topics: Topics, reader: asyncpg.Connection
) -> None:
    await log.append(registered("north"), memorandum("north", "2022-03-01", "alpha"))
    day = EVE
    publishers = [Publisher(settings(database, topics, topic), lambda: day) for _ in range(2)]
    running = [asyncio.create_task(publisher.run()) for publisher in publishers]
    try:
        await _until_looked(reader)
        day = WATCH
        await _until_told(reader, "memorandum-only", 1)
        running[0].cancel()
        running[1].cancel()
        running.append(asyncio.create_task(Publisher(settings(database, topics, topic), lambda: day).run()))
        await _until_looked(reader)
        await until_sent(reader, lambda told: told > 0)  # also what the first told and had no time to send
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    assert await told_of_the_paper(topics, 1) == [("north", "steppe.flag.raised.v1", WATCH.isoformat())]


async def test_while_batches_are_held_up_nothing_is_announced_and_afterwards_exactly_the_read_model(
    stack: Stack, topic: str, database: Database, topics: Topics, reader: asyncpg.Connection, start: Start
) -> None:
    service = start("projector", **QUICK)
    papers = [event("one"), event("two", "second-mine")]
    await until_covered(reader, await publish(stack.kafka, topic, papers), service)
    day = EVE
    publisher = Publisher(settings(database, topics, topic), lambda: day)
    connection = await publisher.connect()
    owner = await asyncpg.connect(database.owner)
    try:
        assert await publisher.step(connection) is not None
        before = await counts(reader)
        hold = owner.transaction()
        await hold.start()
        await owner.fetch("SELECT * FROM checkpoint FOR UPDATE")
        parties = [{"party": "first-investor", "role": "investor"}]
        binding = event("bound", "second-mine", "equity.closed", occurred="2022-12-01", parties=parties)
        last = await publish(stack.kafka, topic, [binding])
        day = WATCH
        assert await publisher.step(connection) is None
        assert await counts(reader) == before
        await hold.rollback()
        await until_covered(reader, last, service)
        assert await publisher.step(connection) is not None
        assert await publisher.step(connection) == 0
    finally:
        connection.terminate()
        await owner.close()
        await publisher.close()
    assert await told_of_the_paper(topics, 1) == [("deep-lead-mine", "steppe.flag.raised.v1", WATCH.isoformat())]


async def test_what_was_announced_and_not_sent_when_the_worker_was_killed_is_sent_by_the_next_with_the_same_ids(
    stack: Stack, topic: str, topics: Topics, reader: asyncpg.Connection, start: Start
) -> None:
    nowhere = {**topics.settings, "STEPPE_FLAGS_TOPIC": f"{topics.flags}.missing"}
    service = start("projector", **QUICK, **nowhere)
    await until_covered(reader, await publish(stack.kafka, topic, [event("one")]), service)
    deadline = time.monotonic() + 30
    while 0 in await counts(reader):
        assert time.monotonic() < deadline, service.log()[-2000:]
        await asyncio.sleep(0.05)
    # The projection does not wait for what is published.
    await until_covered(reader, await publish(stack.kafka, topic, [event("two", "second-mine")]), service)
    service.kill()
    start("projector", **QUICK, **topics.settings)
    await until_sent(reader, lambda told: told > 0)
    sent = {one["id"] for one in await topics.read(topics.flags)}
    assert sent == {str(row[0]) for row in await reader.fetch("SELECT event_id FROM steppe.flag_transition")}


async def test_a_record_that_is_sent_again_is_the_same_byte_for_byte(
    log: Log, database: Database, topic: str, topics: Topics
) -> None:
    await log.append(registered("north"), memorandum("north", "2022-03-01", "alpha"))
    connection = await asyncpg.connect(database.projector)
    outbox = OutboxRelay(topics.kafka, {FLAGS.name: topics.flags, PROJECTS.name: topics.projects})
    try:
        await Announcer(topic).announce(connection, WATCH, {})
        undone = connection.transaction()
        await undone.start()
        first = await outbox.send(connection)
        await undone.rollback()  # as when the worker dies before it takes out what the broker has acknowledged
        assert await outbox.send(connection) == first > 0
    finally:
        await outbox.close()
        await connection.close()
    for name in (topics.flags, topics.projects):
        events = await topics.read(name)
        by_id = {one["id"]: one for one in events}
        assert len(events) == 2 * len(by_id)
        assert all(one == by_id[one["id"]] for one in events)


async def test_everything_waits_while_the_broker_is_unavailable(
    log: Log, database: Database, topic: str, broker: Kafka, reader: asyncpg.Connection
) -> None:
    topics = Topics.of(broker.bootstrap, topic)
    await log.append(registered("north"), memorandum("north", "2022-03-01", "alpha"))
    publisher = Publisher(settings(database, topics, topic), lambda: WATCH)
    connection = await publisher.connect()
    try:
        assert await publisher.step(connection) is None, "without an end of the log nothing is announced"
        assert await counts(reader) == (0, 0)
        await Announcer(topic).announce(connection, WATCH, {})
        told, waiting = await counts(reader)
        await publisher.step(connection)
        assert await counts(reader) == (told, waiting)
        broker.launch()
        await asyncio.to_thread(broker.wait_until_ready)
        await ensure_topic(broker.bootstrap, DEALS, PARTITIONS, name=topic)
        await topics.create()
        connection.terminate()  # a broker takes longer to start than a leader's session may be silent
        connection = await publisher.connect()
        await publisher.step(connection)
        assert await counts(reader) == (told, 0)
    finally:
        connection.terminate()
        await publisher.close()
    assert len(await topics.read(topics.flags)) == told


async def _until_told(reader: asyncpg.Connection, flag: str, count: int) -> None:
    deadline = time.monotonic() + 20
    statement = "SELECT count(*) FROM steppe.flag_transition WHERE flag = $1"
    while await reader.fetchval(statement, flag) != count:
        assert time.monotonic() < deadline, f"{flag} was not told {count} times"
        await asyncio.sleep(0.05)


async def _until_looked(reader: asyncpg.Connection) -> None:
    """Until a leader has looked once more: its first look is at everything, and is remembered."""
    statement = "SELECT announced_at FROM steppe.announced_until"
    before, deadline = await reader.fetchval(statement), time.monotonic() + 20
    while await reader.fetchval(statement) == before:
        assert time.monotonic() < deadline, "nobody looked"
        await asyncio.sleep(0.05)
