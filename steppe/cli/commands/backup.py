"""`steppe backup`: writes the log, and the tables that do not follow from it, into one file. Only reads broker and database.

The tables are read first and the log's ends after them, so that the log has every event that the tables know of. Every
event that was acknowledged before the start is in it; of each partition it is a prefix.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from aiokafka import TopicPartition
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from steppe.cli.http_client import RefusedError, WrongValueError
from steppe.contracts.topics import DEALS
from steppe.database import backup_tables
from steppe.database.connection import DatabaseUnreachableError, open_connection
from steppe.domain.values.grammar import counted
from steppe.log import archive
from steppe.log.archive import ArchiveError, ArchiveWriter, Manifest, PartitionPart, TablePart
from steppe.log.broker_address import parse
from steppe.log.fetched_records import record_of
from steppe.log.records import Record
from steppe.log.topic_info import TopicReader, make_consumer, open_topic
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data
from steppe.terminal.output import err, out, print_json

_SECONDS_WITHOUT_A_RECORD_MAX = 60.0
_FETCH_BYTES = 8 << 20
_POLL_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is backed up."""

    kafka: str
    database: str
    topic: str


def command(
    what: Annotated[
        list[str],
        typer.Argument(metavar="[verify] FILE", help="Where to write it; `verify FILE` reads one and checks it."),
    ],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Write the log and all that does not follow from it into one file; `backup verify FILE` checks one.

    Nothing has to be stopped. Never overwrites; the file appears when it is complete.

    Example: steppe backup steppe-2026-11-22.zip && steppe backup verify steppe-2026-11-22.zip
    """
    match what:
        case ["verify", name]:
            manifest = verified(Path(name))
        case [name]:
            manifest = _taken(source_of_environment(), Path(name))
        case _:
            raise typer.BadParameter("give one file, or: verify FILE", param_hint="FILE")
    path = Path(what[-1])
    if as_json:
        print_json(described(path, manifest))
    else:
        verb = "is whole" if len(what) == 2 else "is written"
        rows = sum(part.rows for part in manifest.tables.values())
        out().print(
            f"{path} {verb}: {counted(manifest.records, 'record', 'records')} of {manifest.topic} in "
            f"{counted(len(manifest.partitions), 'partition', 'partitions')}, "
            f"{counted(rows, 'row', 'rows')} of {counted(len(manifest.tables), 'table', 'tables')}, "
            f"{path.stat().st_size:,} bytes; id {manifest.id[:16]}.",
            soft_wrap=True,
        )
    if not manifest.unbroken:
        err().print("The log had lost records before: this backup is not the whole truth.", style="yellow")
    if manifest.unread:
        err().print(
            f"Of {counted(manifest.unread, 'record', 'records')} that were too large to be read (see `steppe quarantine list`) "
            "it has the keys only.",
            style="yellow",
        )


def verified(path: Path) -> Manifest:
    """Check every byte of a backup against its manifest. Raises RefusedError when it is damaged."""
    try:
        with archive.open_archive(path) as backup, bar("Checking", backup.bytes_total) as advance:
            backup.verify(advance)
            return backup.manifest
    except ArchiveError as error:
        raise RefusedError(str(error)) from error


def described(path: Path, manifest: Manifest) -> dict[str, Any]:
    """A backup as --json prints it."""
    return {
        "file": str(path),
        "bytes": path.stat().st_size,
        "id": manifest.id,
        "taken_at": manifest.taken_at,
        "topic": manifest.topic,
        "cluster": manifest.cluster,
        "records": manifest.records,
        "complete": manifest.complete,
        "unread": manifest.unread,
        "partitions": {
            str(number): {"start": part.start, "end": part.end, "records": part.records}
            for number, part in manifest.partitions.items()
        },
        "tables": {name: part.rows for name, part in manifest.tables.items()},
    }


def source_of_environment() -> Source:
    """Broker, database and topic, from the environment or the stack that runs here. Raises RefusedError."""
    where = addresses.find()
    for name, value in (("STEPPE_KAFKA", where.kafka), ("STEPPE_DATABASE", where.database)):
        if value is None:
            raise WrongValueError(f"{name} is not set.")
    return Source(kafka=str(where.kafka), database=str(where.database), topic=where.topic or DEALS.name)


def _taken(source: Source, path: Path) -> Manifest:
    try:
        with archive.write_archive(path) as writer:
            return asyncio.run(_take(source, writer))
    except ArchiveError as error:
        raise RefusedError(str(error)) from error
    except DatabaseUnreachableError:
        raise
    except (OSError, TimeoutError) as error:
        raise RefusedError(f"No backup was written: {type(error).__name__}: {error}") from error


async def _take(source: Source, writer: ArchiveWriter) -> Manifest:
    taken_at = datetime.now(UTC)
    parse(source.kafka)
    connection = await open_connection(source.database)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            migrations = await backup_tables.migrations(connection)
            tables: dict[str, TablePart] = {}
            for name, columns in (await backup_tables.columns_of_tables(connection)).items():
                with writer.table(name) as sink:
                    await backup_tables.dump(connection, name, columns, sink)
                tables[name] = TablePart(columns=columns, rows=sink.lines, sha256=sink.sha256)
    finally:
        await connection.close()
    async with open_topic(source.kafka, source.topic) as log:
        if log is None:
            raise RefusedError(f"There is no topic {source.topic} at {source.kafka}.")
        with bar("Reading the log", log.info.records) as advance:
            partitions = {number: await _partition(source, log, number, writer, advance) for number in log.info.ends}
    return writer.close_with(
        Manifest(
            format=archive.FORMAT,
            taken_at=taken_at.isoformat(),
            topic=source.topic,
            cluster=log.info.cluster,
            partitions=partitions,
            tables=tables,
            migrations=migrations,
        )
    )


async def _partition(
    source: Source, log: TopicReader, number: int, writer: ArchiveWriter, advance: Callable[[int], None]
) -> PartitionPart:
    start, end = log.info.starts[number], log.info.ends[number]
    void = unread = 0

    def take(record: Record) -> None:
        nonlocal void, unread
        if record.void_from is None:
            add(record)
            unread += record.unreadable is not None
        else:
            void += record.offset + 1 - record.void_from
        advance(record.offset + 1 - record.first_offset)

    with writer.partition(number) as add:
        if start < end:
            await _each(source, number, start, end, take)
    return PartitionPart(
        start=start, end=end, records=writer.last.lines, sha256=writer.last.sha256, void=void, unread=unread
    )


async def _each(
    source: Source,
    number: int,
    start: int,
    end: int,
    take: Callable[[Record], None],
) -> None:
    """Every record from start to end, in order, and remarks on what transactions left out; what compaction did is left out, too."""
    partition = TopicPartition(source.topic, number)
    async with make_consumer(source.kafka, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, start)
        async with asyncio.timeout(_SECONDS_WITHOUT_A_RECORD_MAX) as limit:
            while await consumer.position(partition) < end:
                batch = (await consumer.getmany(partition, timeout_ms=_POLL_MS, max_records=10_000)).get(partition, [])
                records = [record_of(delivered) for delivered in batch if delivered.offset < end]
                for record in records:
                    take(record)
                if records:
                    limit.reschedule(asyncio.get_running_loop().time() + _SECONDS_WITHOUT_A_RECORD_MAX)


class bar:  # noqa: N801 - used as a function
    """A bar on stderr with what is done, of how much, and how long it still takes; gives a function that moves it."""

    def __init__(self, text: str, total: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err()
        )
        self._task = self._progress.add_task(text, total=total)

    def __enter__(self) -> Callable[[int], None]:
        self._progress.start()
        return lambda count: self._progress.advance(self._task, count)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
