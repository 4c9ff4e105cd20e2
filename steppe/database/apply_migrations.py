"""Applies the numbered files of migrations/ once each, in order, then roles.sql; and adds the checkpoint that every
partition needs.

A file is never edited after it has been applied somewhere: its checksum is stored, and a difference is refused.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import asyncpg

from steppe.database import active_read_model, edition_upgrade, locks, rule_versions
from steppe.database.read_model.rule_change import RuleChange
from steppe.release import EDITION

# Longer than another migration of this size takes, shorter than a deployment waits.
_LOCK_TIMEOUT = "30s"

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS steppe;
CREATE TABLE IF NOT EXISTS steppe.migration (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT migration_pk PRIMARY KEY (name)
);
"""


_SET_EDITION = "UPDATE steppe.read_model SET edition = $1"


class MigrationError(Exception):
    """The database and the migration files contradict each other; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its name, which also gives the order, and its text."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user who may log in, as a member of one of the groups of roles.sql."""

    user: str
    group: str
    password: str


def migrations() -> list[Migration]:
    """Every file of migrations/, in order."""
    folder = resources.files("steppe.database").joinpath("migrations")
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda e: e.name)
    return [Migration(name=entry.name.removesuffix(".sql"), text=entry.read_text()) for entry in entries]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The migrations that were applied now; and what judging again did, where this release judges by another edition."""

    migrations: tuple[str, ...]
    rejudged: RuleChange | None


async def apply(
    connection: asyncpg.Connection,
    files: list[Migration] | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Applied:
    """Bring the database up to date. Twice, or by two at once, is safe.

    `progress` is called with how many projects are judged again, of how many, where this release judges by another edition.
    """
    files = migrations() if files is None else files
    # The lock time-out also bounds the wait for tables that a reader holds, so that no queue builds up behind us.
    await connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
    await connection.execute("SELECT pg_advisory_lock($1)", locks.MIGRATION)
    try:
        await connection.execute(_LEDGER)
        applied_checksums = {
            row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM steppe.migration")
        }
        _refuse_contradictions(applied_checksums, files)
        missing = [file for file in files if file.name not in applied_checksums]
        async with connection.transaction():
            for file in missing:
                await connection.execute(file.text)
                await connection.execute(
                    "INSERT INTO steppe.migration (name, sha256) VALUES ($1, $2)", file.name, file.sha256
                )
            await rule_versions.ensure_built_in(connection)
            await connection.execute(resources.files("steppe.database").joinpath("roles.sql").read_text())
            if not applied_checksums:
                await connection.execute(_SET_EDITION, EDITION)  # nothing is judged yet
        rejudged = await edition_upgrade.upgrade(connection, progress)
        return Applied(migrations=tuple(file.name for file in missing), rejudged=rejudged)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", locks.MIGRATION)
        await connection.execute("RESET lock_timeout")


async def ensure_login(connection: asyncpg.Connection, login: Login) -> None:
    """Make the user, or give the existing one this password, and put it in its group."""
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login.user)
    # Statements about roles take no parameters: Postgres itself quotes the values.
    statement = await connection.fetchval(
        "SELECT format($1, $2::text, $3::text)",
        "ALTER ROLE %I LOGIN PASSWORD %L" if exists else "CREATE ROLE %I LOGIN PASSWORD %L",
        login.user,
        login.password,
    )
    await connection.execute(statement)
    membership = await connection.fetchval(
        "SELECT format('GRANT %I TO %I', $1::text, $2::text)", login.group, login.user
    )
    await connection.execute(membership)


async def ensure_checkpoints(connection: asyncpg.Connection, topic: str, partitions: int) -> None:
    """A row for each partition in every read model, at the beginning unless it is there: an unknown partition is to be
    noticed, not guessed."""
    async with connection.transaction():
        for row in await connection.fetch(active_read_model.STATEMENTS["read_models"]):
            await connection.execute(
                f"INSERT INTO {row['schema_name']}.checkpoint (topic, partition)"  # noqa: S608 - the pointer checks names
                " SELECT $1, partition FROM generate_series(0, $2::integer - 1) AS partition"
                " ON CONFLICT DO NOTHING",
                topic,
                partitions,
            )


def _refuse_contradictions(known: dict[str, str], files: list[Migration]) -> None:
    names = {file.name for file in files}
    for name in known:
        if name not in names:
            raise MigrationError(f"The database has migration {name}, this version does not: start a newer version.")
    for file in files:
        if known.get(file.name, file.sha256) != file.sha256:
            raise MigrationError(
                f"Migration {file.name} was edited after it was applied: restore the file and add a new one instead."
            )
