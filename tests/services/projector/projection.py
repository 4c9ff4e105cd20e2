"""What tests of the projector share: events as bytes, writing them to a log, and waiting until a read model covers it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from tests.stack import Service

Headers = Sequence[tuple[str, bytes]]
Message = tuple[bytes | None, bytes | None, Headers]

QUICK = {"STEPPE_PROJECTOR_SESSION_TIMEOUT_SECONDS": "6", "STEPPE_PROJECTOR_HEARTBEAT_SECONDS": "1"}
RECORDED = "2026-01-15T10:00:00Z"


def event(
    id: str,
    subject: str = "deep-lead-mine",
    name: str = "memorandum.signed",
    /,
    *,
    type: str | None = None,
    **data: Any,
) -> Message:
    """One event as ingest would write it; a memorandum of 2022-03-01 unless said otherwise."""
    if name == "memorandum.signed":
        data = {
            "occurred": "2022-03-01",
            "instrument": "mou",
            "parties": [{"party": "first-investor", "role": "investor"}],
            **data,
        }
    envelope = {
        "specversion": "1.0",
        "id": id,
        "source": "/desk/test",
        "type": type or f"steppe.{name}.v1",
        "subject": subject,
        "time": RECORDED,
        "recordedtime": RECORDED,
        "datacontenttype": "application/json",
        "data": data,
    }
    return subject.encode(), json.dumps(envelope).encode(), ()


async def publish(kafka: str, topic: str, messages: Iterable[Message], partition: int | None = None) -> dict[int, int]:
    """Write to the log and return the last offset of each partition written to."""
    last: dict[int, int] = {}
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=5) as producer:
        sent = [
            await producer.send(topic, value, key=key, headers=list(headers), partition=partition)
            for key, value, headers in messages
        ]
        for written in await asyncio.gather(*sent):
            last[written.partition] = max(last.get(written.partition, -1), written.offset)
    return last


async def log_ends(kafka: str, topic: str) -> dict[int, int]:
    """The end offset of every partition."""
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        await consumer._client.force_metadata_update()
        partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic) or range(4)]
        return {tp.partition: end for tp, end in (await consumer.end_offsets(partitions)).items()}


async def checkpoints(connection: asyncpg.Connection) -> dict[int, int]:
    """The next offset of every partition, as the read model says."""
    return {
        row["partition"]: row["next_offset"]
        for row in await connection.fetch("SELECT partition, next_offset FROM checkpoint")
    }


async def until_covered(
    connection: asyncpg.Connection, last: dict[int, int], service: Service | None = None, seconds: float = 30
) -> None:
    """Until the read model covers these offsets."""
    deadline = time.monotonic() + seconds
    while True:
        reached = await checkpoints(connection)
        if all(reached[partition] > offset for partition, offset in last.items()):
            return
        if time.monotonic() > deadline or (service is not None and not service.child.alive):
            said = "" if service is None else service.log()[-4000:]
            raise AssertionError(f"the read model is at {reached}, not beyond {last}, after {seconds} s\n{said}")
        await asyncio.sleep(0.05)


async def until_nothing_waits(
    connection: asyncpg.Connection, service: Service | None = None, seconds: float = 30
) -> None:
    """Until no large project waits for its fold beside the stream."""
    deadline = time.monotonic() + seconds
    while waiting := await connection.fetchval("SELECT count(*) FROM pending_fold"):
        said = "" if service is None else service.log()[-4000:]
        assert time.monotonic() < deadline, f"{waiting} batches still wait for their fold\n{said}"
        await asyncio.sleep(0.05)


async def until(what: str, holds: Callable[[], bool], seconds: float = 30) -> None:
    """Until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        await asyncio.sleep(0.05)
