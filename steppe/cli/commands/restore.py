"""`steppe restore`: writes a backup into an empty topic and a fresh database. Positions may differ, answers do not.

Nothing is written before every byte of the backup was checked. Killed and run again it goes on: the order in which records
are written depends on the backup only, so what is there must be a beginning of it, and is compared before the rest follows.
"""

from __future__ import annotations

import asyncio
import getpass
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from steppe.cli.commands import backup, migrate
from steppe.cli.commands.backup import Source, bar
from steppe.cli.http_client import RefusedError
from steppe.connection_errors import explained
from steppe.contracts.partitioning import partition_of
from steppe.database import active_read_model, backup_tables, edition_upgrade, reset, rule_versions, sql
from steppe.database.backup_tables import KeptTablesError, Place
from steppe.database.connection import DatabaseUnreachableError, open_connection
from steppe.domain.values.grammar import counted
from steppe.log import archive
from steppe.log.archive import Archive, ArchiveError, Manifest
from steppe.log.broker_address import client_options
from steppe.log.fetched_records import record_of
from steppe.log.record_batch import RECORD_BYTES_MAX
from steppe.log.record_owner import restored_partition
from steppe.log.records import Record, fingerprint
from steppe.log.topic_info import TopicInfo, make_consumer, open_topic
from steppe.terminal.options import AsJson, Data
from steppe.terminal.output import out, print_json

_IN_FLIGHT_MAX = 5_000
# What a reader of the log inflates, and a batch around it. A record that came in a compressed batch may be larger than its topic
# takes, for that is a limit on what is sent; so records are sent compressed again.
_REQUEST_BYTES_MAX = RECORD_BYTES_MAX + (1 << 10)
_CODEC = "zstd"
_FETCH_BYTES = 8 << 20
_SECONDS_WITHOUT_A_RECORD_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the records go. `rehome`: also those go where their keys belong that did not lie there before."""

    partitions_before: int
    partitions: int
    rehome: bool

    def partition(self, record: Record) -> int:
        """The partition of a record: whoever waits for it, or does not, is to do so in the restored log, too."""
        if self.rehome and record.key is not None:
            return partition_of(record.key, self.partitions)
        return restored_partition(record, self.partitions_before, self.partitions)

    def placed(self, records: Iterator[Record]) -> Iterator[tuple[Record, Place]]:
        """Each record with its partition and offset in the restored log, in the order in which they are written."""
        following: dict[int, int] = defaultdict(int)
        for record in records:
            partition = self.partition(record)
            yield record, (partition, following[partition])
            following[partition] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done. `already_there` records were there already, from an earlier attempt."""

    manifest: Manifest
    topic: str
    partitions: int
    written: int
    already_there: int
    tables: bool


def command(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Of the topic, if it is to be made. Default: as many as before.")
    ] = None,
    log_only: Annotated[
        bool, typer.Option("--log-only", help="The database survived: keep its tables, and fold the log anew.")
    ] = False,
    rehome: Annotated[
        bool, typer.Option("--rehome", help="Partitions were added: put every record where its key belongs.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who decides; recorded. Default: your user name.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Write a backup into an empty topic and a fresh database. Keep ingest stopped until it is done.

    Topic and tables are made if need be, so STEPPE_DATABASE must name the owner. Run again after a kill, it goes on.

    Example: steppe restore steppe-2026-11-22.zip --partitions 12
    """
    source = backup.source_of_environment()
    backup.verified(file)
    if not yes and not typer.confirm(f"Restore into {source.topic} at {source.kafka}?"):
        raise typer.Exit(1)
    try:
        with archive.open_archive(file) as backup_file:
            done = asyncio.run(
                _restore(backup_file, source, partitions, log_only=log_only, rehome=rehome, by=by or getpass.getuser())
            )
    except (ArchiveError, KeptTablesError) as error:
        raise RefusedError(str(error)) from error
    except DatabaseUnreachableError:
        raise
    except MessageSizeTooLargeError as error:
        raise RefusedError(
            f"Stopped. {source.topic} does not take a record of the backup that is so large. Set max.message.bytes of the topic to what it "
            "was where the backup was taken, and run it again: it goes on."
        ) from error
    except (OSError, KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = explained(error) or f"{type(error).__name__}: {error}."
        raise RefusedError(f"Stopped. {reason} Run it again, and it goes on.") from error
    if as_json:
        print_json(
            {
                "id": done.manifest.id, "topic": done.topic, "partitions": done.partitions, "written": done.written,
                "found": done.already_there, "records": done.manifest.records, "tables": done.tables,
            }
        )  # fmt: skip
    else:
        tables = "tables too" if done.tables else "tables as they were"
        out().print(
            f"{done.topic} holds all {counted(done.manifest.records, 'record', 'records')} in "
            f"{counted(done.partitions, 'partition', 'partitions')} "
            f"({done.written} written now, {done.already_there} found), {tables}. The projector folds them; see `steppe status`.",
            soft_wrap=True,
        )


async def _restore(
    backup_file: Archive, source: Source, partitions: int | None, *, log_only: bool, rehome: bool, by: str
) -> Restored:
    manifest = backup_file.manifest
    info = await _topic_info(source)
    there = len(manifest.partitions) if partitions is None else partitions
    if info is not None:
        if partitions is not None and partitions != info.partitions:
            raise RefusedError(f"{source.topic} has {info.partitions} partitions, not {partitions}, and keeps them.")
        there = info.partitions
    target = Target(partitions_before=len(manifest.partitions), partitions=there, rehome=rehome)
    already_there = await _refuse_other_records(backup_file, source, target, info) if info else 0
    await migrate.run(source.kafka, source.database, there, topic=source.topic)
    info = await _topic_info(source)
    assert info is not None, "it has just been made"
    await _restore_database(backup_file, source, target, info, log_only=log_only, by=by)
    written = await _write(backup_file, source, target, info)
    after = await _topic_info(source)
    if after is None or after.records != manifest.records:
        records = "no" if after is None else after.records
        raise RefusedError(f"{source.topic} has {records} records, not {manifest.records}: somebody else wrote to it.")
    return Restored(
        manifest=manifest,
        topic=source.topic,
        partitions=there,
        written=written,
        already_there=already_there,
        tables=not log_only,
    )


async def _topic_info(source: Source) -> TopicInfo | None:
    async with open_topic(source.kafka, source.topic) as log:
        return None if log is None else log.info


async def _refuse_other_records(backup_file: Archive, source: Source, target: Target, info: TopicInfo) -> int:
    """How many records of this backup are there already. Raises RefusedError when there are others."""
    if not info.records and not any(info.starts.values()):
        return 0
    refused = RefusedError(
        f"{source.topic} has {info.records} records that are no beginning of this backup: restore into an empty topic "
        "(STEPPE_TOPIC names it), or delete this one first."
    )
    if any(info.starts.values()) or info.records > backup_file.manifest.records:
        raise refused
    there = {number: await _fingerprints(source, number, end) for number, end in info.ends.items() if end}
    same = 0
    with bar("Comparing what is there", info.records) as advance:
        for record, (partition, offset) in target.placed(backup_file.merged()):
            if offset < info.ends[partition]:
                if there[partition][offset] != fingerprint(record):
                    raise refused
                same += 1
                advance(1)
    if same != info.records:
        raise refused
    return same


async def _fingerprints(source: Source, number: int, end: int) -> list[bytes]:
    partition = TopicPartition(source.topic, number)
    fingerprints: list[bytes] = []
    async with make_consumer(source.kafka, max_partition_fetch_bytes=_FETCH_BYTES) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, 0)
        async with asyncio.timeout(_SECONDS_WITHOUT_A_RECORD_MAX) as limit:
            while len(fingerprints) < end:
                batch = (await consumer.getmany(partition, timeout_ms=1000)).get(partition, [])
                for record in map(record_of, batch):
                    # A remark, which no restore ever wrote, is unlike any record at each of its offsets.
                    fingerprints += [fingerprint(record)] * (record.offset + 1 - len(fingerprints))
                if batch:
                    limit.reschedule(asyncio.get_running_loop().time() + _SECONDS_WITHOUT_A_RECORD_MAX)
    return fingerprints[:end]


async def _restore_database(
    backup_file: Archive, source: Source, target: Target, info: TopicInfo, *, log_only: bool, by: str
) -> None:
    """Tables, identity and checkpoints, in one transaction, and before the log: what judges is there before the events."""
    manifest = backup_file.manifest
    statements = sql.load("log_identity")
    reason = f"restored from backup {manifest.id}"
    connection = await open_connection(source.database)
    try:
        async with connection.transaction():
            await connection.execute(*statements["lock_log_identity"](topic=source.topic))
            identity = await connection.fetchrow(*statements["log_identity"](topic=source.topic))
            if identity is not None and (identity["cluster"], identity["reason"]) == (info.cluster, reason):
                return  # an earlier attempt came this far
            await active_read_model.use_active(connection)
            applied = await connection.fetchval(sql.load("checkpoint")["records_applied"])
            if applied and not log_only:
                raise RefusedError(
                    f"The database has applied {applied} records already: restore into a fresh one, or keep its tables "
                    "and fold the restored log anew with --log-only."
                )
            if applied:
                await reset.empty(connection)
            if log_only:
                tables = await backup_tables.columns_of_tables(connection)
            else:
                tables = {name: part.columns for name, part in manifest.tables.items()}
                await backup_tables.replace(connection, tables, backup_file.table)
            await _move_places(connection, tables, backup_file, source, target)
            await connection.execute(
                *statements["remove_checkpoints_from"](topic=source.topic, partitions=info.partitions)
            )
            await connection.execute(
                *statements["adopt_log"](
                    topic=source.topic, cluster=info.cluster, partitions=info.partitions, adopted_by=by, reason=reason
                )
            )
            await connection.execute(*statements["clear_halts"](topic=source.topic))
            # The backup may be of an earlier release.
            await rule_versions.ensure_built_in(connection)
            await edition_upgrade.upgrade(connection)
    finally:
        await connection.close()


async def _move_places(
    connection: asyncpg.Connection, tables: backup_tables.Columns, backup_file: Archive, source: Source, target: Target
) -> None:
    """Let rows that name a record name its new partition and offset."""
    wanted = await backup_tables.places_named(connection, tables)
    cuts = {cut: [0] * target.partitions for cut in await backup_tables.cuts_named(connection, tables)}
    moved: dict[Place, Place] = {}
    if wanted or cuts:
        for record, place in target.placed(backup_file.merged()):
            if (record.partition, record.offset) in wanted:
                moved[record.partition, record.offset] = place
            for cut, reached in cuts.items():
                if record.partition < len(cut) and record.offset < cut[record.partition]:
                    reached[place[0]] = place[1] + 1
    await backup_tables.move(connection, tables, (backup_file.manifest.topic, source.topic), moved, cuts)


async def _write(backup_file: Archive, source: Source, target: Target, info: TopicInfo) -> int:
    """Append what is not there yet, in order, acknowledged by every broker that must."""
    written = 0
    sent: list[asyncio.Future[object]] = []
    producer = AIOKafkaProducer(
        **client_options(source.kafka),
        acks="all",
        enable_idempotence=True,
        linger_ms=20,
        max_batch_size=256 * 1024,
        max_request_size=_REQUEST_BYTES_MAX,
        compression_type=_CODEC,
    )
    async with producer:
        with bar("Writing the log", backup_file.manifest.records) as advance:
            for record, (partition, offset) in target.placed(backup_file.merged()):
                if offset >= info.ends[partition]:
                    sent.append(
                        await producer.send(
                            source.topic,
                            record.value,
                            key=record.key,
                            headers=list(record.headers),
                            partition=partition,
                        )
                    )
                    written += 1
                    if len(sent) >= _IN_FLIGHT_MAX:
                        await asyncio.gather(*sent)
                        sent.clear()
                advance(1)
            await asyncio.gather(*sent)
    return written
