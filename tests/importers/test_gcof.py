"""AidData's Global Chinese Official Finance data set: what each status and flow becomes."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.importers.imports import Imported, imported, names

_EDITION, _NEXT = "2017-10-11", "2021-09-29"
_HEADINGS = (
    "project_id", "recommended_for_research", "umbrella", "year", "donor", "funding_agency", "recipient_condensed", "title",
    "description", "status", "flow", "amount", "currency", "crs_sector_code", "sources", "recipient_agencies", "start_actual",
    "end_actual", "year_uncertain", "all_recipients", "recipient_iso3", "line_of_credit",
)  # fmt: skip
_LOAN, _GRANT = "Loan (excluding debt rescheduling)", "Grant"
_PLANT, _CORRIDOR, _PROGRAMME = "230", "210", "430"
Write = Callable[..., Path]


def _row(project_id: str = "40001", **cells: str) -> dict[str, str]:
    return {
        "project_id": project_id, "recommended_for_research": "True", "umbrella": "0", "year": "2012", "donor": "China",
        "funding_agency": "Export-Import Bank of China, Government Agency", "recipient_condensed": "Kyrgyz Republic",
        "title": "Datka-Kemin line", "status": "Pipeline: Commitment", "flow": _LOAN, "amount": "389740000.55", "currency": "USD",
        "crs_sector_code": _PLANT, "year_uncertain": "False", "recipient_iso3": "KGZ", "line_of_credit": "False", "all_recipients": "Kyrgyz Republic",
        **cells,
    }  # fmt: skip


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a table and gives its path."""

    def written(*rows: dict[str, str], name: str = "gcof.csv") -> Path:
        path = tmp_path / name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, _HEADINGS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return written


def _of(path: Path) -> Imported:
    return imported("gcof", (_EDITION, path))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"status": "Pipeline: Pledge"}, [("pledge.announced", "2012")]),
        ({"status": "Pipeline: Pledge", "amount": " "}, [("intent.announced", "2012")]),
        ({"status": "Pipeline: Pledge", "amount": "0"}, [("intent.announced", "2012")]),
        ({}, [("loan.signed", "2012")]),
        ({"flow": "Export credits"}, [("loan.signed", "2012")]),
        ({"flow": _GRANT}, [("grant.committed", "2012")]),
        ({"flow": "Free-standing technical assistance"}, [("grant.committed", "2012")]),
        ({"flow": "Scholarships/training in the donor country"}, [("grant.committed", "2012")]),
        ({"flow": "Debt forgiveness"}, []),
        ({"flow": "Debt rescheduling", "status": "Completion"}, []),
        ({"flow": "Vague TBD"}, []),
        ({"status": "Implementation"}, [("loan.signed", "2012"), ("construction.started", "2012/..")]),
        (
            {"status": "Implementation", "start_actual": "2013-10-28"},
            [("loan.signed", "2012"), ("construction.started", "2013-10-28")],
        ),
        ({"status": "Implementation", "crs_sector_code": _PROGRAMME}, [("loan.signed", "2012")]),
        ({"status": "Implementation", "umbrella": "1"}, [("loan.signed", "2012")]),
        ({"status": "Completion"}, [("loan.signed", "2012"), ("production.started", "2012/..")]),
        (
            {"status": "Completion", "start_actual": "2013-01-01", "end_actual": "2015-09-01"},
            [("loan.signed", "2012"), ("construction.started", "2013-01-01"), ("production.started", "2015-09-01")],
        ),
        (
            {"status": "Completion", "crs_sector_code": _CORRIDOR, "start_actual": "2013-01-01", "end_actual": "2015-09-01"},
            [
                ("loan.signed", "2012"), ("construction.started", "2013-01-01"), ("construction.completed", "2015-09-01"),
                ("project.completed", "2015-09-01"),
            ],
        ),
        (
            {"status": "Completion", "crs_sector_code": _PROGRAMME, "start_actual": "2013-01-01"},
            [("loan.signed", "2012"), ("project.completed", "2012/..")],
        ),
        ({"status": "Suspended"}, [("loan.signed", "2012"), ("project.suspended", "2012/..")]),
        ({"status": "Cancelled"}, [("loan.signed", "2012"), ("project.cancelled", "2012/..")]),
    ],
)  # fmt: skip
def test_status_and_flow_become_the_events_of_the_table(
    write: Write, cells: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    result = _of(write(_row(**cells)))
    events = result.events[1:]
    assert [(name, event["data"]["occurred"]) for name, event in zip(names(events), events, strict=True)] == expected
    assert not result.reports[0].refused.count
    deals = {name: event["data"].get("deal") for name, event in zip(names(events), events, strict=True)}
    assert all(deal == (None if name.startswith("project.") else "40001") for name, deal in deals.items())


@pytest.mark.parametrize(
    "cells",
    [
        {"status": "Pipeline: Pledge", "end_actual": "2014-07-04"},
        {"status": "Pipeline: Pledge", "start_actual": "2014-07-04"},
        {"status": "Implementation", "end_actual": "2014-07-04"},
        {"status": "Completion", "start_actual": "2014-07-04", "end_actual": "2014-07-04"},
        {"status": "Completion", "end_actual": "2019-01-01"},
    ],
)
def test_a_contradiction_is_told_and_not_sent(write: Write, cells: dict[str, str]) -> None:
    result = _of(write(_row(**cells)))
    (entry,) = result.reports[0].contradictions.entries
    assert (entry["line"], entry["thing"]) == (2, "40001")
    assert "construction.started" not in names(result.events) or cells["status"] == "Implementation"
    assert (
        all(event["data"].get("occurred") != "2014-07-04" for event in result.events) or cells["status"] == "Completion"
    )


@pytest.mark.parametrize(
    ("status", "level", "overlays"),
    [
        ("Pipeline: Pledge", "announced", []),
        ("Pipeline: Commitment", "bound", []),
        ("Implementation", "construction", []),
        ("Completion", "producing", []),
        ("Suspended", "bound", ["suspended"]),
        ("Cancelled", "identified", ["cancelled"]),
    ],
)
def test_a_project_shows_what_its_status_says(write: Write, status: str, level: str, overlays: list[str]) -> None:
    judged = _of(write(_row(status=status))).judged("datka-kemin-line", "2017-12-31").project
    assert judged is not None
    assert (judged.level.label, list(judged.overlays)) == (level, overlays)


def test_money_parties_and_evidence_stand_on_the_commitment(write: Write) -> None:
    sources = "http://example.org/a,b.html, Government Source (Donor/Recipient); https://example.org/c, Media Report, including Wikileaks"
    cells = {
        "recipient_agencies": "Kazakhmys, Private Sector; KazNurTel LLP",
        "sources": sources,
        "line_of_credit": "True",
    }
    (loan,) = _of(write(_row(**cells, year_uncertain="True"))).named("loan.signed")
    assert loan["amount"] == {"value": "389740000.55", "currency": "USD"}
    assert loan["parties"] == [
        {
            "party": "export-import-bank-of-china",
            "role": "financier",
            "name": "Export-Import Bank of China",
            "country": "CN",
        },
        {"party": "kazakhmys", "role": "host", "name": "Kazakhmys"},
        {"party": "kaznurtel-llp", "role": "host", "name": "KazNurTel LLP"},
    ]
    assert loan["evidence"] == [
        {"url": "http://example.org/a,b.html", "grade": "official"},
        {"url": "https://example.org/c", "grade": "press"},
    ]
    assert (loan["confidence"], loan["note"]) == ("low", "AidData: a line of credit")


def test_who_gives_a_grant_is_a_donor(write: Write) -> None:
    (grant,) = _of(write(_row(flow=_GRANT))).named("grant.committed")
    assert [party["role"] for party in grant["parties"]] == ["donor"]


def test_line_breaks_in_a_quoted_cell_part_no_rows_and_lines_are_those_of_the_file(write: Write) -> None:
    rows = [_row("1", description="one\ntwo\nthree"), _row("2", status="Dreamt of")]
    result = _of(write(*rows))
    assert result.reports[0].read == {"rows": 2}
    assert [entry["line"] for entry in result.reports[0].refused.entries] == [5]
    assert result.reports[0].losses == {"description": 1}


def test_a_project_that_went_on_keeps_its_pledge_and_a_changed_amount_is_corrected(write: Write) -> None:
    before = [_row("1", status="Pipeline: Pledge"), _row("2"), _row("3", status="Suspended")]
    now = [_row("1", amount="400000000"), _row("2", amount="400000000"), _row("3")]
    result = imported("gcof", (_EDITION, write(*before)), (_NEXT, write(*now, name="now.csv")))
    assert result.names_of(_NEXT) == ["loan.signed", "event.corrected", "project.resumed"]
    (corrected,) = result.named("event.corrected")
    assert corrected["changes"] == {"amount": {"value": "400000000", "currency": "USD"}}
    judged = result.judged("datka-kemin-line-3", _NEXT).project
    assert judged is not None
    assert (judged.level.label, list(judged.overlays)) == ("bound", [])


def test_what_was_history_in_one_edition_is_history_in_the_next(write: Write) -> None:
    pledge, loan = write(_row(status="Pipeline: Pledge")), write(_row(), name="now.csv")
    result = imported("gcof", (_EDITION, pledge), (_NEXT, loan), ("2022-01-31", loan))
    assert result.of_edition("2022-01-31") == []


def test_a_commitment_that_is_a_pledge_again_is_retracted(write: Write) -> None:
    result = imported(
        "gcof", (_EDITION, write(_row())), (_NEXT, write(_row(status="Pipeline: Pledge"), name="now.csv"))
    )
    assert result.names_of(_NEXT) == ["pledge.announced", "event.retracted"]


def test_a_project_id_that_stands_there_twice_is_taken_once(write: Write) -> None:
    report = _of(write(_row("1"), _row("1"), _row("1", amount="5"))).reports[0]
    assert (report.projects, report.duplicates, report.refused.count) == (1, 1, 1)
    assert report.refused.entries[0]["line"] == 4


@pytest.mark.parametrize(
    ("cells", "field", "sent"),
    [
        ({"status": "Pipeline: Pledge", "amount": "many"}, "amount", []),
        (
            {"status": "Implementation", "amount": "many", "start_actual": "2013-02-01"},
            "amount",
            ["construction.started"],
        ),
        ({"status": "Completion", "end_actual": "40573"}, "end actual", ["loan.signed", "production.started"]),
        ({"year": "twelve"}, "year", ["loan.signed"]),
    ],
)
def test_what_cannot_be_read_is_refused_with_line_and_field_and_the_rest_is_sent(
    write: Write, cells: dict[str, str], field: str, sent: list[str]
) -> None:
    result = _of(write(_row(**cells)))
    (refusal,) = result.reports[0].refused.entries
    assert (refusal["line"], refusal["field"]) == (2, field)
    assert names(result.events) == ["project.registered", *sent]


def test_thousands_are_parted_by_spaces_of_all_widths_and_by_apostrophes(write: Write) -> None:
    for sign in (" ", "\u00a0", "\u2009", "\u202f", ",", "'", "’"):
        (loan,) = _of(write(_row(amount=f"389{sign}740{sign}000.55"))).named("loan.signed")
        assert loan["amount"]["value"] == "389740000.55", sign
