"""Completes the entries of the quarantine that were found after the log had been read: reads their records again, byte for byte.

Conflicts, holds and stops of the fold are found from the stored events, which do not have all of a record. They are few, so the
log is read once more from the first of them to the last. Then they are counted against the limit, and published.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from services.projector.consumer import log_reader
from services.projector.projection import quarantine_policy
from services.projector.projection.batches import Record
from services.projector.projection.event_rows import instant
from services.projector.projection.quarantine_entries import QuarantineEntry, RecordId, Skips, Stage, skip_of
from services.projector.settings import Settings
from steppe.database import active_read_model, sql
from steppe.database.read_model.stored_events import encoded_headers, headers_of

_STATEMENTS = sql.load("rebuild")
_RECORDS_AT_ONCE = 5_000
_ROWS_AT_ONCE = 1_000


async def complete(connection: asyncpg.Connection, settings: Settings, schema: str) -> None:
    """Fill in what is missing, and publish what is new. Twice is safe. Raises QuarantineFullError."""
    async with connection.transaction():
        await connection.execute(*active_read_model.STATEMENTS["use_schema"](schema=schema))
        missing = {
            (row["partition"], row["log_offset"])
            for row in await connection.fetch(_STATEMENTS["entries_without_record"])
        }
        if missing:
            await _fill(connection, settings, missing, await quarantine_policy.all_skips(connection, settings.topic))
        await quarantine_policy.refuse_stored_excess(connection, settings.topic, settings.projector_quarantine_max)
        async for row in connection.cursor(_STATEMENTS["entries_to_publish"], prefetch=_ROWS_AT_ONCE):
            await quarantine_policy.publish(connection, settings.topic, [_entry(row)])


async def _fill(connection: asyncpg.Connection, settings: Settings, missing: set[RecordId], skips: Skips) -> None:
    begin: dict[int, int] = {}
    for partition, offset in missing:
        begin[partition] = min(offset, begin.get(partition, offset))
    async with log_reader.reading(settings.kafka, settings.topic, begin) as log:
        while missing:
            batch = await log.batch(_RECORDS_AT_ONCE)
            records = [
                record
                for of_partition in batch.values()
                for record in of_partition
                if (record.partition, record.offset) in missing
            ]
            missing -= {(record.partition, record.offset) for record in records}
            await fill_in(connection, records, skips)


async def fill_in(connection: asyncpg.Connection, records: Sequence[Record], skips: Skips) -> None:
    """Complete the entries of these records, in the caller's transaction. Twice is safe."""
    if records:
        await connection.execute(
            *_STATEMENTS["complete_entries"](
                partitions=[record.partition for record in records],
                offsets=[record.offset for record in records],
                keys=[record.key for record in records],
                values=[record.value for record in records],
                headers=[encoded_headers(record.headers) for record in records],
                recorded_at=[instant(record.timestamp_ms) if record.timestamp_ms > 0 else None for record in records],
                skipped=[skip_of(record, skips) is not None for record in records],
            ),
        )


def _entry(row: asyncpg.Record) -> QuarantineEntry:
    headers = tuple(headers_of(row["headers"]))
    record = Record(row["partition"], row["log_offset"], 0, row["key"], row["value"], headers)
    return QuarantineEntry(
        record=record, stage=Stage(row["stage"]), reason=row["reason"], subject=row["subject"],
        skipped=row["state"] == "skipped",
    )  # fmt: skip
