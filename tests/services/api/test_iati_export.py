"""/v1/export?format=iati: activities that are valid by the official schema, and that the importer reads as what they were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from lxml import etree

from steppe.domain.events.vocabulary import name_of_type
from tests.importers.imports import Imported, imported
from tests.journeys.command import EXAMPLE
from tests.services.api.reading_api import Envelope, Log, event, get, memorandum, registered

_SCHEMA = Path(__file__).parent / "schemas" / "iati-2.03" / "iati-activities-schema.xsd"
_DAY = "2026-11-01"
_MONEY = (
    "loan.signed", "grant.committed", "guarantee.issued", "funds.disbursed", "funds.returned", "commitment.reduced",
    "pledge.announced",
)  # fmt: skip


async def exported(client: httpx.AsyncClient, folder: Path, **parameters: str) -> tuple[Path, httpx.Headers]:
    """A file of activities, valid by the schema."""
    answer = await client.get("/v1/export", params={"format": "iati", "as_of": _DAY, **parameters})
    assert answer.status_code == 200, answer.text
    file = folder / "activities.xml"
    file.write_bytes(answer.content)
    schema = etree.XMLSchema(etree.parse(str(_SCHEMA)))
    assert schema.validate(etree.parse(str(file))), schema.error_log
    return file, answer.headers


def back(file: Path) -> Imported:
    """What the importer makes of it."""
    result = imported("iati", (_DAY, file))
    (report,) = result.reports
    assert not report.refused.count, report.refused.entries
    return result


def left_out(headers: httpx.Headers) -> dict[str, int]:
    entries = (entry.rpartition("=") for entry in headers["steppe-left-out"].split(", ") if entry)
    return {name: int(times) for name, _, times in entries}


def amounts(events: Iterable[tuple[str, dict[str, Any]]]) -> Counter[tuple[str, str, str, str]]:
    return Counter(
        (name, data["occurred"], str(Decimal(data["amount"]["value"])), data["amount"]["currency"])
        for name, data in events
        if name in _MONEY
    )


def paid(name: str, key: str, id: str, value: str, role: str, /, **data: Any) -> Envelope:
    parties = [{"party": "bank", "role": role, "name": "Bank"}, {"party": "state", "role": "host"}]
    own = {"occurred": "2022-03-01", "deal": "bank", "parties": parties, "reported": "2022-04-01"}
    return event(name, key, id, **{**own, "amount": {"value": value, "currency": "EUR"}, **data})


def plant(key: str, /, **data: Any) -> list[Envelope]:
    """A plant with every kind of money that both know, and what IATI does not know."""
    return [
        registered(
            key, **{"sector": "energy", "kind": "plant", "place": "Aktau", "latitude": 43.6, "longitude": 51.2, **data}
        ),
        memorandum(key, "2021-03-01", "bank", reported="2021-03-01"),
        paid("pledge.announced", key, f"{key}-1", "5", "donor"),
        paid("loan.signed", key, f"{key}-2", "100.25", "financier"),
        paid("grant.committed", key, f"{key}-3", "10", "donor"),
        paid("guarantee.issued", key, f"{key}-4", "7", "financier"),
        paid("funds.disbursed", key, f"{key}-5", "40", "financier", leg="debt"),
        paid("funds.returned", key, f"{key}-6", "1.5", "financier", leg="debt"),
        paid("commitment.reduced", key, f"{key}-7", "2.5", "financier", leg="debt"),
        event("construction.started", key, f"{key}-8", occurred="2023-05-06", deal="bank", reported="2023-06-01"),
    ]


async def test_an_import_of_the_export_has_the_same_projects_and_the_same_money_to_the_cent(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    own_id = [{"scheme": "iati", "id": "XM-DAC-1-2"}, {"scheme": "gem-wiki", "id": "x"}]
    sent = [
        *plant("alpha", name="Станция «Альфа» & Co <1>", aliases=[{"name": "Alpha", "language": "en"}], ids=own_id),
        *plant("beta", country="UZ", countries=["UZ", "TJ", "KZ"]),
        event("project.cancelled", "beta", "beta-end", occurred="2024-01-31", reason="price", reported="2024-02-01"),
        *plant("gamma", name="Gamma"),
        event("project.completed", "gamma", "gamma-end", occurred="2024-01-31", reported="2024-02-01"),
    ]
    await log.append(*sent)
    file, headers = await exported(client, tmp_path)
    result = back(file)
    assert headers["steppe-rows"] == "3"
    written = [(name_of_type(one["type"]) or "", one["data"]) for one in sent]
    read = [(name_of_type(one["type"]) or "", one["data"]) for one in result.events]
    assert amounts(read) == amounts(written) and len(amounts(written)) == 7
    for name in ("project.registered", "construction.started", "project.cancelled", "project.completed"):
        days = [[data.get("occurred") for other, data in pairs if other == name] for pairs in (written, read)]
        assert len(days[0]) == len(days[1]) and sorted(map(str, days[0])) == sorted(map(str, days[1])), name
    assert left_out(headers) == {"memorandum.signed": 3}
    registrations = {data["name"]: data for data in result.named("project.registered")}
    alpha, beta = registrations["Станция «Альфа» & Co <1>"], registrations["Beta"]
    assert (alpha["ids"], alpha["aliases"]) == (own_id[:1], [{"name": "Alpha", "language": "en"}])
    assert (alpha["sector"], alpha["kind"], alpha["place"], alpha["latitude"]) == ("energy", "plant", "Aktau", 43.6)
    assert (beta["country"], beta["countries"]) == ("UZ", ["UZ", "TJ", "KZ"])
    assert beta["ids"] == [{"scheme": "iati", "id": "STEPPE-beta"}]
    (loan, *_) = result.named("loan.signed")
    assert loan["parties"] == [{"party": "bank", "role": "financier", "name": "Bank"}]


async def test_the_real_events_are_valid_activities_and_what_is_left_out_is_counted(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    await log.append(*lines, memorandum("nowhere-yet", "2022-03-01", "alpha", reported="2022-03-02"))
    file, headers = await exported(client, tmp_path)
    result = back(file)
    projects = len({line["subject"] for line in lines if line["type"] == "steppe.project.registered.v1"})
    assert int(headers["steppe-rows"]) == len(result.named("project.registered")) == projects
    counts = left_out(headers)
    assert counts["project without a country"] == 1
    assert counts["memorandum.signed"] > 50
    one, _ = await exported(client, tmp_path, project="kz-masdar-wind")
    assert len(back(one).named("project.registered")) == 1


async def test_a_total_is_told_as_what_it_adds_and_a_part_of_a_document_once(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    total = {"value": "150", "currency": "EUR", "semantics": "total"}
    whole = {"source": "/tests", "id": "first"}
    await log.append(
        registered("alpha"),
        paid("loan.signed", "alpha", "first", "100", "financier"),
        paid("loan.signed", "alpha", "more", "0", "financier", amount=total, occurred="2022-03-15"),
        paid("loan.signed", "alpha", "again", "100", "financier", part_of=whole, occurred="2022-03-20"),
        memorandum("alpha", "2021", "bank", reported="2022-01-01"),
    )
    file, headers = await exported(client, tmp_path)
    loans = sorted((data["occurred"], data["amount"]["value"]) for data in back(file).named("loan.signed"))
    assert loans == [("2022-03-01", "100"), ("2022-03-15", "50")]
    assert left_out(headers) == {"loan.signed": 1, "memorandum.signed": 1}


async def test_what_is_read_back_is_judged_alike_as_far_as_nothing_is_left_out(
    log: Log, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    def ended(name: str, key: str) -> Envelope:
        return event(name, key, f"{key}-end", occurred="2024-01-31", reported="2024-02-01")

    runs = event(
        "production.started",
        "runs",
        "runs-p",
        occurred="2024-05-01",
        phase="commercial",
        deal="bank",
        reported="2024-06-01",
    )
    await log.append(
        *plant("builds"), *plant("runs"), runs,
        *(sent for name in ("cancelled", "completed", "suspended", "retired") for sent in (*plant(name), ended(f"project.{name}", name))),
    )  # fmt: skip
    file, headers = await exported(client, tmp_path)
    result = back(file)
    items = (await get(client, "/v1/projects", as_of=_DAY))["items"]
    judged = {item["key"]: result.judged(item["key"], _DAY).project for item in items}
    before = {item["key"]: (item["level"], item["overlays"]) for item in items}
    after = {key: (state.level.label, list(state.overlays)) for key, state in judged.items() if state is not None}
    counts = left_out(headers)
    assert (counts["production.started"], counts["project.retired"]) == (1, 1)
    assert (before.pop("runs")[0], after.pop("runs")) == ("producing", ("construction", [])), (
        "it is not taken for completed"
    )
    assert (before.pop("retired")[1], after.pop("retired")[1]) == (["retired"], ["completed"])
    assert after == before
