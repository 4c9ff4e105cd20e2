"""OC4IDS: projects with their status, money and contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.importers.imports import Imported, imported, names
from tests.services.api.test_standard_exports import faults

_EDITION, _NEXT = "2025-06-30", "2026-06-30"
Json = dict[str, Any]
_PROJECT: Json = {
    "id": "oc4ids-bu3kcz-1", "updated": "2025-06-01T00:00:00Z", "title": "Sarybulak wastewater plant", "status": "implementation",
    "sector": ["waterAndWaste"], "period": {"startDate": "2024-03-01T00:00:00Z", "endDate": "2027-12-31T00:00:00Z"},
    "locations": [
        {"id": "1", "address": {"countryName": "Kazakhstan", "region": "Almaty"}, "geometry": {"type": "Point", "coordinates": [76.9, 43.2]}}
    ],
    "publicAuthority": {"id": "A", "name": "Akimat of Almaty"},
    "parties": [
        {"id": "A", "name": "Akimat of Almaty", "roles": ["publicAuthority"], "address": {"countryName": "Kazakhstan"}},
        {"id": "B", "name": "EBRD", "roles": ["funder"]},
        {"id": "C", "name": "Sine Midas", "roles": ["supplier"], "address": {"countryName": "KZ"}},
    ],
    "budget": {
        "amount": {"amount": 200000000, "currency": "EUR"},
        "finance": [
            {"id": "f1", "type": "loan", "value": {"amount": 120000000.55, "currency": "EUR"}, "financingParty": {"id": "B", "name": "EBRD"}, "period": {"startDate": "2023-11-20T00:00:00Z"}},
            {"id": "f2", "type": "bond"},
        ],
    },
    "transactions": [
        {"id": "t1", "date": "2024-09-01T00:00:00Z", "value": {"amount": 1000.10, "currency": "EUR"}, "payer": {"id": "B", "name": "EBRD"}}
    ],
    "contractingProcesses": [
        {"id": "p1", "summary": {"nature": ["construction"], "suppliers": [{"id": "C", "name": "Sine Midas"}], "contractValue": {"amount": 90000000, "currency": "EUR"}, "contractPeriod": {"startDate": "2024-02-01T00:00:00Z", "endDate": "2027-01-01T00:00:00Z"}}},
        {"id": "p2", "summary": {"nature": ["supervision"], "suppliers": [{"id": "C", "name": "Sine Midas"}]}},
    ],
}  # fmt: skip


def _package(*projects: Json) -> Json:
    return {
        "uri": "https://example.org/projects.json", "publishedDate": "2025-06-30T00:00:00Z", "publisher": {"name": "Akimat"}, "version": "0.9",
        "projects": list(projects),
    }  # fmt: skip


def _write(path: Path, *projects: Json) -> Path:
    path.write_text(json.dumps(_package(*projects)))
    return path


def _imported(tmp_path: Path, *projects: Json) -> Imported:
    return imported("oc4ids", (_EDITION, _write(tmp_path / "projects.json", *projects)))


def test_a_project_becomes_its_status_its_money_and_its_works(tmp_path: Path) -> None:
    assert faults("oc4ids", _package(_PROJECT)) == []
    result = _imported(tmp_path, _PROJECT)
    report = result.reports[0]
    assert not report.refused.entries
    assert names(result.events) == [
        "project.registered", "construction.started", "loan.signed", "loan.signed", "funds.disbursed", "works.awarded",
    ]  # fmt: skip
    registration, construction, loan, bond, payment, works = (event["data"] for event in result.events)
    assert {event["subject"] for event in result.events} == {"sarybulak-wastewater-plant"}
    assert (registration["country"], registration["sector"], registration["kind"]) == ("KZ", "resilience", "plant")
    assert (registration["place"], registration["latitude"], registration["longitude"]) == ("Almaty", 43.2, 76.9)
    assert registration["ids"] == [{"scheme": "oc4ids", "id": "oc4ids-bu3kcz-1"}]
    assert construction["occurred"] == "2024-03-01"
    assert (loan["occurred"], loan["amount"]) == ("2023-11-20", {"value": "120000000.55", "currency": "EUR"})
    assert loan["parties"] == [{"party": "ebrd", "role": "financier", "name": "EBRD"}]
    assert (bond["occurred"], "amount" in bond) == (f"../{_EDITION}", False)
    assert (payment["parties"][0]["role"], payment["amount"]["value"]) == ("donor", "1000.1")
    assert [(party["name"], party["role"]) for party in works["parties"]] == [
        ("Sine Midas", "contractor"),
        ("Akimat of Almaty", "host"),
    ]
    assert report.losses == {"budget/amount": 1}
    assert report.unsent == {"contracting process that builds nothing": 1}
    judged = result.judged("sarybulak-wastewater-plant", _EDITION).project
    assert judged is not None
    assert judged.level.label == "construction"


@pytest.mark.parametrize(
    ("status", "expected", "level"),
    [
        ("identification", ["intent.announced"], "announced"),
        ("preparation", ["intent.announced"], "announced"),
        ("implementation", ["construction.started"], "construction"),
        ("completion", ["construction.started", "construction.completed"], "commissioning"),
        ("completed", ["construction.started", "project.completed"], "completed"),
        ("decommissioned", ["construction.started", "project.retired"], "retired"),
        ("cancelled", ["project.cancelled"], "cancelled"),
    ],
)
def test_a_status_becomes_what_it_says(tmp_path: Path, status: str, expected: list[str], level: str) -> None:
    project = {
        name: value
        for name, value in _PROJECT.items()
        if name not in ("budget", "transactions", "contractingProcesses")
    }
    ended = status in ("completed", "decommissioned", "cancelled")
    period = {"startDate": "2024-03-01T00:00:00Z", **({"endDate": "2025-03-01T00:00:00Z"} if ended else {})}
    result = _imported(tmp_path, {**project, "status": status, "period": period})
    assert names(result.events) == ["project.registered", *expected]
    judged = result.judged("sarybulak-wastewater-plant", _EDITION).project
    assert judged is not None
    assert level in (judged.level.label, *judged.overlays)


def test_a_project_that_went_on_keeps_its_history_and_one_that_says_otherwise_is_corrected(tmp_path: Path) -> None:
    bare = {name: value for name, value in _PROJECT.items() if name not in ("transactions", "contractingProcesses")}
    before = {**bare, "status": "preparation", "period": {}}
    finance = [{**bare["budget"]["finance"][0], "value": {"amount": 130000000, "currency": "EUR"}}]
    after = {**bare, "budget": {"finance": finance}}
    first, second = _write(tmp_path / "1.json", before), _write(tmp_path / "2.json", after)
    result = imported("oc4ids", (_EDITION, first), (_NEXT, second), ("2026-07-31", second))
    assert result.names_of(_NEXT) == ["construction.started", "event.corrected"]
    assert result.of_edition(_NEXT)[1]["data"]["changes"] == {"amount": {"value": "130000000", "currency": "EUR"}}
    assert result.of_edition("2026-07-31") == []


@pytest.mark.parametrize("shape", ["package", "line"])
def test_the_format_ocds_reads_projects_too_and_gives_the_same_events(tmp_path: Path, shape: str) -> None:
    expected = _imported(tmp_path, _PROJECT).events
    file = tmp_path / "projects.json"
    if shape == "line":
        file.write_text(json.dumps(_PROJECT) + "\n")
    assert imported("ocds", (_EDITION, file)).events == expected


def test_a_project_without_a_country_or_an_id_is_refused(tmp_path: Path) -> None:
    nowhere = {**_PROJECT, "locations": [], "parties": []}
    report = _imported(tmp_path, nowhere, {**_PROJECT, "id": ""}).reports[0]
    assert [(entry["line"], entry["field"]) for entry in report.refused.entries] == [(1, "locations"), (2, "id")]
