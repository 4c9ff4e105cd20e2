"""Faust's Kafka transport, with a consumer that starts at the checkpoints of the read model instead of the group's offsets.

Every place where Faust positions itself goes through `seek_to_committed` (after a rebalance, and when a fetch returns
while the flow is stopped). Seeking anywhere else is overwritten once the group has committed offsets.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka
from faust.types import TP

from services.projector.health.watchdog import exit_after
from steppe.log import fetched_records as fetched_records  # what its consumer reads with, too

log = logging.getLogger("steppe.projector")

StartOffsets = Callable[[set[int]], Awaitable[dict[int, int]]]
_SECONDS_TO_END = 3.0
_TRIES = 5
_SECONDS_IN_HAND_MAX = 7.0


class ConsumerThread(aiokafka.AIOKafkaConsumerThread):
    """The thread of a consumer that reads what is committed, which Faust does only where it writes in transactions itself."""

    def _create_worker_consumer(self, transport: aiokafka.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer

    def highwater(self, tp: TP) -> int:
        """The offset after the last committed record, as far as the broker has told."""
        return cast(int, self._ensure_consumer().last_stable_offset(tp))


class Consumer(aiokafka.Consumer):
    """A consumer that asks the read model where to start."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to its checkpoint. When that cannot be the process ends: Kafka's own idea of the
        position, to which Faust would fall back, is not ours. A worker that stops meanwhile reads nothing any more."""
        try:
            positions = await self._seek_to_checkpoints()
        except Exception as error:
            if self.app.should_stop:
                log.info("stops before it has its checkpoints: %s: %s", type(error).__name__, error)
                return {}
            log.critical("cannot start at the checkpoints: %s: %s", type(error).__name__, error)
            exit_after(_SECONDS_TO_END, "the checkpoints could not be read")
            await self.app.crash(error)
            raise
        log.info("starts at %s", {tp.partition: offset for tp, offset in sorted(positions.items())})
        return positions

    async def wait_empty(self) -> None:
        """Wait for what is in hand, as Faust does before it gives partitions away or stops, but not for ever.

        And without collecting all garbage once a second meanwhile: with the fold states of many projects in memory that takes
        longer than a transaction may be silent, and what is waited for never ends. What is not waited for is fenced.
        """
        deadline = time.monotonic() + _SECONDS_IN_HAND_MAX
        while not self.should_stop and self._unacked_messages and time.monotonic() < deadline:
            await self._wait_for_ack(timeout=1)
            self._clean_unacked_messages()
        await self.commit_and_end_transactions()

    async def _seek_to_checkpoints(self) -> dict[TP, int]:
        transport = cast(Transport, self.transport)
        for tries_left in reversed(range(_TRIES)):
            assigned: set[TP] = self.assignment()  # empty when there are more workers than partitions
            begin = await transport.start_offsets({tp.partition for tp in assigned})
            positions = {tp: begin[tp.partition] for tp in assigned}
            try:
                if positions:
                    await self.seek_wait(positions)
            except IllegalStateError:
                # The next rebalance took a partition away while the read model was asked.
                if not tries_left:
                    raise
            else:
                break
        return positions


class Transport(aiokafka.Transport):
    """Faust's Kafka transport with that consumer."""

    Consumer = Consumer

    def __init__(self, *args: Any, start_offsets: StartOffsets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.start_offsets = start_offsets
