"""`steppe reference`: the series that measures are compared with, and the rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from steppe.cli import http_client
from steppe.cli.http_client import Answer
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, Data
from steppe.terminal.output import out, print_json

_COLUMNS: dict[str, tuple[Column, ...]] = {
    "rates": (Column("currency"), Column("year"), Column("per_usd", right=True)),
    "aid": (
        Column("donor", names_row=True), Column("recipient"), Column("period"), Column("measure"),
        Column("amount", right=True), Column("currency"), Column("programme", whole=False),
    ),
    "demand": (
        Column("country"), Column("commodity"), Column("metric", whole=False), Column("year"),
        Column("value", right=True), Column("unit", whole=False),
    ),
    "groups": (Column("group"), Column("member"), Column("first"), Column("until")),
    "units": (Column("commodity"), Column("unit"), Column("base"), Column("factor", right=True)),
    "marks": (Column("mark"), Column("counted", right=True), Column("of", right=True), Column("months", right=True), Column("level")),
}  # fmt: skip
_COMMON_COLUMNS = (Column("confidence"), Column("line", right=True))


def command(
    name: Annotated[str | None, typer.Argument(help="A series, to see its rows. Default: list the series.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the reference series, or show the rows of one.

    Example: steppe reference oda_uz
    """
    answer = http_client.get(addresses.find().api, "/v1/reference" if name is None else f"/v1/reference/{name}")
    if as_json:
        print_json(answer)
    elif name is None:
        _print_list(answer["items"])
    else:
        _print_series(answer)


def _print_list(items: Sequence[dict[str, Any]]) -> None:
    columns = (
        Column("series", names_row=True),
        Column("rows", right=True),
        Column("edition"),
        Column("what", whole=False),
    )
    rows = [(item["name"], str(item["count"]), item["version"], item["title"]) for item in items]
    out().print(TerminalTable(columns, rows))
    replaced = [item["name"] for item in items if not item["shipped"]]
    out().print(Text(f"\nOf the operator, not of the release: {', '.join(replaced)}." if replaced else ""))


def _print_series(answer: Answer) -> None:
    columns = (*_COLUMNS[answer["kind"]], *_COMMON_COLUMNS)
    rows = [
        tuple("" if row[column.title] is None else str(row[column.title]) for column in columns)
        for row in answer[answer["kind"]]
    ]
    screen = out()
    screen.print(Text(f"{answer['title']} (edition {answer['version']}).\n{answer['provenance']}\n"))
    screen.print(TerminalTable(columns, rows))
    gaps = [f"{gap['currency']} {', '.join(map(str, gap['years']))}" for gap in answer["gaps"]]
    screen.print(Text("\n".join(["", "Beware:", *(f"- {trap}" for trap in answer["traps"])])))
    screen.print(Text("\n".join(f"- No rate: {gap}." for gap in gaps)))
    screen.print(f"{counted(answer['count'], 'row', 'rows')}; sources with --json.")
