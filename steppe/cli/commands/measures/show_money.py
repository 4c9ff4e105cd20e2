"""`steppe money`: who gave how much to whom, by leg, which the API reckons; `--aid`: the donors of each year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from steppe.cli import http_client
from steppe.cli.http_client import Answer
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, KnownAt, Rules
from steppe.terminal.output import out, print_json

Item = dict[str, Any]
_LEGEND = """
Legs are never added up. In force: what legs that are valid today commit. Works and
offtake are prices of contracts; nobody gives them."""


def command(
    by: Annotated[
        str | None, typer.Option(help="Group by donor, recipient, programme, year; several with commas.")
    ] = None,
    donor: Annotated[list[str] | None, typer.Option(help="Only money of these nations, as JP; repeatable.")] = None,
    recipient: Annotated[
        list[str] | None, typer.Option(help="Only money to these countries, as UZ; repeatable.")
    ] = None,
    programme: Annotated[list[str] | None, typer.Option(help="Only money of these programmes; repeatable.")] = None,
    year: Annotated[list[int] | None, typer.Option(help="Only of these years; repeatable.")] = None,
    currency: Annotated[str | None, typer.Option(help="The one currency of the table. Default: USD.")] = None,
    aid: Annotated[bool, typer.Option("--aid", help="The donors of each year, from reference series.")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say what was committed and disbursed, by leg; --by groups it by donor, recipient, programme or year.

    Example: steppe money --recipient UZ --by donor --as-of 2026-11-01
    """
    filters: dict[str, Any] = {"donor": donor, "recipient": recipient, "year": year}
    path = "/v1/money/aid" if aid else "/v1/money"
    if not aid:
        filters |= {
            "by": by,
            "programme": programme,
            "currency": currency,
            "as_of": as_of,
            "known_at": known_at,
            "rules": rules,
        }
    answer = http_client.get(addresses.find().api, path, filters)
    if as_json:
        print_json(answer)
    elif aid:
        _print_aid(answer["years"])
    else:
        _print_money(answer)


def _print_money(answer: Answer) -> None:
    screen = out()
    lines = list(_lines(answer))
    if not lines:
        screen.print("No money is told. If you expected some, see the filters and --as-of.")
        return
    columns = (
        Column("of", whole=False, names_row=True), Column("leg"), Column("committed", right=True), Column("disbursed", right=True),
        Column("in force", right=True), Column("not converted", right=True),
    )  # fmt: skip
    screen.print(Text(f"In {answer['currency']}, each row at the average rate of its own year:\n"))
    screen.print(
        TerminalTable(
            columns,
            [
                (
                    name,
                    leg["leg"],
                    *(_whole(leg[field]) for field in ("committed", "disbursed", "in_force")),
                    str(leg["not_converted"] or ""),
                )
                for name, leg in lines
            ],
        )
    )
    screen.print(Text(_LEGEND))
    left_out = answer["left_out"]
    screen.print(
        f"{counted(len(answer['rows']), 'row', 'rows')} as of {answer['as_of']}; left out: {len(left_out['without_deal'])} without deal,"
        f" {len(left_out['not_summed'])} of a project's cost, a portfolio or a claim."
    )


def _lines(answer: Answer) -> Iterator[tuple[str, Item]]:
    for group in answer["groups"]:
        yield from ((_name(group, answer["by"]), leg) for leg in group["legs"])
    for name, title in (("total", "all"), ("contracts", "contracts"), ("umbrellas", "umbrellas")):
        yield from ((title, leg) for leg in answer[name])


def _name(group: Item, by: Sequence[str]) -> str:
    parts = {
        "donor": "+".join(group["donors"] or ()) or "not stated",
        "recipient": f"to {'+'.join(group['recipients'] or ())}",
        "programme": group["programme"] or "no programme",
        "year": str(group["year"]),
    }
    name = " ".join(parts[dimension] for dimension in ("donor", "recipient", "programme", "year") if dimension in by)
    return f"{name} (umbrellas)" if group["umbrella"] else name


def _whole(amount: str) -> str:
    """A sum without cents, in groups of three."""
    return f"{round(float(amount)):,}" if float(amount) else ""


def _print_aid(years: Sequence[Item]) -> None:
    screen = out()
    if not years:
        screen.print("No series has such aid. See `steppe reference`.")
        return
    columns = (
        Column("to"), Column("year", names_row=True), Column("measure"), Column("rank", right=True), Column("donor", names_row=True),
        Column("USD", right=True),
    )  # fmt: skip
    rows = [
        (
            year["recipient"],
            str(year["year"]),
            year["measure"],
            str(donor["rank"]),
            donor["donor"],
            _whole(donor["usd"]),
        )
        for year in years
        for donor in year["donors"]
    ]
    screen.print(TerminalTable(columns, rows))
    screen.print(Text("\nFrom reference series (`steppe reference`). Gross and net are never compared."))
