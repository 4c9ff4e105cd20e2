"""An independent look at the read model: reads the log once more, single-threaded and without a group, folds it afresh,
and compares every row of every table. Shares the decoding and the domain with the projector, and nothing of its delivery.

`python -m services.projector.verify` prints the differences; exit 0: there are none.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.projector import reading
from services.projector import rows as record_rows
from services.projector.batch import Record
from services.projector.reading import State, StoredEvent, Undecoded
from services.projector.settings import Settings
from steppe.database import living, queries, registry_rows, rows
from steppe.domain.portfolio import portfolio

Table = tuple[str, Sequence[str]]
TABLES: Mapping[str, Sequence[str]] = {
    "event": record_rows.EVENT,
    "conflict": record_rows.CONFLICT,
    "undecoded": record_rows.UNDECODED,
    "project": [column for column in rows.PROJECT if column != "updated_at"],
    "project_span": rows.PROJECT_SPAN,
    "deal_span": rows.DEAL_SPAN,
    "flag_span": rows.FLAG_SPAN,
    "standing": rows.STANDING,
    "co_investment_span": rows.CO_INVESTMENT_SPAN,
    "party_span": registry_rows.PARTY_SPAN,
    "forum": registry_rows.FORUM,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that only one side has. A row that differs appears twice, once from each side."""

    table: str
    only_in: str
    row: tuple[Any, ...]


@dataclass(slots=True)
class Verdict:
    """What was compared and what differs. `behind` are records that the read model does not cover yet."""

    records: int = 0
    rows: int = 0
    behind: int = 0
    differences: list[Difference] = field(default_factory=list)


async def verify(kafka: str, database: str, topic: str) -> Verdict:
    """Compare the living read model with the log up to its checkpoints, both read in one snapshot."""
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await living.enter(connection)
            found = await connection.fetch(queries.load("checkpoint")["read_checkpoints"], topic)
            stored = {table: await _rows_of(connection, table, columns) for table, columns in TABLES.items()}
    finally:
        await connection.close()
    until = {row["partition"]: row["next_offset"] for row in found}
    records, ends = await _read_log(kafka, topic, until)
    expected = expected_rows(records, len(until))
    verdict = Verdict(records=len(records), behind=sum(ends[p] - until[p] for p in until))
    for table in TABLES:
        wanted, have = set(map(_comparable, expected[table])), set(map(_comparable, stored[table]))
        verdict.rows += len(have)
        if len(wanted) != len(expected[table]):
            raise ValueError(f"the fold gives a row of {table} twice")
        verdict.differences += [Difference(table, "log", row) for row in sorted(wanted - have, key=repr)]
        verdict.differences += [Difference(table, "database", row) for row in sorted(have - wanted, key=repr)]
    return verdict


def expected_rows(records: Sequence[Record], partitions: int) -> dict[str, list[rows.Row]]:
    """The rows that follow from these records, in log order within each partition."""
    first: dict[tuple[str, str, str], StoredEvent] = {}
    conflicts: list[StoredEvent] = []
    undecoded: list[Undecoded] = []
    for record in records:
        match reading.read(record, partitions):
            case Undecoded() as poison:
                undecoded.append(poison)
            case StoredEvent() as stored:
                stands = first.setdefault(stored.identity, stored)
                if stands is not stored and stands.content_sha256 != stored.content_sha256:
                    conflicts.append(stored)
    of_subject: dict[str, list[StoredEvent]] = defaultdict(list)
    for stored in first.values():
        if stored.state is not State.UNKNOWN:
            of_subject[stored.subject].append(stored)
    made = rows.ProjectRows()
    parties: list[rows.Row] = []
    forums: list[rows.Row] = []
    found = portfolio(stored.event for known in of_subject.values() for stored in known if stored.event is not None)
    for subject, known in of_subject.items():
        events = found.records[subject].events
        last = max(known, key=lambda stored: stored.record.offset).record
        if subject.startswith("party:"):
            parties += registry_rows.party_spans(subject.removeprefix("party:"), events)
        elif subject.startswith("forum:"):
            forums += registry_rows.forum_rows(subject.removeprefix("forum:"), events)
        else:
            place = rows.Place(last.partition, last.offset, sum(stored.event is not None for stored in known))
            rows.add_project(made, found.histories[subject], events, place, now=datetime.now(UTC))
            rows.add_rivalry(made, subject, found.rivalries[subject])
    return {
        "event": [record_rows.event_row(stored) for stored in first.values()],
        "conflict": [record_rows.conflict_row(stored) for stored in conflicts],
        "undecoded": [record_rows.undecoded_row(poison) for poison in undecoded],
        "project": [row[:-1] for row in made.projects],
        "project_span": made.project_spans,
        "deal_span": made.deal_spans,
        "flag_span": made.flag_spans,
        "standing": made.standings,
        "co_investment_span": made.co_investment_spans,
        "party_span": parties,
        "forum": forums,
    }


async def _rows_of(connection: asyncpg.Connection, table: str, columns: Sequence[str]) -> list[rows.Row]:
    # The names are the constants above, never input.
    return [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(columns)} FROM {table}")]  # noqa: S608


def _comparable(row: rows.Row) -> rows.Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


async def _read_log(kafka: str, topic: str, until: Mapping[int, int]) -> tuple[list[Record], dict[int, int]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = {p: TopicPartition(topic, p) for p in until}
        ends = {tp.partition: end for tp, end in (await consumer.end_offsets(list(partitions.values()))).items()}
        short = [p for p in until if until[p] > ends[p]]
        if short:
            raise ValueError(f"the read model is ahead of the log in partitions {short}: is this the right topic?")
        wanted = [partitions[p] for p in until if until[p] > 0]
        records: dict[int, list[Record]] = {p: [] for p in until}
        if wanted:
            consumer.assign(wanted)
            await consumer.seek_to_beginning(*wanted)
        while any(len(records[tp.partition]) < until[tp.partition] for tp in wanted):
            for tp, found in (await consumer.getmany(timeout_ms=1000, max_records=20_000)).items():
                records[tp.partition] += [
                    Record(tp.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
                    for r in found
                    if r.offset < until[tp.partition]
                ]
        return [record for p in sorted(records) for record in records[p]], ends
    finally:
        await consumer.stop()


def main() -> None:
    """Verify what the settings name, and say what was found."""
    settings = Settings()  # type: ignore[call-arg]  # they come from the environment
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    verdict = asyncio.run(verify(settings.kafka, settings.database, settings.topic))
    for difference in verdict.differences[:20]:
        sys.stdout.write(f"only in the {difference.only_in}: {difference.table} {difference.row}\n")
    sys.stdout.write(
        f"{verdict.records} records, {verdict.rows} rows, {len(verdict.differences)} differences,"
        f" {verdict.behind} records not yet applied\n"
    )
    raise SystemExit(1 if verdict.differences else 0)


if __name__ == "__main__":
    main()
