"""`steppe backup` and `steppe restore`: another topic with fewer partitions, another database, and the same answers."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer

from services.projector.commands.verify import verify
from services.projector.publisher.flag_diff import Announcer
from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts import acceptance
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import DEALS
from steppe.log import archive
from steppe.log.topic_info import TopicInfo, open_topic
from tests.conftest import drop_database
from tests.journeys.command import EXAMPLE
from tests.services.api.reading_api import api
from tests.services.projector.projection import QUICK, Message, event, log_ends, publish, until_covered
from tests.stack import Database, Service, Stack, database_of

PLACES = """
CREATE TABLE steppe.note_on_a_place (
    topic text NOT NULL, partition integer NOT NULL, log_offset bigint NOT NULL, next_offsets bigint[], said text,
    CONSTRAINT note_on_a_place_pk PRIMARY KEY (topic, partition, log_offset)
);
GRANT SELECT ON steppe.note_on_a_place TO steppe_projector;
"""
AS_OF = "2026-11-22"


@pytest.fixture
def fresh(stack: Stack, template: str) -> Iterator[Database]:
    """Another database that was migrated, and nothing else."""
    name = f"steppe_test_{uuid.uuid4().hex[:12]}"

    async def clone() -> None:
        server = await asyncpg.connect(stack.database)
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await server.close()

    asyncio.run(clone())
    yield database_of(stack.database, name)
    asyncio.run(drop_database(stack, name))


class Steppe:
    """`steppe ARGUMENTS` on a broker, a topic and a database."""

    def __init__(self, kafka: str, topic: str, database: str) -> None:
        self._environment = {
            **os.environ, "STEPPE_KAFKA": kafka, "STEPPE_TOPIC": topic, "STEPPE_DATABASE": database,
        }  # fmt: skip

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "steppe.cli", *arguments]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    async def __call__(self, *arguments: str, exits: int = 0) -> str:
        process = self.start(*arguments)
        said, refused = await asyncio.to_thread(process.communicate, None, 120)
        assert process.returncode == exits, said + refused
        return said if exits == 0 else refused


def real_and_poisonous() -> list[Message]:
    """The real Central Asia events, and among them what senders should not send."""
    lines = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    accepted = [acceptance.accept(line, datetime(2026, 11, 1, tzinfo=UTC)) for line in lines]
    messages: list[Message] = [
        (one.subject.encode(), one.value, ()) for one in accepted if isinstance(one, acceptance.Accepted)
    ]
    key, value, _ = event("binary", "binary-mine")
    assert value is not None
    envelope = json.loads(value)
    data = json.dumps(envelope.pop("data")).encode()
    attributes = [(f"ce_{name}", text.encode()) for name, text in envelope.items() if name != "datacontenttype"]
    poison: list[Message] = [
        (key, data, [("content-type", b"application/json"), *attributes]),
        (b"\xff\xfe", b"\x00\xffnot json", [("h", b"\x00\xff"), ("h", b"again")]),
        (b"binary-mine", None, []),
        (b"binary-mine", b"", []),
        event("binary", "binary-mine", note="another content"),
        event("newer", "binary-mine", type="steppe.memorandum.signed.v99"),
    ]
    return [*messages[:400], *poison, *messages[400:]]


def _home(partitions: int) -> int:
    return partition_of(b"binary-mine", partitions)


async def answers(database: str, topic: str) -> dict[str, Any]:
    """What readers see, without where it lies in the log."""
    found: dict[str, Any] = {}
    async with api(database, topic) as client:
        for path in ("/v1/projects", "/v1/flags", "/v1/deals", "/v1/retractions", "/v1/conflicts", "/v1/rules"):
            found[path] = await _every(client, path)
        for project in found["/v1/projects"]:
            path = f"/v1/projects/{project['key']}"
            found[path] = _placeless(await _asked(client, path))
            found[f"{path}/timeline"] = await _every(client, f"{path}/timeline")
        totals = (await _asked(client, "/v1/status"))["totals"]
        found["totals"] = {name: totals[name] for name in ("applied", "quarantined", "conflicts", "projects")}
    return found


async def _every(client: httpx.AsyncClient, path: str) -> list[Any]:
    page = await _asked(client, path, limit="500")
    items = list(page["items"])
    while page.get("next_cursor"):
        page = await _asked(client, path, limit="500", cursor=page["next_cursor"])
        items += page["items"]
    return sorted((_placeless(item) for item in items), key=lambda item: json.dumps(item, sort_keys=True))


async def _asked(client: httpx.AsyncClient, path: str, **query: str) -> Any:
    wanted = {} if path in ("/v1/rules", "/v1/status") else {"as_of": AS_OF, **query}
    if path in ("/v1/retractions", "/v1/conflicts"):
        wanted.pop("as_of")
    response = await client.get(path, params=wanted)
    assert response.status_code == 200, response.text
    return response.json()


def _placeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _placeless(one)
            for name, one in value.items()
            if name not in ("position", "stands_at", "known_at", "next_cursor", "updated_at")
        }
    return [_placeless(one) for one in value] if isinstance(value, list) else value


async def facts_of(kafka: str, topic: str) -> TopicInfo:
    async with open_topic(kafka, topic) as log:
        assert log is not None
        return log.info


async def key_at(kafka: str, topic: str, partition: int, offset: int) -> bytes | None:
    """The key of the record that lies there."""
    async with open_topic(kafka, topic) as log:
        assert log is not None
        return (await log.records_at({partition: offset}))[partition].key


async def test_a_backup_restored_elsewhere_gives_the_same_answers(
    stack: Stack,
    topic: str,
    database: Database,
    fresh: Database,
    start: Callable[..., Service],
    tmp_path: Path,
) -> None:
    # Before all others, without a key, and where it holds nobody; in three partitions it would lie where it does.
    nobody = next(p for p in range(4) if p != _home(4) and p % 3 == _home(3))
    _, unkeyed, _ = event("binary", "binary-mine")
    before_all = await publish(stack.kafka, topic, [(None, unkeyed, [])], partition=nobody)
    last = before_all | await publish(stack.kafka, topic, real_and_poisonous())
    elsewhere = (partition_of(b"lost-mine", 4) + 1) % 4
    misplaced = await publish(stack.kafka, topic, [event("lost", "lost-mine")], partition=elsewhere)
    last |= misplaced
    projector = start("projector", **QUICK)
    reader = await asyncpg.connect(database.owner)
    await until_covered(reader, last, projector, seconds=60)
    projector.stop()
    await reader.execute(PLACES)
    cut = [end for _, end in sorted((await log_ends(stack.kafka, topic)).items())]
    await reader.execute(
        "INSERT INTO steppe.note_on_a_place VALUES ($1, $2, $3, $4, 'tab\there, \\N, ü')",
        topic,
        *misplaced.popitem(),
        cut,
    )
    await reader.execute("INSERT INTO steppe.rule_change (version, changed_by) VALUES ('2026-2', 'somebody')")

    announcement = await Announcer(topic).announce(reader, datetime.now(UTC).date(), await log_ends(stack.kafka, topic))
    assert announcement is not None and announcement > 50

    # Events come in while it is taken: what was acknowledged before is in it, and of each partition it is a beginning.
    enough = asyncio.Event()
    coming = asyncio.create_task(_keep_coming(stack.kafka, topic, enough))
    file = tmp_path / "backup.zip"
    source = Steppe(stack.kafka, topic, database.projector)
    taken = json.loads(await source("backup", str(file), "--json"))
    enough.set()
    await coming
    assert taken["complete"] is True
    assert all(taken["partitions"][str(p)]["end"] >= end for p, end in enumerate(cut))
    assert json.loads(await source("backup", "verify", str(file), "--json")) == taken
    assert "exists: name another file" in await source("backup", str(file), exits=1)
    with archive.open_archive(file) as found:
        for number in range(4):
            assert [record.offset for record in found.records(number)] == list(
                range(taken["partitions"][str(number)]["end"])
            )

    other = await asyncpg.connect(fresh.owner)
    await other.execute(PLACES)
    restored_topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    target = Steppe(stack.kafka, restored_topic, fresh.owner)
    done = json.loads(await target("restore", str(file), "--partitions", "3", "--yes", "--json", "--by", "ops"))
    assert (done["written"], done["found"], done["partitions"]) == (taken["records"], 0, 3)
    again = json.loads(await target("restore", str(file), "--yes", "--json"))
    assert (again["written"], again["found"]) == (0, taken["records"])
    assert "has 3 partitions, not 5" in await target("restore", str(file), "--partitions", "5", "--yes", exits=1)
    note = await other.fetchrow("SELECT * FROM steppe.note_on_a_place")
    assert note is not None
    assert (note["topic"], note["said"]) == (restored_topic, "tab\there, \\N, ü")
    assert len(note["next_offsets"]) == 3
    changes = "SELECT array_agg(changed_by ORDER BY change_id) FROM steppe.rule_change"
    assert await other.fetchval(changes) == ["steppe", "somebody"]
    later = await other.fetchval(
        "INSERT INTO steppe.rule_change (version, changed_by) VALUES ('2026-2', 'later') RETURNING change_id"
    )
    assert later == await other.fetchval("SELECT max(change_id) FROM steppe.rule_change")
    await other.execute("DELETE FROM steppe.rule_change WHERE change_id = $1", later)
    await other.close()
    # Preparing the database has said where its read model is.
    other = await asyncpg.connect(fresh.owner)
    # What was told before the backup is not told again, neither before it is folded again nor after.
    assert await Announcer(restored_topic).announce(other, datetime.now(UTC).date(), {}) is None

    for settings, reads, name in (
        ({}, reader, topic),
        ({"STEPPE_TOPIC": restored_topic, "STEPPE_DATABASE": fresh.projector}, other, restored_topic),
    ):
        settings |= {"STEPPE_PROJECTOR_GROUP": f"steppe.projector.{name}.compared"}
        projector = start("projector", **QUICK, **settings)
        ends = await log_ends(stack.kafka, name)
        await until_covered(reads, {p: end - 1 for p, end in ends.items() if end}, projector, seconds=60)
        projector.stop()
    assert (await verify(stack.kafka, fresh.api, restored_topic)).differences == []
    assert await key_at(stack.kafka, restored_topic, note["partition"], note["log_offset"]) == b"lost-mine"
    ends = await log_ends(stack.kafka, restored_topic)
    assert await Announcer(restored_topic).announce(other, datetime.now(UTC).date(), ends) is not None
    transitions = "SELECT * FROM steppe.flag_transition WHERE project NOT LIKE 'late-%' ORDER BY transition_id"
    all_told = [dict(row) for row in await other.fetch(transitions)]
    assert (len(all_told), all_told[announcement:]) == (announcement, [])

    # Compared without what came in after the backup, which has subjects of its own.
    before, after = await answers(database.api, topic), await answers(fresh.api, restored_topic)
    late = [name for name in before if name.startswith("/v1/projects/late-")]
    assert len(before["/v1/projects"]) > 100
    for name in before.keys() - set(late) - {"totals"}:
        assert _without_late(before[name]) == _without_late(after[name]), name
    assert before["totals"]["quarantined"] == after["totals"]["quarantined"] > 4
    assert before["totals"]["conflicts"] == after["totals"]["conflicts"] == 1
    await reader.close()
    await other.close()


async def test_a_restore_that_was_killed_goes_on_and_other_records_are_refused(
    stack: Stack, topic: str, database: Database, fresh: Database, tmp_path: Path
) -> None:
    count = 20_000
    await publish(stack.kafka, topic, [event(f"e{n}", f"project-{n % 500}") for n in range(count)])
    file = tmp_path / "backup.zip"
    await Steppe(stack.kafka, topic, database.owner)("backup", str(file))
    restored_topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    await ensure_topic(stack.kafka, DEALS, 3, name=restored_topic)
    target = Steppe(stack.kafka, restored_topic, fresh.owner)
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(file.read_bytes()[:-1000])
    assert "no whole backup" in await target("restore", str(damaged), "--yes", exits=1)
    assert (await facts_of(stack.kafka, restored_topic)).records == 0

    process = target.start("restore", str(file), "--yes")
    deadline = time.monotonic() + 60
    while not (restored := (await facts_of(stack.kafka, restored_topic)).records):
        assert time.monotonic() < deadline and process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    restored = (await facts_of(stack.kafka, restored_topic)).records
    assert 0 < restored < count, "it was to be killed in the middle"
    done = json.loads(await target("restore", str(file), "--yes", "--json"))
    assert (done["found"], done["written"]) == (restored, count - restored)
    other_file = tmp_path / "other.zip"
    other = await asyncpg.connect(fresh.owner)
    assert await other.fetchval("SELECT count(*) FROM steppe.log_identity WHERE topic = $1", restored_topic) == 1
    await other.close()
    await Steppe(stack.kafka, restored_topic, fresh.owner)("backup", str(other_file))
    with archive.open_archive(file) as one, archive.open_archive(other_file) as two:
        assert _by_key(one) == _by_key(two)

    # A topic that already holds something else is left alone.
    assert "no beginning of this backup" in await Steppe(stack.kafka, topic, fresh.owner)(
        "restore", str(other_file), "--yes", exits=1
    )
    assert (await facts_of(stack.kafka, topic)).records == count


async def test_a_record_that_came_compressed_and_is_larger_than_its_topic_takes_is_restored(
    stack: Stack, topic: str, database: Database, fresh: Database, tmp_path: Path
) -> None:
    large = b'{"note":"' + b"a" * (12 * 2**20) + b'"}'
    async with AIOKafkaProducer(
        bootstrap_servers=stack.kafka, compression_type="gzip", max_request_size=2 * len(large)
    ) as producer:
        await producer.send_and_wait(topic, large, key=b"large-mine")
    await publish(stack.kafka, topic, [event("small", "small-mine")])
    file, restored_file = tmp_path / "backup.zip", tmp_path / "again.zip"
    await Steppe(stack.kafka, topic, database.owner)("backup", str(file))
    target = Steppe(stack.kafka, f"{DEALS.name}.{uuid.uuid4().hex[:12]}", fresh.owner)
    done = json.loads(await target("restore", str(file), "--yes", "--json"))
    assert (done["written"], done["records"]) == (2, 2)
    await target("backup", str(restored_file))
    with archive.open_archive(file) as one, archive.open_archive(restored_file) as two:
        assert _by_key(one) == _by_key(two)
        assert _by_key(one)[b"large-mine"] == [large]


async def test_a_database_that_has_applied_something_is_restored_over_only_by_folding_anew(
    stack: Stack, topic: str, database: Database, start: Callable[..., Service], tmp_path: Path
) -> None:
    last = await publish(stack.kafka, topic, [event("one"), event("two")])
    projector = start("projector", **QUICK)
    owner = await asyncpg.connect(database.owner)
    await until_covered(owner, last, projector)
    projector.stop()
    file = tmp_path / "backup.zip"
    await Steppe(stack.kafka, topic, database.owner)("backup", str(file))
    restored_topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    target = Steppe(stack.kafka, restored_topic, database.owner)
    assert "with --log-only" in await target("restore", str(file), "--yes", exits=1)
    assert (await facts_of(stack.kafka, restored_topic)).records == 0
    await target("restore", str(file), "--yes", "--log-only")
    assert (await facts_of(stack.kafka, restored_topic)).records == 2
    assert await owner.fetchval("SELECT count(*) FROM event") == 0
    await owner.close()


async def _keep_coming(kafka: str, topic: str, enough: asyncio.Event) -> None:
    number = 0
    while not enough.is_set():
        number += 1
        await publish(kafka, topic, [event(f"late-{number}-{n}", f"late-{n}") for n in range(20)])
        await asyncio.sleep(0.2)


def _without_late(items: Any) -> Any:
    if not isinstance(items, list):
        return items
    return [item for item in items if not str(item.get("key") or item.get("project")).startswith("late-")]


def _by_key(found: archive.Archive) -> dict[bytes | None, list[bytes | None]]:
    values: dict[bytes | None, list[bytes | None]] = {}
    for number in found.manifest.partitions:
        for record in found.records(number):
            values.setdefault(record.key, []).append(record.value)
    return values
