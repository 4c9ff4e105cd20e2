"""The client that openapi-python-client generates from the API's document: its answers have fields, and its refusals too.

The generator and what its clients need live in .venv-client: they want another typer than the command has.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.central_asia import api_of_central_asia
from tests.stack import Service, Stack

CLIENT = Path(__file__).resolve().parents[3] / ".venv-client" / "bin"
AS_OF = "2026-11-01"
SCRIPT = f"""
import json, sys
from steppe_client import Client
from steppe_client.api.lists import list_flags, list_projects
from steppe_client.api.one_project import get_project, get_timeline

client = Client(base_url=sys.argv[1])
flags = list_flags.sync(client=client, as_of="{AS_OF}", limit=3)
projects = list_projects.sync(client=client, as_of="{AS_OF}", limit=2, country=["KZ", "UZ"])
project = get_project.sync(client=client, key=sys.argv[2], as_of="{AS_OF}")
timeline = get_timeline.sync(client=client, key=sys.argv[2], as_of="{AS_OF}", limit=2)
refusal = get_project.sync(client=client, key="there-is-none")
print(json.dumps({{
    "flags": [
        [flag.flag, flag.severity.value, flag.clock and flag.clock.age_months, flag.since.isoformat(), flag.next_ and flag.next_.on.isoformat()]
        for flag in flags.items
    ],
    "projects": [[project.key, project.country, project.level.value, project.quarantined] for project in projects.items],
    "more": projects.next_cursor is not None,
    "deals": [[deal.deal, deal.ended and deal.ended.how, [leg.leg.value for leg in deal.legs]] for deal in project.deals],
    "stands": project.explanation.stands,
    "events": [[entry.name, entry.occurred.text, entry.known.isoformat()] for entry in timeline.items],
    "refusal": [refusal.type_, refusal.status],
}}))
"""


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("typed-client")) as service:
        yield service


@pytest.fixture(scope="module")
def package(api: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the generated package `steppe_client` lies."""
    assert (CLIENT / "openapi-python-client").is_file(), "there is no .venv-client: run make .venv-client/ready"
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(httpx.get(f"{api.address}/openapi.json").raise_for_status().content)
    (folder / "config.yaml").write_text("post_hooks: []\n")
    made = subprocess.run(
        [CLIENT / "openapi-python-client", "generate", "--path", folder / "openapi.json", "--config", folder / "config.yaml", "--meta", "none", "--output-path", folder / "steppe_client", "--fail-on-warning"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def test_the_answers_of_a_generated_client_have_fields(api: Service, package: Path) -> None:
    with httpx.Client(base_url=api.address, timeout=30, params={"as_of": AS_OF}) as plain:
        flags = plain.get("/v1/flags", params={"limit": 3}).json()["items"]
        projects = plain.get("/v1/projects", params={"limit": 2, "country": "KZ,UZ"}).json()["items"]
        key = flags[0]["project"]
        project = plain.get(f"/v1/projects/{key}").json()
        entries = plain.get(f"/v1/projects/{key}/timeline", params={"limit": 2}).json()["items"]
    printed = asked_by_the_client(api.address, key, package)
    assert printed["flags"] == [
        [
            flag["flag"], flag["severity"], flag["clock"] and flag["clock"]["age_months"], flag["since"], flag["next"] and flag["next"]["on"],
        ]
        for flag in flags
    ]  # fmt: skip
    assert printed["projects"] == [
        [item["key"], item["country"], item["level"], item["quarantined"]] for item in projects
    ]
    assert printed["more"] is True
    assert printed["deals"] == [
        [deal["deal"], deal["ended"] and deal["ended"]["how"], [leg["leg"] for leg in deal["legs"]]]
        for deal in project["deals"]
    ]
    assert printed["stands"] == project["explanation"]["stands"]
    assert [entry[:2] for entry in printed["events"]] == [
        [entry["name"], entry["occurred"]["text"]] for entry in entries
    ]
    assert printed["refusal"] == ["urn:steppe:problem:not-found", 404]


def asked_by_the_client(address: str, key: str, package: Path) -> dict[str, Any]:
    """What a program sees that knows nothing but the generated client."""
    ran = subprocess.run(
        [CLIENT / "python", "-c", SCRIPT, address, key],
        env={**os.environ, "PYTHONPATH": str(package)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer
