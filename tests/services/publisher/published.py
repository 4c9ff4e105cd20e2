"""What tests of publishing share: topics of the test's own, and reading everything in them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import FLAGS, PROJECTS, QUARANTINE
from tests.stack import PARTITIONS

Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a test's own transitions, projects and quarantined records go."""

    kafka: str
    flags: str
    projects: str
    quarantine: str

    @classmethod
    def of(cls, kafka: str, log: str) -> Topics:
        """Named after the test's own log."""
        suffix = log.rpartition(".")[2]
        return cls(kafka, *(f"{topic.name}.{suffix}" for topic in (FLAGS, PROJECTS, QUARANTINE)))

    async def create(self) -> None:
        """With the settings of the real ones."""
        await ensure_topic(self.kafka, FLAGS, PARTITIONS, name=self.flags)
        await ensure_topic(self.kafka, PROJECTS, PARTITIONS, name=self.projects)
        await ensure_topic(self.kafka, QUARANTINE, PARTITIONS, name=self.quarantine)

    @property
    def settings(self) -> dict[str, str]:
        """For a projector that announces."""
        return {
            "STEPPE_PROJECTOR_ANNOUNCE": "on",
            "STEPPE_PROJECTOR_ANNOUNCE_SECONDS": "0.2",
            "STEPPE_FLAGS_TOPIC": self.flags,
            "STEPPE_PROJECTS_TOPIC": self.projects,
            "STEPPE_QUARANTINE_TOPIC": self.quarantine,
        }

    async def read(self, topic: str) -> list[Envelope]:
        """Every CloudEvent in a topic; under the key of its subject, in order within a project."""
        events: list[Envelope] = []
        for record in await records_of(self.kafka, topic):
            assert dict(record.headers)["content-type"] == b"application/cloudevents+json"
            event = json.loads(record.value)
            assert record.key.decode() == event["subject"]
            events.append(event)
        return events


async def records_of(kafka: str, topic: str) -> list[ConsumerRecord]:
    """Everything in a topic, in order within a partition."""
    records: list[ConsumerRecord] = []
    async with AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
        partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for fetched in (await consumer.getmany(timeout_ms=500)).values():
                records += fetched
    return records


async def until_sent(connection: asyncpg.Connection, told: Callable[[int], bool], seconds: float = 30) -> None:
    """Until so many transitions were told as `told` asks for, and nothing waits in the outbox."""
    deadline = time.monotonic() + seconds
    while True:
        count, waiting = await counts(connection)
        if told(count) and not waiting:
            return
        assert time.monotonic() < deadline, f"{count} transitions, {waiting} records wait, after {seconds} s"
        await asyncio.sleep(0.05)


async def counts(connection: asyncpg.Connection) -> tuple[int, int]:
    """How many transitions were told, and how many records wait for the broker."""
    row = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM steppe.flag_transition), (SELECT count(*) FROM steppe.outbox)"
    )
    assert row is not None
    return row[0], row[1]
