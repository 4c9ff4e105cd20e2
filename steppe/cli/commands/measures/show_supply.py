"""`steppe supply`: what binding offtake contracts deliver a year, against demand, which the API reckons."""

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
Bound: what binding offtake contracts deliver in the calendar year, by days of
delivery, by home country of the buyers. Demand: each figure that is stated for
that year; none is carried on to another. --json names contracts and sources.
"""


def command(
    buyer: Annotated[str | None, typer.Option(help="Home countries of buyers, as in JP,KR.")] = None,
    commodity: Annotated[str | None, typer.Option(help="Commodities, as in uranium.")] = None,
    year: Annotated[str | None, typer.Option(help="Calendar years, as in 2015,2024.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say what is bound of what countries need, a calendar year.

    Example: steppe supply --buyer JP,KR --commodity uranium --as-of 2026-11-01
    """
    query = {"buyer_country": buyer, "commodity": commodity, "year": year, "as_of": as_of, "known_at": known_at, "rules": rules}  # fmt: skip
    answer = http_client.get(addresses.find().api, "/v1/supply", query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    if not answer["buyers"] and not answer["contracts"]:
        screen.print(
            "Nothing is bought and no demand is stated. If you expected some, see --buyer, --commodity and --year."
        )
        return
    if answer["buyers"]:
        screen.print(_table(answer["buyers"]))
        screen.print(Text(_LEGEND))
    lacking = {reason: count for reason, count in answer["not_added"].items() if count}
    reasons = ", ".join(f"{count} without {reason}" for reason, count in lacking.items())
    papers = {(deal["project"], deal["deal"]) for row in answer["papers"] for deal in row["deals"]}
    screen.print(
        f"{counted(len(answer['contracts']), 'contract', 'contracts')} as of {answer['as_of']}; in no sum:"
        f" {reasons or 'none'}. Only paper, without a volume: {counted(len(papers), 'deal', 'deals')}."
    )


def _table(rows: list[Item]) -> TerminalTable:
    columns = (
        Column("buyer", names_row=True), Column("commodity", names_row=True), Column("year", names_row=True),
        Column("bound", right=True), Column("unit"), Column("contracts", right=True), Column("demand", whole=False),
    )  # fmt: skip
    lines = [
        (
            row["country"] or "not known",
            row["commodity"],
            str(year["year"]),
            f"{year['bound']:,.1f}" if year["contracts"] else "",
            row["unit"],
            str(year["contracts"]),
            "; ".join(f"{figure['value']} {figure['unit']} ({figure['metric']})" for figure in year["demand"]),
        )
        for row in rows
        for year in row["years"]
    ]
    return TerminalTable(columns, lines)
