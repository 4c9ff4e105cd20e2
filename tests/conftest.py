"""Fixtures that every test may use: `stack`, and a topic and a database of the test's own. See README.md beside this."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest

from steppe.cli.commands.migrate import ensure_topic
from steppe.compilation import domain_in_use
from steppe.contracts.topics import DEALS
from steppe.database import apply_migrations
from tests import answer_schemas
from tests.stack import LOGINS, PARTITIONS, Database, Service, Stack, database_of, kind_of_stack, start_service, started

# A suite that a shell runs in the background ignores Ctrl-C, and so would the programs that its tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where the environment forbids to write bytecode, each of a thousand programs that tests start would compile all its sources.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine makes no test fail: how long something takes is a benchmark's business.
hypothesis.settings.register_profile("steppe", deadline=None)
hypothesis.settings.load_profile("steppe")

_TEMPLATE = "steppe_template"
_used: set[str] = set()


@pytest.fixture(scope="session", autouse=True)
def _answers_keep_their_schemas() -> Iterator[None]:
    """Every JSON answer that a test gets is held against the OpenAPI document of its service."""
    with answer_schemas.watch():
        yield


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real broker and a real database, shared by the whole run: use `topic` and `database` for what is yours."""
    with started(kind_of_stack()) as running:
        _used.add(running.kind)
        yield running


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["stacks"] = sorted(_used)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended: its stack is told in the last lines, too."""
    _used.update(getattr(node, "workeroutput", {}).get("stacks", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"domain: {domain_in_use()}")
    terminalreporter.write_line(f"stack: {', '.join(sorted(_used)) or 'not needed by these tests'}")


@pytest.fixture(scope="session")
def template(stack: Stack) -> Iterator[str]:
    """A migrated database that others are cloned from, because that is quicker than migrating each."""
    name = f"{_TEMPLATE}_{uuid.uuid4().hex[:12]}"
    asyncio.run(_make_template(stack, name))
    yield name
    asyncio.run(drop_database(stack, name))


@pytest.fixture
def topic_name() -> str:
    """A name for a log of the test's own; a test that needs no log does not pay for one."""
    return f"{DEALS.name}.{uuid.uuid4().hex[:12]}"


@pytest.fixture
def topic(stack: Stack, topic_name: str) -> str:
    """A log of the test's own, with the settings of the real one."""
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS, name=topic_name))
    return topic_name


@pytest.fixture
def database(stack: Stack, template: str, topic_name: str) -> Iterator[Database]:
    """A migrated database of the test's own, with a checkpoint row for each partition of its `topic`."""
    name = f"steppe_test_{uuid.uuid4().hex[:12]}"
    asyncio.run(clone_database(stack, template, name, topic_name))
    yield database_of(stack.database, name)
    asyncio.run(drop_database(stack, name))


@pytest.fixture
def start(stack: Stack, topic: str, database: Database, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts a service on the test's own topic and database: `start("ingest")`, `start("api", STEPPE_X="y")`."""
    services: list[Service] = []
    addresses = {"ingest": database.api, "projector": database.projector, "api": database.api}

    def start_one(name: str, *, wait: bool = True, **settings: str) -> Service:
        own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_DATABASE": addresses[name], "STEPPE_TOPIC": topic}
        # A group of its own, too: members of other tests' groups would only rebalance each other.
        own["STEPPE_PROJECTOR_GROUP"] = f"steppe.projector.{topic}"
        # What is published belongs to the whole broker: a test that asks for it names topics of its own.
        own["STEPPE_PROJECTOR_ANNOUNCE"] = "off"
        service = start_service(name, own | settings, tmp_path, wait=wait)
        services.append(service)
        return service

    yield start_one
    for service in services:
        service.stop()


async def _make_template(stack: Stack, name: str) -> None:
    server = await asyncpg.connect(stack.database)
    try:
        await server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        )
    finally:
        await server.close()
    own = await asyncpg.connect(database_of(stack.database, name).owner)
    try:
        await apply_migrations.apply(own)
        for login in LOGINS:
            await apply_migrations.ensure_login(own, login)
    finally:
        await own.close()


async def clone_database(stack: Stack, template: str, name: str, topic: str) -> None:
    server = await asyncpg.connect(stack.database)
    try:
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await server.close()
    own = await asyncpg.connect(database_of(stack.database, name).owner)
    try:
        # What belongs to a database and not to its tables, such as the search path, is not cloned.
        await apply_migrations.apply(own)
        await apply_migrations.ensure_checkpoints(own, topic, PARTITIONS)
    finally:
        await own.close()


async def drop_database(stack: Stack, name: str) -> None:
    server = await asyncpg.connect(stack.database)
    try:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await server.close()
