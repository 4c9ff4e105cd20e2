"""`steppe verify`: an independent check of the read model. Reads the log once more, single-threaded and without a group, folds it
afresh, and compares every row of every table.

It shares the decoding, the deduplication and the domain with the projector, and nothing of how records are delivered (what else it does
not share: `services/projector/verification`). It goes by subjects, so that memory does not grow with the log: the log is written to a
temporary file by subject, and rows are read for the subjects in hand.

What operators gave up is obeyed. Where the fold raises, the read model stops before the first record with which it does;
a stop that it has and that a later record would have healed is believed once the fold was seen to raise there.

`steppe verify` (`python -m services.projector.commands.verify`) prints every difference; exit 0: there are none, 1: there are, or it
could not be done, 2: used wrongly.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import asyncpg
import typer

from services.projector.consumer import log_reader
from services.projector.projection import event_rows as record_rows
from services.projector.projection import quarantine_policy
from services.projector.projection.batches import Record
from services.projector.projection.errors import ProjectorError
from services.projector.projection.quarantine_entries import Skips, Stage
from services.projector.settings import Settings
from services.projector.verification.fresh_rows import Namings, fresh_rows
from services.projector.verification.record_spool import RecordSpool, SubjectRange
from steppe.connection_errors import run
from steppe.database import active_read_model, rule_versions, sql
from steppe.database.connection import open_connection
from steppe.database.keepalive import KeepAlive
from steppe.database.read_model import flag_rows, market_rows, projection_rows, registry_rows
from steppe.database.read_model.projection_rows import Row
from steppe.domain.analysis.portfolio import FORUM_PREFIX, PARTY_PREFIX
from steppe.domain.flags.flag_registry import MARKET_FLAGS
from steppe.domain.markets.groups import Groups, Parents, parents_from
from steppe.domain.markets.rivalry import Rivals, SeenCrossings, rivalry
from steppe.domain.rules.thresholds import Rules
from steppe.settings import from_environment
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, application

_MARKET_FLAGS = frozenset(flag.name for flag in MARKET_FLAGS)
_RECORDS_READ_AT_ONCE = 5_000
# Decoded and folded, an event and its rows take some twelve kilobytes.
_RECORDS_FOLDED_AT_ONCE = 2_000
_PROJECTS_AT_ONCE = 500
_PARTIES_AT_ONCE = 5_000
_CROSSINGS_MAX = 20_000
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
    "standing": market_rows.STANDING,
    "crossing": market_rows.CROSSING,
    "co_investment_span": projection_rows.CO_INVESTMENT_SPAN,
    "party_naming": projection_rows.PARTY_NAMING,
    "party_span": registry_rows.PARTY_SPAN,
    "forum": registry_rows.FORUM,
}
# The column that names a row's subject, and what it leaves out of the name.
_SUBJECTS = {
    "event": ("subject", ""), "conflict": ("subject", ""), "quarantine": ("subject", ""), "parked": ("subject", ""),
    "party_span": ("party", PARTY_PREFIX), "forum": ("forum", FORUM_PREFIX),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that only one side has. A row that differs appears twice, once from each side."""

    table: str
    only_in: str
    row: tuple[Any, ...]


@dataclass(slots=True)
class Verdict:
    """What was compared and what differs. `behind` are records that the read model does not cover yet.

    `waiting`: large projects that were compared without their newest records, which wait for their fold.
    """

    records: int = 0
    rows: int = 0
    behind: int = 0
    waiting: int = 0
    differences: list[RowDifference] = field(default_factory=list)


class VerifyError(Exception):
    """The two cannot be compared; the message says why."""


async def verify(kafka: str, database: str, topic: str, report: Report | None = None) -> Verdict:
    """Compare the active read model with the log up to its checkpoints, rows and position read in one snapshot.

    Needs disk for the log (`RecordSpool`). Raises VerifyError, LogGapError.
    """
    report = report or _report_nothing
    connection = await open_connection(database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await active_read_model.use_active(connection)
            checkpoints = await connection.fetch(*sql.load("checkpoint")["read_checkpoints"](topic=topic))
            until = {row["partition"]: row["next_offset"] for row in checkpoints}
            waiting = await connection.fetch(sql.load("pending_fold")["folded_before"])
            folded_before = {row["project"].encode(): (row["partition"], row["first_offset"]) for row in waiting}
            skips = await quarantine_policy.all_skips(connection, topic)
            rules = await rule_versions.in_force(connection)
            with RecordSpool(len(until)) as spool:
                behind = await _read_log(kafka, topic, until, folded_before, spool, KeepAlive(connection), report)
                comparison = _Comparison(connection, spool, len(until), rules, skips)
                await comparison.run(report)
            comparison.verdict.behind, comparison.verdict.waiting = behind, len(waiting)
            return comparison.verdict
    except sqlite3.OperationalError as error:
        raise VerifyError(
            f"the log cannot be kept in a temporary file ({error}): let TMPDIR name a folder with as much room as the log has"
        ) from error
    finally:
        await connection.close()


async def _read_log(
    kafka: str,
    topic: str,
    until: Mapping[int, int],
    folded_before: Mapping[bytes, tuple[int, int]],
    spool: RecordSpool,
    keepalive: KeepAlive,
    report: Report,
) -> int:
    """Store the records of each partition before an offset; returns how many there are behind.

    Of projects in `folded_before`, by key, only those that are folded: before the offset there, in the partition there.
    """

    def is_applied(record: Record) -> bool:
        partition, offset = folded_before.get(record.key or b"", (-1, 0))
        waits = record.partition == partition and record.offset >= offset
        return record.offset < until[record.partition] and record.void_from is None and not waits

    total = sum(until.values())
    async with log_reader.reading(kafka, topic, dict.fromkeys(until, 0)) as log:
        ends = await log.ends()
        short = [p for p in until if until[p] > ends[p]]
        if short:
            raise VerifyError(f"the read model is ahead of the log in partitions {short}: is this the right topic?")
        reached = dict.fromkeys(until, 0)
        while any(reached[p] < until[p] for p in until):
            for p, batch in (await log.batch(_RECORDS_READ_AT_ONCE)).items():
                spool.add(filter(is_applied, batch))
                reached[p] = batch[-1].offset + 1
            await keepalive.ping()
            report("reading the log", spool.records, total)
    spool.close_log()
    return sum(ends[p] - until[p] for p in until)


class _Comparison:
    """Of what is stored with what follows from the records of a spool, range by range, then market by market."""

    def __init__(
        self, connection: asyncpg.Connection, spool: RecordSpool, partitions: int, rules: Rules, skips: Skips
    ) -> None:
        self.verdict = Verdict(records=spool.records)
        self._connection = connection
        self._spool = spool
        self._partitions = partitions
        self._rules = rules
        self._skips = skips
        self._keepalive = KeepAlive(connection)
        self._parents: Parents = {}
        self._namings = Namings()
        self._registered: set[str] = set()

    async def run(self, report: Report) -> None:
        """Compare everything."""
        ranges = self._spool.ranges(_RECORDS_FOLDED_AT_ONCE)
        for number, subjects in enumerate(ranges, 1):
            await self._compare_range(subjects)
            report("comparing subjects", number, len(ranges))
        await self._compare_records_of_nobody()
        await self._compare_stand_ins()
        await self._compare_markets()
        order = list(TABLES)
        self.verdict.differences.sort(
            key=lambda one: (order.index(one.table), one.only_in == "database", repr(one.row))
        )

    async def _compare_range(self, subjects: SubjectRange) -> None:
        """Everything but what markets do to the projects of the range, and what stands in for parties."""
        stored = {table: await self._rows_of(table, subjects) for table in TABLES}
        stops = {
            (row[0], row[1]): row[4] for row in stored["quarantine"] if row[2] == Stage.FOLD.value and row[3] == "open"
        }
        fresh = fresh_rows(
            self._spool.of_range(subjects), self._partitions, self._rules, Groups(self._parents), self._skips, stops
        )
        self._parents = {**self._parents, **parents_from(fresh.parties)}
        self._registered.update(row[0] for row in fresh.rows["party_span"])
        self._namings.add(fresh.project_events)
        for contending, crossings in fresh.standings:
            self._spool.add_standing(contending, crossings)
        # What markets do is compared market by market; here only what they would do to projects that there are not.
        projects = {contending.standing.project for contending, _ in fresh.standings}
        for table in ("flag_span", "co_investment_span"):
            stored[table] = [row for row in stored[table] if not (_is_of_market(table, row) and row[0] in projects)]
        for table in TABLES:
            await self._keepalive.ping()
            self._compare(table, fresh.rows.get(table, []), stored[table])

    async def _compare_records_of_nobody(self) -> None:
        for after, records in self._spool.of_no_subject(_RECORDS_FOLDED_AT_ONCE):
            until = (records[-1].partition, records[-1].offset) if records else ()
            condition = "subject IS NULL AND (partition, log_offset) > ($1, $2)"
            condition += " AND (partition, log_offset) <= ($3, $4)" if until else ""
            stored = await self._fetch("quarantine", condition, *after, *until)
            fresh = fresh_rows(records, self._partitions, self._rules, Groups({}), self._skips)
            self._compare("quarantine", fresh.rows["quarantine"], stored)

    async def _compare_stand_ins(self) -> None:
        """Parties that nobody registered."""
        parties = [party for party in self._namings.parties() if party not in self._registered]
        for first in range(0, max(1, len(parties)), _PARTIES_AT_ONCE):
            batch = parties[first : first + _PARTIES_AT_ONCE]
            after = parties[first - 1] if first else ""
            until = batch[-1:] if first + _PARTIES_AT_ONCE < len(parties) else []
            condition = "NOT registered AND party > $1" + (" AND party <= $2" if until else "")
            stored = await self._fetch("party_span", condition, after, *until)
            self._compare("party_span", [self._namings.stand_in(party) for party in batch], stored)

    async def _compare_markets(self) -> None:
        """What markets do to projects, and which could not be judged."""
        seen, groups = SeenCrossings(), Groups(self._parents)
        rivals, markets, crossings = Rivals(seen, groups), set[tuple[str, str]](), 0
        for batch in self._spool.standings(_PROJECTS_AT_ONCE):
            if crossings > _CROSSINGS_MAX:
                seen, groups = SeenCrossings(), Groups(self._parents)
                rivals, markets, crossings = Rivals(seen, groups), set(), 0
            for market in set().union(*(one.standing.markets for one in batch)) - markets:
                of_market = self._spool.crossings(market)
                seen.add(of_market)
                markets.add(market)
                crossings += len(of_market)
            rows = projection_rows.ProjectRows()
            faults: dict[str, str] = {}
            for one in batch:
                await self._keepalive.ping()
                project = one.standing.project
                try:
                    projection_rows.add_rivalry(
                        rows, project, rivalry(one.standing, one.contenders, rivals, self._rules)
                    )
                except Exception as error:
                    faults[project] = projection_rows.fault_of(error)
            # What a market did before it could not be judged any more does not follow from the log.
            judged = [one.standing.project for one in batch if one.standing.project not in faults]
            flags = await self._fetch(
                "flag_span", "project = ANY($1) AND flag = ANY($2)", judged, sorted(_MARKET_FLAGS)
            )
            self._compare("flag_span", rows.flag_spans, flags)
            shared = await self._fetch("co_investment_span", "project = ANY($1)", judged)
            self._compare("co_investment_span", rows.co_investment_spans, shared)
            stored = await self._connection.fetch(
                "SELECT project, fault FROM standing WHERE project = ANY($1) AND fault IS NOT NULL",
                [one.standing.project for one in batch],
            )
            self._compare("standing", list(faults.items()), [tuple(row) for row in stored])

    async def _rows_of(self, table: str, subjects: SubjectRange) -> list[Row]:
        """The stored rows of a range; of parties those that somebody registered."""
        column, prefix = _SUBJECTS.get(table, ("project", ""))
        conditions, edges = ["registered"] if table == "party_span" else [], []
        for sign, edge in ((">", subjects.after), ("<=", subjects.until)):
            if edge is None or (prefix and _beyond(sign, edge, prefix)):
                continue
            if prefix and not edge.startswith(prefix):
                return []
            edges.append(edge.removeprefix(prefix))
            conditions.append(f"{column} {sign} ${len(edges)}")
        if not edges and column == "subject":
            conditions.append("subject IS NOT NULL")
        return await self._fetch(table, " AND ".join(conditions) or "true", *edges)

    async def _fetch(self, table: str, condition: str, *values: Any) -> list[Row]:
        # Names and conditions are those above, never input.
        query = f"SELECT {', '.join(TABLES[table])} FROM {table} WHERE {condition}"  # noqa: S608
        return [tuple(row) for row in await self._connection.fetch(query, *values)]

    def _compare(self, table: str, expected: Sequence[Row], stored: Sequence[Row]) -> None:
        wanted, existing = set(map(_comparable, expected)), set(map(_comparable, stored))
        if len(wanted) != len(expected):
            raise VerifyError(f"the fold gives a row of {table} twice")
        verdict = self.verdict
        # A fault stands in a row that was counted with its table.
        verdict.rows += sum(len(row) == len(TABLES[table]) for row in existing)
        verdict.differences += [RowDifference(table, "log", row) for row in wanted - existing]
        verdict.differences += [RowDifference(table, "database", row) for row in existing - wanted]


def _is_of_market(table: str, row: Row) -> bool:
    return table == "co_investment_span" or row[2] in _MARKET_FLAGS


def _beyond(sign: str, edge: str, prefix: str) -> bool:
    """Whether an edge of a range leaves out no name with this prefix."""
    return edge < prefix if sign == ">" else edge > prefix and not edge.startswith(prefix)


def _comparable(row: Row) -> Row:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


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
        if verdict.waiting:
            sys.stdout.write(f"{verdict.waiting} large projects were compared without what waits for their fold\n")
    if verdict.differences:
        raise typer.Exit(1)


def _report_nothing(what: str, done: int, total: int) -> None:
    """For tests and programs."""


def _print_progress(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r{what}: {done:,} of {total:,}    " + ("\n" if done == total else ""))


if __name__ == "__main__":
    raise SystemExit(run(partial(application(command), prog_name="steppe verify")))
