"""`steppe lifecycle`: how long deals stay at each level, how old papers are, and how many of a year bind, which the API reckons."""

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
Months at a level: median, and lower and upper quartile, of the spells that ended,
and beside them of those that last. --json has the papers, the nations and who
overtook whom.
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
    """Say how long deals stay at each level, how old papers are, and how many of each year are bound.

    Example: steppe lifecycle --country KZ --as-of 2026-11-01
    """
    query = {"country": country, "commodity": commodity, "as_of": as_of, "known_at": known_at, "rules": rules}
    answer = http_client.get(addresses.find().api, "/v1/lifecycle", query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    if not answer["levels"]:
        screen.print("No deal has a level. If you expected some, see --country, --commodity and --as-of.")
        return
    screen.print(_levels(answer["levels"]))
    screen.print(Text(_LEGEND))
    if answer["bound_by_year"]:
        screen.print(_years(answer["bound_by_year"]))
        screen.print()
    ages = answer["ages"]
    overtakings = len(answer["overtakings"])
    screen.print(
        f"{counted(ages['count'], 'paper waits', 'papers wait')} as of {answer['as_of']}, the median {_months(ages['median'])} months old;"
        f" {counted(overtakings, 'overtaking', 'overtakings')} in {counted(len(answer['markets']), 'market', 'markets')}."
    )


def _levels(levels: list[Item]) -> TerminalTable:
    columns = (
        Column("level", names_row=True), Column("ended", right=True), Column("months", right=True), Column("rose", right=True),
        Column("fell", right=True), Column("with the deal", right=True), Column("last", right=True), Column("months so far", right=True),
    )  # fmt: skip
    rows = [
        (
            level["level"],
            str(level["ended"]["count"]),
            _quartiles(level["ended"]),
            *(str(level["ended"][field]) for field in ("rose", "fell", "deal_ended")),
            str(level["lasting"]["count"]),
            _quartiles(level["lasting"]),
        )
        for level in levels
    ]
    return TerminalTable(columns, rows)


def _years(years: list[Item]) -> TerminalTable:
    columns = (
        Column("first paper of", names_row=True), Column("deals", right=True), Column("bound", right=True), Column("ended", right=True),
        Column("open", right=True), Column("% bound", right=True),
    )  # fmt: skip
    rows = [
        (
            year["group"] or "not known",
            *(str(year[field]) for field in ("deals", "bound", "ended", "open")),
            f"{100 * year['share']:.0f}",
        )
        for year in years
    ]
    return TerminalTable(columns, rows)


def _quartiles(spells: Item) -> str:
    if not spells["count"]:
        return ""
    return f"{_months(spells['median'])} ({_months(spells['lower'])}-{_months(spells['upper'])})"


def _months(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
