"""One trace follows an event: from the request through the headers of its record into the transaction, and into the logs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from services.projector.commands.verify import verify
from services.projector.projection.transaction_trace import headers_by_position
from steppe.log.records import Record
from tests.services.projector.projection import QUICK, event, publish, until_covered
from tests.services.system.otlp import Receiver, Span, receiver
from tests.stack import Database, Service, Stack

Start = Callable[..., Service]
TRACE = "0af7651916cd43dd8448eb211c80319c"
SENDER = f"00-{TRACE}-b7ad6b7169203331-01"
ONE = {"content-type": "application/cloudevents+json"}


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner)
    yield connection
    await connection.close()


def memorandum(id: str, subject: str = "deep-lead-mine") -> dict[str, Any]:
    """One as a sender writes it."""
    _, value, _ = event(id, subject)
    assert value is not None
    return {name: found for name, found in json.loads(value).items() if name != "recordedtime"}


def post(ingest: Service, *events: dict[str, Any], **headers: str) -> dict[int, int]:
    """Send, and return the last offset of each partition."""
    lines = "\n".join(map(json.dumps, events))
    answer = httpx.post(
        f"{ingest.address}/v1/events",
        content=lines,
        headers={"content-type": "application/x-ndjson", **headers},
        timeout=30,
    )
    assert answer.status_code == 202, answer.text
    return {int(p): int(o) for p, _, o in (place.partition(":") for place in answer.json()["position"].split(","))}


async def records(stack: Stack, topic: str, last: dict[int, int]) -> list[Any]:
    """What the log has up to there."""
    async with AIOKafkaConsumer(bootstrap_servers=stack.kafka, auto_offset_reset="earliest") as consumer:
        wanted = [TopicPartition(topic, partition) for partition in last]
        consumer.assign(wanted)
        await consumer.seek_to_beginning(*wanted)
        found: list[Any] = []
        deadline = time.monotonic() + 20
        while len(found) < sum(offset + 1 for offset in last.values()):
            assert time.monotonic() < deadline, found
            for some in (await consumer.getmany(timeout_ms=500)).values():
                found += some
        return found


def named(spans: list[Span], name: str) -> Span:
    """The only span of that name."""
    matching = [span for span in spans if span.name == name]
    assert len(matching) == 1, (name, [span.name for span in spans])
    return matching[0]


async def test_one_trace_leads_from_the_senders_span_to_the_commit(
    start: Start, collector: Receiver, stack: Stack, topic: str, owner: asyncpg.Connection, database: Database
) -> None:
    ingest = start("ingest", **collector.settings())
    projector = start("projector", **QUICK, **collector.settings())
    last = post(ingest, memorandum("m-1"), traceparent=SENDER)
    await until_covered(owner, last, projector)
    names = {"POST /v1/events", *(f"{what} {topic}" for what in ("send", "process", "apply"))}
    collector.until(lambda spans: names <= {span.name for span in spans})

    of_it = collector.of_trace(TRACE)
    served = named(of_it, "POST /v1/events")
    sent = named(of_it, f"send {topic}")
    processed = named(of_it, f"process {topic}")
    assert (served.service, served.parent) == ("steppe-ingest", "b7ad6b7169203331")
    assert served.attributes["http.response.status_code"] == 202
    assert (sent.parent, processed.parent) == (served.id, sent.id)
    (place,) = last.items()
    assert sent.attributes["steppe.events"] == ["/desk/test#m-1"]
    assert sent.attributes["steppe.position"] == processed.attributes["steppe.position"] == ["{}:{}".format(*place)]
    assert sent.attributes["messaging.destination.name"] == topic
    assert (processed.service, processed.failed) == ("steppe-projector", False)

    (transaction,) = [span for span in collector.spans if span.name == f"apply {topic}"]
    assert transaction.trace != TRACE and transaction.parent == ""
    assert (TRACE, sent.id) in transaction.links
    assert processed.links == [(transaction.trace, transaction.id)]
    assert transaction.began <= processed.began and processed.ended <= transaction.ended

    (record,) = await records(stack, topic, last)
    assert dict(record.headers) == {
        "content-type": b"application/cloudevents+json",
        "traceparent": f"00-{TRACE}-{sent.id}-01".encode(),
    }
    # What says whence it came is not what the event is: it was read as structured, and folds again to the same.
    assert await owner.fetchval("SELECT headers FROM event") is None
    async with asyncio.timeout(30):
        verdict = await verify(stack.kafka, database.projector, topic)
    assert (verdict.records, verdict.differences) == (1, [])


async def test_the_events_of_one_request_share_one_span_and_those_of_another_have_theirs(
    start: Start, collector: Receiver, topic: str, owner: asyncpg.Connection
) -> None:
    ingest = start("ingest", **collector.settings())
    last = post(ingest, *(memorandum(f"m-{number}", f"mine-{number}") for number in range(50)), traceparent=SENDER)
    last |= post(ingest, memorandum("alone", "mine-0"))
    projector = start("projector", **QUICK, **collector.settings())
    await until_covered(owner, last, projector)
    collector.until(lambda spans: {TRACE} < {span.trace for span in spans if span.name == f"process {topic}"})
    collector.until(lambda spans: _count(spans, topic) == 51)

    shares = [span for span in collector.spans if span.name == f"process {topic}"]
    of_many = [span for span in shares if span.trace == TRACE]
    assert sum(span.attributes["messaging.batch.message_count"] for span in of_many) == 50
    transactions = [span for span in collector.spans if span.name == f"apply {topic}"]
    assert len(of_many) <= len(transactions) < 10
    assert all(len(span.attributes["steppe.position"]) <= 20 for span in of_many)
    (alone,) = [span for span in shares if span.trace != TRACE]
    assert alone.attributes["messaging.batch.message_count"] == 1


def _count(spans: list[Span], topic: str) -> int:
    return sum(span.attributes["messaging.batch.message_count"] for span in spans if span.name == f"process {topic}")


async def test_what_is_kept_aside_says_so_in_its_trace_and_in_the_log_with_its_event(
    start: Start, collector: Receiver, topic: str, stack: Stack, owner: asyncpg.Connection
) -> None:
    projector = start("projector", STEPPE_LOG_FORMAT="json", **QUICK, **collector.settings())
    key, value, _ = event("m-1")
    _, other, _ = event("m-1", instrument="loi")
    last = await publish(stack.kafka, topic, [(key, value, []), (key, other, [("traceparent", SENDER.encode())])])
    await until_covered(owner, last, projector)
    collector.until(lambda spans: any(span.trace == TRACE for span in spans))

    processed = named(collector.of_trace(TRACE), f"process {topic}")
    ((name, told),) = processed.events
    assert (name, told["steppe.stage"], told["steppe.events"]) == ("quarantined", "conflict", ["/desk/test#m-1"])
    lines = [json.loads(line) for line in projector.log().splitlines()]
    (line,) = [one for one in lines if one.get("event") == "/desk/test#m-1"]
    assert (line["stage"], line["project"], line["position"]) == ("conflict", "deep-lead-mine", told["steppe.position"])
    (transaction,) = {trace for trace, _ in processed.links}
    assert line["trace_id"] == transaction


def test_records_of_long_ago_have_no_share_however_often_the_log_is_read() -> None:
    headers = (("content-type", b"application/cloudevents+json"), ("traceparent", SENDER.encode()))
    old = Record(partition=0, offset=7, timestamp_ms=1_000_000, key=b"k", value=b"{}", headers=headers)
    new = replace(old, offset=8, timestamp_ms=2_000_000)
    bare = replace(new, offset=9, headers=headers[:1])
    assert headers_by_position({0: [old, new, bare]}, since=1_500) == {"0:8": headers[1:]}


async def test_headers_that_lead_nowhere_disturb_nobody(
    start: Start, collector: Receiver, topic: str, stack: Stack, owner: asyncpg.Connection
) -> None:
    projector = start("projector", **QUICK, **collector.settings())
    nobody = b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"
    odd = [b"", b"\xff\xfe", b"00-zz-zz-01", nobody, b"x" * 5000, SENDER[:-2].encode() + b"00"]
    messages = []
    for number, one in enumerate(odd):
        key, value, _ = event(f"m-{number}")
        messages.append((key, value, [("traceparent", one), ("tracestate", b"\0=")]))
    last = await publish(stack.kafka, topic, messages)
    await until_covered(owner, last, projector)
    collector.until(lambda spans: any(span.name == f"apply {topic}" for span in spans))
    assert not [span for span in collector.spans if span.name == f"process {topic}"]
    assert await owner.fetchval("SELECT count(*) FROM event") == len(odd)


async def test_without_an_address_nothing_is_traced_and_records_carry_nothing(
    start: Start, stack: Stack, topic: str
) -> None:
    ingest = start("ingest")
    last = post(ingest, memorandum("m-1"), traceparent=SENDER)
    (record,) = await records(stack, topic, last)
    assert [name for name, _ in record.headers] == ["content-type"]


async def test_a_share_of_none_records_none_whatever_a_sender_asks_for(
    start: Start, collector: Receiver, stack: Stack, topic: str
) -> None:
    ingest = start("ingest", **collector.settings(STEPPE_TRACES_SHARE="0"))
    last = post(ingest, memorandum("m-1"), traceparent=SENDER)
    (record,) = await records(stack, topic, last)
    assert [name for name, _ in record.headers] == ["content-type"]
    ingest.stop()
    assert collector.spans == []


async def test_of_a_share_the_same_traces_are_recorded_everywhere_and_whole(
    start: Start, collector: Receiver, topic: str, owner: asyncpg.Connection
) -> None:
    share = collector.settings(STEPPE_TRACES_SHARE="0.0001")
    ingest, projector = start("ingest", **share), start("projector", **QUICK, **share)
    chosen, other = f"{'0' * 31}1", "f" * 32
    last = post(ingest, memorandum("m-1"), traceparent=f"00-{chosen}-b7ad6b7169203331-01")
    last |= post(ingest, memorandum("m-2", "another-mine"), traceparent=f"00-{other}-b7ad6b7169203331-01")
    await until_covered(owner, last, projector)
    names = {"POST /v1/events", *(f"{what} {topic}" for what in ("send", "process", "apply"))}
    collector.until(lambda spans: names <= {span.name for span in spans})
    assert {span.trace for span in collector.spans if not span.name.startswith("apply ")} == {chosen}


async def test_a_receiver_that_is_away_holds_up_no_request_no_batch_and_no_stop(
    start: Start, owner: asyncpg.Connection
) -> None:
    away = {"STEPPE_TRACES": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    ingest, projector = start("ingest", **away), start("projector", **QUICK, **away)
    last: dict[int, int] = {}
    for number in range(20):
        last |= post(ingest, memorandum(f"m-{number}"))
    await until_covered(owner, last, projector)
    for service in (ingest, projector):
        began = time.monotonic()
        service.stop()
        assert time.monotonic() - began < 10


def test_answers_of_the_api_are_traced_by_route_with_their_queries(start: Start, collector: Receiver) -> None:
    api = start("api", **collector.settings())
    for _ in range(2):
        httpx.get(f"{api.address}/livez", timeout=20)
        answer = httpx.get(f"{api.address}/v1/projects/no-such-mine", headers={"traceparent": SENDER}, timeout=20)
        assert answer.status_code == 404
    collector.until(lambda spans: len([span for span in spans if span.name == "GET /v1/projects/{key}"]) == 2)
    served = [span for span in collector.of_trace(TRACE) if span.name == "GET /v1/projects/{key}"]
    assert all(span.attributes["http.response.status_code"] == 404 for span in served)
    queries = [span for span in collector.of_trace(TRACE) if "db.query.summary" in span.attributes]
    assert queries and {span.parent for span in queries} <= {span.id for span in served}
    assert not [span for span in collector.spans if "livez" in span.name]


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "ftp://here", "http://", "http://here?x=1"])
def test_an_address_that_is_none_is_refused_at_the_start(start: Start, wrong: str) -> None:
    service = start("projector", STEPPE_TRACES=wrong, wait=False)
    deadline = time.monotonic() + 20
    while service.child.alive:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "STEPPE_TRACES" in service.log() and f"{wrong!r} is no address of a receiver" in service.log()
