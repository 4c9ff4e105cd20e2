"""Another log under the old name, or less of it than there was: each halts with its name and a way out, or heals."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete

from services.projector.commands.verify import verify
from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from steppe.log.records import Record, fingerprint
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, free_ports
from tests.services.api.reading_api import api, get
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until, until_covered
from tests.stack import Database, Service, Stack

Start = Callable[..., Service]


@pytest.fixture
async def reader(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.projector)
    yield connection
    await connection.close()


@pytest.fixture
def other_cluster() -> Iterator[str]:
    """The address of a second, empty cluster."""
    folder = Path(tempfile.mkdtemp(prefix="steppe-other-"))
    kafka = Kafka(folder / "kafka", folder / "logs", kafka_jars(lambda _: None), free_ports(), short_lived=True)
    try:
        kafka.start()
        yield kafka.bootstrap
    finally:
        kafka.stop()
        rmtree(folder)


class Log:
    """The log of a test and what is done to it."""

    def __init__(self, stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start) -> None:
        self.stack, self.topic, self.database, self.reader, self.start = stack, topic, database, reader, start

    async def projected(self, messages: list[Message]) -> dict[int, int]:
        """Publish, project, stop the projector again, and compare every row with a fresh fold."""
        last = await publish(self.stack.kafka, self.topic, messages)
        service = self.start("projector", **QUICK)
        await until_covered(self.reader, last, service)
        service.stop()
        assert (await verify(self.stack.kafka, self.database.api, self.topic)).differences == []
        return last

    async def halts(self, reason: str, kafka: str | None = None) -> str:
        """Start a worker that ends with exit 1, and return what it has said; /v1/status names the reason."""
        service = self.start("projector", **QUICK, **({"STEPPE_KAFKA": kafka} if kafka else {}))
        await until("the projector halts", lambda: not service.child.alive)
        assert service.child.process.returncode == 1, service.log()
        status = await self.status()
        assert status["state"] == "halted", status
        assert {halt["reason"] for halt in status["halts"]} == {reason}
        assert status["halts"][0]["message"] in service.log()
        assert {one["halted"]["reason"] for one in status["partitions"] if one["halted"]} == {reason}
        return service.log()

    async def goes_on(self, last: dict[int, int]) -> None:
        """A worker is started, covers these offsets, and nothing is halted any more."""
        service = self.start("projector", **QUICK)
        await until_covered(self.reader, last, service)
        deadline = time.monotonic() + 30
        status = await self.status()
        while status["state"] != "caught-up":
            assert time.monotonic() < deadline, status
            await asyncio.sleep(0.2)
            status = await self.status()
        service.stop()
        assert status["halts"] == []

    async def status(self) -> Any:
        async with api(self.database.api, self.topic, self.stack.kafka) as client:
            return await get(client, "/v1/status")

    async def adopt(self, *options: str, exits: int = 0, kafka: str | None = None) -> Any:
        """`steppe log adopt`; what it says to programs, or to people when it refuses."""
        environment = {
            **os.environ,
            "STEPPE_KAFKA": kafka or self.stack.kafka,
            "STEPPE_DATABASE": self.database.projector,
            "STEPPE_TOPIC": self.topic,
        }
        command = [sys.executable, "-m", "steppe.cli", "log", "adopt", "--yes", "--json", "--by", "ops", *options]
        ran = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == exits, ran.stdout + ran.stderr
        return json.loads(ran.stdout) if exits == 0 else ran.stderr

    async def admin(self, do: Callable[[AIOKafkaAdminClient], Any]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.stack.kafka)
        await admin.start()
        try:
            await do(admin)
        finally:
            await admin.close()

    async def remove_before(self, partition: int, offset: int) -> None:
        """As retention would."""
        records = {TopicPartition(self.topic, partition): RecordsToDelete(before_offset=offset)}
        await self.admin(lambda admin: admin.delete_records(records))

    async def delete(self) -> None:
        """Delete the topic, and wait until it is gone."""
        await self.admin(lambda admin: admin.delete_topics([self.topic]))
        async with asyncio.timeout(30):
            while True:
                names: list[str] = []

                async def listed(admin: AIOKafkaAdminClient, found: list[str] = names) -> None:
                    found += await admin.list_topics()

                await self.admin(listed)
                if self.topic not in names:
                    return
                await asyncio.sleep(0.1)


@pytest.fixture
def log(stack: Stack, topic: str, database: Database, reader: asyncpg.Connection, start: Start) -> Log:
    return Log(stack, topic, database, reader, start)


async def test_a_topic_that_was_made_anew_halts_until_it_is_adopted_and_is_then_folded_from_its_beginning(
    log: Log,
) -> None:
    await log.projected([event(f"old-{n}") for n in range(5)])
    assert (await log.adopt("--reason", "nothing happened"))["adopted"] is False
    await log.delete()
    said = await log.halts("topic-missing")
    assert f"there is no topic {log.topic}" in said
    await ensure_topic(log.stack.kafka, DEALS, 4, name=log.topic)
    last = await publish(log.stack.kafka, log.topic, [event(f"new-{n}") for n in range(9)])
    ((partition, _),) = last.items()
    said = await log.halts("another-log")
    assert f"offset 4 of partition {partition} is another record than the one that was applied" in said
    assert "`steppe log adopt`" in said
    since = (await log.status())["halts"][0]["since"]
    await log.halts("another-log")
    assert (await log.status())["halts"][0]["since"] == since
    report = await log.adopt("--reason", "made anew")
    assert (report["adopted"], report["folds_anew"], report["loses"]) == (True, True, None)
    await log.goes_on(last)
    assert await log.reader.fetchval("SELECT array_agg(id ORDER BY id) FROM event") == [f"new-{n}" for n in range(9)]
    assert (await verify(log.stack.kafka, log.database.api, log.topic)).differences == []
    recorded = (await log.status())["log"]
    assert recorded["adopted_by"] == "ops"
    assert recorded["reason"].startswith("made anew (offset 4 of partition")


async def test_another_cluster_halts_and_the_right_one_goes_on(log: Log, other_cluster: str) -> None:
    last = await log.projected([event("one")])
    await ensure_topic(other_cluster, DEALS, 4, name=log.topic)
    await publish(other_cluster, log.topic, [event("one")])
    said = await log.halts("wrong-cluster", kafka=other_cluster)
    assert "check STEPPE_KAFKA" in said
    assert len((await log.status())["halts"]) == 4
    await log.goes_on(last)
    # The same records at the same places: whoever moved the log there need not fold it anew.
    report = await log.adopt("--reason", "moved", kafka=other_cluster)
    assert (report["adopted"], report["folds_anew"]) == (True, False)
    await log.halts("wrong-cluster")


async def test_added_partitions_halt_and_are_not_adopted_by_accident(log: Log) -> None:
    await log.projected([event("one")])
    await log.admin(lambda admin: admin.create_partitions({log.topic: NewPartitions(6)}))
    said = await log.halts("partition-count-changed")
    assert "has 6 partitions, it had 4" in said
    assert "steppe restore --rehome" in await log.adopt("--reason", "more", exits=1)
    await log.adopt("--reason", "more", "--accept-loss")
    assert await log.reader.fetchval("SELECT count(*) FROM checkpoint") == 6
    await log.goes_on(await publish(log.stack.kafka, log.topic, [event("two", "another-mine")]))


async def test_records_removed_before_they_were_read_halt_and_what_is_left_is_adopted_only_with_the_loss(
    log: Log,
) -> None:
    ((partition, offset),) = (await log.projected([event(f"e{n}") for n in range(3)])).items()
    last = await publish(log.stack.kafka, log.topic, [event(f"f{n}") for n in range(5)])
    await log.remove_before(partition, offset + 3)
    said = await log.halts("records-removed")
    assert f"partition {partition} continues at offset {offset + 3}, the checkpoint expects {offset + 1}" in said
    assert "restore the log from a backup" in said
    assert "2 records of partition" in await log.adopt("--reason", "no backup", exits=1)
    assert (await log.adopt("--reason", "no backup", "--accept-loss"))["folds_anew"] is False
    await log.goes_on(last)
    ids = await log.reader.fetchval("SELECT array_agg(id ORDER BY log_offset) FROM event")
    assert ids == ["e0", "e1", "e2", "f2", "f3", "f4"]


async def test_a_log_whose_beginning_is_gone_goes_on_and_says_that_it_cannot_be_folded_anew(log: Log) -> None:
    ((partition, offset),) = (await log.projected([event(f"e{n}") for n in range(3)])).items()
    assert (await log.status())["log_complete"] is True
    await log.remove_before(partition, offset + 1)
    last = await publish(log.stack.kafka, log.topic, [event("later")])
    service = log.start("projector", **QUICK)
    await until_covered(log.reader, last, service)
    assert f"the log begins at {{{partition}: {offset + 1}}}" in service.log()
    service.stop()
    status = await log.status()
    assert (status["log_complete"], status["state"]) == (False, "caught-up")
    assert status["partitions"][partition]["log_start"] == offset + 1
    assert await log.reader.fetchval("SELECT event_count FROM project") == 4


async def test_a_log_shorter_than_the_read_model_is_folded_anew_only_with_the_loss(log: Log) -> None:
    ((partition, offset),) = (await log.projected([event(f"e{n}") for n in range(3)])).items()
    await log.reader.execute("UPDATE checkpoint SET next_offset = 9 WHERE partition = $1", partition)
    said = await log.halts("log-shorter")
    assert f"partition {partition} ends at offset {offset + 1}, the checkpoint expects 9" in said
    assert "The log ends at 3" in await log.adopt("--reason", "lost its end", exits=1)
    await log.adopt("--reason", "lost its end", "--accept-loss")
    await log.goes_on({partition: offset})
    assert (await verify(log.stack.kafka, log.database.api, log.topic)).differences == []


async def test_a_checkpoint_that_was_set_back_heals_even_where_later_rows_stand_and_others_are_gone(log: Log) -> None:
    key, value, _ = event("e1", note="first")
    messages = [
        event("e0"), (key, value, ()), event("e1", note="second"), (key, b"not json", ()),
        event("e4", occurred="2023-01-01"), event("e5", "another-mine"), event("e0"),
    ]  # fmt: skip
    last = await log.projected(messages)
    before = (await log.status())["totals"]
    first = Record(0, 0, 0, *event("e0"))
    await log.reader.execute(
        "UPDATE checkpoint SET next_offset = 1, last_record_sha256 = $1 WHERE next_offset > 2", fingerprint(first)
    )
    for table in ("project", "project_span", "deal_span", "flag_span", "standing"):
        await log.reader.execute(f"DELETE FROM {table} WHERE project = 'deep-lead-mine'")
    await log.goes_on(last)
    assert (await verify(log.stack.kafka, log.database.api, log.topic)).differences == []
    assert (before["conflicts"], before["quarantined"] > 0) == (1, True)
    assert (await log.status())["totals"] == before
    assert sum((await log_ends(log.stack.kafka, log.topic)).values()) == len(messages)
