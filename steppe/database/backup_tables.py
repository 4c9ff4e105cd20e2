"""Takes the tables that a backup keeps out of a database and puts them into another, by what the schema says of each.

A column pair `partition`, `log_offset` is a place in the log, a column `next_offsets` how far each partition goes: they are
moved with the records, which lie elsewhere in a restored log. A table that names no place is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, BinaryIO

import asyncpg

from steppe.database import sql

SCHEMA = "steppe"
# What belongs to one database or one cluster, and is made anew with it.
BOOKKEEPING = ("migration", "log_identity", "halt", "read_model", "rebuild", "rebuild_part")
Place = tuple[int, int]
Columns = Mapping[str, Sequence[str]]


class KeptTablesError(Exception):
    """The backup has a table or a column that this database does not have."""


async def columns_of_tables(connection: asyncpg.Connection) -> dict[str, list[str]]:
    """The tables that are kept, with their columns."""
    rows = await connection.fetch(*sql.load("backup_tables")["kept_tables"](bookkeeping=list(BOOKKEEPING)))
    return {row["name"]: list(row["columns"]) for row in rows}


async def migrations(connection: asyncpg.Connection) -> list[str]:
    """The names of the migrations that made these tables."""
    return [row["name"] for row in await connection.fetch(sql.load("backup_tables")["migrations_applied"])]


async def dump(connection: asyncpg.Connection, table: str, columns: Sequence[str], sink: Any) -> None:
    """Write a table as the text of COPY; `sink` has a `write` for bytes."""
    await connection.copy_from_table(table, schema_name=SCHEMA, columns=columns, output=sink)


async def replace(connection: asyncpg.Connection, tables: Columns, opened: Callable[[str], BinaryIO]) -> None:
    """Put these tables in place of what stands there, inside the caller's transaction. Needs the rights of the owner.

    Raises KeptTablesError, before anything is written, where this database cannot hold them.
    """
    own = await columns_of_tables(connection)
    for table, columns in tables.items():
        foreign = [f"{table}.{column}" for column in columns if column not in own.get(table, ())]
        if foreign:
            raise KeptTablesError(f"This database has no {', '.join(foreign)}: restore with the version that has.")
    order = await _referred_first(connection, tables)
    for table in reversed(order):
        await connection.execute(f"DELETE FROM {SCHEMA}.{_quoted(table)}")  # noqa: S608 - a name of the catalogue
    for table in order:
        with opened(table) as source:
            await connection.copy_to_table(table, schema_name=SCHEMA, columns=tables[table], source=source)
    for row in await connection.fetch(sql.load("backup_tables")["numbered_columns"]):
        if row["table_name"] in tables:
            last = f"SELECT max({_quoted(row['column_name'])}) FROM {SCHEMA}.{_quoted(row['table_name'])}"  # noqa: S608
            await connection.execute(f"SELECT setval($1::regclass, coalesce(({last}), 1))", row["sequence_name"])


def with_places(tables: Columns) -> list[str]:
    """Those that name places of the log."""
    return [name for name, columns in tables.items() if {"partition", "log_offset"} <= set(columns)]


def with_cuts(tables: Columns) -> list[str]:
    """Those that say how far each partition goes."""
    return [name for name, columns in tables.items() if "next_offsets" in columns]


async def places_named(connection: asyncpg.Connection, tables: Columns) -> set[Place]:
    """Every place that a row names."""
    places: set[Place] = set()
    for table in with_places(tables):
        rows = await connection.fetch(f"SELECT partition, log_offset FROM {SCHEMA}.{_quoted(table)}")  # noqa: S608
        places |= {(row["partition"], row["log_offset"]) for row in rows}
    return places


async def cuts_named(connection: asyncpg.Connection, tables: Columns) -> set[tuple[int, ...]]:
    """Every cut that a row names: the next offset of partition 0, of 1, and so on."""
    cuts: set[tuple[int, ...]] = set()
    for table in with_cuts(tables):
        rows = await connection.fetch(f"SELECT next_offsets FROM {SCHEMA}.{_quoted(table)}")  # noqa: S608
        cuts |= {tuple(row["next_offsets"]) for row in rows}
    return cuts


async def move(
    connection: asyncpg.Connection,
    tables: Columns,
    topics: tuple[str, str],
    places: Mapping[Place, Place],
    cuts: Mapping[tuple[int, ...], Sequence[int]],
) -> None:
    """Let the rows name the new topic and the new places.

    A place of a record that is not in the restored log becomes a negative one, so that no other record is meant by it.
    """
    before, after = topics
    for table in with_places(tables):
        name = f"{SCHEMA}.{_quoted(table)}"
        of_topic = "topic = $1" if "topic" in tables[table] else "$1::text IS NOT NULL"
        await connection.execute(f"UPDATE {name} SET log_offset = -1 - log_offset WHERE {of_topic}", before)  # noqa: S608
        await connection.execute(
            f"UPDATE {name} AS here SET partition = moved.partition, log_offset = moved.log_offset"  # noqa: S608
            " FROM unnest($2::integer[], $3::bigint[], $4::integer[], $5::bigint[])"
            " AS moved (old_partition, old_offset, partition, log_offset)"
            f" WHERE {of_topic} AND here.partition = moved.old_partition AND here.log_offset = -1 - moved.old_offset",
            before,
            *_lists((*old, *new) for old, new in places.items()),
        )
        if "topic" in tables[table]:
            await connection.execute(f"UPDATE {name} SET topic = $2 WHERE topic = $1", before, after)  # noqa: S608
    for table in with_cuts(tables):
        for old, new in cuts.items():
            await connection.execute(
                f"UPDATE {SCHEMA}.{_quoted(table)} SET next_offsets = $2 WHERE next_offsets = $1",  # noqa: S608
                list(old), list(new),
            )  # fmt: skip


async def _referred_first(connection: asyncpg.Connection, tables: Columns) -> list[str]:
    before: dict[str, set[str]] = {table: set() for table in tables}
    for row in await connection.fetch(sql.load("backup_tables")["references_between_tables"]):
        if row["referring"] in before and row["referred"] in before:
            before[row["referring"]].add(row["referred"])
    return list(TopologicalSorter(before).static_order())


def _lists(rows: Iterable[tuple[int, int, int, int]]) -> tuple[list[int], list[int], list[int], list[int]]:
    lists: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for row in rows:
        for column, value in zip(lists, row, strict=True):
            column.append(value)
    return lists


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
