"""The rebuild deduplicates in SQL what the projector deduplicates batch by batch: both say the same of any log."""

from __future__ import annotations

import random
from collections.abc import Iterator

import asyncpg

from services.projector.projection import decode, event_rows, quarantine_policy
from services.projector.projection.batches import Record
from services.projector.projection.deduplicate import classify
from services.projector.rebuild import complete_quarantine, load_events
from steppe.contracts.partitioning import partition_of
from steppe.database.read_model.projection_rows import Row, copy
from steppe.log.records import fingerprint
from tests.services.projector.projection import event
from tests.stack import Database

LOGS = 150
PARTITIONS = 2
SUBJECTS = ("north", "south", "east", "party:west", "forum:summit")
BULK = ["event"]


def records_of(chance: random.Random) -> Iterator[Record]:
    """Few subjects, ids and contents, so that repeats, conflicts, broken records and what lies behind them are many."""
    next_offsets = dict.fromkeys(range(PARTITIONS), 0)
    for _ in range(chance.randint(1, 30)):
        subject = chance.choice(SUBJECTS)
        kind = {"party": "party.registered", "forum": "forum.held"}.get(subject.partition(":")[0], "memorandum.signed")
        data = {
            "party.registered": {"party": "west", "name": chance.choice("AB")},
            "forum.held": {"forum": "summit", "name": chance.choice("AB"), "occurred": "2023"},
            "memorandum.signed": {"note": chance.choice("AB")},
        }[kind]
        unknown = chance.choice((None, None, None, "steppe.memorandum.signed.v99"))
        key, value, headers = event(chance.choice("abcd"), subject, kind, type=unknown, **data)
        if chance.random() < 0.15:
            value = chance.choice((None, b"broken", b"{}"))
        assert key is not None
        home = partition_of(key, PARTITIONS)
        partition = home if chance.random() < 0.95 else 1 - home
        yield Record(partition, next_offsets[partition], 1_700_000_000_000, key, value, tuple(headers))
        next_offsets[partition] += 1


async def skip_some(connection: asyncpg.Connection, topic: str, records: list[Record], chance: random.Random) -> None:
    """As operators do, also with records that stand in no quarantine any more."""
    for record in records:
        if chance.random() < 0.15:
            stage = chance.choice(("decode", "fold", "conflict"))
            await connection.execute(
                "INSERT INTO steppe.quarantine_action"
                " (topic, action, partition, log_offset, record_sha256, stage, found, outcome, acted_by, release)"
                " VALUES ($1, 'skip', $2, $3, $4, $5, 'it was wrong', 'skipped', 'desk', '0')",
                topic, record.partition, record.offset, fingerprint(record), stage,
            )  # fmt: skip


async def test_what_is_new_repeated_in_conflict_held_or_given_up_is_the_same_live_and_in_a_rebuild(
    database: Database, topic: str
) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        schema = await connection.fetchval("SELECT steppe.create_read_model('0', NULL, $1)", BULK)
        await connection.execute(f"SET search_path = {schema}")
        for seed in range(LOGS):
            chance = random.Random(seed)
            records = sorted(records_of(chance), key=lambda record: (record.partition, record.offset))
            await connection.execute("TRUNCATE event, conflict, quarantine, steppe.quarantine_action")
            await skip_some(connection, topic, records, chance)
            skips = await quarantine_policy.all_skips(connection, topic)

            batch = classify([decode.decode_record(record, PARTITIONS) for record in records], skips=skips)
            live = (
                sorted(map(_comparable, map(event_rows.event_row, batch.new)), key=repr),
                sorted(map(event_rows.conflict_row, batch.conflicts)),
                sorted(map(event_rows.quarantine_row, batch.quarantined), key=repr),
            )

            loaded = [load_events.rows_of(record, PARTITIONS, skips) for record in records]
            await copy(connection, "event", event_rows.EVENT, [row for is_event, row in loaded if is_event])
            await copy(
                connection, "quarantine", event_rows.QUARANTINE, [row for is_event, row in loaded if not is_event]
            )
            await load_events.deduplicate(connection, topic)
            await complete_quarantine.fill_in(connection, await _incomplete(connection, records), skips)
            rebuilt = (
                sorted(map(_comparable, await _rows(connection, "event", event_rows.EVENT)), key=repr),
                sorted(await _rows(connection, "conflict", event_rows.CONFLICT)),
                sorted(await _rows(connection, "quarantine", event_rows.QUARANTINE), key=repr),
            )
            assert rebuilt == live, f"seed {seed}"
    finally:
        await connection.close()


async def _incomplete(connection: asyncpg.Connection, records: list[Record]) -> list[Record]:
    rows = await connection.fetch("SELECT partition, log_offset FROM quarantine WHERE headers IS NULL")
    missing = {(row["partition"], row["log_offset"]) for row in rows}
    return [record for record in records if (record.partition, record.offset) in missing]


async def _rows(connection: asyncpg.Connection, table: str, columns: tuple[str, ...]) -> list[Row]:
    return [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(columns)} FROM {table}")]


def _comparable(row: Row) -> Row:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
