"""The examples of the OpenAPI document are what the API answers on the real events of Central Asia.

Moments, the day of an answer that was not asked for one, and what depends on the machine, are left out of the comparison. `WRITE_EXAMPLES=1` writes the files anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api.web.operations import EXAMPLES
from tests.central_asia import api_of_central_asia
from tests.stack import Service, Stack

FOLDER = Path(__file__).resolve().parents[3] / "services" / "api" / "examples"
ADVICE = "run this test with WRITE_EXAMPLES=1 and commit what it writes"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})")
_OF_THE_MACHINE = {"topic", "cluster", "release", "lag_seconds"}


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("examples")) as service:
        yield service


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_what_the_api_answers(api: Service, name: str) -> None:
    example = EXAMPLES[name]
    answer = httpx.request(example.method, f"{api.address}{example.request}", json=example.body, timeout=60)
    assert answer.status_code == 200, answer.text
    file = FOLDER / f"{name}.json"
    if os.environ.get("WRITE_EXAMPLES"):
        file.write_text(json.dumps(answer.json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    expected, actual = json.loads(file.read_text(encoding="utf-8")), answer.json()
    if "as_of=" not in example.request and "as_of" in actual:
        expected["as_of"] = actual["as_of"]  # the day on which this test runs
    assert comparable(expected) == comparable(actual), ADVICE


def test_every_file_is_an_example_of_a_route() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {*EXAMPLES, "list_transitions"}


def comparable(value: Any, name: str = "") -> Any:
    """The value without moments and what depends on the machine."""
    match value:
        case dict():
            return {key: comparable(part, key) for key, part in value.items()}
        case list():
            return [comparable(part) for part in value]
        case str():
            return "…" if name in _OF_THE_MACHINE else _MOMENT.sub("…", value)
        case _:
            return None if name in _OF_THE_MACHINE else value
