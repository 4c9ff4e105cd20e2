"""/v1/export?format=snapshot: all formats of one moment in one file that says what they are, and under which licence."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Callable
from zipfile import ZipFile

import httpx
import pytest
import yaml

from services.api.web.query_parameters import EXPORTS
from tests.services.api.reading_api import Log, memorandum, registered
from tests.stack import Database, Service

_DAY = "2026-11-01"


@pytest.fixture
def address(start: Callable[..., Service], database: Database, topic: str) -> str:
    """An API of a publisher that states a licence."""
    events = [
        registered("alpha"),
        memorandum("alpha", "2022-03-01", "miner", reported="2022-03-02"),
        registered("beta"),
    ]
    asyncio.run(Log(database, topic).append(*events))
    return start("api", STEPPE_DATA_PUBLISHER='The "Desk"', STEPPE_DATA_LICENCE="CC-BY-4.0").address


def test_a_snapshot_has_every_format_and_says_what_it_is(address: str) -> None:
    def export(form: str) -> httpx.Response:
        parameters = {"format": form, "as_of": _DAY, "project": "alpha"}
        return httpx.get(f"{address}/v1/export", params=parameters, timeout=60).raise_for_status()

    answer = export("snapshot")
    assert answer.headers["content-disposition"].endswith(f'"steppe-snapshot-{_DAY}.zip"')
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        files = {name.removeprefix(f"steppe-{_DAY}/"): archive.read(name) for name in archive.namelist()}
    package = json.loads(files["datapackage.json"])
    described = {resource["path"]: resource for resource in package["resources"]}
    assert files.keys() - described.keys() == {"README.md", "datapackage.json", "CITATION.cff"}
    for path, resource in described.items():
        content = files[path]
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    assert len({resource["name"] for resource in described.values()}) == len(described)
    spans = described[f"tables/as_of={_DAY}/project_spans/part-0.parquet"]
    assert {"name": "investors", "type": "array"} in spans["schema"]["fields"]
    assert package["licenses"] == [{"name": "CC-BY-4.0"}]
    paths = {
        "events": "events.ndjson", "iati": "iati/activities.xml", "bods": "bods/statements.json",
        "oc4ids": "oc4ids/projects.json", "ocds": "ocds/releases.json", "gem": "gem/units.csv",
    }  # fmt: skip
    assert paths.keys() | {"parquet", "snapshot"} == EXPORTS.keys()
    assert all(files[path] == export(form).content for form, path in paths.items()), "as the formats by themselves"

    citation = yaml.safe_load(files["CITATION.cff"])
    assert citation["authors"] == [{"name": 'The "Desk"'}]
    assert (citation["license"], citation["version"], citation["type"]) == ("CC-BY-4.0", _DAY, "dataset")
    readme = files["README.md"].decode()
    assert "| licence | CC-BY-4.0 |" in readme and "memorandum.signed 1" in readme and "project=alpha" in readme


async def test_a_snapshot_without_a_licence_says_so(log: Log, client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/export", params={"format": "snapshot", "as_of": _DAY})
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert "licence | none is stated" in archive.read(f"steppe-{_DAY}/README.md").decode()
        assert "licenses" not in json.loads(archive.read(f"steppe-{_DAY}/datapackage.json"))
