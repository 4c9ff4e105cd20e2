"""Writes the schema that the migrations make as one readable file, `schema.sql`, which a test holds equal to them.

    python -m steppe.database.schema postgresql://owner:secret@localhost/postgres

applies the migrations to a database of its own on that server, which it drops again, and writes the file. The owner must be
allowed to create databases.
"""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from steppe.database import apply_migrations, sql

if TYPE_CHECKING:
    from steppe.database.connection import Connection

FILE = Path(__file__).with_name("schema.sql")
_SCHEMAS = ["steppe", "rm_v1"]
_STATEMENTS = sql.load("schema")
_HEADER = """\
-- The schema that the migrations make. Made by `python -m steppe.database.schema ADDRESS`, not by hand; the comments are
-- those of the migrations. Rights are in roles.sql. A rebuild fills another schema like rm_v1 beside it.
"""
_COMMENTED_TABLE = re.compile(r"((?:^--[^\n]*\n)+)CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", re.MULTILINE)


async def describe(connection: Connection) -> str:
    """The tables, indexes and functions of a migrated database as SQL, tables in the order in which they were made."""
    async with connection.transaction(readonly=True):
        await connection.execute("SET LOCAL search_path = pg_catalog")  # so that every name is told with its schema
        columns, constraints, indexes = [
            _by_table(await connection.fetch(*_STATEMENTS[name](schemas=_SCHEMAS)))
            for name in ("schema_columns", "schema_constraints", "schema_indexes")
        ]
        functions = await connection.fetch(*_STATEMENTS["schema_functions"](schemas=_SCHEMAS))
    comments = _comments()
    parts = [_HEADER]
    for table_id, rows in columns.items():
        name = rows[0]["table_name"]
        lines = [*map(_column, rows), *map(_constraint, constraints.get(table_id, ()))]
        table = f"{comments.get(name, '')}CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + "\n);\n"
        parts.append(table + "".join(f"{row['definition']};\n" for row in indexes.get(table_id, ())))
    parts += [f"{row['definition'].strip()};\n" for row in functions]
    return "\n".join(parts)


async def of_server(owner: str) -> str:
    """The schema, from a database that is made on this server for it and dropped again."""
    name = f"steppe_schema_{uuid.uuid4().hex[:12]}"
    server = await asyncpg.connect(owner)
    try:
        await server.execute(f"CREATE DATABASE {name}")
        try:
            own = await asyncpg.connect(urlunsplit(urlsplit(owner)._replace(path=f"/{name}")))
            try:
                await apply_migrations.apply(own)
                return await describe(own)
            finally:
                await own.close()
        finally:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()


def _by_table(rows: Iterable[asyncpg.Record]) -> Mapping[int, Sequence[asyncpg.Record]]:
    tables: dict[int, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        tables[row["table_id"]].append(row)
    return tables


def _comments() -> dict[str, str]:
    """What the migrations say above each table."""
    return {
        table: comment
        for file in apply_migrations.migrations()
        for comment, table in _COMMENTED_TABLE.findall(file.text)
    }


def _column(row: asyncpg.Record) -> str:
    words = [row["name"], row["type"]]
    if row["not_null"]:
        words.append("NOT NULL")
    if row["numbered"]:
        words.append("GENERATED ALWAYS AS IDENTITY")
    elif row["generated"]:
        words.append(f"GENERATED ALWAYS AS ({row['value']}) STORED")
    elif row["value"] is not None:
        words.append(f"DEFAULT {row['value']}")
    return " ".join(words)


def _constraint(row: asyncpg.Record) -> str:
    return f"CONSTRAINT {row['name']} {row['definition']}"


if __name__ == "__main__":
    FILE.write_text(asyncio.run(of_server(sys.argv[1])), encoding="utf-8")
