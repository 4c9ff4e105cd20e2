"""`steppe pledges`: what became of promises of money, which the API reckons."""

from __future__ import annotations

from decimal import Decimal
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
Bound and paid: rows after the pledge that name its programme or are of its deal,
in % of its latest amount. Time: how much of it is over, until its deadline.
"""


def command(
    donor: Annotated[
        list[str] | None, typer.Option(help="Only of these givers: keys of parties, or their countries in capitals.")
    ] = None,
    recipient: Annotated[list[str] | None, typer.Option(help="Only for these countries.")] = None,
    forum: Annotated[list[str] | None, typer.Option(help="Only those made at these forums.")] = None,
    programme: Annotated[list[str] | None, typer.Option(help="Only through these programmes.")] = None,
    year: Annotated[list[str] | None, typer.Option(help="Only those first made in these years.")] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say what of each promise of money is bound and paid, and how much of its time is over.

    Example: steppe pledges --donor JP --as-of 2026-11-01
    """
    filters = {"donor": donor, "recipient": recipient, "forum": forum, "programme": programme, "year": year}
    query = {"as_of": as_of, "known_at": known_at, "rules": rules}
    query |= {name: ",".join(values) for name, values in filters.items() if values}
    answer = http_client.get(addresses.find().api, "/v1/pledges", query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    if not answer["pledges"]:
        screen.print("No pledge by that day. If you expected some, see --as-of, or leave a filter out.")
        return
    screen.print(_table(answer["pledges"]))
    screen.print(Text(_LEGEND))
    screen.print(_summary(answer))


def _table(pledges: list[Item]) -> TerminalTable:
    columns = (
        Column("project", names_row=True), Column("by"), Column("said"), Column("amount", right=True), Column("bound", right=True),
        Column("paid", right=True), Column("time", right=True), Column("deadline"),
    )  # fmt: skip
    rows = [
        (
            pledge["project"], ", ".join(pledge["pledgers"]), pledge["announced_on"],
            f"{pledge['currency']} {Decimal(pledge['announced']):,f}",
            _percent(pledge["bound_share"]), _percent(pledge["disbursed_share"]), _percent(pledge["time_passed"]),
            "withdrawn" if pledge["withdrawn"] else pledge["deadline"] or "",
        )
        for pledge in pledges
    ]  # fmt: skip
    return TerminalTable(columns, rows)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}%"


def _summary(answer: Item) -> str:
    count = answer["total"]["pledges"] + answer["umbrellas"]["pledges"]
    withdrawn = answer["total"]["withdrawn"] + answer["umbrellas"]["withdrawn"]
    left_out = answer["left_out"]
    return (
        f"{counted(count, 'pledge', 'pledges')} as of {answer['as_of']}, {withdrawn} withdrawn; left out:"
        f" {counted(len(left_out['without_amount']), 'pledge', 'pledges')} without an amount,"
        f" {counted(left_out['uncounted_rows'], 'row', 'rows')} under pledges that move no sum."
    )
