"""/v1/export?format=bods and oc4ids: valid by the official schemas, with what the events say, and what is left out counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft4Validator, Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4, DRAFT202012

from tests.importers.imports import imported
from tests.journeys.command import EXAMPLE
from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, registered

_SCHEMAS = Path(__file__).parent / "schemas"
_DAY = "2026-11-01"
Document = Any


def schema(folder: str, name: str) -> Document:
    return json.loads((_SCHEMAS / folder / f"{name}.json").read_text(encoding="utf-8"))


def faults(form: str, document: Document) -> list[str]:
    """What the official schema says against a document."""
    if form == "bods":
        names = ("statement", "entity-record", "relationship-record", "person-record", "components")
        parts = [schema("bods-0.4", name) for name in names]
        registry: Registry[Any] = Registry[Any]().with_resources(
            (part["$id"], DRAFT202012.create_resource(part)) for part in parts
        )
        checker: Any = Draft202012Validator(parts[0], registry=registry, format_checker=FormatChecker())
    else:
        project, package = schema("oc4ids-0.9", "project-schema"), schema("oc4ids-0.9", "project-package-schema")
        address = package["properties"]["projects"]["items"]["$ref"]
        registry = Registry[Any]().with_resource(address, DRAFT4.create_resource(project))
        checker = Draft4Validator(package, registry=registry, format_checker=FormatChecker())
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in checker.iter_errors(document)]


async def exported(client: httpx.AsyncClient, form: str, **parameters: str) -> tuple[Document, dict[str, int]]:
    """The document, valid by its schema, and what is left out."""
    answer = await client.get("/v1/export", params={"format": form, "as_of": _DAY, **parameters})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert faults(form, document) == []
    number = len(document if form == "bods" else document["projects"])
    assert answer.headers["steppe-rows"] == str(number)
    entries = (entry.rpartition("=") for entry in answer.headers["steppe-left-out"].split(", ") if entry)
    return document, {name: int(times) for name, _, times in entries}


def share(key: str, id: str, party: str, /, **data: Any) -> Envelope:
    parties = [{"party": party, "role": "investor", "name": party.title()}]
    own = {"occurred": "2022-03-01", "reported": "2022-04-01", "parties": parties}
    return event("equity.closed", key, id, **{**own, **data})


def party(key: str, **data: Any) -> Envelope:
    own = {"party": key, "name": key.title(), "kind": "company", "home_country": "JP", "reported": "2020-01-01"}
    return event("party.registered", f"party:{key}", key, **{**own, **data})


async def test_whoever_holds_a_share_is_told_with_its_owners(log: Log, client: httpx.AsyncClient) -> None:
    await log.append(
        registered("alpha", name="Альфа", aliases=[{"name": "Alpha"}], ids=[{"scheme": "gem-wiki", "id": "x"}]),
        share("alpha", "a-1", "miner", stake_percent=40, vehicle="Alpha JV"),
        share("alpha", "a-2", "stranger"),
        registered("beta"),
        memorandum("beta", "2022-03-01", "miner", reported="2022-03-02"),
        party("miner", parents=[{"party": "holding", "percent": 75.5}, {"party": "state"}], lei="353800FEEXU6I9M0ZF27"),
        party("holding", kind="state-company", home_country="KZ"),
        party("elsewhere", parents=[{"party": "holding", "percent": 100}]),
    )
    statements, left_out = await exported(client, "bods")
    records = {one["recordId"]: one["recordDetails"] for one in statements}
    assert [one["recordType"] for one in statements] == sorted(one["recordType"] for one in statements), (
        "entities first"
    )
    assert len(records) == len(statements) == len({one["statementId"] for one in statements})
    relationships = {
        (one["subject"], one["interestedParty"]): one["interests"][0] for one in records.values() if "subject" in one
    }
    assert {pair: interest.get("share") for pair, interest in relationships.items()} == {
        ("project-alpha", "party-miner"): {"exact": 40.0},
        ("project-alpha", "party-stranger"): None,
        ("party-miner", "party-holding"): {"exact": 75.5},
        ("party-miner", "party-state"): None,
        ("party-elsewhere", "party-holding"): {"exact": 100.0},
    }
    assert relationships["project-alpha", "party-miner"]["startDate"] == "2022-03-01"
    assert {name for pair in relationships for name in pair} <= records.keys(), "each has an entity of its own"
    assert records["project-alpha"]["alternateNames"] == ["Alpha"]
    assert {"id": "353800FEEXU6I9M0ZF27", "scheme": "XI-LEI"} in records["party-miner"]["identifiers"]
    assert records["party-miner"]["jurisdiction"] == {"name": "Japan", "code": "JP"}
    assert "jurisdiction" not in records["party-stranger"] and "project-beta" not in records
    assert left_out == {"share of a holding that nobody said": 1, "vehicle": 1}
    of_one, _ = await exported(client, "bods", project="alpha")
    assert {one["recordId"] for one in of_one} == records.keys() - {"party-elsewhere", "party-elsewhere/holding"}
    assert (await exported(client, "bods", project="beta"))[0] == []


async def test_a_project_is_told_with_its_money_contracts_and_parties(log: Log, client: httpx.AsyncClient) -> None:
    bank = [{"party": "bank", "role": "financier", "name": "Bank"}, {"party": "ministry", "role": "host"}]
    builder = [{"party": "builder", "role": "contractor"}]

    def paid(name: str, id: str, value: str, /, **data: Any) -> Envelope:
        own = {"occurred": "2022-03-01", "deal": "bank", "parties": bank, "reported": "2022-04-01"}
        return event(name, "alpha", id, **own, amount={"value": value, "currency": "EUR"}, **data)

    await log.append(
        registered("alpha", sector="energy", kind="plant", place="Aktau", latitude=43.6, longitude=51.2, countries=["KZ", "UZ"]),
        memorandum("alpha", "2021", "bank", reported="2022-01-01"),
        paid("loan.signed", "a-1", "100.25"),
        paid("commitment.reduced", "a-2", "0.25", leg="debt"),
        paid("funds.disbursed", "a-3", "40.1", leg="debt"),
        event(
            "works.awarded", "alpha", "a-4", occurred="2022-05", parties=builder, reported="2022-06-01",
            amount={"value": "9", "currency": "EUR"},
        ),
        event("construction.started", "alpha", "a-5", occurred="2022-07-01", deal="bank", reported="2022-07-02"),
        event("project.completed", "alpha", "a-6", occurred="2024-01-31", reported="2024-02-01"),
    )  # fmt: skip
    package, left_out = await exported(client, "oc4ids")
    (project,) = package["projects"]
    assert (project["id"], project["status"], project["sector"]) == ("steppe-alpha", "completion", ["energy"])
    assert project["period"] == {"startDate": "2022-07-01T00:00:00Z", "endDate": "2024-01-31T00:00:00Z"}
    assert [entry["value"]["amount"] for entry in project["budget"]["finance"]] == [100.25, -0.25]
    (transaction,) = project["transactions"]
    assert (transaction["value"], transaction["payer"], transaction["payee"]) == (
        {"amount": 40.1, "currency": "EUR"},
        {"id": "bank", "name": "Bank"},
        {"id": "ministry", "name": "ministry"},
    )
    (contract,) = project["contractingProcesses"]
    assert contract["summary"]["contractValue"] == {"amount": 9, "currency": "EUR"}
    assert contract["summary"]["suppliers"] == [{"id": "builder", "name": "builder"}]
    assert project["locations"][0]["geometry"] == {"type": "Point", "coordinates": [51.2, 43.6]}
    assert [place["address"]["countryName"] for place in project["locations"]] == ["Kazakhstan", "Uzbekistan"]
    roles = {organisation["id"]: organisation["roles"] for organisation in project["parties"]}
    assert roles == {"bank": ["funder"], "ministry": ["publicAuthority"], "builder": ["supplier"]}
    assert left_out == {"memorandum.signed": 1, "day that is not exact": 1, "project.completed": 1}


@pytest.mark.parametrize("form", ["bods", "oc4ids"])
async def test_the_real_events_are_valid(log: Log, client: httpx.AsyncClient, form: str) -> None:
    lines = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    await log.append(*lines)
    document, left_out = await exported(client, form)
    if form == "oc4ids":
        listed = (await get(client, "/v1/projects", as_of=_DAY, limit="500"))["items"]
        assert [project["id"] for project in document["projects"]] == [f"steppe-{item['key']}" for item in listed]
        assert left_out["memorandum.signed"] > 50
        return
    kinds = Counter(one["recordType"] for one in document)
    held = [one for one in document if one["recordId"].startswith("project-") and "subject" in one["recordDetails"]]
    stakes = 0
    for key in sorted({one["recordDetails"]["subject"].removeprefix("project-") for one in held}):
        stakes += len((await get(client, f"/v1/projects/{key}", as_of=_DAY))["stakes"])
    assert stakes == len(held) > 20
    assert kinds["entity"] > 20 and kinds["relationship"] >= len(held)


async def test_projects_of_oc4ids_that_are_read_back_are_judged_alike_as_far_as_nothing_is_left_out(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    def sent(key: str, *more: Envelope) -> list[Envelope]:
        parties = [{"party": "bank", "role": "financier", "name": "Bank"}]
        own = {"occurred": "2022-03-01", "deal": key, "parties": parties, "reported": "2022-04-01"}
        amount = {"value": "100.25", "currency": "EUR"}
        loan = event("loan.signed", key, f"{key}-loan", **own, amount=amount)
        paid = event("funds.disbursed", key, f"{key}-paid", **own, amount=amount, leg="debt")
        return [registered(key, sector="energy", kind="plant", commodities=["electricity"]), loan, paid, *more]

    def built(key: str) -> Envelope:
        return event("construction.started", key, f"{key}-c", occurred="2022-07-01", deal=key, reported="2022-07-02")

    def ended(key: str, how: str) -> Envelope:
        return event(f"project.{how}", key, f"{key}-end", occurred="2024-01-31", reported="2024-02-01")

    await log.append(
        *sent("financed"), *sent("builds", built("builds")), *sent("gone", built("gone"), ended("gone", "retired")),
        *sent("never", ended("never", "cancelled")), *sent("done", built("done"), ended("done", "completed")),
    )  # fmt: skip
    document, left_out = await exported(client, "oc4ids")
    file = tmp_path / "projects.json"
    file.write_text(json.dumps(document))
    result = imported("oc4ids", (_DAY, file))
    assert not result.reports[0].refused.entries
    items = (await get(client, "/v1/projects", as_of=_DAY))["items"]
    before = {item["key"]: (item["level"], item["overlays"]) for item in items}
    judged = {key: result.judged(key, _DAY).project for key in before}
    after = {key: (state.level.label, list(state.overlays)) for key, state in judged.items() if state is not None}
    assert left_out == {"project.completed": 1}
    assert (before.pop("done")[1], after.pop("done")) == (["completed"], ("commissioning", []))
    assert after == before
    registration = result.named("project.registered")[0]
    assert (registration["sector"], registration["kind"], registration["commodities"]) == (
        "energy",
        "plant",
        ["electricity"],
    )
