"""Whether the log is the one that the read model was made from, and can be continued (docs/decisions/0014).

Checked at every start and after every rebalance. Changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.projector.projection import batches
from services.projector.projection.errors import (
    AnotherLogError,
    CheckpointMissingError,
    LogGapError,
    LogShorterError,
    PartitionCountError,
    RecordsRemovedError,
    TopicMissingError,
    WrongClusterError,
)
from steppe.database import sql
from steppe.log.records import Record, fingerprint
from steppe.log.topic_info import TopicInfo, TopicReader, open_topic

if TYPE_CHECKING:
    from steppe.database.connection import Connection

log = logging.getLogger("steppe.projector")

# What every check finds again until somebody has acted.
REASONS_OF_THE_LOG = frozenset(
    error.reason for error in (CheckpointMissingError, PartitionCountError, TopicMissingError, WrongClusterError)
)
REASONS_OF_A_PARTITION = frozenset(error.reason for error in (AnotherLogError, LogShorterError, RecordsRemovedError))
_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far a partition was applied. `sha256`: the fingerprint of the record before `next_offset`, if it is known."""

    next_offset: int
    sha256: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogIdentity:
    """Which log the read model was made from."""

    cluster: str
    partitions: int


async def check(connection: Connection, kafka: str, topic: str, checkpoints: Mapping[int, Checkpoint]) -> TopicInfo:
    """Return what the log is like, or raise the ProjectorError that says why it does not continue these checkpoints.

    Kafka away: TimeoutError or a KafkaError.
    """
    async with asyncio.timeout(_SECONDS_MAX), open_topic(kafka, topic) as reader:
        if reader is None:
            raise TopicMissingError(topic, kafka)
        facts = reader.info
        identity = await known_identity(connection, topic)
        if identity is not None:
            refuse_another_identity(topic, identity, facts)
        begin = {partition: checkpoint.next_offset for partition, checkpoint in checkpoints.items()}
        batches.refuse_another_log(begin, facts.starts, facts.ends)
        refuse_other_records(checkpoints, await last_records(reader, checkpoints))
    if any(facts.starts.values()):
        log.warning(
            "the log begins at %s: what was before is gone, and the read model cannot be folded anew from it;"
            " restore the log from a backup, and set retention.ms and retention.bytes of %s to -1",
            {partition: start for partition, start in sorted(facts.starts.items()) if start}, topic,
        )  # fmt: skip
    return facts


async def known_identity(connection: Connection, topic: str) -> LogIdentity | None:
    """Which log was read so far; None before the first time."""
    row = await connection.fetchrow(*sql.load("log_identity")["log_identity"](topic=topic))
    return None if row is None else LogIdentity(cluster=row["cluster"], partitions=row["partitions"])


async def store_identity(connection: Connection, topic: str, facts: TopicInfo) -> None:
    """Store which log it is, unless one is known already. Twice is safe."""
    await connection.execute(
        *sql.load("log_identity")["store_first_identity"](
            topic=topic, cluster=facts.cluster, partitions=facts.partitions
        )
    )


def refuse_another_identity(topic: str, known: LogIdentity, facts: TopicInfo) -> None:
    """Raise WrongClusterError or PartitionCountError."""
    if facts.cluster != known.cluster:
        raise WrongClusterError(topic, known.cluster, facts.cluster)
    if facts.partitions != known.partitions:
        raise PartitionCountError(topic, known.partitions, facts.partitions)


async def last_records(reader: TopicReader, checkpoints: Mapping[int, Checkpoint]) -> dict[int, Record]:
    """The record before each checkpoint, where there is one and its fingerprint is known."""
    return await reader.records_at(
        {
            partition: checkpoint.next_offset - 1
            for partition, checkpoint in checkpoints.items()
            if checkpoint.sha256 is not None and checkpoint.next_offset > reader.info.starts[partition]
        }
    )


def refuse_other_records(checkpoints: Mapping[int, Checkpoint], records: Mapping[int, Record]) -> None:
    """Raise AnotherLogError where the record before the checkpoint is not the one that was applied."""
    for partition, record in records.items():
        expected = checkpoints[partition].next_offset - 1
        if record.offset != expected:
            raise LogGapError(partition, expected, record.offset)
        if fingerprint(record) != checkpoints[partition].sha256:
            raise AnotherLogError(partition, expected)
