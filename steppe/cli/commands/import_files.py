"""`steppe import`: files of other registers become events; first a report, and with --send the events go to ingest."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from steppe.cli import http_client, import_tables
from steppe.cli.commands.send import Sent, send_lines
from steppe.cli.http_client import RefusedError, WrongValueError
from steppe.importers.formats.format_registry import FORMATS
from steppe.importers.import_report import EditionReport
from steppe.importers.importer import Edition, Import
from steppe.importers.known_names import KnownNames, read_names
from steppe.importers.mapped.mapped_table import MappedTable
from steppe.importers.mapped.mapping_document import BadMappingError, MappingDocument, read_mapping
from steppe.importers.mapped.mapping_guess import propose_mapping
from steppe.importers.mapped.shipped_mappings import shipped_mappings, shipped_names
from steppe.importers.mapped.template_tables import TEMPLATES, TemplateTable, template_csv, template_workbook
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Format
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data, day
from steppe.terminal.output import err, out, print_json

_MAPPED = "csv"
_NAMES = (_MAPPED, *FORMATS)
_LIST, _TEMPLATE = "mappings", "template"
_WORKBOOK = ".xlsx"


def command(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=f"What the files are: {', '.join(_NAMES)}.")],
    files: Annotated[list[Path] | None, typer.Argument(help="The files; of several editions the oldest first.")] = None,
    edition: Annotated[
        list[str] | None,
        typer.Option(
            "--edition",
            metavar="DAY",
            parser=day,
            help="The day on which the files were published. Once for all of them, or once for each.",
        ),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            help="Of the format csv: the YAML file that says what the columns are, or the name of one that ships: "
            f"{', '.join(shipped_names())}.",
        ),
    ] = None,
    guess: Annotated[
        bool, typer.Option("--guess", help="Of the format csv: print a mapping for the first file, and stop.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send/--dry-run", help="Send the events, or only say what would be sent.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="The source of the events, if it is to be another than that of the format.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare/--no-compare", help="Compare with the projects that Steppe has, or do not.")
    ] = True,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="CSV with the columns thing and project: which project a thing of the files is, where you know it."
        ),
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Import files of other registers: prints what would become of them, and with --send sends the events.

    Importing the same files again adds nothing. Of a later edition give the earlier ones, too, oldest first: then only the
    differences are new. docs/importing.md has the mapping of each format. `steppe import mappings` lists the mappings that ship; `steppe import
    template event` (or project, party; event.xlsx) prints a table to fill in, which needs no mapping.

    Example: steppe import gem coal-2023.csv coal-2024.csv --edition 2023-01-31 --edition 2024-02-07 --send
    """
    if form == _LIST:
        _print_mappings(as_json=as_json)
        return
    if form == _TEMPLATE:
        _print_template([str(file) for file in files or []])
        return
    if not files:
        raise typer.BadParameter("say which files", param_hint="FILES")
    if guess:
        _print_guess(form, files[0])
        return
    reader = _format(form, mapping)
    for path in files:
        if not path.is_file():
            raise typer.BadParameter(f"there is no file {path}", param_hint="FILES")
    decided = _decided(keys)
    try:
        editions = _editions(reader, files, edition or [])
        names, not_compared = _names(must=send) if compare else (None, "as you said")
        whole = Import(reader, editions, datetime.now(UTC), source, names=names, decided=decided)
        count = _read(whole)
        reports = list(whole.reports)
        sent = _send(whole, count) if send else None
    except BadFileError as error:
        raise WrongValueError(f"{error}. Nothing of it was sent.") from error
    if as_json:
        print_json(
            {
                "source": whole.source,
                "editions": [report.as_json() for report in reports],
                "not_compared": not_compared,
                "sent": _outcome(sent),
            }
        )
    else:
        _print(reports, not_compared, sent, count)
    if any(report.refused.count or report.undecided.count for report in reports) or (sent and sent.rejected):
        raise typer.Exit(1)


def _print_mappings(*, as_json: bool) -> None:
    titles = {name: document.title for name, document in shipped_mappings().items()}
    if as_json:
        print_json({"mappings": titles})
        return
    for name, title in titles.items():
        out().print(f"{name}  {title}", soft_wrap=True)
    out().print("\nsteppe import csv FILE --mapping NAME --edition DAY", soft_wrap=True)


def _print_template(names: Sequence[str]) -> None:
    """A template, as CSV or as a workbook. Raises typer.BadParameter."""
    template = names[0].removesuffix(_WORKBOOK) if len(names) == 1 else ""
    if template not in TEMPLATES:
        choices = [*TEMPLATES, *(f"{name}{_WORKBOOK}" for name in TEMPLATES)]
        raise typer.BadParameter(f"say one of {', '.join(choices)}", param_hint="FILES")
    if names[0].endswith(_WORKBOOK):
        if sys.stdout.isatty():
            raise typer.BadParameter(
                f"a workbook is not for a terminal: ... {names[0]} > {names[0]}", param_hint="FILES"
            )
        sys.stdout.buffer.write(template_workbook(template))
    else:
        sys.stdout.write(template_csv(template))


def _print_guess(form: str, file: Path) -> None:
    if form != _MAPPED:
        raise typer.BadParameter("only the format csv has a mapping to guess", param_hint="--guess")
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="FILES")
    try:
        sys.stdout.write(propose_mapping(file))
    except BadFileError as error:
        raise WrongValueError(f"{file.name}: {error}") from error


def _format(name: str, mapping: str | None) -> Format:
    """The format of that name. Raises typer.BadParameter."""
    if name not in _NAMES:
        raise typer.BadParameter(f"{name} is none of {', '.join(_NAMES)}", param_hint="FORMAT")
    if mapping is not None and name != _MAPPED:
        raise typer.BadParameter("only the format csv has a mapping", param_hint="--mapping")
    if mapping is None:
        return TemplateTable() if name == _MAPPED else FORMATS[name]
    try:
        return MappedTable(_mapping(mapping))
    except BadMappingError as error:
        raise typer.BadParameter(str(error), param_hint="--mapping") from error


def _mapping(name: str) -> MappingDocument:
    """The mapping of a file, or the one of that name that ships. Raises BadMappingError."""
    path = Path(name)
    if not path.is_file() and name in shipped_names():
        return shipped_mappings()[name]
    if not path.is_file() and path.suffix == "":
        raise BadMappingError(f"there is no file {name}, and none of that name ships: {', '.join(shipped_names())}")
    return read_mapping(path)


def _editions(form: Format, files: Sequence[Path], days: Sequence[str]) -> list[Edition]:
    """The editions in order; files of one day are one edition. Raises BadFileError, typer.BadParameter."""
    if len(days) not in (0, 1, len(files)):
        raise typer.BadParameter(
            f"{len(days)} editions for {len(files)} files; give one, or one for each", param_hint="--edition"
        )
    of_files = (
        days if len(days) == len(files) else [days[0] if days else _edition_of_file(form, file) for file in files]
    )
    if list(of_files) != sorted(of_files):
        raise typer.BadParameter("the editions are not in order; give the oldest first", param_hint="--edition")
    if (last := of_files[-1]) > (today := datetime.now(UTC).date().isoformat()):
        raise typer.BadParameter(f"{last} is after today, {today}", param_hint="--edition")
    return [
        Edition(published, [file for file, other in zip(files, of_files, strict=True) if other == published])
        for published in dict.fromkeys(of_files)
    ]


def _decided(path: Path | None) -> dict[str, str]:
    """The projects of things that somebody decided."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return {row["thing"].strip(): row["project"].strip() for row in csv.DictReader(file)}
    except (OSError, UnicodeError, KeyError, AttributeError) as error:
        message = f"{path} is no CSV file in UTF-8 with the columns thing and project ({error})"
        raise typer.BadParameter(message, param_hint="--keys") from error


def _names(*, must: bool) -> tuple[KnownNames | None, str | None]:
    """What compares with the projects that Steppe has, or why nothing does. Raises RefusedError if it must be and cannot."""
    try:
        return read_names(partial(http_client.get, addresses.find().api)), None
    except RefusedError as error:
        if must:
            raise type(error)(f"{error} Nothing was sent: say --no-compare to send without looking.") from error
        return None, str(error)


def _edition_of_file(form: Format, file: Path) -> str:
    try:
        edition = form.edition_of(file)
    except BadFileError as error:
        raise BadFileError(f"{file.name}: {error}") from error
    if edition is None:
        message = f"{file.name} does not tell on which day it was published; say it"
        raise typer.BadParameter(message, param_hint="--edition")
    return edition


def _read(whole: Import) -> int:
    """Read everything once, which fills the reports; how many events there are."""
    count = 0
    with Progress(console=err(), transient=True) as progress:
        bar = progress.add_task("Reading ...", total=None)
        for _ in whole.events():
            count += 1
            if count % 500 == 0:
                progress.update(bar, description=f"Reading ... {count:,} events")
    return count


def _send(whole: Import, count: int) -> Sent:
    """Read everything a second time, and send it: what was refused when it was read first is not sent, and nothing is kept."""
    lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() for event in whole.events())
    return send_lines("events", lines, count, addresses.find().ingest, err())


def _outcome(sent: Sent | None) -> dict[str, object] | None:
    if sent is None:
        return None
    return {
        "accepted": sent.accepted,
        "duplicates": sent.duplicates,
        "rejected": sent.rejected,
        "position": sent.position_text,
    }


def _print(reports: Sequence[EditionReport], not_compared: str | None, sent: Sent | None, count: int) -> None:
    screen = out()
    for report in reports:
        for part in import_tables.report(report):
            screen.print(part, soft_wrap=isinstance(part, str))
    if not_compared is not None:
        screen.print(f"\nNot compared with the projects that Steppe has: {not_compared}", soft_wrap=True)
    if sent is None:
        screen.print(f"\nNothing was sent. To send these {count:,} events, say the same with --send.")
        return
    for line in sent.rejected_lines[:20]:
        err().print(line, soft_wrap=True)
    screen.print(
        f"\n{sent.accepted} accepted, {sent.duplicates} duplicates, {len(sent.rejected)} rejected; "
        f"position {sent.position_text or '-'}"
    )
