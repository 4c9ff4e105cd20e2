"""What is announced keeps its schema: every message has an example, and the examples are what the code would say."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from steppe.contracts.announcements import Transition, transition_between
from steppe.contracts.generate import async_api
from steppe.contracts.generate.__main__ import ANNOUNCED, CHECKOUT
from steppe.contracts.generate.announced_schema import flag_schema, project_schema
from steppe.domain.values.states import Flag

EXAMPLES = sorted((CHECKOUT / ANNOUNCED / "examples").glob("*.json"))
SCHEMAS = {"flag": flag_schema(), "project": project_schema()}


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def schema_of(path: Path) -> dict[str, Any]:
    return SCHEMAS[path.name.partition(".")[0]]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_announced_message_has_an_example_and_every_example_a_message() -> None:
    document = async_api.document()
    messages = document["components"]["messages"]
    announced = {messages[name]["name"] for channel in ("flags", "projects") for name in document["channels"][channel]["messages"]}  # fmt: skip
    assert {read(path)["type"] for path in EXAMPLES} == announced
    assert {f"steppe.{path.stem}.v1" for path in EXAMPLES} == announced


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_keeps_its_schema_and_without_any_field_it_does_not(path: Path) -> None:
    validator = Draft202012Validator(schema_of(path))
    example = read(path)
    assert [error.message for error in validator.iter_errors(example)] == []
    for field in example["data"]:
        less = {**example, "data": {name: value for name, value in example["data"].items() if name != field}}
        assert not validator.is_valid(less), field
    more = {**example, "data": {**example["data"], "a_field_of_tomorrow": 1}}
    assert validator.is_valid(more), "fields may be added"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_is_told_under_the_ids_that_its_data_name(path: Path) -> None:
    example = read(path)
    data = example["data"]
    if path.stem.startswith("flag."):
        assert (example["id"], example["subject"]) == (data["event_id"], data["project"])
        assert (data["severity"] is None) == (data["standing"] is None)
        assert data["transition"] == path.stem.removeprefix("flag.")
    else:
        assert example["subject"] == data["key"]


@pytest.mark.parametrize(
    ("cause", "severity", "days", "backfill"),
    [
        ("event", "watch", 32, True),
        ("event", "watch", 31, False),
        ("event", None, 400, False),
        ("day", "watch", 400, False),
        ("correction", "watch", 400, False),
        ("rules", "watch", 400, False),
    ],
)
def test_history_is_what_an_event_tells_of_a_flag_that_stood_for_more_than_31_days(
    cause: str, severity: str | None, days: int, backfill: bool
) -> None:
    since = date(2025, 1, 1)
    flag = Flag(
        flag="memorandum-only", deal="alpha", severity="watch", certainty="certain", certain_severity="watch", since=since,
        certain_on=since, clock="memorandum", start=None, threshold_months=12,
    )  # fmt: skip
    transition = Transition(
        project="north", deal="alpha", flag=flag.flag, transition=transition_between(None, severity), severity_before=None,
        severity=severity, on=since + timedelta(days=days), cause=cause, events=(), rule_version="2026-2", country="KZ",
        flag_state=flag, event_id=UUID(int=1),
    )  # fmt: skip
    assert transition.backfill is backfill
