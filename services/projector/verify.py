"""An independent look at the read model: reads the log once more, single-threaded and without a group, folds it afresh,
and compares every row of every table. Shares the decoding and the domain with the projector, and nothing of its delivery.

`steppe verify` (`python -m services.projector.verify`) prints every difference; exit 0: there are none, 1: there are, or it
could not be done, 2: used wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from services.projector import log_reader, reading
from services.projector import rows as record_rows
from services.projector.batch import Record
from services.projector.errors import ProjectorError
from services.projector.reading import State, StoredEvent, Undecoded
from services.projector.settings import Settings
from steppe.database import living, queries, registry_rows, rows
from steppe.domain.portfolio import portfolio

Tell = Callable[[str, int, int], None]
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


class VerifyError(Exception):
    """The two cannot be compared; the message says why."""


async def verify(kafka: str, database: str, topic: str, tell: Tell | None = None) -> Verdict:
    """Compare the living read model with the log up to its checkpoints, rows and position read in one snapshot.

    Holds log and rows in memory. Raises VerifyError, LogGapError.
    """
    tell = tell or _keep_quiet
    connection = await asyncpg.connect(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await living.enter(connection)
            found = await connection.fetch(queries.load("checkpoint")["read_checkpoints"], topic)
            stored = {table: await _rows_of(connection, table, columns) for table, columns in TABLES.items()}
    finally:
        await connection.close()
    until = {row["partition"]: row["next_offset"] for row in found}
    records, ends = await _read_log(kafka, topic, until, tell)
    expected = expected_rows(records, len(until))
    verdict = Verdict(records=len(records), behind=sum(ends[p] - until[p] for p in until))
    for number, table in enumerate(TABLES, 1):
        tell("comparing tables", number, len(TABLES))
        wanted, have = set(map(_comparable, expected[table])), set(map(_comparable, stored[table]))
        verdict.rows += len(have)
        if len(wanted) != len(expected[table]):
            raise VerifyError(f"the fold gives a row of {table} twice")
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


async def _read_log(
    kafka: str, topic: str, until: Mapping[int, int], tell: Tell
) -> tuple[list[Record], dict[int, int]]:
    records: dict[int, list[Record]] = {p: [] for p in until}
    total = sum(until.values())
    async with log_reader.reading(kafka, topic, dict.fromkeys(until, 0)) as log:
        ends = await log.ends()
        short = [p for p in until if until[p] > ends[p]]
        if short:
            raise VerifyError(f"the read model is ahead of the log in partitions {short}: is this the right topic?")
        while any(len(records[p]) < until[p] for p in until):
            for p, found in (await log.batch(20_000)).items():
                records[p] += [record for record in found if record.offset < until[p]]
            tell("reading the log", sum(map(len, records.values())), total)
    return [record for p in sorted(records) for record in records[p]], ends


def main() -> None:
    """Verify what the settings name, and say what was found."""
    parser = argparse.ArgumentParser(prog="steppe verify", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for programs")
    asked = parser.parse_args()
    settings = Settings()  # type: ignore[call-arg]  # they come from the environment
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    tell = _say if sys.stderr.isatty() and not asked.json else _keep_quiet
    try:
        verdict = asyncio.run(verify(settings.kafka, settings.database, settings.topic, tell))
    except (VerifyError, ProjectorError, OSError, KafkaError, asyncpg.PostgresError) as error:
        sys.stderr.write(f"Cannot verify: {error}\n")
        raise SystemExit(1) from None
    if asked.json:
        sys.stdout.write(json.dumps(asdict(verdict), default=str) + "\n")
    else:
        for difference in verdict.differences:
            sys.stdout.write(f"only in the {difference.only_in}: {difference.table} {difference.row}\n")
        sys.stdout.write(
            f"{verdict.records} records, {verdict.rows} rows, {len(verdict.differences)} differences,"
            f" {verdict.behind} records not yet applied\n"
        )
    raise SystemExit(1 if verdict.differences else 0)


def _keep_quiet(what: str, done: int, total: int) -> None:
    """For tests and programs."""


def _say(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{what}: {done:,} of {total:,}    " + ("\n" if done == total else ""))


if __name__ == "__main__":
    main()
