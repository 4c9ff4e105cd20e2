"""What a batch, a repair and a rebuild have in common about what was diverted: what is obeyed, how much may be, what is published.

Runs in the caller's transaction. Knows the tables of quarantine.sql and the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from services.projector.projection.batches import Record
from services.projector.projection.errors import QuarantineFullError
from services.projector.projection.quarantine_entries import Diverted, Skip, Skips, Stage
from steppe.contracts.topics import QUARANTINE
from steppe.database import outbox_writer, sql
from steppe.database.read_model.stored_events import encoded_headers
from steppe.log.records import fingerprint
from steppe.release import RELEASE

if TYPE_CHECKING:
    from steppe.database.connection import Connection

STATEMENTS = sql.load("quarantine")
# The stretch of a partition in which diverted records are counted.
WINDOW = 10_000
HEADER = "steppe.quarantine."


async def all_skips(connection: Connection, topic: str) -> Skips:
    """Every record that an operator gave up."""
    return _skips_of(await connection.fetch(STATEMENTS["quarantine_all_skips"], topic))


async def skips_in(connection: Connection, topic: str, records: Mapping[int, Sequence[Record]]) -> Skips:
    """Those among these records, which are in order within each partition."""
    stretches = {partition: found for partition, found in records.items() if found}
    rows = await connection.fetch(
        STATEMENTS["quarantine_skips"],
        topic,
        list(stretches),
        [found[0].offset for found in stretches.values()],
        [found[-1].offset for found in stretches.values()],
    )
    return _skips_of(rows)


def _skips_of(rows: Iterable[Any]) -> Skips:
    return {
        (row["partition"], row["log_offset"]): Skip(Stage(row["stage"]), row["found"], row["record_sha256"])
        for row in rows
    }


async def refuse_too_many(
    connection: Connection, diverted: Iterable[Diverted], last_offsets: Mapping[int, int], allowed: int
) -> None:
    """Raise QuarantineFullError rather than let a bad release divert a whole topic.

    `diverted` are not stored yet; `last_offsets` is how far the partitions are with them.
    """
    found = [one for one in diverted if one.stage.holds and not one.skipped]
    since = {partition: last_offsets[partition] + 1 - WINDOW for partition in {one.record.partition for one in found}}
    if not since:
        return
    for row in await connection.fetch(STATEMENTS["quarantine_count_since"], list(since), list(since.values())):
        partition = row["partition"]
        new = [one for one in found if one.record.partition == partition and one.record.offset >= since[partition]]
        if new and row["diverted"] + len(new) > allowed:
            place = f"{partition}:{new[-1].record.offset}"
            raise QuarantineFullError(partition, allowed, WINDOW, place, new[-1].reason)


async def refuse_more_than(connection: Connection, topic: str, allowed: int) -> None:
    """The same for what is stored already, at the end of each partition."""
    for row in await connection.fetch(STATEMENTS["quarantine_fullest"], topic, WINDOW):
        if row["diverted"] > allowed:
            place = f"{row['partition']}:{row['log_offset']}"
            raise QuarantineFullError(row["partition"], allowed, WINDOW, place, row["reason"])


async def publish(connection: Connection, topic: str, diverted: Iterable[Diverted]) -> None:
    """Put these on their way to the topic of the quarantine, but for what only waits and what ever was on its way."""
    found = {(one.record.partition, one.record.offset): one for one in diverted if one.stage is not Stage.HELD}
    if not found:
        return
    new = await connection.fetch(
        STATEMENTS["claim_publication"],
        topic,
        [place[0] for place in found],
        [place[1] for place in found],
        [fingerprint(one.record) for one in found.values()],
        [one.stage.value for one in found.values()],
        RELEASE,
    )
    records = []
    for row in new:
        one = found[row["partition"], row["log_offset"]]
        own = {
            "topic": topic,
            "partition": str(one.record.partition),
            "offset": str(one.record.offset),
            "stage": one.stage.value,
            "reason": one.reason,
            "at": row["found_at"].isoformat().replace("+00:00", "Z"),
            "release": RELEASE,
        }
        headers = [*one.record.headers, *((HEADER + name, text.encode()) for name, text in own.items())]
        records.append((QUARANTINE.name, one.record.key, one.record.value, encoded_headers(headers)))
    await outbox_writer.put_in_outbox(connection, records)
