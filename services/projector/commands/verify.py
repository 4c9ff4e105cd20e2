"""`steppe verify`: an independent check of the read model. Reads the log once more, single-threaded and without a group, folds it
afresh, and compares every row of every table.

It shares the decoding, the deduplication and the domain with the projector. It shares nothing of how records are delivered, and
on purpose not how a subject is stopped before the first record with which its fold raises, nor how rows of subjects are put
together: what both had from one function, this could not find wrong.

What operators gave up is obeyed. Where the fold raises, the read model stops before the first record with which it does;
a stop that it has and that a later record would have healed is believed once the fold was seen to raise there.

`steppe verify` (`python -m services.projector.commands.verify`) prints every difference; exit 0: there are none, 1: there are, or it
could not be done, 2: used wrongly.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import typer

from services.projector.consumer import log_reader
from services.projector.projection import decode, quarantine_policy
from services.projector.projection import event_rows as record_rows
from services.projector.projection.batches import Record
from services.projector.projection.decode import StoredEvent
from services.projector.projection.deduplicate import ClassifiedBatch, classify
from services.projector.projection.errors import ProjectorError
from services.projector.projection.quarantine_entries import RecordId, Skips, Stage
from services.projector.settings import Settings
from steppe.connection_errors import run
from steppe.database import active_read_model, sql
from steppe.database.connection import open_connection
from steppe.database.read_model import flag_rows, market_rows, projection_rows, registry_rows
from steppe.domain.analysis.portfolio import portfolio
from steppe.domain.events.event import Event
from steppe.domain.flags.flag_registry import MARKET_FLAGS
from steppe.domain.markets.standings import standing_of
from steppe.settings import from_environment
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application

_MARKET_FLAGS = frozenset(flag.name for flag in MARKET_FLAGS)
Report = Callable[[str, int, int], None]
TABLES: Mapping[str, Sequence[str]] = {
    "event": record_rows.EVENT,
    "conflict": record_rows.CONFLICT,
    "quarantine": [column for column in record_rows.QUARANTINE if column != "record_at"],
    "parked": record_rows.PARKED,
    "project": [column for column in projection_rows.PROJECT if column != "updated_at"],
    "project_span": projection_rows.PROJECT_SPAN,
    "headline_span": flag_rows.HEADLINE_SPAN,
    "last_event_span": projection_rows.LAST_EVENT_SPAN,
    "deal_span": projection_rows.DEAL_SPAN,
    "flag_span": flag_rows.FLAG_SPAN,
    "standing": [*market_rows.STANDING, "fault"],
    "crossing": market_rows.CROSSING,
    "co_investment_span": projection_rows.CO_INVESTMENT_SPAN,
    "party_naming": projection_rows.PARTY_NAMING,
    "party_span": registry_rows.PARTY_SPAN,
    "forum": registry_rows.FORUM,
}


@dataclass(frozen=True, slots=True)
class RowDifference:
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
    differences: list[RowDifference] = field(default_factory=list)


class VerifyError(Exception):
    """The two cannot be compared; the message says why."""


async def verify(kafka: str, database: str, topic: str, report: Report | None = None) -> Verdict:
    """Compare the active read model with the log up to its checkpoints, rows and position read in one snapshot.

    Holds log and rows in memory. Raises VerifyError, LogGapError.
    """
    report = report or _report_nothing
    connection = await open_connection(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await active_read_model.use_active(connection)
            checkpoints = await connection.fetch(*sql.load("checkpoint")["read_checkpoints"](topic=topic))
            skips = await quarantine_policy.all_skips(connection, topic)
            stored = {table: await _rows_of(connection, table, columns) for table, columns in TABLES.items()}
    finally:
        await connection.close()
    until = {row["partition"]: row["next_offset"] for row in checkpoints}
    records, ends = await read_log(kafka, topic, until, report)
    stops = {
        (row[0], row[1]): row[4] for row in stored["quarantine"] if row[2] == Stage.FOLD.value and row[3] == "open"
    }
    expected = expected_rows(records, len(until), skips, stops)
    # What a market did before it could not be judged any more does not follow from the log.
    unjudged = {row[0] for row in expected["standing"] if row[-1] is not None}
    stored["flag_span"] = [r for r in stored["flag_span"] if not (r[0] in unjudged and r[2] in _MARKET_FLAGS)]
    stored["co_investment_span"] = [row for row in stored["co_investment_span"] if row[0] not in unjudged]
    verdict = Verdict(records=len(records), behind=sum(ends[p] - until[p] for p in until))
    for number, table in enumerate(TABLES, 1):
        report("comparing tables", number, len(TABLES))
        wanted, existing = set(map(_comparable, expected[table])), set(map(_comparable, stored[table]))
        verdict.rows += len(existing)
        if len(wanted) != len(expected[table]):
            raise VerifyError(f"the fold gives a row of {table} twice")
        verdict.differences += [RowDifference(table, "log", row) for row in sorted(wanted - existing, key=repr)]
        verdict.differences += [RowDifference(table, "database", row) for row in sorted(existing - wanted, key=repr)]
    return verdict


def expected_rows(
    records: Sequence[Record], partitions: int, skips: Skips | None = None, stops: Mapping[RecordId, str] | None = None
) -> dict[str, list[projection_rows.Row]]:
    """The rows that follow from these records, in log order within each partition.

    `stops`: where the read model says that a subject could not be folded any more.
    """
    classified = classify([decode.decode_record(record, partitions) for record in records], skips=skips)
    _stop_where_stored(classified, stops or {})
    try:
        return _rows_from(classified)
    except Exception:  # of one subject at least
        _stop_where_fold_raises(classified)
        return _rows_from(classified)


def _rows_from(classified: ClassifiedBatch) -> dict[str, list[projection_rows.Row]]:
    of_subject = classified.foldable()
    made = projection_rows.ProjectRows()
    parties: list[projection_rows.Row] = []
    forums: list[projection_rows.Row] = []
    parked: list[projection_rows.Row] = []
    project_events: list[Event] = []
    faults: dict[str, str] = {}
    folded = portfolio(
        (stored.event for known in of_subject.values() for stored in known if stored.event is not None),
        on_fault=lambda project, error: faults.update({project: projection_rows.fault_of(error)}),
    )
    for subject, known in of_subject.items():
        if not known:
            continue
        record = folded.subjects[subject]
        last = max(known, key=lambda stored: stored.record.offset).record
        waiting = sum(reading.state == "parked" for reading in record.by_identity.values())
        parked += [(subject, last.partition, waiting)] if waiting else []
        if subject.startswith("party:"):
            parties += registry_rows.party_spans(subject.removeprefix("party:"), record.events)
        elif subject.startswith("forum:"):
            forums += registry_rows.forum_rows(subject.removeprefix("forum:"), record.events)
        else:
            last_event = projection_rows.LastEvent(last.partition, last.offset, len(known))
            projection_rows.add_project(
                made, folded.histories[subject], record.events, last_event, now=datetime.now(UTC)
            )
            if folded.histories[subject].superseded is None:
                project_events += record.events
            if subject in folded.rivalries:
                projection_rows.add_rivalry(made, subject, folded.rivalries[subject])
    return {
        "event": [record_rows.event_row(stored) for stored in classified.new],
        "conflict": [record_rows.conflict_row(stored) for stored in classified.conflicts],
        "quarantine": [record_rows.quarantine_row(entry)[:-1] for entry in classified.quarantined],
        "parked": parked,
        "project": [row[:-1] for row in made.projects],
        "project_span": made.project_spans,
        "headline_span": made.headline_spans,
        "last_event_span": made.last_event_spans,
        "deal_span": made.deal_spans,
        "flag_span": made.flag_spans,
        "standing": [(*row, faults.get(row[0])) for row in made.standings],
        "crossing": [
            row
            for history in folded.histories.values()
            for row in market_rows.crossing_rows(standing_of(history), folded.rivals.groups)
        ],
        "co_investment_span": made.co_investment_spans,
        "party_naming": made.party_namings,
        "party_span": [*parties, *_stand_ins(project_events, {row[0] for row in parties})],
        "forum": forums,
    }


def _stand_ins(events: Sequence[Event], registered: Collection[str]) -> list[projection_rows.Row]:
    """Of every party that nobody registered: the name, and the country, that the first event gives which gives one."""
    names: dict[str, str] = {}
    countries: dict[str, str] = {}
    for event in sorted(events, key=lambda event: (event.known, event.recorded, event.source, event.id, event.subject)):
        for party in event.parties:
            if party.name is not None:
                names.setdefault(party.party, party.name)
            if party.country is not None:
                countries.setdefault(party.party, party.country)
    return [
        registry_rows.stand_in(party, names.get(party), countries.get(party))
        for party in sorted((names.keys() | countries.keys()) - set(registered))
    ]


def _stop_where_stored(classified: ClassifiedBatch, stops: Mapping[RecordId, str]) -> None:
    for subject, known in classified.foldable().items():
        if subject in stops.values():
            for count, stored in enumerate(known, start=1):
                place = (stored.record.partition, stored.record.offset)
                if place in stops and (reason := _fault(subject, known[:count])) is not None:
                    classified.stop_before(stored, reason)
                    break


def _stop_where_fold_raises(classified: ClassifiedBatch) -> None:
    for subject, known in classified.foldable().items():
        if known and _fault(subject, known) is not None:
            for count, stored in enumerate(known, start=1):
                if (reason := _fault(subject, known[:count])) is not None:
                    classified.stop_before(stored, reason)
                    break


def _fault(subject: str, known: Sequence[StoredEvent]) -> str | None:
    """Why a subject cannot be folded by itself; None: it can."""
    alone = ClassifiedBatch(new=list(known), touched={subject: known[0].record.partition})
    try:
        _rows_from(alone)
    except Exception as error:
        return projection_rows.fault_of(error)
    return None


async def _rows_of(connection: asyncpg.Connection, table: str, columns: Sequence[str]) -> list[projection_rows.Row]:
    # The names are the constants above, never input.
    return [tuple(row) for row in await connection.fetch(f"SELECT {', '.join(columns)} FROM {table}")]  # noqa: S608


def _comparable(row: projection_rows.Row) -> projection_rows.Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


async def read_log(
    kafka: str, topic: str, until: Mapping[int, int], report: Report | None = None
) -> tuple[list[Record], dict[int, int]]:
    """The records of each partition before an offset, in log order, and where the partitions end."""
    report = report or _report_nothing
    records: dict[int, list[Record]] = {p: [] for p in until}
    total = sum(until.values())
    async with log_reader.reading(kafka, topic, dict.fromkeys(until, 0)) as log:
        ends = await log.ends()
        short = [p for p in until if until[p] > ends[p]]
        if short:
            raise VerifyError(f"the read model is ahead of the log in partitions {short}: is this the right topic?")
        reached = dict.fromkeys(until, 0)
        while any(reached[p] < until[p] for p in until):
            for p, batch in (await log.batch(20_000)).items():
                records[p] += [record for record in batch if record.offset < until[p] and record.void_from is None]
                reached[p] = batch[-1].offset + 1
            report("reading the log", sum(map(len, records.values())), total)
    return [record for p in sorted(records) for record in records[p]], ends


def command(as_json: AsJson = False, data: Data = None) -> None:
    """Compare the read models with a new fold of the log, row by row, and print every row that only one side has.

    Reads STEPPE_KAFKA and STEPPE_DATABASE; changes nothing. Exit 1: there are differences, or it could not be done.

    Example: steppe verify --json
    """
    addresses.find().into_environment()
    settings = from_environment(Settings, "steppe verify")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    report = _print_progress if sys.stderr.isatty() and not as_json else _report_nothing
    try:
        verdict = asyncio.run(verify(settings.kafka, settings.database, settings.topic, report))
    except (VerifyError, ProjectorError) as error:
        sys.stderr.write(f"Cannot verify: {error}\n")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps(asdict(verdict), default=str) + "\n")
    else:
        for difference in verdict.differences:
            sys.stdout.write(f"only in the {difference.only_in}: {difference.table} {difference.row}\n")
        sys.stdout.write(
            f"{verdict.records} records, {verdict.rows} rows, {len(verdict.differences)} differences,"
            f" {verdict.behind} records not yet applied\n"
        )
    if verdict.differences:
        raise typer.Exit(1)


def _report_nothing(what: str, done: int, total: int) -> None:
    """For tests and programs."""


def _print_progress(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{what}: {done:,} of {total:,}    " + ("\n" if done == total else ""))


if __name__ == "__main__":
    raise SystemExit(run(partial(application(command), prog_name="steppe verify")))
