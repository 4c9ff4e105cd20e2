"""Ingest over real HTTP with a real broker: what is accepted, what counts as a duplicate, what is refused."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.ingest.producer import LogProducer, Record
from services.ingest.settings import Settings
from steppe.compilation import domain_in_use
from steppe.domain.events.vocabulary import EVENT_KINDS
from steppe.release import RELEASE
from tests.services.ingest.ingest_client import BATCH, LINES, ONE, IngestClient, lines, logged, memorandum, problem
from tests.stack import Stack, start_service


@pytest.fixture
def ingest(stack: Stack, topic: str, tmp_path: Path) -> Iterator[IngestClient]:
    service = start_service("ingest", {"STEPPE_KAFKA": stack.kafka, "STEPPE_TOPIC": topic}, tmp_path)
    yield IngestClient(service.address)
    service.stop()


async def test_an_accepted_event_stands_in_the_log_at_the_position_told(
    ingest: IngestClient, stack: Stack, topic: str
) -> None:
    response = ingest.post(memorandum("m-1"))
    assert response.status_code == 202
    (record,) = await logged(stack.kafka, topic)
    assert response.json() == {
        "accepted": 1,
        "duplicates": 0,
        "warnings": [],
        "rejected": [],
        "position": f"{record.partition}:{record.offset}",
    }
    assert record.key == b"north-katpar"
    assert dict(record.headers) == {"content-type": b"application/cloudevents+json"}
    assert record.event["id"] == "m-1"
    assert record.event["specversion"] == "1.0"
    assert record.event["recordedtime"].endswith("Z")


async def test_binary_mode_gives_the_same_event(ingest: IngestClient, stack: Stack, topic: str) -> None:
    event = memorandum("b-1")
    headers = {f"ce-{name}": event[name] for name in ("id", "source", "type", "subject")} | {"ce-specversion": "1.0"}
    assert ingest.post(event["data"], "application/json; charset=utf-8", headers=headers).json()["accepted"] == 1
    (record,) = await logged(stack.kafka, topic)
    assert {name: record.event[name] for name in event} == event


async def test_a_batch_and_a_stream_keep_each_projects_order(ingest: IngestClient, stack: Stack, topic: str) -> None:
    events = [memorandum(f"m-{number}", f"project-{number % 7}") for number in range(700)]
    assert ingest.post(events[:100], BATCH).json()["accepted"] == 100
    answer = ingest.post(lines(events[100:]), LINES, "?on_error=continue").json()
    assert (answer["accepted"], answer["rejected"]) == (600, [])
    records = await logged(stack.kafka, topic)
    assert len(records) == 700
    for project in range(7):
        of_project = [r.event["id"] for r in records if r.key == f"project-{project}".encode()]
        assert of_project == [e["id"] for e in events if e["subject"] == f"project-{project}"]
    ends = {r.partition: r.offset for r in records}
    offsets = dict(pair.split(":") for pair in answer["position"].split(","))
    assert {int(p): int(o) for p, o in offsets.items()} == ends


async def test_sending_the_same_again_is_harmless_and_says_where_it_stands(
    ingest: IngestClient, stack: Stack, topic: str
) -> None:
    first = ingest.post(memorandum(None)).json()
    again = ingest.post({**memorandum(None), "time": "2024-01-01T00:00:00Z"}).json()
    assert again == {**first, "accepted": 0, "duplicates": 1}
    assert len(await logged(stack.kafka, topic)) == 1


async def test_the_same_event_twice_in_one_request_is_appended_once(
    ingest: IngestClient, stack: Stack, topic: str
) -> None:
    events = [memorandum("m-1"), memorandum("m-2"), memorandum("m-1")]
    for body, kind in ((events, BATCH), (lines(events), LINES)):
        answer = ingest.post(body, kind).json()
        assert answer["accepted"] + answer["duplicates"] == 3
    assert len(await logged(stack.kafka, topic)) == 2


async def test_the_same_event_from_many_senders_at_once_is_appended_once(
    ingest: IngestClient, stack: Stack, topic: str
) -> None:
    with ThreadPoolExecutor(16) as senders:
        answers = [r.json() for r in senders.map(lambda _: ingest.post(memorandum("m-1")), range(32))]
    assert (sum(a["accepted"] for a in answers), sum(a["duplicates"] for a in answers)) == (1, 31)
    assert {a["position"] for a in answers} == {answers[0]["position"]}
    assert len(await logged(stack.kafka, topic)) == 1


async def test_a_known_id_with_other_content_is_refused(ingest: IngestClient, stack: Stack, topic: str) -> None:
    ingest.post(memorandum("m-1"))
    (rejected,) = problem(ingest.post(memorandum("m-1", note="Another thing.")), 422)["rejected"]
    assert rejected["errors"][0]["pointer"] == "/id"
    assert "was already sent with other content" in rejected["errors"][0]["message"]
    assert len(await logged(stack.kafka, topic)) == 1
    # Identity is within a subject: elsewhere the same id is another event.
    assert ingest.post(memorandum("m-1", "south-katpar")).status_code == 202


@pytest.mark.parametrize("kind", [BATCH, LINES])
async def test_one_bad_event_keeps_the_whole_batch_out(
    ingest: IngestClient, stack: Stack, topic: str, kind: str
) -> None:
    events = [memorandum("m-1"), memorandum("m-2", occurred="2023-02-30"), memorandum("m-3")]
    document = problem(ingest.post(events if kind == BATCH else lines(events), kind), 422)
    (rejected,) = document["rejected"]
    assert (rejected["index"], rejected["id"], rejected["errors"][0]["pointer"]) == (1, "m-2", "/data/occurred")
    assert await logged(stack.kafka, topic) == []
    # What was kept out is not taken for known.
    assert ingest.post([events[0], events[2]], BATCH).json()["accepted"] == 2


async def test_a_stream_goes_on_past_bad_lines_and_names_them(ingest: IngestClient, stack: Stack, topic: str) -> None:
    good = [json.dumps(memorandum(f"m-{number}")).encode() for number in range(4)]
    body = b"\n".join(
        [
            b"\xef\xbb\xbf" + good[0] + b"\r",
            b"",
            b"  \r",
            b'{"source": "/desk", "type"',
            good[1],
            b'{"id": "x\xff"}',
            b'{"note": "' + b"x" * 300_000 + b'"}',
            good[2],
            json.dumps(memorandum("m-9", instrument="handshake")).encode(),
            good[3],
        ]
    )
    answer = ingest.post(body, LINES, "?on_error=continue").json()
    assert answer["accepted"] == 4
    rejections = {
        r["index"]: (r["id"], r["errors"][0]["pointer"], r["errors"][0]["message"]) for r in answer["rejected"]
    }
    assert list(rejections) == [3, 5, 6, 8]
    assert rejections[3][:2] == (None, "")
    assert "cannot be read" in rejections[3][2]
    assert "UTF-8" in rejections[5][2]
    assert "longer than" in rejections[6][2]
    assert rejections[8][:2] == ("m-9", "/data/instrument")
    assert [r.event["id"] for r in await logged(stack.kafka, topic)] == ["m-0", "m-1", "m-2", "m-3"]


def test_a_stream_of_which_nothing_is_accepted_is_refused(ingest: IngestClient) -> None:
    document = problem(ingest.post(lines([{}] * 1_500), LINES, "?on_error=continue"), 422)
    assert len(document["rejected"]) == 1_000
    assert document["rejected_total"] == 1_500


def test_a_stream_is_answered_with_its_events_also_when_it_comes_in_single_bytes(ingest: IngestClient) -> None:
    body = lines([memorandum(f"m-{number}") for number in range(3)])
    request = urllib.request.Request(
        f"{ingest.address}/v1/events?on_error=continue",
        (bytes([byte]) for byte in body),
        {"Content-Type": LINES},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        assert json.load(response)["accepted"] == 3


async def test_batches_appended_one_after_the_other_keep_their_order(stack: Stack, topic: str) -> None:
    log = LogProducer(Settings.model_validate({"kafka": stack.kafka, "topic": topic}))
    log.start()
    async with asyncio.timeout(20):
        while await log.health_check():  # noqa: ASYNC110  # another's connection, which has no event to wait for
            await asyncio.sleep(0.05)
    records = [Record(b"north-katpar", json.dumps({"id": str(n)}).encode() + b" " * 3_000) for n in range(2_000)]
    batches: list[list[Record]] = []
    for size in itertools.cycle((1, 2, 1, 1, 30, 1, 200)):
        if not records:
            break
        batches.append(records[:size])
        records = records[size:]
    appended = await asyncio.gather(*(log.append(batch) for batch in batches))
    await log.close()
    assert [record_id for batch in appended for record_id in batch] == sorted(
        record_id for batch in appended for record_id in batch
    )
    assert [record.event["id"] for record in await logged(stack.kafka, topic)] == [str(n) for n in range(2_000)]


def test_several_investors_without_a_deal_are_accepted_with_a_warning(ingest: IngestClient) -> None:
    parties = [{"party": name, "role": "investor"} for name in ("alpha", "beta")]
    answer = ingest.post([memorandum("m-1"), memorandum("m-2", parties=parties)], BATCH).json()
    (warning,) = answer["warnings"]
    assert (warning["index"], warning["id"]) == (1, "m-2")
    assert "name the deal" in warning["message"]


def test_more_lines_than_all_or_nothing_allows_are_refused_with_the_way_out(ingest: IngestClient) -> None:
    assert "on_error=continue" in problem(ingest.post(b"{}\n" * 10_001, LINES), 413)["detail"]
    assert "on_error=continue" in problem(ingest.post([{}] * 1_001, BATCH), 413)["detail"]


def test_the_vocabulary_and_each_schema_are_served(ingest: IngestClient) -> None:
    table = ingest.get("/v1/vocabulary").json()
    assert [event["name"] for event in table["events"]] == list(EVENT_KINDS)
    for name in ("memorandum.signed", "memorandum.signed.v1", "steppe.memorandum.signed.v1"):
        assert ingest.get(f"/v1/schemas/{name}").json()["$schema"].endswith("2020-12/schema")
    assert "memorandum.signed" in problem(ingest.get("/v1/schemas/memorandum.sined"), 404)["detail"]


def test_health_counters_and_documentation_are_served(ingest: IngestClient) -> None:
    ingest.post(memorandum("m-1"))
    assert ingest.get("/livez").status_code == 200
    assert ingest.get("/readyz").status_code == 200
    counted = ingest.get("/metrics").text.splitlines()
    assert "steppe_ingest_accepted_total 1.0" in counted
    assert f'steppe_build_info{{domain="{domain_in_use()}",release="{RELEASE}"}} 1.0' in counted
    assert 'steppe_ingest_requests_total{method="POST",route="/v1/events",status="202"} 1.0' in counted
    assert 'steppe_ingest_request_duration_seconds_count{method="POST",route="/v1/events"} 1.0' in counted
    assert ONE in ingest.get("/openapi.json").json()["paths"]["/v1/events"]["post"]["requestBody"]["content"]


@pytest.mark.parametrize("settings", [{"STEPPE_HOST": "0.0.0.0"}, {"STEPPE_AUTH": "keys"}, {"STEPPE_KAFKA": ""}])
def test_settings_that_are_missing_or_switch_authentication_off_end_the_start_with_their_name(
    settings: dict[str, str],
) -> None:
    own = {name: value for name, value in ({"STEPPE_KAFKA": "127.0.0.1:1"} | settings).items() if value}
    ran = subprocess.run(
        [sys.executable, "-m", "services.ingest"],
        env=own,
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 2
    assert next(iter(settings)) in ran.stderr
    assert "Traceback" not in ran.stderr
