"""`steppe conversion`: how many papers became binding, and after how long, which the API reckons."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from steppe.cli import http_client
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.terminal import addresses
from steppe.terminal.options import AsJson, AsOf, Data, KnownAt, Rules, day
from steppe.terminal.output import out, print_json

Item = dict[str, Any]
_AGES = (12, 24, 36, 60)
_LEGEND = """
% bound by that age of the paper, the deal's end competing (Aalen-Johansen),
with its 95% band. Empty: fewer than 10 deals, or fewer than 5 that are as old.
"""


def command(
    by: Annotated[
        str | None,
        typer.Option(help="Group by investor_country, commodity, sector, forum, instrument or year of the paper."),
    ] = None,
    first_day: Annotated[
        str | None, typer.Option("--from", help="Only papers from this day on.", parser=day, metavar="DAY")
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--to", help="Only papers until this day.", parser=day, metavar="DAY")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    rules: Rules = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Say how many first papers of deals became binding, and after how long.

    Example: steppe conversion --by investor_country --as-of 2026-11-01
    """
    query = {"by": by, "from": first_day, "to": last_day, "as_of": as_of, "known_at": known_at, "rules": rules}
    answer = http_client.get(addresses.find().api, "/v1/conversion", query)
    if as_json:
        print_json(answer)
        return
    screen = out()
    total = answer["total"]
    if not total["deals"] and not answer["umbrellas"]["deals"]:
        screen.print("No deal has a paper. If you expected some, see --from, --to and --as-of.")
        return
    lines = [
        *((group["group"] or "not stated", group) for group in answer["groups"]),
        ("all", total),
        *([("umbrellas", answer["umbrellas"])] if answer["umbrellas"]["deals"] else []),
    ]
    screen.print(_table(by or "deals", lines))
    screen.print(Text(_LEGEND))
    delivery = answer["delivery"]
    screen.print(
        f"From contract to production: of {counted(delivery['deals'], 'deal', 'deals')} {delivery['delivered']} produce,"
        f" {delivery['ended']} ended before, {delivery['open']} are open; {delivery['produced_before']} bound when they produced already."
    )
    if answer["their_way"]:
        screen.print("How others count, beside these deals by the nearest level:")
        screen.print(_others(answer["their_way"]))
    before, without = answer["left_out"]["bound_before"], answer["left_out"]["papers_without_deal"]
    screen.print(
        f"{counted(total['deals'], 'deal', 'deals')} as of {answer['as_of']}; left out: {before} bound before the first"
        f" paper, {counted(without, 'paper', 'papers')} that name no deal."
    )


def _others(lines: list[Item]) -> TerminalTable:
    columns = (
        Column("of", names_row=True), Column("theirs", right=True), Column("ours", right=True), Column("they count"),
    )  # fmt: skip
    rows = [
        (
            line["theirs"]["title"],
            _share_of(line["theirs"]["counted"], line["theirs"]["of"]),
            _share_of(line["counted"], line["deals"]),
            line["theirs"]["definition"],
        )
        for line in lines
    ]
    return TerminalTable(columns, rows)


def _share_of(count: int, total: int | None) -> str:
    return f"{count} of {total} ({100 * count / total:.0f}%)" if total else str(count)


def _table(title: str, lines: list[tuple[str, Item]]) -> TerminalTable:
    columns = (
        Column(title, names_row=True), Column("papers", right=True), Column("bound", right=True), Column("ended", right=True),
        Column("open", right=True), *(Column(f"{age} months", right=True) for age in _AGES),
    )  # fmt: skip
    rows = [
        (
            name,
            *(str(line[field]) for field in ("deals", "bound", "ended", "open")),
            *(_share(line["curve"], age) for age in _AGES),
        )
        for name, line in lines
    ]
    return TerminalTable(columns, rows)


def _share(curve: list[Item], age: int) -> str:
    """The share that has bound by an age, with its band; nothing where the curve does not go so far."""
    steps = [step for step in curve if step["months"] <= age]
    if not steps or curve[-1]["months"] < age:
        return ""
    step = steps[-1]
    band = "" if step["low"] is None else f" ({100 * step['low']:.0f}-{100 * step['high']:.0f})"
    return f"{100 * step['incidence']:.0f}{band}"
