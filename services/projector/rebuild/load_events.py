"""First stage: every record of the log into the tables of events, in batches as large as memory likes.

Rows and position are one transaction, as everywhere. Repeated events are set aside afterwards, in one statement, because
asking for each whether it is known costs more than all else here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import asyncpg

from services.projector.consumer import log_reader
from services.projector.projection import batches, decode, event_rows, quarantine_policy
from services.projector.projection.apply import Applier
from services.projector.projection.batches import Record
from services.projector.projection.decode import State, StoredEvent
from services.projector.projection.deduplicate import entry_if_undecodable
from services.projector.projection.quarantine_entries import Skips, skip_of
from steppe.contracts.codec import STRUCTURED
from steppe.contracts.fast_codec import decode_fast
from steppe.contracts.partitioning import partition_of
from steppe.database import active_read_model, sql
from steppe.database.read_model.projection_rows import Row, copy

_RECORDS_AT_ONCE = 20_000
_PLAIN_HEADERS = ((), (("content-type", STRUCTURED.encode()),))


async def store(
    connection: asyncpg.Connection, kafka: str, topic: str, schema: str, partitions: int, until: Mapping[int, int]
) -> None:
    """Store what the log has up to these offsets, partition by partition. Twice is safe, and goes on where it ended."""
    applier = Applier(sql.load("checkpoint"), topic, partitions, exclusive=True)
    async with connection.transaction():
        await connection.execute(active_read_model.STATEMENTS["enter"], schema)
        begin = await applier.fence(connection, list(until))
        skips = await quarantine_policy.all_skips(connection, topic)
    async with log_reader.reading(kafka, topic, begin) as log:
        reached = begin
        while any(reached[partition] < end for partition, end in until.items()):
            found = await log.batch(_RECORDS_AT_ONCE)
            if found:
                reached = reached | await _store(connection, applier, schema, found, skips)


async def _store(
    connection: asyncpg.Connection, applier: Applier, schema: str, found: Mapping[int, list[Record]], skips: Skips
) -> dict[int, int]:
    read = {
        partition: [rows_of(record, applier.partitions, skips) for record in of_it]
        for partition, of_it in found.items()
    }
    async with connection.transaction():
        await connection.execute(active_read_model.STATEMENTS["enter"], schema)
        fence = await applier.fence(connection, list(found))
        events: list[Row] = []
        diverted: list[Row] = []
        last: list[Record] = []
        for partition, of_it in found.items():
            rest = batches.unapplied(of_it, fence[partition])
            for is_event, row in read[partition][len(of_it) - len(rest) :]:
                (events if is_event else diverted).append(row)
            last += rest[-1:]
        await copy(connection, "event", event_rows.EVENT, events)
        await copy(connection, "quarantine", event_rows.QUARANTINE, diverted)
        await applier.advance(connection, last)
    return fence | {record.partition: record.offset + 1 for record in last}


@lru_cache(maxsize=100_000)
def _home_of(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)


def rows_of(record: Record, partitions: int, skips: Skips) -> tuple[bool, Row]:
    """Whether a record is an event, and the row of what it is. Twice is the same."""
    if not skips and record.value and record.key and record.headers in _PLAIN_HEADERS:
        plain = decode_fast(record.value, record.key)
        if plain is not None and _home_of(record.key, partitions) == record.partition:
            return True, event_rows.plain_event_row(record, plain, record.value.decode())
    found = decode.decode_record(record, partitions)
    skip = skip_of(record, skips)
    diverted = entry_if_undecodable(found, skip)
    if diverted is not None:
        return False, event_rows.quarantine_row(diverted)
    assert isinstance(found, StoredEvent)
    return True, event_rows.event_row(found if skip is None else replace(found, state=State.SKIPPED))
