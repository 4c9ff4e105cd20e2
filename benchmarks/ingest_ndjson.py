"""How fast is the NDJSON door beside the bare producer, and does its memory stay flat?

    STEPPE_KAFKA=127.0.0.1:9092 python -m benchmarks.ingest_ndjson [--events 100000] [--rounds 3]

Without STEPPE_KAFKA a broker of its own is started. Each round sends the same messages twice, to two fresh topics: once
with aiokafka's `send` in this process, as its documentation shows, and once through HTTP. The goal: half of the first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil
from aiokafka import AIOKafkaProducer

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.acceptance import Accepted, accept
from steppe.contracts.codec import decode_structured
from steppe.contracts.topics import DEALS, PARTITIONS_DEFAULT
from steppe.standalone.children import Child
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, free_ports
from steppe.standalone.places import LOOPBACK, free_port

_IN_FLIGHT = 5_000


def events(count: int) -> Iterator[bytes]:
    """Memoranda on a thousand projects, each of about 600 bytes, as a sender writes them."""
    for number in range(count):
        event = {
            "id": f"benchmark-{number}",
            "source": "/benchmarks/ingest",
            "type": "steppe.memorandum.signed.v1",
            "subject": f"project-{number % 1000}",
            "data": {
                "occurred": f"20{number % 20 + 5:02}-{number % 12 + 1:02}",
                "reported": "2025-11-03",
                "instrument": "mou",
                "parties": [
                    {"party": f"investor-{number % 300}", "role": "investor", "country": "JP"},
                    {"party": "national-company", "role": "host", "country": "KZ"},
                ],
                "amount": {"value": str(number * 1000 + 1), "currency": "USD", "semantics": "total", "basis": "stated"},
                "evidence": [{"url": f"https://example.org/news/{number}", "grade": "trade-press", "title": "Signed"}],
                "note": "Signed on the margins of a visit; the parties will study the deposit together.",
            },
        }
        yield json.dumps(event).encode()


async def bare(kafka: str, topic: str, messages: list[tuple[bytes, bytes]]) -> float:
    """Events a second of `AIOKafkaProducer.send` with the settings of ingest."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=2, max_batch_size=256 * 1024
    )
    headers = [("content-type", b"application/cloudevents+json")]
    async with producer:
        begun = time.perf_counter()
        for start in range(0, len(messages), _IN_FLIGHT):
            futures = [
                await producer.send(topic, value, key=key, headers=headers)
                for key, value in messages[start : start + _IN_FLIGHT]
            ]
            await asyncio.gather(*futures)
        return len(messages) / (time.perf_counter() - begun)


@contextmanager
def ingest(kafka: str, topic: str, folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The service as operators start it."""
    port = free_port(0)
    environment = {**os.environ, "STEPPE_KAFKA": kafka, "STEPPE_TOPIC": topic, "STEPPE_INGEST_PORT": str(port)}
    child = Child(
        "ingest",
        [sys.executable, "-m", "services.ingest"],
        log=folder / f"ingest-{port}.log",
        environment=environment,
        folder=Path(__file__).parent.parent,
    )
    try:
        child.wait_until(lambda: _ready(f"http://{LOOPBACK}:{port}/readyz"), 30)
        yield f"http://{LOOPBACK}:{port}", psutil.Process(child.process.pid)
    finally:
        child.stop()


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def door(address: str, process: psutil.Process, lines: list[bytes]) -> tuple[float, float, list[float]]:
    """Events a second through the door, its CPU in µs an event, and its memory in MiB at ten points of the stream."""
    memory: list[float] = []
    step = len(lines) // 10

    def body() -> Iterator[bytes]:
        for start in range(0, len(lines), 200):
            if start % step == 0:
                memory.append(process.memory_info().rss / 2**20)
            yield b"\n".join(lines[start : start + 200]) + b"\n"

    request = urllib.request.Request(
        f"{address}/v1/events?on_error=continue", body(), {"Content-Type": "application/x-ndjson"}, method="POST"
    )
    cpu = process.cpu_times()
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=600) as response:
        answer = json.load(response)
    seconds = time.perf_counter() - begun
    used = process.cpu_times()
    memory.append(process.memory_info().rss / 2**20)
    assert answer["accepted"] == len(lines), answer
    spent = (used.user + used.system - cpu.user - cpu.system) / len(lines) * 1e6
    return len(lines) / seconds, spent, memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="steppe-benchmark-") as folder, _broker(Path(folder)) as kafka:
        measure(kafka, Path(folder), chosen.events, chosen.rounds)


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    if named := os.environ.get("STEPPE_KAFKA"):
        yield named
        return
    kafka = Kafka(folder / "kafka", folder / "logs", kafka_jars(print), free_ports())
    try:
        kafka.start()
        yield kafka.bootstrap
    finally:
        kafka.stop()


def measure(kafka: str, folder: Path, count: int, rounds: int) -> None:
    lines = list(events(count))
    judged = [accept(decode_structured(line), datetime.now(UTC)) for line in lines]
    messages = [(event.subject.encode(), event.value) for event in judged if isinstance(event, Accepted)]
    assert len(messages) == count
    print(f"{count} events, {sum(map(len, lines)) // count} bytes each as sent, {rounds} rounds")
    ratios = []
    for number in range(rounds):
        topics = [f"{DEALS.name}.benchmark.{uuid.uuid4().hex[:8]}" for _ in range(2)]
        for topic in topics:
            asyncio.run(ensure_topic(kafka, DEALS, PARTITIONS_DEFAULT, name=topic))
        limit = asyncio.run(bare(kafka, topics[0], messages))
        with ingest(kafka, topics[1], folder) as (address, process):
            rate, cpu, memory = door(address, process, lines)
        ratios.append(rate / limit)
        print(
            f"round {number + 1}: bare {limit:,.0f}/s, door {rate:,.0f}/s, ratio {rate / limit:.2f}, "
            f"door {cpu:.0f} µs CPU an event, memory {' '.join(f'{m:.0f}' for m in memory)} MiB"
        )
    print(f"median ratio {median(ratios):.2f} (goal 0.50)")


if __name__ == "__main__":
    main()
