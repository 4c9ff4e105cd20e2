"""Requests that take long: others are answered between them, suggestions are bounded, and every wrong line is counted."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.ingest.accept import EventIntake, UnknownSubject
from services.ingest.ingest_result import IngestResult
from services.ingest.memory.known_keys import KnownKeys
from services.ingest.memory.recent_ids import RecentIds
from services.ingest.producer import LogProducer
from services.ingest.settings import Settings
from tests.services.ingest.ingest_client import BATCH, LINES, IngestClient, lines, memorandum, problem
from tests.stack import Service

_LINES = 2_000
_SUGGESTIONS_MAX = 1_000
_OTHER_TURNS_LEAST = 5  # the work takes dozens of slices on the fastest machine; without slices the others get one turn


def _misspelt_type(number: int) -> dict[str, Any]:
    return {**memorandum(), "type": f"steppe.memorandum.sign{number}d.v1"}


def _misspelt_fields(number: int) -> dict[str, Any]:
    fields: dict[str, Any] = {f"occurrd{number}of{field}": 1 for field in range(60)}
    return memorandum(**fields)


def _misspelt_attributes(number: int) -> dict[str, Any]:
    return {**memorandum(), **{f"subjct{number}of{name}": "x" for name in range(30)}}


def _misspelt_roles(number: int) -> dict[str, Any]:
    return memorandum(parties=[{"party": "alpha", "role": f"investr{number}of{party}"} for party in range(30)])


def _misspelt_project(number: int) -> dict[str, Any]:
    return memorandum(f"m-{number}", f"northern-katpar-tungstn{'abcdefghij'[number % 10]}{number}")


REFUSED = [_misspelt_type, _misspelt_fields, _misspelt_attributes, _misspelt_roles, _misspelt_project]


def _known_keys() -> KnownKeys:
    known_keys = KnownKeys(50_000)
    for number in range(_LINES):
        known_keys.add(f"northern-katpar-tungsten{number}")
        known_keys.add_parties([f"xiamen-tungsten{number}"])
    known_keys.complete()
    return known_keys


def _intake(known_keys: KnownKeys) -> EventIntake:
    log = LogProducer(Settings.model_validate({"kafka": "127.0.0.1:9"}))  # never started: nothing is sent
    return EventIntake(log, 256 * 1024, RecentIds(), known_keys)


async def _accept_beside_another(
    events: list[dict[str, Any]], unknown_subject: UnknownSubject = "accept"
) -> tuple[IngestResult, int]:
    """The result, and how often another task of the loop had its turn meanwhile."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    result, intake = IngestResult(1_000), _intake(_known_keys())
    beside = asyncio.create_task(other())
    inputs = [(index, json.dumps(event).encode()) for index, event in enumerate(events)]
    intake.discard(await intake.accept(inputs, result, unknown_subject=unknown_subject))
    beside.cancel()
    return result, turns


def _suggestions(result: IngestResult) -> int:
    messages = [error["message"] for rejected in result.rejected for error in rejected["errors"]]
    return sum("did you mean" in message for message in (*messages, *(w["message"] for w in result.warnings)))


@pytest.mark.parametrize("wrong", REFUSED)
async def test_thousands_of_wrong_lines_leave_turns_to_others_and_are_all_counted(
    wrong: Callable[[int], dict[str, Any]],
) -> None:
    result, turns = await _accept_beside_another([wrong(number) for number in range(_LINES)], "reject")
    assert turns >= _OTHER_TURNS_LEAST
    assert result.rejected_total == _LINES
    assert len(result.rejected) == 1_000
    assert 0 < _suggestions(result) <= _SUGGESTIONS_MAX


async def test_thousands_of_new_parties_near_to_known_ones_are_compared_up_to_a_limit_that_is_told() -> None:
    events = [
        memorandum(f"m-{number}", parties=[{"party": f"xiamen-tungstem{number}of{party}", "role": "investor"} for party in range(20)])
        for number in range(100)
    ]  # fmt: skip
    result, turns = await _accept_beside_another(events)
    assert turns >= _OTHER_TURNS_LEAST
    assert result.rejected_total == 0
    assert _suggestions(result) <= _SUGGESTIONS_MAX
    indexes = [warning["index"] for warning in result.warnings if "not compared" in warning["message"]]
    assert indexes == [49]  # their project is new as well, so that the last party of the fiftieth is one too many


async def test_plain_events_leave_turns_to_others_as_well() -> None:
    result, turns = await _accept_beside_another([memorandum(f"m-{number}") for number in range(5 * _LINES)])
    assert turns >= _OTHER_TURNS_LEAST
    assert result.rejected_total == 0


def test_another_sender_is_answered_while_ten_thousand_lines_are_refused(start: Callable[..., Service]) -> None:
    ingest = IngestClient(start("ingest").address)
    body = lines(_misspelt_fields(number) for number in range(10_000))
    answers: list[httpx.Response] = []

    def send() -> None:
        address = f"{ingest.address}/v1/events?on_error=continue"
        answers.append(httpx.post(address, content=body, headers={"content-type": LINES}, timeout=300))

    sender = threading.Thread(target=send)
    sender.start()
    meanwhile = 0
    while sender.is_alive():
        assert ingest.post(memorandum(f"m-{meanwhile}")).status_code == 202
        meanwhile += 1
    sender.join()
    (answer,) = answers
    assert answer.json()["rejected_total"] == 10_000
    assert "The first 1000 are listed" in answer.json()["detail"]
    assert meanwhile >= _OTHER_TURNS_LEAST


def test_events_of_a_batch_are_counted_before_any_is_decoded(start: Callable[..., Service]) -> None:
    ingest = IngestClient(start("ingest").address)
    out_of_range = b"1e999"  # no decoder takes it, and it is an array's value all the same
    refused = problem(ingest.post(b"[" + b",".join([out_of_range] * 1_001) + b"]", BATCH), 413)
    assert refused["events_max"] == 1_000
    refused = problem(ingest.post(b"[" + b",".join([out_of_range] * 1_000) + b"]", BATCH), 422)
    assert len(refused["rejected"]) == 1_000


def test_each_event_of_a_batch_that_cannot_be_read_is_named_by_its_index(start: Callable[..., Service]) -> None:
    ingest = IngestClient(start("ingest").address)
    plain = json.dumps(memorandum()).encode()
    spaced = plain.replace(b"{", b"{" + b" " * (256 * 1024), 1)
    deep = b"[" * 500 + b"]" * 500
    values = [plain, b"[]", b"1e999", b'"\xff"', spaced, deep]
    refused = problem(ingest.post(b"[" + b",".join(values) + b"]", BATCH), 422)["rejected"]
    assert [entry["index"] for entry in refused] == [1, 2, 3, 4, 5]
    messages = [entry["errors"][0]["message"] for entry in refused]
    for message, said in zip(messages, ["object", "range", "UTF-8", "at most 262144", ""], strict=True):
        assert said in message
    assert "batch" not in messages[0]  # the advice for an array on a line of NDJSON would mislead here
