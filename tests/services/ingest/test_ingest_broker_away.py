"""Ingest while its broker is away: 503 with Retry-After and never 202, and back to work by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import Kafka, free_ports
from tests.services.ingest.ingest_client import LINES, ONE, IngestClient, lines, logged, memorandum, problem
from tests.stack import PARTITIONS, start_service

_DEADLINE_SECONDS = 3.0
_RECOVERY_SECONDS = 60.0


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of the test's own, not yet started: it is stopped and killed here."""
    broker = Kafka(tmp_path / "kafka", tmp_path / "logs", kafka_jars(print), free_ports(), short_lived=True)
    yield broker
    broker.stop()


@pytest.fixture
def ingest(kafka: Kafka, tmp_path: Path) -> Iterator[IngestClient]:
    settings = {"STEPPE_KAFKA": kafka.bootstrap, "STEPPE_INGEST_DELIVER_SECONDS_MAX": str(_DEADLINE_SECONDS)}
    service = start_service("ingest", settings, tmp_path, wait=False)
    service.child.wait_until(lambda: _listens(service.address), 30)
    yield IngestClient(service.address)
    service.stop()


def _listens(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez", timeout=5).status_code == 200
    except httpx.TransportError:  # not yet
        return False


def _until_accepted(ingest: IngestClient, event: dict[str, object]) -> httpx.Response:
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while (response := ingest.post(event)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    return response


def _refused_as_away(ingest: IngestClient, body: object, content_type: str = ONE, query: str = "") -> None:
    started_at = time.monotonic()
    response = ingest.post(body, content_type, query)
    assert time.monotonic() - started_at < _DEADLINE_SECONDS + 2
    assert problem(response, 503)["type"] == "urn:steppe:problem:broker-away"
    assert int(response.headers["retry-after"]) > 0


def test_ingest_starts_without_a_broker_and_takes_up_work_when_there_is_one(kafka: Kafka, ingest: IngestClient) -> None:
    problem(ingest.get("/readyz"), 503)
    _refused_as_away(ingest, memorandum())
    _refused_as_away(ingest, lines([memorandum()]), LINES, "?on_error=continue")

    kafka.start()
    # Without its topic a broker is of no use, and the answer says what to do.
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while "steppe migrate" not in problem(ingest.post(memorandum()), 503)["detail"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    asyncio.run(ensure_topic(kafka.bootstrap, DEALS, PARTITIONS))
    assert _until_accepted(ingest, memorandum()).json()["accepted"] == 1
    assert ingest.get("/readyz").status_code == 200


def test_a_broker_that_dies_and_comes_back_costs_answers_but_no_acknowledged_event(
    kafka: Kafka, ingest: IngestClient
) -> None:
    kafka.start()
    asyncio.run(ensure_topic(kafka.bootstrap, DEALS, PARTITIONS))
    accepted = ["before"]
    assert _until_accepted(ingest, memorandum("before")).status_code == 202

    for number, how in enumerate((signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM)):
        broker = kafka.brokers[0].process
        os.kill(broker.pid, how)
        if how is not signal.SIGSTOP:
            broker.wait(60)
        _refused_as_away(ingest, memorandum(f"away-{number}"))
        _refused_as_away(ingest, lines(memorandum(f"away-{number}") for _ in range(3)), LINES, "?on_error=continue")
        assert problem(ingest.get("/readyz"), 503)["detail"]
        if how is signal.SIGSTOP:
            os.kill(broker.pid, signal.SIGCONT)
        else:
            kafka.start_broker(1)
        # The sender repeats what was not acknowledged, as the answer told it.
        assert _until_accepted(ingest, memorandum(f"away-{number}")).status_code == 202
        accepted.append(f"away-{number}")

    ids = {record.event["id"] for record in asyncio.run(logged(kafka.bootstrap, DEALS.name))}
    assert ids == set(accepted)
