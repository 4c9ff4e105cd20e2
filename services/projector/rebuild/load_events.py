"""First stage of a rebuild: every record of the log into the tables of events, in large batches.

Rows and position are one transaction, as everywhere. Duplicates, conflicts and holds are sorted out afterwards, in four statements
over all rows, because looking each event up costs more than all else here. They say what `projection/deduplicate.py` says of the
whole log as one batch, which `tests/services/rebuild/test_deduplicate_loaded.py` holds on random logs.
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
from services.projector.projection.deduplicate import CONFLICT_REASON, entry_if_undecodable, held_reason
from services.projector.projection.quarantine_entries import Skips, skip_of
from services.projector.rebuild.pace import Pace
from steppe.contracts.codec import STRUCTURED
from steppe.contracts.fast_codec import decode_fast
from steppe.contracts.partitioning import partition_of
from steppe.database import active_read_model, sql
from steppe.database.read_model.projection_rows import Row, copy

_STATEMENTS = sql.load("rebuild")
_RECORDS_AT_ONCE = 5_000
_PLAIN_HEADERS = ((), (("content-type", STRUCTURED.encode()),))


async def load(
    connection: asyncpg.Connection,
    kafka: str,
    topic: str,
    schema: str,
    partitions: int,
    until: Mapping[int, int],
    pace: Pace,
) -> None:
    """Store what the log has up to these offsets, partition by partition. Twice is safe, and goes on where it ended."""
    applier = Applier(sql.load("checkpoint"), topic, partitions, exclusive=True)
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        begin = await applier.fence(connection, list(until))
        skips = await quarantine_policy.all_skips(connection, topic)
    async with log_reader.reading(kafka, topic, begin) as log:
        reached = begin
        while any(reached[partition] < end for partition, end in until.items()):
            records = await log.batch(_RECORDS_AT_ONCE)
            if records:
                reached = reached | await _load_batch(connection, applier, schema, records, skips)
                await pace.rest()


async def _load_batch(
    connection: asyncpg.Connection, applier: Applier, schema: str, records: Mapping[int, list[Record]], skips: Skips
) -> dict[int, int]:
    rows = {
        partition: [
            rows_of(record, applier.partitions, skips) if record.void_from is None else None for record in of_partition
        ]
        for partition, of_partition in records.items()
    }
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        fence = await applier.fence(connection, list(records))
        events: list[Row] = []
        quarantined: list[Row] = []
        last: list[Record] = []
        for partition, of_partition in records.items():
            unapplied = batches.unapplied(of_partition, fence[partition])
            for is_event, row in filter(None, rows[partition][len(of_partition) - len(unapplied) :]):
                (events if is_event else quarantined).append(row)
            last += unapplied[-1:]
        await copy(connection, "event", event_rows.EVENT, events)
        await copy(connection, "quarantine", event_rows.QUARANTINE, quarantined)
        await applier.advance(connection, last)
    return fence | {record.partition: record.offset + 1 for record in last}


async def deduplicate(connection: asyncpg.Connection, topic: str) -> None:
    """Sort out all that was loaded into the read model on the search path, in the caller's transaction."""
    await connection.execute(_STATEMENTS["delete_duplicates"])
    await connection.execute(*_STATEMENTS["quarantine_conflicts"](reason=CONFLICT_REASON))
    await connection.execute(*_STATEMENTS["quarantine_skipped"](topic=topic))
    await connection.execute(*_STATEMENTS["quarantine_held"](reason=held_reason("%")))


@lru_cache(maxsize=20_000)
def _home_of(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)


def rows_of(record: Record, partitions: int, skips: Skips) -> tuple[bool, Row]:
    """Whether a record is an event, and the row of what it is. Twice is the same."""
    if not skips and record.value and record.key and record.headers in _PLAIN_HEADERS:
        plain = decode_fast(record.value, record.key)
        if plain is not None and _home_of(record.key, partitions) == record.partition:
            return True, event_rows.plain_event_row(record, plain, record.value.decode())
    decoded = decode.decode_record(record, partitions)
    skip = skip_of(record, skips)
    entry = entry_if_undecodable(decoded, skip)
    if entry is not None:
        return False, event_rows.quarantine_row(entry)
    assert isinstance(decoded, StoredEvent)
    return True, event_rows.event_row(decoded if skip is None else replace(decoded, state=State.SKIPPED))
