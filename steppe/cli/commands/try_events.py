"""`steppe what-if`: what events would do, before anybody sends them; the API judges them and keeps nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from steppe.cli import http_client
from steppe.cli.http_client import WrongValueError
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, Rules
from steppe.terminal.output import err, out, print_json

_CHANGES = (Column("deal", names_row=True), Column("what"), Column("name"), Column("before"), Column("after"))
_OTHERS = (Column("project", names_row=True), Column("deal"), Column("flag"), Column("before"), Column("after"))


def command(
    files: Annotated[list[Path], typer.Argument(help="NDJSON files, a .json event or array, or - for standard input.")],
    as_of: AsOf = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say what events would do to levels, clocks and flags if they were sent; at most 2,000. Nothing is sent.

    Example: steppe what-if term-sheet.json
    """
    events = [event for path in files for event in _events(path)]
    query = {name: value for name, value in {"as_of": as_of, "rules": rules}.items() if value is not None}
    with err().status("Judging before and after ..."):
        answer = http_client.post(addresses.find().api, "/v1/what-if", events, query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    for part in parts(answer):
        screen.print(part)


def _events(path: Path) -> list[Any]:
    if str(path) != "-" and not path.is_file():
        raise typer.BadParameter(f"there is no file {path}", param_hint="FILES")
    try:
        text = (sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongValueError(f"{path} is not UTF-8: byte {error.start}; save it as UTF-8") from error
    try:
        whole = json.loads(text)
    except ValueError:
        return [_line(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise WrongValueError(f"{path}:{number} is not JSON: {error}") from error


def parts(answer: dict[str, Any]) -> Iterator[RenderableType]:
    new = counted(len(answer["events"]), "event", "events")
    repeats = counted(answer["duplicates"], "is", "are")
    yield Text(f"{new} tried as of {answer['as_of']}; {repeats} in the log already. Nothing was sent.")
    for event in answer["events"]:
        for warning in event["warnings"]:
            yield Text(f"{event['event']}: warning: {warning}", style="yellow")
    for tried in answer["projects"]:
        yield Text()
        yield from _project(tried)
    if answer["others"]:
        yield Text()
        yield Text("Other projects in their markets", style="bold")
        yield TerminalTable(_OTHERS, [_cells(other, "project", "deal", "flag") for other in answer["others"]])


def _project(tried: dict[str, Any]) -> Iterator[RenderableType]:
    after = tried["after"]
    if after is None:
        yield Text(f"{tried['project']}: not there on this day, before or after.", style="bold")
        return
    name = f"{after['name']} ({tried['project']})" if after["name"] else tried["project"]
    yield Text(name if tried["before"] else f"{name}: new", style="bold")
    if tried["changes"]:
        yield TerminalTable(_CHANGES, [_cells(change, "deal", "what", "name") for change in tried["changes"]])
    else:
        yield Text("Level, legs, clocks and flags stay as they are.")
    for sentence in (after["explanation"]["stands"], after["explanation"]["next"]):
        if sentence:
            yield Text(sentence, style="dim")


def _cells(change: dict[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(change[name] or "-" for name in (*names, "before", "after"))
