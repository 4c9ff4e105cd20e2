"""What an event costs each step of a projection, beside a limit of the same run, and whether that has become worse.

    python -m benchmarks.smoke [--both] [--rounds 5] [--record]      (make bench-smoke)

A minute, without a broker: two thousand events of the log of `benchmarks/rebuild_events.py` are decoded, folded and made to rows in this
process, their rows copied into a real Postgres, markets judged and everything announced. A ratio is a step's time beside its limit: what nobody can avoid who does that
step. Exit 1 when a ratio of this process is worse than the last recorded one of this kind (`history.jsonl` beside it) by more than half, in two
attempts, which is a speed that fell by more than a third. `--record` adds what was measured to that file. `--both` does all this of the domain
as it is interpreted, and of its steps in this process once more as it is compiled, where it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from benchmarks.rebuild_events import messages
from services.projector.projection import event_rows
from services.projector.projection.apply import STATEMENTS
from services.projector.projection.batches import Record
from services.projector.publisher.flag_diff import Announcer
from services.projector.rebuild.load_events import rows_of
from steppe.compilation import SETTING, domain_in_use
from steppe.contracts.partitioning import partition_of
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.database import apply_migrations
from steppe.database.read_model.market_judgement import fill_crossings
from steppe.database.read_model.projection import ReadModel, copy_subjects
from steppe.database.read_model.projection_rows import LastEvent, ProjectRows, add_project, copy
from steppe.database.read_model.stored_events import folded_event
from steppe.domain.events.corrections import effective_events
from steppe.domain.events.event import Event, interpret
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.fold.fold_state import fold_history
from steppe.domain.values.history import History
from steppe.release import RELEASE
from steppe.standalone.postgres import Postgres, new_password

HISTORY = Path(__file__).with_name("history.jsonl")
WORSE_MOST = 1.5
STEPS = ("decode", "fold", "rows", "COPY", "indexes", "commit", "markets", "announcing")
# The disk and the neighbours decide about the database: it is shown.
COMPARED = ("decode", "fold", "rows")
_TOPIC = "bench"
_TABLES = (
    "event", "project", "project_span", "headline_span", "last_event_span", "deal_span", "flag_span", "standing", "party_naming",
    "co_investment_span",
)  # fmt: skip
_EVENTS = 2_000
# The least of more rounds: on a machine that others use, a quiet moment comes by.
_ROUNDS_AGAIN = 4
_HEADERS = (("content-type", b"application/cloudevents+json"),)
_AT = datetime(2026, 1, 15, tzinfo=UTC)


@dataclass(slots=True)
class Step:
    """The times of a step and of its limit, µs an event, a pair a round."""

    times: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The least time of the rounds beside the least of the limit: what else ran then only adds."""
        return min(self.times) / min(self.limits)


@dataclass(frozen=True, slots=True)
class Log:
    """The records, and what each step makes of them."""

    records: Sequence[Record]
    stored: Sequence[tuple[bool, tuple[Any, ...]]]
    events: Mapping[str, Sequence[Event]]
    histories: Mapping[str, History]


def prepared(count: int) -> Log:
    """Do every step once."""
    records = [
        Record(partition_of(key, PARTITIONS_DEFAULT), number, 1_700_000_000_000, key, value, _HEADERS)
        for number, (key, value) in enumerate(messages(count))
    ]
    stored = _decoded(records)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for is_event, row in stored:
        if is_event and ":" not in row[0]:
            rows[row[0]].append({"raw": row[-2], "headers": row[-1], "subject": row[0]})
    events = {name: effective_events([folded_event(row) for row in of_it]) for name, of_it in rows.items()}
    return Log(records, stored, events, {name: fold_history(name, of_it) for name, of_it in events.items()})


def _decoded(records: Sequence[Record]) -> list[tuple[bool, tuple[Any, ...]]]:
    return [rows_of(record, PARTITIONS_DEFAULT, {}) for record in records]


def _as_rows(log: Log) -> ProjectRows:
    rows = ProjectRows()
    for name, history in log.histories.items():
        add_project(rows, history, log.events[name], LastEvent(0, 0, 0), now=_AT)
    return rows


def _interpreted(log: Log) -> None:
    """What no fold can avoid: the events as values, in order."""
    for of_project in log.events.values():
        again = [
            interpret(
                source=event.source, id=event.id, subject=event.subject, name=event.kind.name, recorded=event.recorded,
                data=event.data,
            )
            for event in of_project
        ]  # fmt: skip
        sorted(again, key=lambda event: event.order)


def measure(log: Log, rounds: int, steps: dict[str, Step]) -> None:
    """The steps of this process, in turn with their limits."""
    raw = [record.value or b"" for record in log.records]
    work: Sequence[tuple[str, Callable[[], object], Callable[[], object]]] = (
        ("decode", lambda: _decoded(log.records), lambda: [json.loads(value) for value in raw]),
        ("fold", lambda: [fold_history(name, of_it) for name, of_it in log.events.items()], lambda: _interpreted(log)),
        (
            "rows",
            lambda: _as_rows(log),
            lambda: [msgspec.json.encode(span.value) for one in log.histories.values() for span in one.deals],
        ),
    )
    for _ in range(rounds):
        for name, step, limit in work:
            steps[name].times.append(_cpu(step, len(log.records)))
            steps[name].limits.append(_cpu(limit, len(log.records)))


def _cpu(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / count * 1e6


async def measure_database(log: Log, owner: str, rounds: int, steps: dict[str, Step]) -> None:
    """Rows into tables without keys and into their own, the commit, what markets do, and announcing it all for the first time, beside
    the raw events into a table without a key, committed.
    """
    connection = await asyncpg.connect(owner)
    await apply_migrations.apply(connection)
    await apply_migrations.ensure_checkpoints(connection, _TOPIC, 1)
    model = await connection.fetchval("SELECT schema_name FROM steppe.read_model")
    await connection.execute("CREATE SCHEMA bare; CREATE TABLE bare.raw_event (raw text)")
    for table in _TABLES:
        await connection.execute(f"CREATE TABLE bare.{table} (LIKE {model}.{table} INCLUDING DEFAULTS)")
    rows = _as_rows(log)
    events = list({row[:3]: row for is_event, row in log.stored if is_event}.values())

    async def fill() -> float:
        """Seconds of the COPYs."""
        began = time.perf_counter()
        await copy(connection, "event", event_rows.EVENT, events)
        await copy_subjects(connection, rows, [], [])
        return time.perf_counter() - began

    for _ in range(rounds):
        taken: dict[str, float] = {}
        began = time.perf_counter()
        async with connection.transaction():
            await copy(connection, "raw_event", ("raw",), [(row[-2],) for row in events], schema="bare")
        limit = time.perf_counter() - began
        await connection.execute("SET search_path TO bare")
        async with connection.transaction():
            taken["COPY"] = await fill()
        await connection.execute(f"SET search_path TO {model}")
        transaction = connection.transaction()
        await transaction.start()
        taken["indexes"] = max(0.0, await fill() - taken["COPY"])
        began = time.perf_counter()
        await transaction.commit()
        taken["commit"] = time.perf_counter() - began
        await connection.execute("ANALYZE")
        began = time.perf_counter()
        async with connection.transaction():
            await fill_crossings(connection, STATEMENTS)
            await ReadModel(STATEMENTS, RULES, exclusive=True).fill_markets(connection, list(log.histories))
        taken["markets"] = time.perf_counter() - began
        began = time.perf_counter()
        await Announcer(_TOPIC).announce(connection, _AT.date(), {0: 0})
        taken["announcing"] = time.perf_counter() - began
        for name, seconds in taken.items():
            steps[name].times.append(seconds / len(events) * 1e6)
            steps[name].limits.append(limit / len(events) * 1e6)
        announced = "flag_transition, announced_flag, announced_project, announced_until, outbox".replace(
            ", ", ", steppe."
        )
        await connection.execute(f"TRUNCATE bare.raw_event, steppe.{announced}, {', '.join(_TABLES)}, crossing")
        await connection.execute(f"TRUNCATE {', '.join(f'bare.{table}' for table in _TABLES)}")
    await connection.close()


def recorded(kind: str) -> dict[str, float]:
    """The last recorded ratios of a kind of build; empty: none."""
    lines = [json.loads(line) for line in HISTORY.read_text().splitlines()] if HISTORY.exists() else []
    return next((line["ratios"] for line in reversed(lines) if line["kind"] == kind), {})


def kind_of_build() -> str:
    """What the figures are of: another interpreter, or a compiled domain, has others."""
    python = f"{platform.python_implementation()} {'.'.join(platform.python_version_tuple()[:2])}"
    return python if domain_in_use() == "interpreted" else f"{python}, compiled"


def run(rounds: int, *, database: bool) -> dict[str, Step]:
    """Measure everything, round by round; without the database only the steps of this process."""
    steps = {name: Step() for name in STEPS}
    log = prepared(_EVENTS)
    measure(log, rounds, steps)
    if not database:
        return steps
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        Path(folder).chmod(0o755)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = Postgres(
            Path(folder) / "data", Path(folder) / "log", port, new_password(), say=lambda _: None, durable=False
        )
        server.start()
        try:
            asyncio.run(measure_database(log, server.dsn, rounds, steps))
        finally:
            server.stop()
    return steps


def show(steps: dict[str, Step], before: dict[str, float]) -> list[str]:
    """Print the table; returns the steps that are worse than recorded."""
    sys.stdout.write(f"{'step':<10} {'µs an event':>20} {'limit':>8} {'ratio':>7} {'recorded':>9}\n")
    for name, step in steps.items():
        if not step.times:
            continue
        times = sorted(step.times)
        spread = f"{times[0]:.1f} ({times[len(times) // 2]:.1f} to {times[-1]:.1f})"
        was = f"{before[name]:.2f}" if name in before else "-"
        sys.stdout.write(f"{name:<10} {spread:>20} {min(step.limits):>8.1f} {step.ratio:>7.2f} {was:>9}\n")
    return [name for name in COMPARED if name in before and steps[name].ratio > before[name] * WORSE_MOST]


def run_both(rounds: int, *, record: bool) -> int:
    """Run this in a process for each domain that there is; returns the worse exit code."""
    domains: list[tuple[str, list[str]]] = [("0", [])]
    if domain_in_use() == "compiled":
        domains.append(("1", ["--no-database"]))
    command = [sys.executable, "-m", "benchmarks.smoke", "--rounds", str(rounds), *(["--record"] if record else [])]
    return max(
        subprocess.run([*command, *own], env={**os.environ, SETTING: compiled}, check=False).returncode
        for compiled, own in domains
    )


def main() -> None:
    """Measure, print and compare."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--record", action="store_true", help="add what is measured to the history")
    arguments.add_argument(
        "--no-database", dest="database", action="store_false", help="the steps of this process only"
    )
    arguments.add_argument(
        "--both", action="store_true", help="interpreted, and compiled where it is, without the database"
    )
    given = arguments.parse_args()
    if given.both:
        raise SystemExit(run_both(given.rounds, record=given.record))
    kind = kind_of_build()
    sys.stdout.write(f"{kind}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {_EVENTS:,} events\n")
    sys.stdout.flush()
    steps, before = run(given.rounds, database=given.database), recorded(kind)
    worse = show(steps, before)
    if given.record:
        line = {
            "kind": kind,
            "release": RELEASE,
            "day": datetime.now(UTC).date().isoformat(),
            "ratios": {name: round(step.ratio, 3) for name, step in steps.items() if step.times},
            "microseconds": {name: round(min(step.times), 1) for name, step in steps.items() if step.times},
        }
        with HISTORY.open("a") as history:
            history.write(json.dumps(line) + "\n")
    elif worse:
        sys.stdout.write(
            f"{', '.join(worse)}: slower than recorded by more than a third; once more, with more rounds:\n"
        )
        again = show(run(given.rounds * _ROUNDS_AGAIN, database=given.database), before)
        if still := sorted(set(worse) & set(again)):
            sys.stdout.write(
                f"{', '.join(still)}: slower in both attempts. If that is the price of something better, record it: "
                "python -m benchmarks.smoke --record\n"
            )
            raise SystemExit(1)


if __name__ == "__main__":
    main()
