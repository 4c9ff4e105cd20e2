"""Tables that need no mapping: templates of projects, events and parties, whose columns are the fields of the vocabulary."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path

from steppe.domain.events.vocabulary import (
    COMMON_FIELDS,
    EVENT_KINDS,
    PARTY_KINDS,
    PURSUING_ROLES,
    ROLES,
    Field,
)
from steppe.importers.cell_values import country_of, text_of
from steppe.importers.import_report import EditionReport
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import (
    AmountColumns,
    CapacityColumns,
    Cell,
    EventColumns,
    EvidenceColumns,
    MappingDocument,
    PartyColumns,
    ProjectColumns,
    is_of_a_cell,
    is_of_a_row,
)
from steppe.importers.project_keys import party_key, slug_of
from steppe.importers.source_file import BadFileError, head_of
from steppe.importers.statement import Before, Data, Format, Keys, Later, Statement, Thing, later_by_stage
from steppe.importers.table_rows import Headings, Row, normalised, open_table

SOURCE = "/import/template"
TEMPLATES = ("project", "event", "party")
# Among the assets of the pages, so that both doors offer them at /static/templates.
_FOLDER = resources.files("steppe.page").joinpath("static", "templates")
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "event": ("project", "event", "occurred"),
    "project": ("name", "country", "sector", "kind"),
    "party": ("name", "home_country", "kind"),
}
_PARTY_COLUMNS = ("key", "name", "home_country", "kind", "parent", "lei", "aliases")
_WHAT = (
    "the format csv needs a mapping (--mapping, or --guess to begin with), unless the table is one of its templates: "
    "steppe import template project, event or party"
)


def template_columns(template: str) -> list[str]:
    """The headings of a template, in their order."""
    match template:
        case "project":
            return ["name", *(field.name for field in _project_fields()), "capacity", "capacity_unit"]
        case "party":
            return list(_PARTY_COLUMNS)
        case _:
            parties = [column for role in ROLES for column in _of_role(role)]
            money = ["amount", "currency", "capacity", "capacity_unit"]
            evidence = ["evidence_url", "evidence_title", "evidence_publisher"]
            return ["project", "event", "occurred", "id", "deal", *parties, *money, *_event_fields(), *evidence]


def template_csv(template: str) -> str:
    """The template as CSV: its headings."""
    text = io.StringIO()
    csv.writer(text).writerow(template_columns(template))
    return text.getvalue()


def template_workbook(template: str) -> bytes:
    """The template as a workbook, with lists of words to choose from and a sheet that says what the columns are."""
    return _FOLDER.joinpath(f"{template}.xlsx").read_bytes()


class TemplateTable:
    """Reads a table that has the columns of one of the templates; see docs/importing.md."""

    name = "csv"
    source = SOURCE

    def begin(self) -> TemplateTable:
        """Itself: it remembers nothing of earlier files."""
        return self

    def edition_of(self, file: Path) -> str | None:
        """Never: a table does not tell its day."""
        return None

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: rows do not name the projects of others."""
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The projects or parties of the rows. Raises BadFileError for a table of another sort."""
        match _template_of(file, report):
            case "party":
                return _parties(file, report)
            case template:
                return _mapped()[template].things(file, edition, keys, report)

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What rows no longer say is taken back."""
        return later_by_stage(before, now)


def is_template(file: Path) -> bool:
    """Whether the table of a file has the columns of one of the templates. Raises BadFileError for what is no file to import."""
    head_of(file)
    try:
        _template_of(file, EditionReport("", [file.name]))
    except BadFileError:
        return False
    return True


def _template_of(file: Path, report: EditionReport) -> str:
    """Which template the table of a file has, by the columns that its rows need."""

    def has(headings: Headings) -> bool:
        return any(_has(template, headings) for template in _NEEDED)

    table = open_table(file, has, _WHAT, EditionReport(report.edition, report.files))
    return next(template for template in _NEEDED if _has(template, table.headings))


def _has(template: str, headings: Headings) -> bool:
    return {normalised(column) for column in _NEEDED[template]} <= set(headings)


def _parties(file: Path, report: EditionReport) -> Iterator[Thing]:
    columns = {normalised(column) for column in _PARTY_COLUMNS}
    table = open_table(file, lambda headings: _has("party", headings), _WHAT, report)
    for row in table.rows:
        for heading, cell in row.cells.items():
            if heading not in columns and text_of(cell) is not None:
                report.losses.count(heading or "(no heading)")
        if (thing := _party(row, report)) is not None:
            yield thing


def _party(row: Row, report: EditionReport) -> Thing | None:
    def cell(name: str) -> str | None:
        return text_of(row.cells.get(name, ""))

    name, country, kind = cell("name"), cell("home country"), cell("kind")
    if name is None:
        report.refuse(row.line, "name", "the row names no party")
        return None
    if kind not in PARTY_KINDS:
        report.refuse(row.line, "kind", f"{kind!r} is none of {', '.join(PARTY_KINDS)}")
        return None
    code = None if country is None else country_of(country)
    if code is None:
        report.refuse(row.line, "home_country", f"{country!r} is no country that is known")
        return None
    key = slug_of(cell("key") or "") or party_key(name)
    data: Data = {"party": key, "name": name, "home_country": code, "kind": kind}
    if (parent := cell("parent")) is not None:
        data["parents"] = [{"party": party_key(parent)}]
    if (lei := cell("lei")) is not None:
        data["lei"] = lei
    if aliases := [text.strip() for text in (cell("aliases") or "").split(";") if text.strip()]:
        data["aliases"] = [{"name": alias} for alias in aliases]
    subject = f"party:{key}"
    statement = Statement("registered", "party.registered", data, row.line)
    return Thing(subject, name, "party", row.line, (statement,), subject=subject)


@cache
def _mapped() -> Mapping[str, Format]:
    project = ProjectColumns(
        name="name",
        capacity=CapacityColumns(value="capacity", unit="capacity_unit"),
        fields={field.name: field.name for field in _project_fields()},
    )
    event = EventColumns(
        name=Cell(column="event", words={name: name for name in EVENT_KINDS if is_of_a_row(name)}),
        occurred="occurred",
        row="id",
        deal="deal",
        parties=[_party_columns(role) for role in ROLES],
        amount=AmountColumns(value="amount", currency="currency"),
        capacity=CapacityColumns(value="capacity", unit="capacity_unit"),
        evidence=EvidenceColumns(url="evidence_url", title="evidence_title", publisher="evidence_publisher"),
        fields={name: name for name in _event_fields()},
    )
    documents = {
        "project": MappingDocument(source=SOURCE, project=project, events=[]),
        "event": MappingDocument(
            source=SOURCE, project=ProjectColumns(name="project", registers=False), events=[event]
        ),
    }
    for template, document in documents.items():
        document.optional = [column for column in template_columns(template) if column not in _NEEDED[template]]
    return {template: MappedTable(document, reports_missing=False) for template, document in documents.items()}


def _party_columns(role: str) -> PartyColumns:
    return PartyColumns(
        name=role,
        role=role,
        country=f"{role}_country" if role in PURSUING_ROLES else None,
        stake_percent=f"{role}_stake_percent" if role == "investor" else None,
    )


def _of_role(role: str) -> list[str]:
    """The columns of a role: names, and of who pursues the country, of investors the share."""
    columns = _party_columns(role)
    return [str(column) for column in (columns.name, columns.country, columns.stake_percent) if column is not None]


def _project_fields() -> list[Field]:
    return [
        field
        for field in EVENT_KINDS["project.registered"].fields
        if is_of_a_cell(field) and field.name not in ("name", "part")
    ]


def _event_fields() -> list[str]:
    """The own fields of all events that a cell can hold, and those that all have in common."""
    own = [field for name, kind in EVENT_KINDS.items() if is_of_a_row(name) for field in kind.fields]
    return list(dict.fromkeys(field.name for field in (*own, *COMMON_FIELDS) if is_of_a_cell(field)))
