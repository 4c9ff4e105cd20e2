"""Templates: tables with the fields of the vocabulary as columns, filled in and imported without a mapping."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from steppe.cli.__main__ import app
from steppe.importers.importer import Edition, Import
from steppe.importers.mapped.template_tables import (
    TEMPLATES,
    TemplateTable,
    template_columns,
    template_csv,
    template_workbook,
)
from tests import template_files
from tests.importers.imports import RECORDED, Imported, names

_EDITION, _NEXT = "2025-03-31", "2026-03-31"
_FILLED: dict[str, list[dict[str, str]]] = {
    "project": [
        {
            "name": "Северный Катпар", "country": "Казахстан", "sector": "mining", "kind": "deposit", "commodities": "tungsten; molybdenum",
            "place": "Karagandy", "latitude": "48.1", "longitude": "73.9", "capacity": "1 200", "capacity_unit": "t/year",
            "aliases": "Northern Katpar", "required_legs": "equity; offtake",
        }
    ],
    "event": [
        {
            "project": "severnyi-katpar", "event": "memorandum.signed", "occurred": "05.11.2021", "deal": "cove", "investor": "Cove Kaz Capital",
            "investor_country": "USA", "host": "Tau-Ken Samruk", "amount": "1.1 bn USD", "instrument": "mou", "evidence_url": "https://example.org/a",
        },
        {
            "project": "Северный Катпар", "event": "termsheet.signed", "occurred": "November 2022", "deal": "cove", "investor": "Cove Kaz Capital",
            "investor_stake_percent": "70", "instrument": "term-sheet", "note": "subject to studies",
        },
        {"project": "severnyi-katpar", "event": "milestone.planned", "occurred": "2023", "milestone": "production-start", "planned_on": "2029"},
    ],
    "party": [
        {"name": "Cove Kaz Capital", "home_country": "United States", "kind": "company", "parent": "Cove Capital", "aliases": "Cove"},
        {"key": "tks", "name": "Tau-Ken Samruk", "home_country": "KZ", "kind": "state-company"},
    ],
}  # fmt: skip


def _ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["import", *arguments], env={"NO_COLOR": "1", "COLUMNS": "400"})


def _csv(template: str, folder: Path) -> Path:
    """The template as the command prints it, filled in."""
    head = _ran("template", template).stdout
    rows = io.StringIO()
    writer = csv.DictWriter(rows, next(csv.reader([head])))
    writer.writerows(_FILLED[template])
    path = folder / f"{template}.csv"
    path.write_text(head + rows.getvalue(), encoding="utf-8")
    return path


def _xlsx(template: str, folder: Path) -> Path:
    path = folder / f"{template}.xlsx"
    path.write_bytes(_ran("template", path.name).stdout_bytes)
    workbook = openpyxl.load_workbook(path)
    table = workbook[template]
    columns = [cell.value for cell in table[1]]
    for number, row in enumerate(_FILLED[template], 2):
        for name, text in row.items():
            table.cell(number, columns.index(name) + 1, text)
    workbook.save(path)
    return path


def _imported(*editions: tuple[str, Path]) -> Imported:
    whole = Import(TemplateTable(), [Edition(day, [file]) for day, file in editions], RECORDED)
    return Imported(list(whole.events()), whole.reports)


@pytest.mark.parametrize("fill", [_csv, _xlsx], ids=["csv", "xlsx"])
def test_a_template_that_is_filled_in_becomes_events(tmp_path: Path, fill: Callable[[str, Path], Path]) -> None:
    projects, events, parties = (_imported((_EDITION, fill(template, tmp_path))) for template in TEMPLATES)
    for result in (projects, events, parties):
        assert not result.reports[0].refused.entries
        assert not (result.reports[0].losses or result.reports[0].unsent)
    (registration,) = projects.events
    assert registration["subject"] == "severnyi-katpar"
    assert registration["data"] == {
        "name": "Северный Катпар", "country": "KZ", "sector": "mining", "kind": "deposit", "commodities": ["tungsten", "molybdenum"],
        "place": "Karagandy", "latitude": 48.1, "longitude": 73.9, "capacity": {"value": "1200", "unit": "t/year"},
        "aliases": [{"name": "Northern Katpar"}], "required_legs": ["equity", "offtake"], "reported": _EDITION,
    }  # fmt: skip
    assert sorted(names(events.events)) == ["memorandum.signed", "milestone.planned", "termsheet.signed"]
    assert {event["subject"] for event in events.events} == {"severnyi-katpar"}
    (memorandum,) = events.named("memorandum.signed")
    assert memorandum == {
        "occurred": "2021-11-05", "reported": _EDITION, "deal": "cove", "instrument": "mou", "amount": {"value": "1100000000", "currency": "USD"},
        "parties": [
            {"party": "cove-kaz-capital", "role": "investor", "name": "Cove Kaz Capital", "country": "US"},
            {"party": "tau-ken-samruk", "role": "host", "name": "Tau-Ken Samruk"},
        ],
        "evidence": [{"url": "https://example.org/a", "grade": "other"}],
    }  # fmt: skip
    (terms,) = events.named("termsheet.signed")
    assert (terms["occurred"], terms["parties"][0]["stake_percent"], terms["note"]) == (
        "2022-11",
        70,
        "subject to studies",
    )
    assert [event["subject"] for event in parties.events] == ["party:cove-kaz-capital", "party:tks"]
    assert parties.events[0]["data"] == {
        "party": "cove-kaz-capital", "name": "Cove Kaz Capital", "home_country": "US", "kind": "company", "parents": [{"party": "cove-capital"}],
        "aliases": [{"name": "Cove"}], "reported": _EDITION,
    }  # fmt: skip
    assert (projects.reports[0].projects, parties.reports[0].projects) == (1, 0)


def test_columns_may_be_left_out_and_a_later_table_corrects(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    head = "Project;Event;Occurred;Deal;Investor;Instrument\n"
    first.write_text(head + "katpar;memorandum.signed;2021-11-05;cove;Cove;mou\n")
    second.write_text(head + "katpar;memorandum.signed;2021-11-05;cove;Cove;loi\n")
    result = _imported((_EDITION, first), (_NEXT, second))
    assert names(result.events) == ["memorandum.signed", "event.corrected"]
    assert result.events[1]["data"]["changes"] == {"instrument": "loi"}


def test_what_is_wrong_in_a_template_is_refused_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "parties.csv"
    table.write_text("name,home_country,kind\n,KZ,company\nA,Atlantis,company\nB,KZ,firm\n")
    refused = _imported((_EDITION, table)).reports[0].refused.entries
    assert [(entry["line"], entry["field"]) for entry in refused] == [(2, "name"), (3, "home_country"), (4, "kind")]
    table.write_text("project,event,occurred\nkatpar,memorandum.singed,2021\n")
    (entry,) = _imported((_EDITION, table)).reports[0].refused.entries
    assert entry["reason"] == "'memorandum.singed' is none of the words that the mapping knows"


def test_the_command_prints_templates_and_takes_them_back(tmp_path: Path) -> None:
    path = _csv("event", tmp_path)
    ran = _ran("csv", str(path), "--edition", _EDITION, "--no-compare", "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["source"]) == (0, "/import/template")
    assert _ran("template", "events").exit_code == 2
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    assert "the format csv needs a mapping" in str(
        _ran("csv", str(other), "--edition", _EDITION, "--no-compare").exception
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_workbooks_have_the_columns_and_words_of_the_vocabulary(template: str, tmp_path: Path) -> None:
    """`python -m tests.template_files` writes them."""
    template_files.write(template, tmp_path / "now.xlsx")
    now, committed = (
        openpyxl.load_workbook(file) for file in (tmp_path / "now.xlsx", io.BytesIO(template_workbook(template)))
    )
    for sheet in (template, "columns"):
        assert [[cell.value for cell in row] for row in committed[sheet]] == [
            [cell.value for cell in row] for row in now[sheet]
        ]
    assert [cell.value for cell in committed[template][1]] == template_columns(template)
    assert (template_files.FOLDER / f"{template}.csv").read_bytes().decode() == template_csv(template)
    assert len(committed[template].data_validations.dataValidation) == sum(
        bool(template_files.choices_of(template, column)) for column in template_columns(template)
    )
