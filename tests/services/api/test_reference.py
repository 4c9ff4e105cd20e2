"""/v1/reference: every series with its provenance, the rows of one, and series of the operator."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx

from tests.reference.test_series import SERIES, folder_of
from tests.services.api.reading_api import api, get
from tests.stack import Database

ROOT = Path(__file__).parents[3]
OWN_RATE = "EUR,2015,0.5,units per USD,the treasury,page,high"


async def test_every_series_has_its_edition_the_sum_of_its_file_and_its_traps(client: httpx.AsyncClient) -> None:
    items = {item["name"]: item for item in (await get(client, "/v1/reference"))["items"]}
    assert [*items] == ["aid", "demand", "demand_stated", "fx", "groups", "marks", "oda_uz", "units"]
    for name, item in items.items():
        content = SERIES.joinpath(f"{name}.csv").read_bytes()
        assert item["sha256"] == hashlib.sha256(content).hexdigest()
        assert (item["version"], item["shipped"]) == ("2026-12" if item["name"] == "marks" else "2026-11", True)
        assert item["provenance"]
        assert item["traps"]
    gaps = {gap["currency"]: gap["years"] for gap in items["fx"]["gaps"]}
    assert gaps["RUB"] == [*range(2000, 2006), *range(2022, 2026)]
    assert items["aid"]["gaps"] == []
    selected = (await get(client, "/v1/reference", series="fx,aid"))["items"]
    assert [item["name"] for item in selected] == ["aid", "fx"]


async def test_rows_of_a_series_are_the_lines_of_its_file(client: httpx.AsyncClient) -> None:
    answer = await get(client, "/v1/reference/oda_uz")
    with SERIES.joinpath("oda_uz.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [answer[kind] for kind in ("rates", "demand", "groups", "units", "marks")] == [[], [], [], [], []]
    assert answer["count"] == len(answer["aid"]) == 30
    for row, line in zip(answer["aid"], lines, strict=True):
        assert {name: row[name] for name in line} == line
    rates = (await get(client, "/v1/reference/fx"))["rates"]
    assert rates[0] == {
        "currency": "AUD", "year": 2000, "per_usd": "1.7197", "detail": "units per USD, annual average", "line": 2,
        "source": "datasets/exchange-rates data/yearly.csv (US Federal Reserve via FRED; PDDL), snapshot fa7d949 of 2026-07-21",
        "basis": "page", "confidence": "high",
    }  # fmt: skip
    assert len((await get(client, "/v1/reference/demand"))["demand"]) == 53
    assert (await get(client, "/v1/reference/groups"))["groups"][4]["until"] == "2026-02-04"
    units = {row["unit"]: (row["base"], row["factor"]) for row in (await get(client, "/v1/reference/units"))["units"]}
    assert units["t U3O8"] == ("tU", "0.848005")


async def test_an_unknown_series_is_refused_with_the_one_that_may_be_meant(client: httpx.AsyncClient) -> None:
    refused = await client.get("/v1/reference/oda")
    assert refused.status_code == 404
    assert refused.json()["suggestions"] == ["oda_uz"]


async def test_series_of_the_operator_are_told_apart_and_change_every_etag(
    client: httpx.AsyncClient, database: Database, topic_name: str, tmp_path: Path
) -> None:
    own = folder_of(tmp_path, "rates", OWN_RATE, name="fx")
    async with api(database.api, topic_name, reference=own) as other:
        items = {item["name"]: item for item in (await get(other, "/v1/reference"))["items"]}
        assert {name for name, item in items.items() if not item["shipped"]} == {"fx"}
        assert (items["fx"]["count"], items["fx"]["title"]) == (1, "Own figures")
        tags = [(await api_client.get("/v1/projects")).headers["ETag"] for api_client in (client, other)]
        assert tags[0] != tags[1]


def test_a_mistake_in_the_operators_folder_is_named_before_anything_starts(tmp_path: Path) -> None:
    folder_of(tmp_path, "rates", OWN_RATE, OWN_RATE.replace("0.5", "half"))
    own = {"STEPPE_DATABASE": "postgresql://127.0.0.1:1/nowhere", "STEPPE_REFERENCE": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "services.api"],
        env={**os.environ, **own}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    mistake = f"{tmp_path}/own.csv line 3, per_usd: 'half' is no number; write it like 1234.56"
    assert ran.stderr.strip() == f"api cannot start: STEPPE_REFERENCE: {mistake}"


def test_the_wheel_has_the_series() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["steppe.reference"]
    package = ROOT / "steppe" / "reference"
    assert {file for pattern in patterns for file in package.glob(pattern)} == set(SERIES.iterdir())
