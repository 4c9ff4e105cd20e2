"""`steppe value-chain`: which steps of processing are localised in the host countries, by the events that the API reads."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from steppe.cli import http_client
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, KnownAt, Rules
from steppe.terminal.output import out, print_json

Item = dict[str, Any]
_LEGEND = """
Steps: mining, concentrate, separation, metal, component. Told up to: the last one
that an event tells as localised; running: of a project whose works put something
out. A project of which none is told may have it all the same: silence is no finding.
"""


def command(
    country: Annotated[str | None, typer.Option(help="Countries of projects, as in KZ,UZ.")] = None,
    commodity: Annotated[str | None, typer.Option(help="Commodities of projects, as in uranium.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say up to which step of the value chain each commodity is told to have come in each country.

    Example: steppe value-chain --country KZ --as-of 2026-11-01
    """
    query = {"country": country, "commodity": commodity, "as_of": as_of, "known_at": known_at, "rules": rules}
    answer = http_client.get(addresses.find().api, "/v1/value-chain", query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    if not answer["projects"]:
        screen.print(
            "Nothing is told of the value chain. If you expected some, see --country, --commodity and --as-of."
        )
        return
    screen.print(_table(answer["markets"]))
    screen.print(Text(_LEGEND))
    beside = [
        counted(sum(len(project[name]) for project in answer["projects"]), *words)
        for name, words in (
            ("technology", ("row of technology", "rows of technology")),
            ("training", ("row of training", "rows of training")),
            ("certification", ("certificate", "certificates")),
        )
    ]
    screen.print(f"As of {answer['as_of']}; beside the steps: {', '.join(beside)}; --json names them.")


def _table(markets: list[Item]) -> TerminalTable:
    columns = (
        Column("market", names_row=True), Column("told up to"), Column("running"), Column("projects", right=True),
        Column("silent", right=True), Column("nations", whole=False),
    )  # fmt: skip
    rows = [
        (
            f"{market['country']}/{market['commodity']}",
            market["told_up_to"],
            market["running_up_to"] or "",
            str(market["projects"]),
            str(market["silent"]),
            ", ".join(sorted({nation for step in market["steps"] for nation in step["nations"]})),
        )
        for market in markets
    ]
    return TerminalTable(columns, rows)
