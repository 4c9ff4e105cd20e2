"""/v1/export?format=ocds and gem: valid, with what is left out counted, and read back as what they were."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.importers.imports import Imported, imported
from tests.journeys.command import EXAMPLE
from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, registered
from tests.services.api.test_iati_export import left_out
from tests.services.api.test_standard_exports import schema

_DAY = "2026-11-01"
_HEADINGS = (
    "country",
    "url",
    "plant",
    "unit",
    "owner",
    "capacity",
    "status",
    "year",
    "retired year",
    "subnational",
    "lat",
    "lng",
)


async def _exported(client: httpx.AsyncClient, form: str, **parameters: str) -> tuple[bytes, httpx.Headers]:
    answer = await client.get("/v1/export", params={"format": form, "as_of": _DAY, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.content, answer.headers


def _faults(package: Any) -> list[str]:
    of_release, of_package = schema("ocds-1.1", "release-schema"), schema("ocds-1.1", "release-package-schema")
    registry: Registry[Any] = Registry[Any]().with_resource(of_release["id"], DRAFT4.create_resource(of_release))
    checker = Draft4Validator(of_package, registry=registry, format_checker=FormatChecker())
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in checker.iter_errors(package)]


async def _judged(client: httpx.AsyncClient) -> dict[str, tuple[str, list[str]]]:
    items = (await get(client, "/v1/projects", as_of=_DAY, limit="500"))["items"]
    return {item["key"]: (item["level"], item["overlays"]) for item in items}


def _judged_again(result: Imported) -> dict[str, tuple[str, list[str]]]:
    keys = dict.fromkeys(one["subject"] for one in result.events)
    states = {key: result.judged(key, _DAY).project for key in keys}
    return {key: (state.level.label, list(state.overlays)) for key, state in states.items() if state is not None}


def _signed(name: str, key: str, id: str, /, **data: Any) -> Envelope:
    own = {"occurred": "2022-03-01", "deal": "builder", "reported": "2024-06-01"}
    return event(name, key, id, **{**own, **data})


async def test_contracts_are_releases_that_are_valid_and_read_back_alike(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    builder = [
        {"party": "builder", "role": "contractor", "name": "Builder"},
        {"party": "ministry", "role": "host", "name": "Ministry"},
    ]
    euros = {"currency": "EUR"}
    about = {
        "sector": "energy",
        "kind": "plant",
        "commodities": ["electricity"],
        "place": "Aktau",
        "latitude": 43.6,
        "longitude": 51.2,
    }
    trade = [
        {"party": "utility", "role": "offtaker", "name": "Utility"},
        {"party": "miner", "role": "seller", "name": "Miner"},
    ]
    await log.append(
        registered("alpha", **about), memorandum("alpha", "2021", "bank", reported="2022-01-01"),
        _signed("works.awarded", "alpha", "a-1", parties=builder, amount={"value": "123456789.35", **euros}),
        _signed("funds.disbursed", "alpha", "a-2", parties=builder, occurred="2022-06-01", amount={"value": "40.1", **euros}),
        registered("beta", **about), _signed("works.awarded", "beta", "b-1", parties=builder, amount={"value": "9", **euros}),
        _signed("contract.terminated", "beta", "b-2", parties=builder, occurred="2024-05-01", leg="works"),
        registered("gamma", sector="mining", kind="deposit"),
        _signed("offtake.signed", "gamma", "g-1", parties=trade, deal="utility", commodity="tungsten", starts_on="2023-01-01"),
        registered("delta"), memorandum("delta", "2021-03-01", "bank", reported="2022-01-01"),
    )  # fmt: skip
    content, headers = await _exported(client, "ocds")
    package = json.loads(content)
    assert _faults(package) == []
    assert headers["steppe-rows"] == str(len(package["releases"])) == "3"
    assert left_out(headers) == {"memorandum.signed": 2, "contract.terminated": 1, "project without a contract": 1}
    alpha = package["releases"][0]
    assert (alpha["ocid"], alpha["tag"]) == ("steppe-alpha", ["award", "contract", "implementation"])
    assert alpha["buyer"] == {"id": "ministry", "name": "Ministry"}
    assert alpha["contracts"][0]["value"] == {"amount": 123456789.35, "currency": "EUR"}
    assert package["releases"][1]["contracts"][0]["status"] == "terminated"
    file = tmp_path / "releases.json"
    file.write_bytes(content)
    result = imported("ocds", (_DAY, file))
    assert not result.reports[0].refused.entries
    before = await _judged(client)
    del before["delta"]
    after = _judged_again(result)
    assert (before.pop("beta"), after.pop("beta")) == (("identified", ["terminated"]), ("announced", [])), (
        "by its award"
    )
    assert after == before == {"alpha": ("financed", []), "gamma": ("bound", [])}
    (works, _) = result.named("works.awarded")
    assert works["amount"] == {"value": "123456789.35", "currency": "EUR"}
    (offtake,) = result.named("offtake.signed")
    assert (offtake["commodity"], offtake["starts_on"]) == ("tungsten", "2023-01-01")
    registration = result.named("project.registered")[0]
    assert {name: registration[name] for name in about} == about


async def test_the_real_events_are_valid_releases(log: Log, client: httpx.AsyncClient, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    await log.append(*lines)
    content, headers = await _exported(client, "ocds")
    assert _faults(json.loads(content)) == []
    assert left_out(headers)["project without a contract"] > 50
    file = tmp_path / "releases.json"
    file.write_bytes(content)
    report = imported("ocds", (_DAY, file)).reports[0]
    assert (report.projects, report.refused.entries) == (int(headers["steppe-rows"]), [])
    rows, headers = await _exported(client, "gem")
    table = list(csv.DictReader(io.StringIO(rows.decode())))
    assert len(table) == int(headers["steppe-rows"])
    file = tmp_path / "units.csv"
    file.write_bytes(rows)
    report = imported("gem", (_DAY, file)).reports[0]
    assert report.refused.entries == []
    assert report.projects == len({row["Steppe key"] for row in table}) > 100


async def test_units_of_a_tracker_come_back_as_they_were(log: Log, client: httpx.AsyncClient, tmp_path: Path) -> None:
    statuses = (
        "announced", "pre-permit", "permitted", "pre-construction", "construction", "operating", "mothballed", "shelved", "cancelled", "retired",
    )  # fmt: skip
    rows = [_unit(f"Plant {status}", "Unit 1", status=status) for status in statuses]
    rows += [
        _unit("Mixed", "Unit 1", status="retired", **{"retired year": "2015"}),
        _unit("Mixed", "Unit 2", status="operating", year="1990"),
    ]
    rows += [
        _unit("Mixed", "Unit 3", status="construction", year="2027"),
    ]
    first = tmp_path / "first.csv"
    with first.open("w", newline="") as out:
        writer = csv.DictWriter(out, _HEADINGS)
        writer.writeheader()
        writer.writerows(rows)
    sent = imported("gem", ("2024-02-07", first))
    await log.append(*sent.events)
    content, headers = await _exported(client, "gem")
    assert left_out(headers) == {}
    second = tmp_path / "second.csv"
    second.write_bytes(content)
    result = imported("gem", (_DAY, second))
    before = await _judged(client)
    assert _judged_again(result) == before
    assert len(before) == len(statuses) + 1
    for name in ("project.registered", "production.started", "milestone.planned", "project.retired"):
        contents = [sorted(_content(data) for data in of.named(name)) for of in (sent, result)]
        assert contents[0] == contents[1], name


async def test_what_is_quoted_against_formulas_is_counted_as_left_out(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("sum", name="=SUM(A1:A9)", place="-1 mile"), registered("plain", name="Plain (2)", place="-1.5")
    )
    content, headers = await _exported(client, "gem")
    rows = csv.DictReader(io.StringIO(content.decode()))
    assert {row["Plant name"] for row in rows} == {"'=SUM(A1:A9)", "Plain (2)"}
    assert left_out(headers) == {"Plant name quoted against formulas": 1, "Subnational unit quoted against formulas": 1}


def _unit(plant: str, unit: str, **cells: str) -> dict[str, str]:
    own = {
        "country": "Kazakhstan", "url": f"https://www.gem.wiki/{plant.replace(' ', '_')}", "plant": plant, "unit": unit, "capacity": "300",
        "owner": "Samruk [60%]; KEGOC [40%]", "subnational": "Akmola", "lat": "53.2", "lng": "69.4",
    }  # fmt: skip
    return {**own, **cells}


def _content(data: dict[str, Any]) -> str:
    """But the days that only the edition bounds."""
    comparable_data = {
        name: value for name, value in data.items() if name != "reported" and not str(value).startswith("../")
    }
    return json.dumps(comparable_data, sort_keys=True)
