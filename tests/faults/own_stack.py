"""A broker and a database that may be broken: kill -9, stop, restart on the same data and port, as often as a test likes.

Always the standalone classes, whatever stack the other tests use, because a fault has to reach the processes. Start and
restart from the main thread and outside an event loop only: the children end with the thread that started them.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import asyncpg
import psutil

from steppe.cli.commands import migrate
from steppe.contracts.topics import DEALS
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, Ports
from steppe.standalone.places import free_port
from steppe.standalone.postgres import Postgres
from tests.stack import LOGINS, PARTITIONS, PASSWORD, Database, Service, database_of, start_service

_ADDRESS_FOR = {"ingest": "api", "projector": "projector", "api": "api"}


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


@dataclass(slots=True)
class OwnStack:
    """One database server and one cluster of brokers."""

    kafka: Kafka
    postgres: Postgres

    def kill_database(self) -> None:
        """SIGKILL to every process of the server: nothing is said to anybody and nothing is written any more."""
        assert self.postgres.server is not None
        process = psutil.Process(self.postgres.server.pid)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # a session that ended meanwhile
                one.kill()
        self.postgres.server.process.wait()

    def kill_broker(self, node: int = 1) -> None:
        """SIGKILL."""
        self.kafka.brokers[node - 1].kill()

    def pause_broker(self, node: int = 1) -> None:
        """SIGSTOP: it keeps its connections and answers nobody, until `mend`."""
        self.kafka.brokers[node - 1].process.send_signal(signal.SIGSTOP)

    def mend(self) -> None:
        """Start again, on its data and port, whatever does not run, and wait until all of it works. Twice is safe."""
        if self.postgres.server is None or not self.postgres.server.alive:
            self.postgres.start()
        for node, broker in enumerate(self.kafka.brokers, start=1):
            if broker.alive:
                broker.process.send_signal(signal.SIGCONT)
            else:
                self.kafka.start_broker(node)
        self.kafka.wait_until_ready()


@contextmanager
def own_database(data: Path) -> Iterator[Postgres]:
    """A started database server whose files lie in that folder."""
    postgres = Postgres(
        data / "postgres",
        data / "postgres.log",
        free_port(0),
        PASSWORD,
        say=_say,
        durable=False,  # the machine itself does not fail: what a killed process wrote, the system has
    )
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()


@contextmanager
def own_brokers(data: Path, ports: Sequence[Ports]) -> Iterator[Kafka]:
    """Started brokers at these ports whose files lie in that folder."""
    kafka = Kafka(data / "kafka", data / "logs", kafka_jars(_say), ports, short_lived=True)
    try:
        kafka.start()
        yield kafka
    finally:
        for broker in kafka.brokers:
            if broker.alive:
                broker.process.send_signal(signal.SIGCONT)
        kafka.stop()


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for their files, removed afterwards."""
    # Not under pytest's own folder, which is closed to the user that PostgreSQL runs as when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="steppe-faults-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@dataclass(slots=True)
class World:
    """A log and a migrated database of one test on such a stack, and the services that were started on them."""

    stack: OwnStack
    topic: str
    database: Database
    folder: Path
    services: list[Service] = field(default_factory=list)

    @property
    def kafka(self) -> str:
        return self.stack.kafka.bootstrap

    def start(self, name: str, settings: Mapping[str, str] = MappingProxyType({}), *, wait: bool = True) -> Service:
        """Start a service on this log and this database; `settings` are STEPPE_ variables."""
        own = {
            "STEPPE_KAFKA": self.kafka,
            "STEPPE_DATABASE": getattr(self.database, _ADDRESS_FOR[name]),
            "STEPPE_TOPIC": self.topic,
            "STEPPE_PROJECTOR_GROUP": f"steppe.projector.{self.topic}",
            # Publishing has fault tests of its own; here its sessions would only get in the way of the counting.
            "STEPPE_PROJECTOR_ANNOUNCE": "off",
        }
        service = start_service(name, {**own, **settings}, self.folder, wait=wait)
        self.services.append(service)
        return service

    async def as_owner(self, *statements: str) -> None:
        """Run statements as the owner of the database, each by itself."""
        connection = await asyncpg.connect(self.database.owner)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def world_on(stack: OwnStack, folder: Path, *, partitions: int = PARTITIONS) -> Iterator[World]:
    """A new world on a stack, which is mended before and whose services are stopped afterwards."""
    stack.mend()
    mark = uuid.uuid4().hex[:12]
    world = World(stack, f"{DEALS.name}.{mark}", database_of(stack.postgres.dsn, f"steppe_test_{mark}"), folder)
    asyncio.run(_prepare(world, f"steppe_test_{mark}", partitions))
    yield world
    for service in world.services:
        if service.child.alive:
            service.child.process.send_signal(signal.SIGCONT)
        service.kill()


async def _prepare(world: World, name: str, partitions: int) -> None:
    server = await asyncpg.connect(world.stack.postgres.dsn)
    try:
        await server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        )
    finally:
        await server.close()
    await migrate.run(world.kafka, world.database.owner, partitions, topic=world.topic, logins=LOGINS)
