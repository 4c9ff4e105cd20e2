"""Quarantine rules shared by a batch, the re-fold and a rebuild: which skips are obeyed, how much may be quarantined, what is
published to the topic of the quarantine.

Runs in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from services.projector.projection.batches import Record
from services.projector.projection.errors import QuarantineFullError
from services.projector.projection.quarantine_entries import QuarantineEntry, Skip, Skips, Stage
from steppe.contracts.topics import QUARANTINE
from steppe.database import outbox_writer, sql
from steppe.database.read_model.projection_rows import Row
from steppe.database.read_model.stored_events import encoded_headers
from steppe.log.positions import format_record_id
from steppe.log.records import fingerprint
from steppe.release import RELEASE

if TYPE_CHECKING:
    import asyncpg

    from steppe.database.connection import Connection

STATEMENTS = sql.load("quarantine")
# So many of the last records of a partition are looked at.
WINDOW = 10_000
HEADER = "steppe.quarantine."


async def all_skips(connection: Connection, topic: str) -> Skips:
    """Every record that an operator gave up."""
    return _skips_of(await connection.fetch(*STATEMENTS["all_skips"](topic=topic)))


async def skips_in(connection: Connection, topic: str, records: Mapping[int, Sequence[Record]]) -> Skips:
    """Those among these records, which are in order within each partition."""
    stretches = {partition: stretch for partition, stretch in records.items() if stretch}
    rows = await connection.fetch(
        *STATEMENTS["skips_between"](
            topic=topic,
            partitions=list(stretches),
            first_offsets=[stretch[0].offset for stretch in stretches.values()],
            last_offsets=[stretch[-1].offset for stretch in stretches.values()],
        ),
    )
    return _skips_of(rows)


def _skips_of(rows: Iterable[asyncpg.Record]) -> Skips:
    return {
        (row["partition"], row["log_offset"]): Skip(Stage(row["stage"]), row["found"], row["record_sha256"])
        for row in rows
    }


async def refuse_excess(
    connection: Connection, entries: Iterable[QuarantineEntry], last_offsets: Mapping[int, int], allowed: int
) -> None:
    """Raise QuarantineFullError rather than let a bad release quarantine a whole topic.

    `entries` are not stored yet; `last_offsets` is how far the partitions are with them.
    """
    holding = [entry for entry in entries if entry.stage.holds and not entry.skipped]
    partitions = {entry.record.partition for entry in holding}
    since = {partition: last_offsets[partition] + 1 - WINDOW for partition in partitions}
    if not since:
        return
    for row in await connection.fetch(
        *STATEMENTS["quarantined_since"](partitions=list(since), first_offsets=list(since.values()))
    ):
        partition = row["partition"]
        new = [
            entry
            for entry in holding
            if entry.record.partition == partition and entry.record.offset >= since[partition]
        ]
        if new and row["quarantined"] + len(new) > allowed:
            raise QuarantineFullError(partition, allowed, WINDOW, new[-1].position, new[-1].reason)


async def refuse_stored_excess(connection: Connection, topic: str, allowed: int) -> None:
    """The same for what is stored already, at the end of each partition."""
    for row in await connection.fetch(*STATEMENTS["fullest_partitions"](topic=topic, window=WINDOW)):
        if row["quarantined"] > allowed:
            position = format_record_id(row["partition"], row["log_offset"])
            raise QuarantineFullError(row["partition"], allowed, WINDOW, position, row["reason"])


async def publish(connection: Connection, topic: str, entries: Iterable[QuarantineEntry]) -> None:
    """Put these into the outbox, for the topic of the quarantine, but for what is only held and what was published before."""
    by_place = {
        (entry.record.partition, entry.record.offset): entry for entry in entries if entry.stage is not Stage.HELD
    }
    if not by_place:
        return
    claimed = await connection.fetch(
        *STATEMENTS["claim_publication"](
            topic=topic,
            partitions=[partition for partition, _ in by_place],
            offsets=[offset for _, offset in by_place],
            fingerprints=[fingerprint(entry.record) for entry in by_place.values()],
            stages=[entry.stage.value for entry in by_place.values()],
            release=RELEASE,
        ),
    )
    records = [_published(by_place[row["partition"], row["log_offset"]], topic, row["found_at"]) for row in claimed]
    await outbox_writer.put_in_outbox(connection, records)


def _published(entry: QuarantineEntry, topic: str, found_at: datetime) -> Row:
    """The record as the topic of the quarantine has it: its own bytes and headers, and ours behind them."""
    own = {
        "topic": topic,
        "partition": str(entry.record.partition),
        "offset": str(entry.record.offset),
        "stage": entry.stage.value,
        "reason": entry.reason,
        "at": found_at.isoformat().replace("+00:00", "Z"),
        "release": RELEASE,
    }
    headers = [*entry.record.headers, *((HEADER + name, text.encode()) for name, text in own.items())]
    return (QUARANTINE.name, entry.record.key, entry.record.value, encoded_headers(headers))
