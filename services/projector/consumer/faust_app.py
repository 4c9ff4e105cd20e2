"""The Faust app: its agent takes batches from Kafka and gives them to the store. Delivery rests on the checkpoint, not on Faust.

Faust acknowledges a batch whatever becomes of it, so no exception may come back to the stream while the process lives: what
the store raises ends the process. The reasons of each setting are in docs/decisions.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faust
from aiokafka.errors import IllegalStateError, KafkaError
from faust.auth import Credentials, SASLCredentials, SSLCredentials
from faust.exceptions import ConsumerNotStarted
from mode import CrashingSupervisor

from services.projector.consumer.arrived_batches import arrived_batches
from services.projector.consumer.catch_up import catch_up
from services.projector.consumer.faust_transport import Transport
from services.projector.consumer.folding_process import keep_folding
from services.projector.consumer.projection_store import ProjectionStore
from services.projector.health.watchdog import exit_after
from services.projector.projection.batches import Record
from services.projector.projection.errors import ProjectorError
from services.projector.projection.progress import Progress
from services.projector.publisher.batches_first import BatchesFirst
from services.projector.publisher.publisher import Publisher
from services.projector.settings import Settings
from steppe.log.broker_address import KafkaAddress, parse
from steppe.log.fetched_records import record_with_time

log = logging.getLogger("steppe.projector")

_SECONDS_TO_CRASH = 5.0
_HEARTBEAT_SECONDS = 0.25
_METADATA_SECONDS_MAX = 5
# Beyond it a worker that reads nothing leaves its group. Whether it hangs or has a long batch in hand is the watchdog's to tell.
_POLL_SECONDS_MAX = 24 * 3600.0


class Projector(faust.App):
    """The Faust app with its store, which is opened before anything is consumed."""

    store: ProjectionStore | None = None
    settings: Settings
    loop_heartbeat_at: float
    assigned: bool = False
    halted: str | None = None
    observe: Callable[[str, float], None]
    _publisher: Publisher | None = None
    _publishing: asyncio.Task[None] | None = None
    _folding: asyncio.Task[None] | None = None
    _heartbeat: asyncio.Task[None] | None = None

    async def on_start(self) -> None:
        """Connect to the read model first: without it, or with another log than its own, there is nowhere to begin."""
        self._heartbeat = asyncio.create_task(self._beat(), name="loop-heartbeat")
        self.store = await ProjectionStore.open(self.settings)
        self.store.progress.observe = self.observe
        await self._start_offsets(set())
        self._folding = asyncio.create_task(keep_folding(self.store.fold_beside), name="large-projects")
        if self.settings.projector_announce == "on":
            self._publisher = Publisher(self.settings, batches_first=BatchesFirst(self.store.idle))
            self._publishing = asyncio.create_task(self._publisher.run(), name="publisher")
        await super().on_start()

    async def on_shutdown(self) -> None:
        """Disconnect when nothing can arrive any more."""
        beside = {task for task in (self._publishing, self._folding) if task is not None}
        for task in beside:
            task.cancel()
        if beside:
            await asyncio.wait(beside)
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        await super().on_shutdown()
        if self.store is not None:
            log.info("stopped; %s", dict(self.store.progress.counts))
            await self.store.close()

    async def start_offsets(self, partitions: set[int]) -> dict[int, int]:
        """Where to start reading: where the read model ends. When it cannot go on there, /v1/status says why."""
        offsets = await self._start_offsets(partitions)
        self.assigned = True
        return offsets

    async def halt(self, error: Exception) -> None:
        """Store why the projection is halted, where somebody must act; the caller ends the process."""
        if isinstance(error, ProjectorError) and error.reason is not None and self.store is not None:
            self.halted = f"{error.reason}: {error}"
            await self.store.halt(error)

    async def _start_offsets(self, partitions: set[int]) -> dict[int, int]:
        assert self.store is not None, "the app starts its store before its consumer"
        try:
            return await self.store.start_offsets(partitions)
        except ProjectorError as error:
            await self.halt(error)
            raise

    async def _beat(self) -> None:
        while True:
            self.loop_heartbeat_at = time.monotonic()
            await asyncio.sleep(_HEARTBEAT_SECONDS)

    @property
    def progress(self) -> Progress | None:
        """What this worker has reached; None before the start."""
        return None if self.store is None else self.store.progress

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections to the database are open, and how many of them idle."""
        return (0, 0) if self.store is None else self.store.connections

    @property
    def transitions(self) -> dict[tuple[str, str], int]:
        """How many transitions of flags this worker has announced, by flag and transition."""
        return {} if self._publisher is None else dict(self._publisher.transitions)

    @property
    def oversized(self) -> dict[str, int]:
        """How many records this worker published as pointers, and set aside, because they were too large."""
        return {} if self._publisher is None else dict(self._publisher.oversized)

    async def catch_up_backlog(self) -> None:
        """Read without Faust for a while when too much waits, and let Faust go on behind it. Returns soon when there is a rebalance
        or a stop; called after every batch, so that Faust polls in between and keeps its partitions."""
        assert self.store is not None, "the app starts its store before its consumer"
        if not self._can_continue() or self._lag() <= self.settings.projector_backlog_events_min:
            return
        log.info("backlog: %d records wait, read in large batches", self._lag())
        try:
            little_is_left = await catch_up(self.settings, self.store, self.highwaters(), self._can_continue)
        except KafkaError as error:
            log.warning("backlog: the broker is unavailable (%r); the stream waits for it", error)
            return
        if self._can_continue():
            # Makes Faust ask the checkpoints where to go on. The fence drops what it has in hand.
            await self.consumer.perform_seek()
        if little_is_left:
            log.info("backlog: little is left, the stream goes on")

    def _can_continue(self) -> bool:
        consumer: Any = self.consumer
        return not self.should_stop and not self.rebalancing and bool(consumer.flow_active)

    def _lag(self) -> int:
        """Records of the assigned partitions that wait, as far as the broker has told."""
        assert self.store is not None, "the app starts its store before its consumer"
        next_offsets = self.store.progress.next_offsets
        return sum(max(0, end - next_offsets.get(partition, end)) for partition, end in self.highwaters().items())

    def highwaters(self) -> dict[int, int]:
        """The ends of the assigned partitions, as far as the broker has told them. Called from the watchdog's thread."""
        if self.store is None or not self.consumer or not self.started:
            return {}
        try:
            return {tp.partition: self.consumer.highwater(tp) or 0 for tp in self.consumer.assignment()}
        except (ConsumerNotStarted, IllegalStateError):
            return {}  # a rebalance took the partition, or the consumer, away in between


def build(settings: Settings, observe: Callable[[str, float], None] = lambda measure, value: None) -> Projector:
    """The app, ready to be given to a worker; `observe` is that of `Progress`."""
    kafka = parse(settings.kafka)
    app = Projector(
        settings.projector_group,
        broker=[f"kafka://{server}" for server in kafka.servers.split(",")],
        broker_credentials=_credentials(kafka),
        version=1,
        autodiscover=False,
        processing_guarantee="at_least_once",
        store="memory://",
        # Faust makes this folder and puts nothing into it; where it works may not be writable.
        datadir=Path(tempfile.gettempdir()) / f"{settings.projector_group}-data",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.projector_session_timeout_seconds,
        broker_heartbeat_interval=settings.projector_heartbeat_seconds,
        broker_request_timeout=max(30.0, settings.projector_session_timeout_seconds),
        broker_rebalance_timeout=30.0,
        broker_max_poll_interval=_POLL_SECONDS_MAX,
        # A broker that has just come back may not know the topic yet, and whoever assigns then assigns nothing to anybody
        # until the topic is looked up again.
        consumer_metadata_max_age_ms=_METADATA_SECONDS_MAX * 1000,
        broker_max_poll_records=1000,
        stream_buffer_maxsize=4096,
        stream_wait_empty=True,
        producer_threaded=False,
        worker_redirect_stdouts=False,
        key_serializer="raw",
        value_serializer="raw",
    )
    app.settings = settings
    app.loop_heartbeat_at = time.monotonic()
    app.observe = observe
    app.transport = Transport(app.conf.broker_consumer, app, loop=app.loop, start_offsets=app.start_offsets)
    events = app.topic(
        settings.topic,
        key_type=bytes,
        key_serializer="raw",
        value_type=bytes,
        value_serializer="raw",
        allow_empty=True,
        internal=False,
    )

    async def project(stream: Any) -> None:
        async for batch in arrived_batches(
            stream, settings.projector_batch_events_max, settings.projector_batch_seconds_max
        ):
            assert app.store is not None, "the app starts its store before its consumer"
            try:
                await app.store.apply([_record(event) for event in batch])
                await app.catch_up_backlog()
            except Exception as error:
                # The stream acknowledges this batch while the exception passes through it: the process has to go.
                log.critical("the projector ends: %s: %s", type(error).__name__, error, exc_info=error)
                exit_after(_SECONDS_TO_CRASH, "the batch could not be applied")
                await app.halt(error)
                raise

    app.agent(events, concurrency=1, supervisor_strategy=CrashingSupervisor)(project)
    return app


def _credentials(kafka: KafkaAddress) -> Credentials | None:
    """The user and the certificates of the address, as Faust takes them."""
    if kafka.user is not None:
        return SASLCredentials(
            username=kafka.user, password=kafka.password, ssl_context=kafka.tls, mechanism=kafka.mechanism
        )
    return None if kafka.tls is None else SSLCredentials(kafka.tls)


def _record(event: Any) -> Record:
    return record_with_time(event.message, round(event.message.timestamp * 1000))
