"""OCDS: releases are merged by process, and become a project's plans, awards, contracts and payments."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from ocdsmerge.rules import get_merge_rules
from referencing import Registry
from referencing.jsonschema import DRAFT4

from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.formats.release_merging import MERGE_RULES
from steppe.importers.importer import Edition, Import
from steppe.importers.source_file import BadFileError
from tests.importers.imports import RECORDED, imported, names

_SCHEMAS = Path(__file__).parent.parent / "services/api/schemas/ocds-1.1"
_OCID = "ocds-213czf-000-00001"
_EDITION, _NEXT = "2025-06-30", "2026-06-30"
Json = dict[str, Any]
Write = Callable[..., Path]


def _release(number: int, date: str, tag: str, **parts: Any) -> Json:
    return {
        "ocid": _OCID, "id": f"{_OCID}-{number:02}", "date": f"{date}T00:00:00Z", "tag": [tag], "initiationType": "tender", **parts,
    }  # fmt: skip


_BUYER = {"id": "KZ-BIN-1", "name": "Ministry of Transport"}
_ROAD = {
    "id": "1",
    "description": "Road",
    "classification": {"scheme": "CPV", "id": "45233120", "description": "Road works"},
}
_SUPPLIER = {"id": "KZ-BIN-2", "name": "Sine Midas Stroy"}
_TENDER = _release(
    1, "2024-02-01", "tender",
    buyer=_BUYER,
    parties=[{**_BUYER, "roles": ["buyer"], "address": {"countryName": "Kazakhstan", "locality": "Astana"}}],
    tender={
        "id": "t1", "title": "Road Aktobe - Ulgaisyn", "status": "active", "mainProcurementCategory": "works", "items": [_ROAD],
        "tenderPeriod": {"startDate": "2024-02-01T00:00:00Z", "endDate": "2024-04-01T00:00:00Z"}, "numberOfTenderers": 3,
    },
)  # fmt: skip
_AWARD = _release(
    2, "2024-05-15", "award",
    parties=[{**_SUPPLIER, "roles": ["supplier"], "address": {"countryName": "KZ"}}],
    tender={"id": "t1", "status": "complete"},
    awards=[{"id": "a1", "status": "active", "date": "2024-05-10T00:00:00Z", "suppliers": [_SUPPLIER]}],
)  # fmt: skip
_CONTRACT = _release(
    3, "2024-06-20", "contract",
    contracts=[
        {
            "id": "c1", "awardID": "a1", "status": "active", "dateSigned": "2024-06-18T00:00:00Z",
            "value": {"amount": 123456789012.35, "currency": "KZT"},
            "period": {"startDate": "2024-07-01T00:00:00Z", "endDate": "2026-12-31T00:00:00Z"},
        }
    ],
)  # fmt: skip
_PAYMENT = _release(
    4, "2025-01-20", "implementation",
    contracts=[
        {
            "id": "c1", "awardID": "a1",
            "implementation": {
                "transactions": [
                    {"id": "p1", "date": "2025-01-15T00:00:00Z", "value": {"amount": 1000000.1, "currency": "KZT"}, "payer": _BUYER, "payee": _SUPPLIER},
                    {"id": "p2", "date": "2025-01-16T00:00:00Z", "value": {"amount": 0, "currency": "KZT"}},
                ]
            },
        }
    ],
)  # fmt: skip


def _package(*releases: Json) -> Json:
    return {
        "uri": "https://example.org/releases.json", "version": "1.1", "publishedDate": "2025-06-30T12:00:00Z",
        "publisher": {"name": "Ministry of Transport"}, "releases": list(releases),
    }  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a document, or one a line, and gives its path."""

    def written(*documents: Any, name: str = "releases.json", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes("\n".join(json.dumps(document) for document in documents).encode(encoding))
        return path

    return written


def _validate(document: Json, schema: str) -> None:
    of_release, package = (json.loads((_SCHEMAS / f"{name}.json").read_text()) for name in ("release-schema", schema))
    registry: Registry[Any] = Registry[Any]().with_resource(of_release["id"], DRAFT4.create_resource(of_release))
    Draft4Validator(package, registry=registry).validate(document)


def test_the_releases_of_a_process_become_one_project(write: Write) -> None:
    package = _package(_TENDER, _AWARD, _CONTRACT, _PAYMENT)
    _validate(package, "release-package-schema")
    result = imported("ocds", (_EDITION, write(package)))
    report = result.reports[0]
    assert (report.read, report.projects, report.refused.count) == ({"releases": 4, "transactions": 2}, 1, 0)
    assert names(result.events) == [
        "project.registered", "milestone.planned", "milestone.met", "intent.announced", "works.awarded", "funds.disbursed",
    ]  # fmt: skip
    registration, plan, met, selection, works, payment = (event["data"] for event in result.events)
    assert {event["subject"] for event in result.events} == {"road-aktobe-ulgaisyn"}
    assert (registration["country"], registration["sector"], registration["kind"]) == ("KZ", "transport", "corridor")
    assert registration["ids"] == [{"scheme": "ocid", "id": _OCID}]
    assert (plan["occurred"], plan["milestone"], plan["planned_on"]) == ("2024-02-01", "award", "2024-04-01/..")
    assert (met["occurred"], met["milestone"]) == ("2024-05-10", "award")
    assert (selection["occurred"], selection["kind"], selection["deal"]) == ("2024-05-10", "selection", "award-a1")
    assert works["parties"] == [
        {"party": "sine-midas-stroy", "role": "contractor", "name": "Sine Midas Stroy", "country": "KZ"},
        {"party": "ministry-of-transport", "role": "host", "name": "Ministry of Transport", "country": "KZ"},
    ]
    assert (works["occurred"], works["amount"]) == ("2024-06-18", {"value": "123456789012.35", "currency": "KZT"})
    assert works["note"] == "contract period 2024-07-01 to 2026-12-31"
    assert (payment["occurred"], payment["amount"]["value"]) == ("2025-01-15", "1000000.1")
    assert report.zeros == 1
    assert report.losses == {"tender/numberOfTenderers": 1}
    judged = result.judged("road-aktobe-ulgaisyn", _EDITION).project
    assert judged is not None
    assert judged.level.label == "financed"


@pytest.mark.parametrize("shape", ["package", "list", "lines", "packed lines", "records", "compiled", "marked", "wide"])
def test_the_same_comes_of_every_shape_of_the_file(write: Write, shape: str) -> None:
    releases = (_TENDER, _AWARD, _CONTRACT, _PAYMENT)
    expected = imported("ocds", (_EDITION, write(_package(*releases), name="expected.json"))).events
    record = {"ocid": _OCID, "releases": list(releases)}
    records = {**_package(), "records": [record]}
    del records["releases"]
    match shape:
        case "package":
            file = write(_package(*releases[2:]), _package(*releases[:2]))
        case "list":
            file = write(list(releases))
        case "lines":
            file = write(*reversed(releases), name="releases.jsonl")
        case "packed lines":
            file = write(*releases)
            packed = file.with_suffix(".jsonl.gz")
            packed.write_bytes(gzip.compress(file.read_bytes()))
            file = packed
        case "records":
            _validate(records, "record-package-schema")
            file = write(records)
        case "compiled":
            merged: Json = {"ocid": _OCID, "id": "1", "date": "2025-01-20T00:00:00Z", "tag": ["compiled"]}
            merged |= {
                "buyer": _BUYER,
                "parties": [*_TENDER["parties"], *_AWARD["parties"]],
                "awards": _AWARD["awards"],
            }
            merged |= {"tender": {**_TENDER["tender"], "status": "complete"}}
            merged |= {"contracts": [{**_CONTRACT["contracts"][0], **_PAYMENT["contracts"][0]}]}
            file = write(
                {
                    "ocid": _OCID,
                    "releases": [{"url": "https://example.org/1", "date": "2024-02-01"}],
                    "compiledRelease": merged,
                }
            )
        case "marked":
            file = write(_package(*releases), encoding="utf-8-sig")
        case _:
            file = write(_package(*releases), encoding="utf-16")
    assert imported("ocds", (_EDITION, file)).events == expected


def test_files_of_later_releases_build_on_those_of_earlier_ones(write: Write) -> None:
    changed = _release(
        5, "2026-01-10", "contractAmendment",
        contracts=[{"id": "c1", "awardID": "a1", "status": "terminated", "value": {"amount": 150000000000, "currency": "KZT"}}],
    )  # fmt: skip
    first, second = (
        write(_package(_TENDER, _AWARD, _CONTRACT), name="1.json"),
        write(_package(_PAYMENT, changed), name="2.json"),
    )
    result = imported("ocds", (_EDITION, first), (_NEXT, second))
    assert result.names_of(_NEXT) == ["event.corrected", "contract.terminated", "funds.disbursed"]
    correction = result.of_edition(_NEXT)[0]["data"]
    assert correction["changes"] == {"amount": {"value": "150000000000", "currency": "KZT"}}
    again = imported("ocds", (_EDITION, first), (_NEXT, second), ("2026-07-31", second))
    assert again.of_edition("2026-07-31") == []


def test_releases_of_one_process_may_stand_in_several_files_of_an_edition(write: Write) -> None:
    whole = write(_package(_TENDER, _AWARD, _CONTRACT), name="whole.json")
    pieces = [
        write(_package(release), name=f"{number}.json") for number, release in enumerate((_CONTRACT, _TENDER, _AWARD))
    ]
    assert (
        list(Import(FORMATS["ocds"], [Edition(_EDITION, pieces)], RECORDED).events())
        == imported("ocds", (_EDITION, whole)).events
    )


def test_a_supply_of_what_a_plant_puts_out_is_an_offtake_by_the_buyer(write: Write) -> None:
    power = {
        "id": "1", "description": "Electricity", "quantity": 1200000, "unit": {"name": "MWh"},
        "classification": {"scheme": "CPV", "id": "09310000", "description": "Electricity"},
    }  # fmt: skip
    tender = {**_TENDER, "tender": {**_TENDER["tender"], "mainProcurementCategory": "goods", "items": [power]}}
    result = imported("ocds", (_EDITION, write(_package(tender, _AWARD, _CONTRACT))))
    (offtake,) = result.named("offtake.signed")
    assert (offtake["commodity"], offtake["volume"], offtake["unit"]) == ("electricity", 1200000, "MWh")
    assert (offtake["starts_on"], offtake["ends_on"]) == ("2024-07-01", "2026-12-31")
    assert [(party["name"], party["role"]) for party in offtake["parties"]] == [
        ("Ministry of Transport", "offtaker"),
        ("Sine Midas Stroy", "seller"),
    ]


def test_what_is_no_event_is_refused_or_told(write: Write) -> None:
    cancelled = {**_TENDER, "ocid": "ocds-2", "tender": {**_TENDER["tender"], "status": "cancelled"}}
    nowhere = {**_TENDER, "ocid": "ocds-3", "parties": []}
    services = {
        **_TENDER, "ocid": "ocds-4", "tender": {**_TENDER["tender"], "mainProcurementCategory": "services", "title": "Advice"},
        "contracts": [{**_CONTRACT["contracts"][0]}], "awards": [{"id": "a1", "status": "unsuccessful"}],
    }  # fmt: skip
    undated = [{"ocid": "ocds-5", "id": "1", "tag": ["tender"]}, {"ocid": "ocds-5", "id": "2", "tag": ["award"]}]
    linked = {"ocid": "ocds-6", "releases": [{"url": "https://example.org/1", "date": "2024-02-01"}]}
    lines = [cancelled, nowhere, services, *undated, linked, {**_TENDER, "ocid": ""}]
    report = imported("ocds", (_EDITION, write(*lines, name="releases.jsonl"))).reports[0]
    assert report.unsent == {"tender that is cancelled": 1, "contract for services": 1, "award that is unsuccessful": 1}
    assert [entry["reason"].partition(":")[0] for entry in report.refused.entries] == [
        "ocds-6 has only the addresses of its releases, which are not fetched",
        "it has no ocid, so nothing tells which process it is of", "ocds-3 names no country", "its releases cannot be merged",
    ]  # fmt: skip


def test_what_lies_behind_the_edition_did_not_occur_yet(write: Write) -> None:
    report = imported("ocds", ("2024-06-01", write(_package(_TENDER, _AWARD, _CONTRACT)))).reports[0]
    assert [entry["message"] for entry in report.contradictions.entries] == [
        "a contract was signed on 2024-06-18, after the edition; the day is left out",
        "a contract began on 2024-07-01, after the edition; the day is left out",
    ]


def test_the_rules_of_merging_are_those_of_the_official_schema() -> None:
    assert get_merge_rules(json.loads((_SCHEMAS / "release-schema.json").read_text())) == MERGE_RULES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"), (b"ocid,id\n1,2\n", "no JSON"), (b"<release/>", "it is no JSON"), (b'{"uri": "x", "packages": []}', "of another sort"),
        (json.dumps(_package(_TENDER)).encode()[:-40], "it breaks off"), (b'{"ocid": "1", "a": ' + b"[" * 200_000, "1,000 deep"),
        ('{"ocid": "é"}'.encode("cp1252"), "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_ocds_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "releases.json"
    file.write_bytes(content)
    with pytest.raises(BadFileError, match=said):
        imported("ocds", (_EDITION, file))
