"""The end of the log, read once at the start: so that ingest recognises what was sent before it was restarted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from aiokafka import TopicPartition

from services.ingest.memory.known_keys import KnownKeys
from services.ingest.memory.recent_ids import RecentIds, key_of
from services.ingest.settings import Settings
from steppe.contracts.codec import Decoded, UndecodableError, Unknown, decode
from steppe.contracts.fast_codec import decode_fast
from steppe.log.topic_info import make_consumer, open_topic

log = logging.getLogger(__name__)

_FETCH_BYTES = 1024 * 1024
_POLL_MS = 500
_RECORDS_AT_ONCE = 500
_IDLE_SECONDS_MAX = 10.0


async def read_log_tail(settings: Settings, recent_ids: RecentIds, known_keys: KnownKeys) -> None:
    """Remember the last `ingest_tail_events_max` records of the log, and from where on all are remembered.

    Raises what aiokafka raises, and TimeoutError when the broker falls silent; then reading again from the start is safe.
    """
    async with asyncio.timeout(_IDLE_SECONDS_MAX):
        async with open_topic(settings.kafka, settings.topic) as reader:
            if reader is None:
                return  # the producer says so
            info = reader.info
    firsts = _first_offsets(info.starts, info.ends, settings.ingest_tail_events_max)
    for partition, first in firsts.items():
        recent_ids.forget_before(partition, first)
    waiting = {TopicPartition(settings.topic, p): end for p, end in info.ends.items() if firsts[p] < end}
    if not waiting:
        return
    consumer = make_consumer(
        settings.kafka,
        client_id="steppe-ingest-tail",
        max_partition_fetch_bytes=_FETCH_BYTES,
        max_poll_records=_RECORDS_AT_ONCE,
    )
    await consumer.start()
    count = 0
    try:
        consumer.assign(list(waiting))
        for place in waiting:
            consumer.seek(place, firsts[place.partition])
        while waiting:
            async with asyncio.timeout(_IDLE_SECONDS_MAX):
                batches = await consumer.getmany(*waiting, timeout_ms=_POLL_MS)
            for records in batches.values():
                for record in records:
                    _remember(record, recent_ids, known_keys)
                count += len(records)
            for place in list(waiting):
                # Asked of the consumer, for a record that is not there (of a transaction) takes an offset, too.
                if await consumer.position(place) >= waiting[place]:
                    del waiting[place]
            await asyncio.sleep(0)
    finally:
        await consumer.stop()
    log.info("%d records of the log are remembered", count)


def _first_offsets(starts: Mapping[int, int], ends: Mapping[int, int], records_max: int) -> dict[int, int]:
    """Where to begin in each partition: what a short one leaves of its share goes to the others."""
    firsts: dict[int, int] = {}
    left, waiting = records_max, sorted(ends, key=lambda partition: ends[partition] - starts[partition])
    for number, partition in enumerate(waiting):
        share = min(ends[partition] - starts[partition], left // (len(waiting) - number))
        firsts[partition], left = ends[partition] - share, left - share
    return firsts


def _remember(record: object, recent_ids: RecentIds, known_keys: KnownKeys) -> None:
    key, value, headers = record.key, record.value, record.headers  # type: ignore[attr-defined]  # aiokafka ships no types
    record_id = (record.partition, record.offset)  # type: ignore[attr-defined]
    fast = decode_fast(value, key) if key and value else None
    if fast is not None:
        identity, content_sha256 = (fast.subject, fast.source, fast.id), fast.content_sha256
    else:
        try:
            slow: Decoded | Unknown = decode(value, headers, key=key)
        except UndecodableError:  # the projector quarantines it; nothing that ingest accepts is its duplicate
            return
        event = slow.event if isinstance(slow, Decoded) else slow
        identity, content_sha256 = (event.subject, event.source, event.id), slow.content_sha256
    identity_key = key_of(*identity)
    if recent_ids.find(identity_key) is None:  # of several records of one event the first counts
        recent_ids.remember(identity_key, content_sha256, record_id)
    known_keys.add(identity[0])
