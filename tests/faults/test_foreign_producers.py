"""The log as others write it: every codec, transactions, names and sizes that ingest never writes. Nobody is stopped by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from services.projector.commands.verify import verify
from tests.faults.invariants import until_reached
from tests.faults.load import identities, messages
from tests.faults.other_producers import (
    everything_goes_on,
    publish_batch,
    publish_compressed,
    set_topic,
    topic_info,
    transaction,
)
from tests.faults.own_stack import World
from tests.faults.workers import QUICK, Workers
from tests.journeys.test_backup import Steppe
from tests.log.test_record_batch import RawName, batch
from tests.services.projector.projection import Message, event, publish

CODECS = ("gzip", "snappy", "lz4", "zstd")
BOMB_BYTES = 300 * 2**20


def started(world: World) -> Workers:
    """A worker that is kept running."""
    workers = Workers(lambda: world.start("projector", QUICK))
    workers.keep()
    return workers


def test_batches_in_every_codec_of_kafka_are_projected_backed_up_and_rebuilt(world: World) -> None:
    written = messages(0, 200, projects=10)
    for number, codec in enumerate(CODECS):
        asyncio.run(publish_compressed(world, written[number * 50 : (number + 1) * 50], codec))
    _, records = everything_goes_on(world, started(world))
    assert sorted(record.value or b"" for record in records) == sorted(value or b"" for _, value, _ in written)
    assert stored(world) == identities(written)


def test_a_log_that_its_broker_compresses_again_is_projected_backed_up_and_rebuilt(world: World) -> None:
    """The broker's own libraries write what its topic is set to, whatever the producer sent."""
    written = messages(0, 200, projects=10)
    for number, codec in enumerate(CODECS):
        asyncio.run(set_topic(world, {"compression.type": codec}))
        asyncio.run(publish(world.kafka, world.topic, written[number * 50 : (number + 1) * 50]))
    _, records = everything_goes_on(world, started(world))
    assert sorted(record.value or b"" for record in records) == sorted(value or b"" for _, value, _ in written)
    assert stored(world) == identities(written)


def test_what_is_aborted_is_not_folded_and_what_ends_a_transaction_is_no_gap(world: World) -> None:
    workers = started(world)
    committed, aborted, plain = (messages(first, 100, projects=10) for first in (0, 100, 200))
    asyncio.run(publish(world.kafka, world.topic, plain[:50]))
    asyncio.run(transaction(world, committed, "commit"))
    asyncio.run(transaction(world, aborted, "abort"))
    asyncio.run(publish(world.kafka, world.topic, plain[50:]))
    # The end of every partition is then the end of a transaction.
    asyncio.run(transaction(world, messages(300, 100, projects=10), "abort"))
    verdict, records = everything_goes_on(world, workers)
    assert verdict.records == len(records) == len(committed) + len(plain)
    assert stored(world) == identities([*committed, *plain])
    # A worker that starts there knows the log again, and goes on.
    workers.awake[0].kill()
    later = messages(400, 20, projects=10)
    asyncio.run(publish(world.kafka, world.topic, later))
    workers.exits.clear()
    until_reached(world, dict(asyncio.run(topic_info(world)).ends), workers)
    assert stored(world) == identities([*committed, *plain, *later])


def test_a_log_of_nothing_but_an_aborted_transaction_is_covered(world: World) -> None:
    asyncio.run(transaction(world, messages(0, 1_000, projects=10), "abort"))
    verdict, records = everything_goes_on(world, started(world))
    assert (verdict.records, records, stored(world)) == (0, [], set())


def test_behind_an_open_transaction_records_wait_and_go_on_when_it_ends(world: World) -> None:
    workers = started(world)
    before, within, behind, after = (messages(first, 40, projects=10) for first in (0, 40, 80, 120))
    asyncio.run(publish(world.kafka, world.topic, before))
    asyncio.run(transaction(world, within, "leave open", id="left-open"))
    asyncio.run(publish(world.kafka, world.topic, behind))
    everything_goes_on(world, workers, waiting=len(within) + len(behind))
    assert stored(world) == identities(before)
    # Whoever comes back under that name ends what was left.
    asyncio.run(transaction(world, after, "commit", id="left-open"))
    until_reached(world, dict(asyncio.run(topic_info(world)).ends), workers)
    assert stored(world) == identities([*before, *behind, *after])


def test_a_header_of_any_name_is_kept_and_stops_nobody(world: World) -> None:
    workers = started(world)
    good, neighbour = event("named", "named-mine"), event("next", "named-mine")
    for key, value, _ in (good, (b"garbled-mine", b"no event", ())):
        names = (RawName("n"), "", "h\0", "h" * 10_000, "ключ")
        asyncio.run(publish_batch(world, batch((key, value, [(name, b"\xff") for name in names])), key or b""))
    asyncio.run(publish(world.kafka, world.topic, [neighbour]))
    _, records = everything_goes_on(world, workers)
    assert stored(world) == identities([good, neighbour])
    assert [subject for subject, _ in quarantined(world)] == ["garbled-mine"]
    names_kept = {name for record in records for name, _ in record.headers}
    assert names_kept == {"n\\xff\\xfe", "", "h\0", "h" * 10_000, "ключ"}


def test_a_bomb_is_quarantined_unread_and_its_neighbours_go_on(world: World) -> None:
    """300 MB in a small batch, alone, and in the middle of good records of other projects."""
    workers = started(world)
    bomb: Message = (b"bomb", b'{"specversion":"1.0","note":"' + b"a" * BOMB_BYTES + b'"}', ())
    smaller: Message = (b"bomb-2", b'{"specversion":"1.0","note":"' + b"a" * (17 * 2**20) + b'"}', ())
    good = messages(0, 40, projects=10)
    asyncio.run(publish_compressed(world, [bomb], "zstd", 2**31 - 1))
    asyncio.run(publish_compressed(world, [*good[:20], smaller, *good[20:]], "gzip", 2**31 - 1))
    everything_goes_on(world, workers)
    assert stored(world) == identities(good)
    assert sorted(subject or "" for subject, _ in quarantined(world)) == ["bomb", "bomb-2"]
    assert all("are read" in reason for _, reason in quarantined(world))
    assert peak_bytes(workers) < 500 * 2**20
    # Tried again it is what it was, and given up it holds nobody.
    steppe = Steppe(world.kafka, world.topic, world.database.projector)
    asyncio.run(steppe("quarantine", "retry", "--all", exits=1))
    asyncio.run(steppe("quarantine", "skip", *unread_places(world), "--reason", "a test"))
    assert asyncio.run(verify(world.kafka, world.database.api, world.topic)).differences == []


def stored(world: World) -> set[tuple[str, str, str]]:
    """Subject, source and id of what is in the timeline."""
    return {(row["subject"], row["source"], row["id"]) for row in _rows(world, "SELECT subject, source, id FROM event")}


def quarantined(world: World) -> list[tuple[str | None, str]]:
    """Subject and reason."""
    rows = _rows(world, "SELECT subject, reason FROM quarantine ORDER BY subject")
    return [(row["subject"], row["reason"]) for row in rows]


def unread_places(world: World) -> list[str]:
    """Where the records are that are in quarantine."""
    rows = _rows(world, "SELECT partition, log_offset FROM quarantine WHERE state = 'open'")
    return [f"{row['partition']}:{row['log_offset']}" for row in rows]


def peak_bytes(workers: Workers) -> int:
    """The most memory that the worker ever had."""
    status = Path(f"/proc/{workers.awake[0].child.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _rows(world: World, query: str) -> list[asyncpg.Record]:
    async def fetch() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(world.database.api)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())
