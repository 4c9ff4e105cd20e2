"""The mappings that ship: registers whose tables are read by name, each as its publisher lays it out."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from steppe.cli.__main__ import app
from steppe.importers.cell_values import country_of
from steppe.importers.importer import Edition, Import
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import BadMappingError, mapping_of
from steppe.importers.mapped.shipped_mappings import shipped_mappings, shipped_names
from tests.importers.imports import RECORDED, Imported, names

_EDITION, _NEXT = "2025-03-31", "2026-03-31"
_WORLD_BANK = (
    "Project ID", "Region", "Country", "Project Status", "Last Stage Reached Name", "Project Name", "Project Development Objective ",
    "Implementing Agency", "Public Disclosure Date", "Board Approval Date", "Loan Effective Date", "Project Closing Date",
    "Current Project Cost", "IBRD Commitment", "IDA Commitment", "Grant Amount", "Total IBRD, IDA and Grant Commitment", "Borrower",
    "Lending Instrument",
)  # fmt: skip
_OF_THE_API = (
    "id", "regionname", "countryshortname", "status", "last_stage_reached_name", "project_name", "pdo", "impagency",
    "public_disclosure_date", "boardapprovaldate", "loan_effective_date", "closingdate", "curr_project_cost", "curr_ibrd_commitment",
    "idacommamt", "grantamt", "curr_total_commitment", "borrower", "lendinginstr",
)  # fmt: skip
_HYDROGEN = (
    "Reference", "Project name", "Country\n(ISO-3)", "Date online", "Decomission date", "Status", "Technology", "Capacity (MWel)",
    "Location", "Latitude", "Longitude",
)  # fmt: skip
_PLANNING = (
    "Old Ref ID", "Ref ID", "Record Last Updated (dd/mm/yyyy)", "Operator (or Applicant)", "Site Name", "Technology Type",
    "Installed Capacity (MWelec)", "Development Status", "Development Status (short)", "County", "Country",
    "Planning Application Submitted", "Planning Permission Refused", "Appeal Refused", "Appeal Granted", "Planning Permission Granted",
    "Secretary of State - Refusal", "Secretary of State - Granted", "Planning Permission Expired", "Under Construction", "Operational",
)  # fmt: skip


def _workbook(path: Path, *sheets: list[tuple[object, ...]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for number, rows in enumerate(sheets):
        sheet = workbook.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def _of(headings: tuple[str, ...], **cells: object) -> tuple[object, ...]:
    assert cells.keys() <= set(headings)
    return tuple(cells.get(heading, "") for heading in headings)


def _imported(name: str, *editions: tuple[str, Path]) -> Imported:
    form = MappedTable(shipped_mappings()[name])
    whole = Import(form, [Edition(day, [file]) for day, file in editions], RECORDED)
    return Imported(list(whole.events()), whole.reports)


def _bank_row(**cells: object) -> tuple[object, ...]:
    row = {
        "Project ID": "P170365", "Country": "Republic of Uzbekistan", "Project Status": "Active", "Project Name": "Water Services",
        "Board Approval Date": "2020-03-13T00:00:00Z", "Loan Effective Date": "2020-12-01", "Project Closing Date": "2027-06-30",
        "IBRD Commitment": 0.0, "IDA Commitment": 239000000.0, "Grant Amount": 0.0, "Borrower": "Ministry of Finance",
    }  # fmt: skip
    return _of(_WORLD_BANK, **{**row, **cells})


def test_projects_of_the_world_bank_are_read_from_its_workbook(tmp_path: Path) -> None:
    other: list[tuple[object, ...]] = [
        ("Financers",),
        ("Project", "Name", "Amount (USD)"),
        ("P170365", "IDA", 239000000),
    ]
    rows: list[tuple[object, ...]] = [
        ("World Bank Projects, data as of 03/31/2025 13:01:01 EST",),
        _WORLD_BANK,
        _OF_THE_API,
        _bank_row(),
        _bank_row(**{"Project ID": "P1", "Project Name": "Gone", "Project Status": "Dropped"}),
        _bank_row(**{"Project ID": "P2", "Project Name": "Soon", "Project Status": "Pipeline"}),
        _bank_row(**{"Project ID": "P3", "Project Name": "Wide", "Country": "Western Africa"}),
    ]
    result = _imported("world-bank", (_EDITION, _workbook(tmp_path / "all.xlsx", other, rows)))
    assert names(result.events) == [
        "project.registered", "finance.approved", "loan.signed", "project.registered", "project.cancelled", "project.registered",
    ]  # fmt: skip
    registration, approved, loan = (event["data"] for event in result.events[:3])
    assert (registration["country"], registration["ids"]) == ("UZ", [{"scheme": "world-bank", "id": "P170365"}])
    assert (approved["occurred"], approved["deal"], approved["lender_kind"]) == ("2020-03-13", "p170365", "mdb")
    assert loan["amount"] == {"value": "239000000", "currency": "USD", "of": "leg"}
    assert [(party["name"], party["role"]) for party in loan["parties"]] == [
        ("World Bank", "financier"),
        ("Ministry of Finance", "host"),
    ]
    assert result.named("project.cancelled")[0]["occurred"] == f"../{_EDITION}"
    assert {entry["line"] for entry in result.reports[0].refused.entries} == {7}, "a region is no country"
    judged = result.judged("water-services", _EDITION).project
    assert judged is not None
    assert judged.level.label == "bound"


def test_projects_of_the_world_bank_are_read_by_the_names_of_its_api_and_go_on_to_their_end(tmp_path: Path) -> None:
    first, second = tmp_path / "2025.csv", tmp_path / "2026.csv"
    headings = ("id", "countryname", "projectstatusdisplay", "project_name", "boardapprovaldate", "closingdate")
    first.write_text(f"{','.join(headings)}\nP9,Kyrgyz Republic,Active,Roads,2019-05-14T00:00:00Z,12/31/2025\n")
    second.write_text(f"{','.join(headings)}\nP9,Kyrgyz Republic,Closed,Roads,2019-05-14T00:00:00Z,12/31/2025\n")
    result = _imported("world-bank", (_EDITION, first), (_NEXT, second))
    assert result.names_of(_EDITION) == ["project.registered", "finance.approved"]
    assert result.names_of(_NEXT) == ["project.completed"]
    assert result.named("project.completed")[0]["occurred"] == "2025-12-31"
    assert result.reports[0].unsent["column 'IDA Commitment', which the table does not have"] == 1


def _hydrogen(path: Path, *rows: dict[str, object]) -> Path:
    return _workbook(path, [("Technology",), _HYDROGEN, *(_of(_HYDROGEN, **row) for row in rows)])


def test_hydrogen_projects_of_the_iea_are_what_their_status_says(tmp_path: Path) -> None:
    country = {"Country\n(ISO-3)": "KAZ"}
    statuses = ("Concept", "Feasibility study", "FID/Construction", "Operational", "Decommisioned", "Other/Unknown")
    rows: list[dict[str, object]] = [
        {
            "Reference": number,
            "Project name": status,
            "Status": status,
            "Date online": 2030 if number < 4 else 2019,
            **country,
        }
        for number, status in enumerate(statuses, 1)
    ]
    rows[0] |= {"Capacity (MWel)": 20000, "Location": "Mangystau", "Latitude": 43.6, "Longitude": 51.2}
    result = _imported("iea-hydrogen", (_EDITION, _hydrogen(tmp_path / "h2.xlsx", *rows)))
    assert not result.reports[0].refused.entries
    by_project: dict[str, list[str]] = {}
    for event, name in zip(result.events, names(result.events), strict=True):
        by_project.setdefault(event["subject"], []).append(name)
    assert by_project == {
        "concept": ["project.registered", "intent.announced", "milestone.planned"],
        "feasibility-study": ["project.registered", "study.started", "milestone.planned"],
        "fid-construction": ["project.registered", "investment.decided", "construction.started", "milestone.planned"],
        "operational": ["project.registered", "production.started"],
        "decommisioned": ["project.registered", "production.started", "project.retired"],
        "other-unknown": ["project.registered"],
    }
    registration = result.events[0]["data"]
    assert (registration["country"], registration["place"], registration["capacity"]) == (
        "KZ", "Mangystau", {"value": "20000", "unit": "MW"},
    )  # fmt: skip
    levels = {}
    for project in by_project:
        state = result.judged(project, _EDITION).project
        assert state is not None
        levels[project] = " ".join([state.level.label, *state.overlays])
    assert levels == {
        "concept": "announced", "feasibility-study": "advanced", "fid-construction": "construction", "operational": "producing",
        "decommisioned": "identified retired", "other-unknown": "identified",
    }  # fmt: skip


def test_a_hydrogen_project_that_went_on_keeps_its_history_and_its_plan_slips(tmp_path: Path) -> None:
    row: dict[str, object] = {"Reference": 7, "Project name": "Hyrasia", "Country\n(ISO-3)": "KAZ"}
    first = _hydrogen(tmp_path / "1.xlsx", {**row, "Status": "Concept", "Date online": 2030})
    second = _hydrogen(tmp_path / "2.xlsx", {**row, "Status": "Feasibility study", "Date online": 2032})
    result = _imported("iea-hydrogen", (_EDITION, first), (_NEXT, second))
    assert result.names_of(_NEXT) == ["study.started", "milestone.planned"]
    assert result.of_edition(_NEXT)[0]["data"]["occurred"] == f"{_EDITION}/{_NEXT}"


def _planning(path: Path, *rows: dict[str, object]) -> Path:
    lines = [_PLANNING, *(_of(_PLANNING, **row) for row in rows)]
    path.write_bytes("\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode("cp1252"))
    return path


def test_a_planning_register_tells_permits_construction_and_production(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            "Ref ID": "2526", "Site Name": "Càrn Liath Wind Farm", "Operator (or Applicant)": "Vattenfall", "Country": "Scotland",
            "Installed Capacity (MWelec)": "1,050.5", "Development Status (short)": "Operational",
            "Planning Application Submitted": "05/07/2011", "Planning Permission Refused": "01/02/2012", "Appeal Granted": "13/11/2012",
            "Planning Permission Granted": "13/11/2012", "Planning Permission Expired": "13/11/2015", "Under Construction": "02/03/2014",
            "Operational": "30/09/2015",
        },
        {
            "Ref ID": "3001", "Site Name": "Lapsed Solar", "Country": "England", "Development Status (short)": "Planning Permission Expired",
            "Planning Application Submitted": "05/07/2018", "Planning Permission Granted": "01/02/2019",
            "Planning Permission Expired": "01/02/2022",
        },
        {"Ref ID": "3002", "Site Name": "Given Up", "Country": "Wales", "Development Status (short)": "Abandoned"},
        {
            "Ref ID": "3003", "Site Name": "Too Early", "Country": "Northern Ireland", "Development Status (short)": "Operational",
            "Operational": "01/01/2031",
        },
    ]  # fmt: skip
    result = _imported("uk-repd", (_EDITION, _planning(tmp_path / "repd.csv", *rows)))
    assert not result.reports[0].refused.entries
    of_the_first = [event for event in result.events if event["subject"] == "carn-liath-wind-farm"]
    assert [(name, event["data"].get("occurred")) for name, event in zip(names(of_the_first), of_the_first, strict=True)] == [
        ("project.registered", None), ("permit.applied", "2011-07-05"), ("permit.refused", "2012-02-01"),
        ("permit.granted", "2012-11-13"), ("permit.granted", "2012-11-13"), ("construction.started", "2014-03-02"),
        ("production.started", "2015-09-30"),
    ]  # fmt: skip
    assert of_the_first[0]["data"]["country"] == "GB"
    assert of_the_first[0]["data"]["capacity"] == {"value": "1050.5", "unit": "MW"}
    of_the_second = [
        name
        for event, name in zip(result.events, names(result.events), strict=True)
        if event["subject"] == "lapsed-solar"
    ]
    assert of_the_second == ["project.registered", "permit.applied", "permit.granted", "permit.lapsed"]
    assert len(result.named("project.cancelled")) == 1
    assert [entry["message"] for entry in result.reports[0].contradictions.entries] == [
        "production.started on 2031-01-01, after the edition; it is left out"
    ]


def test_a_day_that_a_later_extract_corrects_is_a_correction(tmp_path: Path) -> None:
    row: dict[str, object] = {
        "Ref ID": "1",
        "Site Name": "A",
        "Country": "England",
        "Development Status (short)": "Operational",
    }
    first = _planning(tmp_path / "1.csv", {**row, "Operational": "30/09/2015"})
    second = _planning(tmp_path / "2.csv", {**row, "Operational": "30/10/2015"})
    result = _imported("uk-repd", (_EDITION, first), (_NEXT, second))
    assert result.names_of(_NEXT) == ["event.corrected"]
    assert result.of_edition(_NEXT)[0]["data"]["changes"] == {"occurred": "2015-10-30"}


def _ran(*arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["import", *arguments], env={"NO_COLOR": "1", "COLUMNS": "400"})
    return ran.exit_code, ran.output


def test_a_mapping_that_ships_is_chosen_by_its_name(tmp_path: Path) -> None:
    code, listed = _ran("mappings")
    assert code == 0
    for name in shipped_names():
        assert name in listed
        assert shipped_mappings()[name].title in listed
    table = _planning(
        tmp_path / "repd.csv", {"Ref ID": "1", "Site Name": "A", "Development Status (short)": "Abandoned"}
    )
    code, output = _ran("csv", str(table), "--mapping", "uk-repd", "--edition", _EDITION, "--no-compare", "--json")
    assert (code, json.loads(output)["source"]) == (0, "/import/uk-repd")
    code, output = _ran("csv", str(table), "--mapping", "uk-rpd", "--edition", _EDITION)
    assert (code, "none of that name ships: iea-hydrogen, uk-repd, world-bank" in output) == (2, True)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("optional: [Nowhere]", "optional: no part of the mapping reads the column 'Nowhere'"),
        ("headings: {Nowhere: [n]}", "headings: no part of the mapping reads the column 'Nowhere'"),
        ("stage: {column: Status, words: {Begun: early}}", "whole numbers"),
    ],
)
def test_a_mapping_that_names_what_nobody_reads_is_refused(part: str, said: str) -> None:
    whole = "source: /desk\nproject: {name: Name, fields: {country: {constant: KZ}, sector: {constant: other}, kind: {constant: plant}}}\n"
    with pytest.raises(BadMappingError, match=said):
        mapping_of(f"{whole}events: []\n{part}\n".encode(), "mapping.yaml")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Republic of Kazakhstan", "KZ"), ("Kyrgyz Republic", "KG"), ("Egypt, Arab Republic of", "EG"), ("People's Republic of China", "CN"),
        ("Korea, Republic of", "KR"), ("Democratic People's Republic of Korea", "KP"), ("Congo, Democratic Republic of", "CD"),
        ("Federal Democratic Republic of Ethiopia", "ET"), ("Republic of China", None), ("Western Africa", None), ("World", None),
    ],
)  # fmt: skip
def test_countries_are_known_by_their_full_names(text: str, code: str | None) -> None:
    assert country_of(text) == code
