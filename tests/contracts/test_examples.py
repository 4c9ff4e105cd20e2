"""Every event has examples, accepted and refused, and schema and code give the verdict that the example states."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import steppe.contracts
from steppe.contracts.acceptance import Accepted, Refused, accept
from steppe.contracts.codec import Decoded, decode
from steppe.contracts.generate.json_schema import schema_of
from steppe.domain.events.vocabulary import EVENT_KINDS, VOCABULARY

EXAMPLES = Path(steppe.contracts.__file__).parent / "examples"
ACCEPTED = sorted(EXAMPLES.glob("*/accepted*.json"))
REJECTED = sorted(EXAMPLES.glob("*/rejected/*.json"))
RECORDED = datetime(2026, 11, 22, 10, tzinfo=UTC)
VALIDATORS = {kind.name: Draft202012Validator(schema_of(kind)) for kind in VOCABULARY}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(EXAMPLES).parts[0].removesuffix(".v1")


def label(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix().removesuffix(".json")


def test_every_event_has_accepted_and_rejected_examples_and_every_example_an_event() -> None:
    assert {name_of(path) for path in ACCEPTED} == set(EVENT_KINDS)
    assert {name_of(path) for path in REJECTED} == set(EVENT_KINDS)
    assert sorted([*ACCEPTED, *REJECTED]) == sorted(EXAMPLES.rglob("*.json"))


@pytest.mark.parametrize("kind", VOCABULARY, ids=lambda kind: str(kind.name))
def test_every_schema_is_a_schema(kind: Any) -> None:
    Draft202012Validator.check_schema(schema_of(kind))


@pytest.mark.parametrize("path", ACCEPTED, ids=label)
def test_an_accepted_example_passes_schema_door_and_reader(path: Path) -> None:
    event = read(path)
    name = name_of(path)
    assert event["type"] == EVENT_KINDS[name].type
    assert [error.message for error in VALIDATORS[name].iter_errors(event)] == []
    accepted = accept(event, RECORDED)
    assert isinstance(accepted, Accepted), accepted
    assert [error.message for error in VALIDATORS[name].iter_errors(json.loads(accepted.value))] == []
    decoded = decode(accepted.value, key=accepted.subject.encode())
    assert isinstance(decoded, Decoded)
    assert decoded.content_sha256 == accepted.content_sha256


@pytest.mark.parametrize("path", REJECTED, ids=label)
def test_a_rejected_example_is_refused_for_the_stated_reason(path: Path) -> None:
    example = read(path)
    expect, event = example["expect"], example["event"]
    refused = accept(event, RECORDED)
    assert isinstance(refused, Refused)
    messages = [fault.message for fault in refused.errors if fault.pointer == expect["pointer"]]
    assert any(expect["message_contains"] in message for message in messages), refused.errors
    by_schema = not VALIDATORS[name_of(path)].is_valid(event)
    assert by_schema is expect.get("by_schema", True)
