"""Announcements that are too large for their topic: what fits goes in their place, and nobody behind them waits."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from jsonschema import Draft202012Validator

from services.projector.projection import quarantine_policy
from services.projector.projection.quarantine_entries import QuarantineEntry, Stage
from services.projector.projection.quarantine_policy import HEADER
from services.projector.publisher.flag_diff import Announcer
from services.projector.publisher.outbox_relay import POINTERS, SET_ASIDE, OutboxRelay
from services.projector.publisher.record_sizes import OutboxRecord, fitting, pointer
from steppe.contracts.generate.announced_schema import flag_schema, project_schema
from steppe.contracts.topics import FLAGS, PROJECTS, QUARANTINE
from steppe.log.records import Record
from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.publisher.published import Topics, records_of
from tests.services.publisher.test_publisher import WATCH
from tests.stack import Database

HUGE = 20 * 2**20
# By then every paper has more than one flag.
LATER = date(2026, 11, 1)


@pytest.fixture
async def publisher(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the projector."""
    connection = await asyncpg.connect(database.projector)
    yield connection
    await connection.close()


@pytest.fixture
async def relay(topics: Topics) -> AsyncIterator[OutboxRelay]:
    """A relay to them."""
    names = {FLAGS.name: topics.flags, PROJECTS.name: topics.projects, QUARANTINE.name: topics.quarantine}
    made = OutboxRelay(topics.kafka, names)
    yield made
    await made.close()


async def test_a_project_of_a_thousand_deals_goes_as_a_pointer_that_the_api_answers_and_its_neighbours_go_on(
    log: Log, topic: str, topics: Topics, relay: OutboxRelay, publisher: asyncpg.Connection, client: httpx.AsyncClient
) -> None:
    papers = [memorandum("north", "2022-03-01", "alpha", f"paper-{n}", deal=f"deal-{n}") for n in range(1_000)]
    await log.append(registered("north"), *papers, registered("south"), memorandum("south", "2022-03-01", "alpha"))
    await Announcer(topic).announce(publisher, LATER, {})
    await relay.send(publisher)
    assert await publisher.fetchval("SELECT count(*) FROM steppe.outbox") == 0
    event_of = {event["subject"]: event for event in await topics.read(topics.projects)}
    assert "data" in event_of["south"]
    assert "data" not in event_of["north"]
    Draft202012Validator(project_schema()).validate(event_of["north"])
    answer = await client.get(event_of["north"]["dataref"], params={"as_of": LATER.isoformat()})
    assert answer.json()["key"] == "north"
    assert len(await topics.read(topics.flags)) > 1_000
    assert (relay.counts[POINTERS], relay.counts[SET_ASIDE]) == (1, 0)


async def test_a_quarantined_record_of_twenty_megabytes_is_told_without_its_value(
    topic: str, topics: Topics, relay: OutboxRelay, publisher: asyncpg.Connection
) -> None:
    large = Record(2, 7, 1, b"north", b"x" * HUGE, (("h", b"own"),))
    small = Record(2, 8, 1, b"south", b"x", (("h", b"own"),))
    entries = [QuarantineEntry(record=one, stage=Stage.DECODE, reason="no", subject=None) for one in (large, small)]
    await quarantine_policy.publish(publisher, topic, entries)
    assert await relay.send(publisher) == 2
    record_of = {record.key: record for record in await records_of(topics.kafka, topics.quarantine)}
    assert (record_of[b"south"].value, dict(record_of[b"south"].headers)["h"]) == (b"x", b"own")
    headers = dict(record_of[b"north"].headers)
    assert record_of[b"north"].value is None
    assert headers[HEADER + "reason"] == b"no"
    assert headers[HEADER + "left-out"] == b"value and headers; steppe quarantine show 2:7 has them"


async def test_where_a_topic_takes_less_than_ours_pointers_go_and_what_is_refused_even_so_is_set_aside(
    log: Log, topic: str, topics: Topics, relay: OutboxRelay, publisher: asyncpg.Connection
) -> None:
    await _limit(topics.kafka, topics.projects, 600)
    await _limit(topics.kafka, topics.flags, 100)
    for name in ("north", "south"):
        await log.append(registered(name), memorandum(name, "2022-03-01", "alpha"))
    await Announcer(topic).announce(publisher, WATCH, {})
    small = QuarantineEntry(record=Record(0, 0, 1, b"behind", b"x"), stage=Stage.DECODE, reason="no", subject=None)
    await quarantine_policy.publish(publisher, topic, [small])
    await relay.send(publisher)
    assert await publisher.fetchval("SELECT count(*) FROM steppe.outbox") == 0
    events = await topics.read(topics.projects)
    assert {event["subject"]: event["dataref"] for event in events} == {
        name: f"/v1/projects/{name}" for name in ("north", "south")
    }
    assert await topics.read(topics.flags) == []
    # Perhaps twice: what went out beside a record that was refused goes out again.
    assert {record.key for record in await records_of(topics.kafka, topics.quarantine)} == {b"behind"}
    assert (relay.counts[POINTERS], relay.counts[SET_ASIDE]) == (2, 2)


async def test_the_api_measures_how_long_the_oldest_announcement_waits(
    log: Log, client: httpx.AsyncClient, publisher: asyncpg.Connection
) -> None:
    await log.append(registered("north"))
    assert await _waits(client) == 0.0
    row = "INSERT INTO steppe.outbox (topic, headers, created_at) VALUES ('t', '[]', now() - $1 * interval '1 second')"
    await publisher.execute(row, 90)
    await publisher.execute(row, 5)
    assert 90 <= await _waits(client) < 150


async def test_a_pointer_of_a_transition_leads_to_it_be_it_history_or_news(
    log: Log, topic: str, topics: Topics, relay: OutboxRelay, publisher: asyncpg.Connection, client: httpx.AsyncClient
) -> None:
    announcer = Announcer(topic)
    await log.append(registered("north"), memorandum("north", "2022-03-01", "alpha"))
    await announcer.announce(publisher, LATER, {})  # it stood for years when it was told
    await log.append(registered("south"), memorandum("south", "2025-10-20", "alpha"))
    await announcer.announce(publisher, LATER, {})
    await relay.send(publisher)
    events = await topics.read(topics.flags)
    assert {event["data"]["backfill"] for event in events} == {True, False}
    for event in events:
        record = OutboxRecord(topic=FLAGS.name, key=b"", value=json.dumps(event).encode(), headers=())
        path = json.loads(pointer(record).value or b"")["dataref"]
        assert (await client.get(path)).json()["items"] == [event["data"]]


def test_a_pointer_of_a_transition_has_its_attributes_and_its_own_pointer_is_itself() -> None:
    event: dict[str, Any] = {
        "specversion": "1.0", "id": "0b0e7c1e-5b1a-4b93-9c0e-2f0f6a3f7b11", "source": "/steppe",
        "type": "steppe.flag.raised.v1", "subject": "north", "time": "2026-11-01T00:00:00Z",
        "datacontenttype": "application/json", "data": {"id": 41, "evidence": ["e" * 100] * 12_000},
    }  # fmt: skip
    record = OutboxRecord(topic=FLAGS.name, key=b"north", value=json.dumps(event).encode(), headers=())
    answer = json.loads(fitting(record).value or b"")
    assert answer == {name: value for name, value in event.items() if name != "data"} | {"dataref": answer["dataref"]}
    Draft202012Validator(flag_schema()).validate(answer)
    again = OutboxRecord(topic=FLAGS.name, key=b"north", value=json.dumps(answer).encode(), headers=())
    assert json.loads(pointer(again).value or b"") == answer


def test_what_is_large_in_a_quarantined_record_is_left_out_be_it_key_value_or_headers() -> None:
    own = [(HEADER + "partition", b"0"), (HEADER + "offset", b"3")]
    for key, value, headers in (
        (b"k" * HUGE, b"v", own), (b"k", b"v" * HUGE, own), (b"k", b"v", [("h", b"x" * HUGE), *own]),
        (b"k", b"v", [("h" * HUGE, None), *own]),
    ):  # fmt: skip
        record = fitting(OutboxRecord(topic=QUARANTINE.name, key=key, value=value, headers=headers))
        assert record.size < 1_000
        assert (HEADER + "left-out", b"value and headers; steppe quarantine show 0:3 has them") in record.headers
    fits = OutboxRecord(topic=QUARANTINE.name, key=b"k", value=b"v", headers=own)
    assert fitting(fits) is fits


async def _waits(client: httpx.AsyncClient) -> float:
    text = (await client.get("/metrics")).text
    (line,) = (line for line in text.splitlines() if line.startswith("steppe_outbox_oldest_seconds "))
    return float(line.split()[1])


async def _limit(kafka: str, topic: str, bytes_max: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(bytes_max)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
    finally:
        await admin.close()
