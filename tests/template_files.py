"""The files of the templates, as the vocabulary has their columns: `python -m tests.template_files` writes them."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from steppe.domain.events.vocabulary import (
    COMMON_FIELDS,
    EVENT_KINDS,
    PARTY_KINDS,
    PRECISIONS,
    PROJECT_KINDS,
    ROLES,
    SECTORS,
    Field,
)
from steppe.importers.mapped.mapping_document import is_of_a_row
from steppe.importers.mapped.template_tables import TEMPLATES, template_columns, template_csv

FOLDER = Path(__file__).parent.parent / "steppe/page/static/templates"
_ROWS = 1_000
_ABOUT = {
    "project": "the key of a project, or its name as it is registered", "event": "what happened; docs/vocabulary.md says what each means",
    "occurred": "the day as exact as it is known: 2011, 2011-07, 2011-07-05, 05.07.2011, July 2011",
    "id": "what tells events of one name, project and day apart", "deal": "what tells deals of one project apart",
    "amount": "a number, or 15.7 mln USD", "currency": "USD, EUR, KZT ...", "capacity": "a number", "capacity_unit": "MW, t/year ...",
    "name": "the name; keys are made of it", "key": "a key, where it is to be another than the name gives",
    "country": "a name or a code of ISO 3166", "home_country": "a name or a code of ISO 3166", "commodities": "several, parted by ;",
    "countries": "several, parted by ;", "aliases": "other names, parted by ;", "parent": "the name of the owner", "lei": "ISO 17442",
    "evidence_url": "where it says so", "evidence_title": "the title of the source", "evidence_publisher": "who published it",
}  # fmt: skip


def choices_of(template: str, column: str) -> tuple[str, ...]:
    """The words that a column may have; none where it may have any."""
    if template == "event":
        if column == "event":
            return tuple(name for name in EVENT_KINDS if is_of_a_row(name))
        return tuple(dict.fromkeys(choice for field in _fields(column) for choice in field.choices))
    words = {
        "sector": SECTORS,
        "precision": PRECISIONS,
        "kind": PROJECT_KINDS if template == "project" else PARTY_KINDS,
    }
    return words.get(column, ())


def _fields(column: str) -> list[Field]:
    fields = [
        field for name, kind in EVENT_KINDS.items() if is_of_a_row(name) for field in (*kind.fields, *COMMON_FIELDS)
    ]
    return [field for field in fields if field.name == column]


def about(template: str, column: str) -> str:
    """What a column says, in a few words."""
    role = next((role for role in ROLES if column == role or column.startswith(f"{role}_")), None)
    if template == "event" and role is not None:
        what = column.removeprefix(role).strip("_").replace("_", " ")
        return f"the {what} of the {role}" if what else f"who is the {role}; several names are parted by ;"
    if column in _ABOUT:
        return _ABOUT[column]
    events = [
        name
        for name, kind in EVENT_KINDS.items()
        if is_of_a_row(name) and column in {field.name for field in kind.fields}
    ]
    return f"of {', '.join(events)}" if events and template == "event" else ""


def write(template: str, path: Path) -> None:
    """The workbook: a table to fill in, and what its columns and words are."""
    workbook = Workbook()
    table, columns = workbook.active, workbook.create_sheet("columns")
    table.title = template
    columns.append(["column of the table", "what it says", "one of"])
    for number, column in enumerate(template_columns(template), 1):
        letter = get_column_letter(number)
        table.cell(1, number, column).font = Font(bold=True)
        table.column_dimensions[letter].width = max(12, len(column) + 2)
        words = choices_of(template, column)
        columns.append([column, about(template, column), ", ".join(words)])
        if words:
            place = columns.max_row
            for offset, word in enumerate(words):
                columns.cell(place, 5 + offset, word)
            last = get_column_letter(4 + len(words))
            listed = DataValidation(type="list", formula1=f"columns!$E${place}:${last}${place}", allow_blank=True)
            listed.add(f"{letter}2:{letter}{_ROWS}")
            table.add_data_validation(listed)
    table.freeze_panes = "A2"
    for letter, width in (("A", 26), ("B", 70), ("C", 70)):
        columns.column_dimensions[letter].width = width
    workbook.save(path)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for template in TEMPLATES:
        write(template, FOLDER / f"{template}.xlsx")
        (FOLDER / f"{template}.csv").write_text(template_csv(template), encoding="utf-8", newline="")
