"""The broker and the database that tests run against, wherever they come from, and services started for one test.

The tests do not know which stack it is: what the environment names, else Docker through testcontainers, else standalone.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from steppe.database.apply_migrations import Login
from steppe.standalone.children import Child
from steppe.standalone.errors import ChildFailedError
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, free_ports
from steppe.standalone.places import LOOPBACK, free_port
from steppe.standalone.postgres import Postgres
from steppe.standalone.services import answers

PASSWORD = "only-for-tests"
# Fewer than a new log has by default: as many as logs of release 0.2.0 have, which go on with them.
PARTITIONS = 4
LOGINS = (
    Login(user="projector", group="steppe_projector", password=PASSWORD),
    Login(user="api", group="steppe_api", password=PASSWORD),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Where the neighbours are, and what they are."""

    kafka: str
    database: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A migrated database of one test. `owner` may do everything, the other two what their roles may."""

    owner: str
    projector: str
    api: str


def database_of(owner: str, name: str) -> Database:
    """The addresses of another database on the same server."""
    return Database(
        owner=_with(owner, name=name),
        projector=_with(owner, name=name, user="projector"),
        api=_with(owner, name=name, user="api"),
    )


def _with(dsn: str, *, name: str, user: str | None = None) -> str:
    parts = urlsplit(dsn)
    login, _, host = parts.netloc.rpartition("@")
    login = f"{user}:{PASSWORD}" if user else login
    return urlunsplit(parts._replace(netloc=f"{login}@{host}", path=f"/{name}"))


def kind_of_stack() -> str:
    """Which stack will be used: `environment`, `docker` or `standalone`."""
    if os.environ.get("STEPPE_TEST_KAFKA") and os.environ.get("STEPPE_TEST_DATABASE"):
        return "environment"
    return "docker" if _docker_answers() else "standalone"


def _docker_answers() -> bool:
    import docker  # type: ignore[import-untyped]  # installed with testcontainers, without types
    from docker.errors import DockerException  # type: ignore[import-untyped]

    try:
        client = docker.from_env(timeout=5)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


@contextmanager
def started(kind: str) -> Iterator[Stack]:
    """The stack of that kind, up while the context lasts."""
    match kind:
        case "environment":
            kafka, database = os.environ["STEPPE_TEST_KAFKA"], os.environ["STEPPE_TEST_DATABASE"]
            yield Stack(kafka=kafka, database=database, kind="the one that the environment names")
        case "docker":
            from tests.containers import containers

            with containers() as (kafka, database):
                yield Stack(kafka=kafka, database=database, kind="Docker (apache/kafka:4.3.0, postgres:18)")
        case _:
            with _standalone() as (kafka, database):
                yield Stack(kafka=kafka, database=database, kind="standalone (Kafka 4.3.0, PostgreSQL 18 as children)")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


@contextmanager
def _standalone() -> Iterator[tuple[str, str]]:
    # Not under pytest's own folder, which is closed to the user that PostgreSQL runs as when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="steppe-tests-"))
    folder.chmod(0o711)
    postgres = Postgres(
        folder / "postgres", folder / "logs" / "postgres.log", free_port(0), PASSWORD, say=_say, durable=False
    )
    kafka = Kafka(folder / "kafka", folder / "logs", kafka_jars(_say), free_ports(), short_lived=True)
    try:
        postgres.start()
        kafka.start()
        yield kafka.bootstrap, postgres.dsn
    finally:
        kafka.stop()
        postgres.stop()
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of one test: `python -m services.NAME`."""

    child: Child
    address: str

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()

    def stop(self) -> None:
        """SIGTERM, and the grace that an operator gives."""
        self.child.stop()

    def log(self) -> str:
        """What it has said so far."""
        return self.child.log.read_text(errors="replace")


_PORT_SETTING = {"ingest": "STEPPE_INGEST_PORT", "api": "STEPPE_API_PORT", "projector": "STEPPE_PROJECTOR_PORT"}
# A projector is waited for by what it does: many tests start one that is to halt, or to wait.
_READY_ON_RETURN = ("ingest", "api")


def start_service(name: str, settings: Mapping[str, str], folder: Path, *, wait: bool = True) -> Service:
    """Start a service on a free port, unless the settings, which are STEPPE_ variables, name one.

    With `wait`, ingest and api are ready on return.
    """
    port = settings.get(_PORT_SETTING[name]) or free_port(0)
    own = {"STEPPE_HOST": LOOPBACK, _PORT_SETTING[name]: str(port)}
    child = Child(
        name,
        [sys.executable, "-m", f"services.{name}"],
        log=folder / f"{name}-{port}.log",
        environment={**os.environ, **own, **settings},
        folder=Path(__file__).parent.parent,
    )
    service = Service(child=child, address=f"http://{LOOPBACK}:{port}")
    if wait and name in _READY_ON_RETURN:
        child.wait_until(lambda: answers(f"{service.address}/readyz"), 30)
    return service


def wait_for_line(service: Service, text: str, seconds: float = 30) -> None:
    """Until the service has logged a text, for those without a door."""
    deadline = time.monotonic() + seconds
    while text not in service.log():
        if not service.child.alive or time.monotonic() > deadline:
            raise ChildFailedError(service.child.name, f"never said {text!r}", service.child.log)
        time.sleep(0.05)
