"""The publisher: of all workers one leads; every second it announces what changed and sends the outbox. It never delays a batch.

Whoever holds an advisory lock of its database session leads; when its process or its session ends, another worker takes over
and finds in the tables what was announced and what is still to be sent. Faults are logged and retried: the projection goes on.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.projector.projection import retry_policy
from services.projector.publisher.batches_first import BatchesFirst
from services.projector.publisher.flag_diff import Announcer
from services.projector.publisher.outbox_relay import OutboxRelay
from services.projector.settings import Settings
from steppe.contracts.topics import FLAGS, PROJECTS, QUARANTINE
from steppe.database import active_read_model, locks, outbox_writer, sql
from steppe.log.topic_info import make_consumer

log = logging.getLogger("steppe.projector.publisher")

_STATEMENTS = sql.load("checkpoint")
_ENDS_SECONDS_MAX = 3.0
_CLOSE_SECONDS_MAX = 1.0
# How old the ends of the log may be that the read model is seen to cover.
_ENDS_FRESH_SECONDS = 5.0
_PAUSE_SECONDS = 0.2
_FAULT_SECONDS = 10.0
# Longer than anything that a leader does without the database: it waits for Kafka, each time with a deadline.
_IDLE_SECONDS_MAX = 20.0


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


class Publisher:
    """One worker's publisher. `day` says which day it is; `transitions` counts what was announced, by flag and transition.

    `batches_first`: what it gives way to.
    """

    def __init__(
        self, settings: Settings, day: Callable[[], date] = today, batches_first: BatchesFirst | None = None
    ) -> None:
        self._settings = settings
        self._day = day
        self._jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._consumer: AIOKafkaConsumer | None = None
        self.transitions = Counter[tuple[str, str]]()
        self._batches_first = batches_first or BatchesFirst()
        self._announcer = self._new_announcer()
        self._outbox = OutboxRelay(
            settings.kafka,
            {
                FLAGS.name: settings.flags_topic,
                PROJECTS.name: settings.projects_topic,
                QUARANTINE.name: settings.quarantine_topic,
            },
            self._batches_first.pause,
        )

    def _new_announcer(self) -> Announcer:
        return Announcer(self._settings.topic, self.transitions, self._batches_first.pause)

    @property
    def oversized(self) -> Counter[str]:
        """How many records were too large: went as pointers, or were set aside."""
        return self._outbox.counts

    async def run(self) -> None:
        """Lead as soon as nobody else does, until cancelled. Raises nothing."""
        pauses = retry_policy.backoff(self._jitter)
        while True:
            try:
                await self._lead()
            except Exception as error:
                if retry_policy.is_transient(error):
                    log.warning("the database is unavailable (%r); publishing waits", error)
                    await asyncio.sleep(next(pauses))
                else:
                    log.exception("publishing failed; retrying in %.0f s", _FAULT_SECONDS)
                    await asyncio.sleep(_FAULT_SECONDS)

    async def _lead(self) -> None:
        connection = await self.connect()
        try:
            leads = False
            while not leads:
                await asyncio.sleep(self._settings.projector_announce_seconds)
                leads = await connection.fetchval(*outbox_writer.STATEMENTS["try_to_lead"](lock=locks.PUBLISHER))
                if not leads:
                    await self._terminate_stuck_leader(connection)
            log.info("announces from now on")
            # What another worker announced meanwhile is in the tables, and not in what this worker remembers.
            self._announcer = self._new_announcer()
            while True:
                await self.step(connection)
                await asyncio.sleep(self._settings.projector_announce_seconds)
        finally:
            connection.terminate()
            await self.close()

    async def _terminate_stuck_leader(self, connection: asyncpg.Connection) -> None:
        """Free the lead where its session waits in the middle of a statement for a worker that sleeps or is cut off."""
        terminated = await connection.fetch(
            *outbox_writer.STATEMENTS["terminate_stuck_leader"](seconds=self._idle_seconds_max(), lock=locks.PUBLISHER)
        )
        if terminated:
            log.warning("the session of the worker that announces was terminated: its client has been silent too long")

    def _idle_seconds_max(self) -> float:
        return max(_IDLE_SECONDS_MAX, 3 * self._settings.projector_announce_seconds)

    async def connect(self) -> asyncpg.Connection:
        """A session of its own, because the lead is bound to it."""
        idle_seconds_max = self._idle_seconds_max()
        return await asyncpg.connect(
            self._settings.database,
            timeout=self._settings.projector_database_seconds_max,
            command_timeout=self._settings.projector_database_seconds_max,
            server_settings={
                "application_name": "steppe-publisher",
                # Optional filters need a plan of their own each time, not one for all.
                "plan_cache_mode": "force_custom_plan",
                # A leader that sleeps or is cut off loses its session, and the lead with it.
                "idle_session_timeout": f"{idle_seconds_max:.0f}s",
                "idle_in_transaction_session_timeout": f"{idle_seconds_max:.0f}s",
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
            },
        )

    async def step(self, connection: asyncpg.Connection) -> int | None:
        """Announce what changed and send the outbox. Returns how many transitions; None: the read model is behind the log.

        A broker that is unavailable is logged; what was announced waits for it.
        """
        announced: int | None = None
        self._batches_first.begin()
        # In this order: what was acknowledged before the day began is among what must be covered.
        day = self._day()
        try:
            ends = await self._log_ends(connection)
        except (KafkaError, TimeoutError) as error:
            log.warning("the end of the log is unknown (%r): nothing is announced", error)
            await self._close_consumer()
        else:
            announced = await self._announce(connection, day, ends)
        try:
            sent = await self._outbox.send(connection)
        except (KafkaError, TimeoutError) as error:
            log.warning("what was announced waits for the broker: %r (a topic may be missing: `steppe migrate`)", error)
        else:
            if announced or sent:
                log.info("transitions=%d records=%d", announced or 0, sent)
        return announced

    async def close(self) -> None:
        """Disconnect from the broker."""
        await self._outbox.close()
        await self._close_consumer()

    async def _announce(self, connection: asyncpg.Connection, day: date, ends: dict[int, int]) -> int | None:
        deadline = time.monotonic() + _ENDS_FRESH_SECONDS
        while (announced := await self._announcer.announce(connection, day, ends)) is None:
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(_PAUSE_SECONDS)
        return announced

    async def _log_ends(self, connection: asyncpg.Connection) -> dict[int, int]:
        """Where the log ends, asked of the broker and not of the worker that applies it."""
        async with connection.transaction(readonly=True):
            await active_read_model.use_active(connection)
            rows = await connection.fetch(*_STATEMENTS["read_checkpoints"](topic=self._settings.topic))
        partitions = [TopicPartition(self._settings.topic, row["partition"]) for row in rows]
        async with asyncio.timeout(_ENDS_SECONDS_MAX):
            if self._consumer is None:
                self._consumer = make_consumer(self._settings.kafka, client_id="steppe-publisher")
                await self._consumer.start()
            ends = await self._consumer.end_offsets(partitions)
        return {partition.partition: end for partition, end in ends.items()}

    async def _close_consumer(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(TimeoutError, KafkaError, OSError):  # it is given up either way
                await asyncio.wait_for(consumer.stop(), _CLOSE_SECONDS_MAX)
