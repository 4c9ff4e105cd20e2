"""A typo makes no ghost: a new project or party that is near one that exists is warned of, or refused on demand."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from services.ingest.memory.known_keys import KnownKeys
from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import PROJECTS
from tests.services.ingest.ingest_client import BATCH, LINES, IngestClient, lines, memorandum, problem
from tests.stack import PARTITIONS, Stack, start_service

REJECT = "?unknown_subject=reject"


def registered(key: str) -> dict[str, Any]:
    fields = {"name": key, "country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["gold"]}
    return {"id": f"r-{key}", "source": "/desk", "type": "steppe.project.registered.v1", "subject": key, "data": fields}


async def announce(kafka: str, topic: str, projects: dict[str, list[str] | None]) -> None:
    """What the projector announces of projects; None: a project that is no more."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for key, investors in projects.items():
        value = None if investors is None else json.dumps({"data": {"key": key, "investors": investors}}).encode()
        await producer.send_and_wait(topic, value, key=key.encode())
    await producer.stop()


@pytest.fixture
def projects(stack: Stack, topic: str) -> str:
    name = f"{topic}.projects"
    asyncio.run(ensure_topic(stack.kafka, PROJECTS, PARTITIONS, name=name))
    asyncio.run(
        announce(
            stack.kafka, name, {"sareco-stepnogorsk": ["sumitomo"], "kumtor": [], "gone-for-ever": ["x"], "north-9": []}
        )
    )
    asyncio.run(announce(stack.kafka, name, {"gone-for-ever": None}))
    return name


@pytest.fixture
def ingest(stack: Stack, topic: str, projects: str, tmp_path: Path) -> Iterator[IngestClient]:
    own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic, "STEPPE_PROJECTS_TOPIC": projects}
    service = start_service("ingest", own, tmp_path)
    client = IngestClient(service.address)
    deadline = time.monotonic() + 30
    # Nothing is accepted by it: until the projects are read it is refused as too early, afterwards for its content.
    while client.post(b"{}", query=REJECT).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield client
    service.stop()


def warnings(answer: dict[str, Any]) -> list[str]:
    return [warning["message"] for warning in answer["warnings"]]


def test_a_new_project_near_one_that_exists_is_warned_of_once(ingest: IngestClient) -> None:
    ghost = [memorandum("g-1", "sareco-stepnogorks"), memorandum("g-2", "sareco-stepnogorks")]
    answer = ingest.post(ghost, BATCH).json()
    assert answer["accepted"] == 2
    assert warnings(answer) == ["new project sareco-stepnogorks: did you mean sareco-stepnogorsk?"]


def test_words_in_another_order_are_near_and_another_number_is_not(ingest: IngestClient) -> None:
    events = [
        memorandum("w-1", "stepnogorsk-sareco"),
        memorandum("w-2", "north-10"),
        memorandum("w-3", "something-else"),
    ]
    assert warnings(ingest.post(events, BATCH).json()) == [
        "new project stepnogorsk-sareco: did you mean sareco-stepnogorsk?"
    ]


def test_a_new_party_near_one_that_exists_is_warned_of(ingest: IngestClient) -> None:
    parties = [{"party": "sumitmo", "role": "investor"}]
    answer = ingest.post(memorandum("p-1", "kumtor", parties=parties)).json()
    assert warnings(answer) == ["new party sumitmo: did you mean sumitomo?"]


def test_what_is_registered_or_was_accepted_is_known(ingest: IngestClient) -> None:
    assert warnings(ingest.post(registered("sareco-stepnogorks")).json()) == []
    assert warnings(ingest.post(memorandum("k-1", "sareco-stepnogorks")).json()) == []
    assert ingest.post(memorandum("k-2", "sareco-stepnogorks"), query=REJECT).status_code == 202


def test_on_demand_an_unknown_project_is_refused_with_the_likely_one(ingest: IngestClient) -> None:
    document = problem(ingest.post(memorandum("u-1", "sareco-stepnogorks"), query=REJECT), 422)
    (error,) = document["rejected"][0]["errors"]
    assert error["pointer"] == "/subject"
    assert "did you mean sareco-stepnogorsk?" in error["message"]
    assert ingest.post(memorandum("u-2", "gone-for-ever"), query=REJECT).status_code == 422
    assert ingest.post(memorandum("u-3", "kumtor"), query=REJECT).status_code == 202


def test_on_demand_a_project_registered_in_the_same_request_is_known(ingest: IngestClient) -> None:
    events = [memorandum("s-1", "brand-new"), registered("brand-new")]
    assert ingest.post(events, BATCH, REJECT).json()["accepted"] == 2
    stream = lines([registered("newer-still"), memorandum("s-2", "newer-still"), memorandum("s-3", "never-heard-of")])
    answer = ingest.post(stream, LINES, f"{REJECT}&on_error=continue").json()
    assert (answer["accepted"], [entry["id"] for entry in answer["rejected"]]) == (2, ["s-3"])


async def test_what_is_announced_later_becomes_known(ingest: IngestClient, stack: Stack, projects: str) -> None:
    assert ingest.post(memorandum("l-1", "late-comer"), query=REJECT).status_code == 422
    await announce(stack.kafka, projects, {"late-comer": []})
    deadline = time.monotonic() + 20
    while ingest.post(memorandum("l-1", "late-comer"), query=REJECT).status_code != 202:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)


def test_a_value_that_there_is_not_is_refused(ingest: IngestClient) -> None:
    assert (
        problem(ingest.post(memorandum("v-1"), query="?unknown_subject=maybe"), 400)["parameter"] == "unknown_subject"
    )


def test_without_the_memory_for_it_nothing_is_said_and_to_reject_is_refused(
    stack: Stack, topic: str, projects: str, tmp_path: Path
) -> None:
    own = {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic, "STEPPE_PROJECTS_TOPIC": projects}
    service = start_service("ingest", {**own, "STEPPE_KNOWN_SUBJECTS_MAX": "0"}, tmp_path)
    ingest = IngestClient(service.address)
    assert ingest.post(memorandum("m-1", "sareco-stepnogorks")).json()["warnings"] == []
    assert "STEPPE_KNOWN_SUBJECTS_MAX" in problem(ingest.post(memorandum("m-2"), query=REJECT), 400)["detail"]
    service.stop()


def test_more_projects_than_the_limit_switch_the_comparison_off() -> None:
    keys = KnownKeys(2)
    keys.complete()
    keys.add("kumtor-gold")
    keys.add("party:sumitomo")
    keys.add("forum:summit")
    assert keys.is_new("kumtor-golf") and keys.likely("kumtr-gold") == "kumtor-gold"
    assert keys.is_new("party:sumitmo") and keys.likely("party:sumitmo") == "party:sumitomo"
    assert not keys.is_new("forum:another")
    keys.add("second-one")
    keys.add("third-one")
    assert keys.off and len(keys) == 0 and not keys.is_new("kumtor-golf")
    assert keys.unknown_because is not None and "STEPPE_KNOWN_SUBJECTS_MAX=2" in keys.unknown_because
