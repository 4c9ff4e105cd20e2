"""Brokers that demand TLS and a user: an event from HTTP to the API, and the errors of an address that cannot be read.

A database that demands TLS is tested on containers (tests/docker): the one that comes as a wheel is built without it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS
from steppe.log.broker_address import KafkaAddressError, client_options, parse
from steppe.standalone.jars import kafka_jars
from steppe.standalone.kafka import free_ports
from steppe.standalone.places import free_port
from tests.services.access.encrypting import PASSWORD, ClosedKafka, an_event_goes_all_its_way, certificates
from tests.stack import PARTITIONS, Database, start_service


@dataclass(frozen=True)
class Closed:
    """The brokers' address with and without a user."""

    kafka: str
    without_user: str


@pytest.fixture
def closed() -> Iterator[Closed]:
    folder = Path(tempfile.mkdtemp(prefix="steppe-closed-"))
    both, ca = certificates(folder)
    kafka = ClosedKafka(folder / "kafka", folder / "logs", kafka_jars(lambda _: None), free_ports(), short_lived=True)
    kafka.secure_port, kafka.certificate = free_port(0), both
    try:
        kafka.start()
        yield Closed(
            kafka=f"sasl+tls://steppe:{PASSWORD}@{kafka.secure}?mechanism=PLAIN&ca={ca}",
            without_user=f"sasl+tls://steppe:wrong@{kafka.secure}?mechanism=PLAIN&ca={ca}",
        )
    finally:
        kafka.stop()
        shutil.rmtree(folder)


def test_an_event_goes_all_its_way_through_encrypted_brokers(
    closed: Closed, topic: str, database: Database, tmp_path: Path
) -> None:
    asyncio.run(ensure_topic(closed.kafka, DEALS, PARTITIONS, name=topic))
    common = {"STEPPE_KAFKA": closed.kafka, "STEPPE_TOPIC": topic}
    an_event_goes_all_its_way(
        {"ingest": common, "projector": {**common, "STEPPE_DATABASE": database.projector},
         "api": {**common, "STEPPE_DATABASE": database.api}},
        tmp_path,
    )  # fmt: skip


def test_a_wrong_password_is_told_and_nothing_is_taken(closed: Closed, topic: str, tmp_path: Path) -> None:
    settings = {"STEPPE_KAFKA": closed.without_user, "STEPPE_TOPIC": topic}
    ingest = start_service("ingest", settings, tmp_path, wait=False)
    try:
        ingest.child.wait_until(lambda: _livez(ingest.address), 20)
        answer = httpx.get(f"{ingest.address}/readyz", timeout=20)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:steppe:problem:broker-away"
    finally:
        ingest.stop()


def _livez(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://kafka:9092", "no way to Kafka"),
        ("sasl+tls://kafka:9092", "user:password@ belongs"),
        ("tls://steppe:secret@kafka:9092", "user:password@ belongs"),
        ("sasl+plain://steppe:secret@kafka:9092?mechanism=MD5", "this mechanism is not known"),
        ("tls://kafka:9092?cafile=x", "cafile is not known"),
        ("tls://kafka:9092?ca=/nowhere/ca.pem", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_read_is_told_without_its_password(address: str, said: str) -> None:
    with pytest.raises(KafkaAddressError, match=said) as refused:
        parse(address)
    assert "secret" not in str(refused.value)


def test_a_plain_address_is_what_it_was() -> None:
    assert client_options("a:1,b:2") == {"bootstrap_servers": "a:1,b:2"}
    options = client_options("sasl+plain://st%40ppe:p%3Ass@a:1,b:2?mechanism=PLAIN")
    assert options["sasl_plain_username"] == "st@ppe" and options["sasl_plain_password"] == "p:ss"


def test_the_command_masks_the_password_of_the_brokers_address(tmp_path: Path) -> None:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STEPPE_")},
        "STEPPE_KAFKA": "sasl+plain://steppe:secret@kafka:9092?mechanism=PLAIN",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "steppe.cli", "config", "ingest", "--json"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "secret" not in ran.stdout
    values = {setting["variable"]: setting["value"] for setting in json.loads(ran.stdout)[0]["settings"]}
    assert values["STEPPE_KAFKA"] == "sasl+plain://steppe:***@kafka:9092"
