"""`steppe export`: everything, or what belongs to some projects, as a file for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from steppe.cli import http_client
from steppe.cli.project_filters import (
    Commodities,
    Countries,
    Flags,
    Forum,
    Investor,
    InvestorCountries,
    Levels,
    Sectors,
    Severities,
    Words,
)
from steppe.terminal import addresses
from steppe.terminal.options import AsOf, Data, KnownAt, Rules
from steppe.terminal.output import err

FORMATS = ("events", "parquet", "iati", "bods", "oc4ids", "ocds", "gem", "snapshot")
_FOR_MACHINES = ("parquet", "snapshot")
_STANDARD_OUTPUT = Path("-")


def command(
    form: Annotated[str, typer.Argument(metavar="FORMAT", help=f"What the file is: {', '.join(FORMATS)}.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write; - is standard output.")
    ] = _STANDARD_OUTPUT,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    recordedtime: Annotated[
        bool,
        typer.Option(
            "--recordedtime",
            help="Of events: keep when each was accepted. Who sends them again needs the scope log:restore.",
        ),
    ] = False,
    project: Annotated[str | None, typer.Option(help="Only these projects, by key.")] = None,
    q: Words = None,
    country: Countries = None,
    commodity: Commodities = None,
    sector: Sectors = None,
    level: Levels = None,
    flag: Flags = None,
    severity: Severities = None,
    investor: Investor = None,
    investor_country: InvestorCountries = None,
    forum: Forum = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    data: Data = None,
) -> None:
    """Export everything, or what belongs to some projects, as a file for other programs.

    The filters are those of `steppe projects`. docs/exporting.md says what each format has, and what it has not.

    Example: steppe export events --country KZ -o kazakhstan.ndjson
    """
    if form not in FORMATS:
        raise typer.BadParameter(f"{form} is none of {', '.join(FORMATS)}", param_hint="FORMAT")
    if output != _STANDARD_OUTPUT and output.exists() and not force:
        raise typer.BadParameter(f"{output} is there; --force replaces it", param_hint="--output")
    if output == _STANDARD_OUTPUT and form in _FOR_MACHINES and sys.stdout.isatty():
        raise typer.BadParameter(f"{form} is nothing to read at a terminal; say -o FILE", param_hint="--output")
    query = {
        "format": form, "project": project, "q": q, "country": country, "commodity": commodity, "sector": sector,
        "level": level, "flag": flag, "severity": severity, "investor": investor, "investor_country": investor_country,
        "forum": forum, "as_of": as_of, "known_at": known_at, "rules": rules,
        "recordedtime": "true" if recordedtime else None,
    }  # fmt: skip
    headers = _write(query, output)
    _say(headers, recordedtime=recordedtime)


def _write(query: dict[str, Any], output: Path) -> httpx.Headers:
    """Write the file; returns what is said about it. A file that was not received whole is not left behind."""
    if output == _STANDARD_OUTPUT:
        return http_client.download(
            addresses.find().api, "/v1/export", query, lambda chunk, length: sys.stdout.buffer.write(chunk)
        )
    beginning = output.with_name(f"{output.name}.part")
    try:
        with beginning.open("wb") as file, _progress() as progress:
            bar = progress.add_task(f"Writing {output.name}", total=None)

            def write(chunk: bytes, length: int | None) -> None:
                file.write(chunk)
                progress.update(bar, advance=len(chunk), total=length)

            headers = http_client.download(addresses.find().api, "/v1/export", query, write)
        beginning.replace(output)
    except OSError as error:
        raise http_client.WrongValueError(f"{output} cannot be written: {error.strerror}.") from error
    finally:
        beginning.unlink(missing_ok=True)
    return headers


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=err()
    )


def _say(headers: httpx.Headers, *, recordedtime: bool) -> None:
    if headers.get("steppe-left-out"):
        err().print("Left out, because the format has no place for it:", soft_wrap=True)
        for entry in headers["steppe-left-out"].split(", "):
            name, _, times = entry.rpartition("=")
            err().print(f"{int(times):>9,} {name}", soft_wrap=True)
    unreported = int(headers.get("steppe-unreported", "0"))
    err().print(f"{int(headers['steppe-rows']):,} rows, log position {headers['steppe-position'] or '-'}.")
    if unreported and not recordedtime:
        err().print(
            f"{unreported:,} events say no `reported`: sent again, they count as known from then on. --recordedtime keeps when they"
            " were accepted.",
            soft_wrap=True,
        )
