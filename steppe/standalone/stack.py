"""The composition of the standalone stack: broker, database, preparation, services, in this order; stopped in reverse."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from steppe.cli.commands import migrate
from steppe.contracts.topics import PARTITIONS_DEFAULT
from steppe.database.apply_migrations import Login
from steppe.standalone import kafka, postgres
from steppe.standalone.children import Child, describe_exit
from steppe.standalone.errors import ChildFailedError, StackError
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, Ports
from steppe.standalone.places import LOOPBACK, DataFolder, Say, require_space
from steppe.standalone.postgres import Postgres, new_password
from steppe.standalone.services import SupervisedService, answers

_PORTS = {"ingest": 8001, "api": 8000, "projector": 8002}
# A projector that catches up, or halts and says why, must not keep the others from being asked.
_ASKED = {"ingest": "readyz", "api": "readyz", "projector": "livez"}
_SERVICE_READY_SECONDS = 60.0
_DATA_BYTES_MIN = 500 * 2**20
Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything is, in the words of `steppe up --json`. `database` is the owner's address."""

    ingest: str
    api: str
    projector: str
    page: str
    docs: str
    kafka: str
    database: str
    data: str
    pids: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Standalone:
    """The whole system on one data folder."""

    def __init__(
        self, data: DataFolder, *, ingest_port: int | None, api_port: int | None, say: Say, step: Step
    ) -> None:
        self._data = data
        self._wanted = {"ingest": ingest_port, "api": api_port}
        self._say = say
        self._step = step
        self._kafka: Kafka | None = None
        self._postgres: Postgres | None = None
        self._services: list[SupervisedService] = []

    def start(self) -> Addresses:
        """Bring everything up, or raise StackError; then `stop` cleans up what had been started."""
        data = self._data
        data.hold()
        require_space(data.path, _DATA_BYTES_MIN)
        with self._step("Kafka's program files"):
            jars = kafka_jars(self._say)
        postgres.end_leftover(data.path / "postgres")
        kafka.wait_for_leftover(data.path / "kafka")
        self._kafka = Kafka(data.path / "kafka", data.logs, jars, self._kafka_ports())
        self._postgres = Postgres(
            data.path / "postgres",
            data.logs / "postgres.log",
            data.port("postgres", self._say),
            self._secret("owner"),
            say=self._say,
        )
        with self._step("PostgreSQL 18"):
            # The broker takes longest, so it starts first and is waited for last.
            self._kafka.launch()
            self._postgres.start()
        with self._step("Kafka 4.3.0"):
            self._kafka.wait_until_ready()
        with self._step("Tables, roles and the log"):
            self._prepare(self._kafka, self._postgres)
        with self._step("The services"):
            addresses = self._start_services(self._kafka, self._postgres)
        data.announce(addresses.as_json())
        return addresses

    def tick(self) -> None:
        """Start services again that have ended; ChildFailedError when the broker or the database has."""
        for service in self._services:
            service.tick()
        for child in self._neighbours():
            if not child.alive:
                raise ChildFailedError(child.name, f"ended with {describe_exit(child.process.returncode)}", child.log)

    def stop(self) -> None:
        """Services first, so that they can finish what they have in hand; then the broker, then the database."""
        for service in self._services:
            service.child.ask_to_stop()
        for service in self._services:
            service.child.stop()
        self._services = []
        self._data.withdraw()
        if self._kafka is not None:
            self._kafka.stop()
        if self._postgres is not None:
            self._postgres.stop()
        self._data.release()

    def _neighbours(self) -> list[Child]:
        server = self._postgres.server if self._postgres is not None else None
        return [*(self._kafka.brokers if self._kafka is not None else []), *([server] if server is not None else [])]

    def _kafka_ports(self) -> list[Ports]:
        brokers = self._data.recall("brokers") or _positive("STEPPE_KAFKA_BROKERS", 1)
        self._data.remember("brokers", brokers)
        names = ["kafka"] if brokers == 1 else [f"kafka-{node}" for node in range(1, brokers + 1)]
        return [
            Ports(
                client=self._data.port(name, self._say),
                controller=self._data.port(f"{name}-controller", self._say),
            )
            for name in names
        ]

    def _secret(self, name: str) -> str:
        key = f"password.{name}"
        password = self._data.recall(key)
        if password is None:
            password = new_password()
            self._data.remember(key, password)
        return str(password)

    def _prepare(self, broker: Kafka, database: Postgres) -> None:
        logins = [
            Login(user="projector", group="steppe_projector", password=self._secret("projector")),
            Login(user="api", group="steppe_api", password=self._secret("api")),
        ]
        partitions = _positive("STEPPE_PARTITIONS", PARTITIONS_DEFAULT)
        asyncio.run(migrate.run(broker.bootstrap, database.dsn, partitions, logins=logins))

    def _start_services(self, broker: Kafka, database: Postgres) -> Addresses:
        ports = {
            name: self._data.port(name, self._say, wanted=self._wanted.get(name), default=default)
            for name, default in _PORTS.items()
        }
        shared = {
            "STEPPE_KAFKA": broker.bootstrap,
            "STEPPE_HOST": LOOPBACK,
            "STEPPE_INGEST_PORT": str(ports["ingest"]),
            "STEPPE_API_PORT": str(ports["api"]),
            "STEPPE_PROJECTOR_PORT": str(ports["projector"]),
        }
        urls = {name: f"http://{LOOPBACK}:{port}" for name, port in ports.items()}
        for name in ("ingest", "projector", "api"):
            # Each with the rights that it needs; ingest needs no database at all.
            if name == "ingest":
                own = {
                    "STEPPE_API": urls["api"],
                    "STEPPE_IMPORTS": str(self._data.path / "imports"),
                }
            else:
                own = {"STEPPE_DATABASE": database.dsn_of(name, self._secret(name))}
            if name == "api":
                own["STEPPE_ENTRY_URL"] = urls["ingest"]
            self._services.append(SupervisedService(name, shared | own, self._data.logs, self._say))
        for service in self._services:
            url = f"{urls[service.name]}/{_ASKED[service.name]}"
            service.child.wait_until(lambda url=url: answers(url), _SERVICE_READY_SECONDS)  # type: ignore[misc]
        return Addresses(
            ingest=urls["ingest"],
            api=urls["api"],
            projector=urls["projector"],
            page=f"{urls['api']}/",
            docs=f"{urls['api']}/docs",
            kafka=broker.bootstrap,
            database=database.dsn,
            data=str(self._data.path),
            pids=_pids([*self._neighbours(), *(service.child for service in self._services)]),
        )


def _pids(children: Sequence[Child]) -> dict[str, int]:
    return {child.name: child.pid for child in children}


def _positive(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise StackError(f"{variable} is {text!r}: give a whole number from 1.")
    return int(text)
