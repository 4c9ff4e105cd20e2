"""Logs for programs: one JSON object a line, in UTC, with the service's name."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.stack import Service, wait_for_line

Start = Callable[..., Service]


@pytest.mark.parametrize(
    ("name", "line"), [("ingest", "running on"), ("projector", "starts at"), ("api", "running on")]
)
def test_each_line_is_a_json_object_when_asked_for(start: Start, name: str, line: str) -> None:
    service = start(name, STEPPE_LOG_FORMAT="json")
    wait_for_line(service, line if name == "projector" else "Uvicorn running on")
    lines = [json.loads(one) for one in service.log().splitlines()]
    assert {one["service"] for one in lines} == {name}
    assert all({"at", "level", "logger", "message"} <= one.keys() and one["at"].endswith("Z") for one in lines)
