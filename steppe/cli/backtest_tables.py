"""A back-test as people read it: what was tried, the scores, and the warnings that differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from steppe.cli import tables
from steppe.cli.date_text import short
from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted

Item = dict[str, Any]
_WARNINGS_SHOWN = 20
_SCORES = (
    ("severity", "severity"), ("raised", "raised"), ("before", "raised_before"), ("only now", "only_now"),
    ("only before", "only_before"), ("earlier", "earlier"), ("days", "days_earlier_median"), ("bound anyway", "bound_anyway"),
    ("precision", "precision"), ("to bound", "months_to_binding_median"), ("to end", "months_to_end_median"),
)  # fmt: skip
_LEGEND = """
Days (earlier) and months are medians. Precision: the share of what was raised
that did not bind by the last day. To bound, to end: months from the warning
until the deal bound anyway, or ended unbound: the lead time.
"""


def parts(answer: Item, *, everything: bool) -> Iterator[RenderableType]:
    """The parts to be printed, one under the other."""
    yield Text(f"{answer['version']} against {answer['against']}", style="bold")
    yield from _changes(answer)
    since = f"from {answer['from']} " if answer["from"] else ""
    yield Text(
        f"{', '.join(answer['flags'])} on {counted(answer['projects'], 'project', 'projects')}, {since}to {answer['to']},"
        f" as known at {answer['known_at'][:19].replace('T', ' ')}"
    )
    yield Text()
    if not answer["items"]:
        yield Text(
            "No project matches. See --country, --commodity and --project."
            if not answer["projects"]
            else "Neither version would have raised anything. See --flag, --from and --to."
        )
        return
    for flag, of_flag in groupby(answer["summary"], key=lambda score: score["flag"]):
        yield Text(flag, style="bold")
        yield scores(list(of_flag))
    yield Text(_LEGEND)
    differing = [item for item in answer["items"] if item["days_earlier"] != 0]
    listed = answer["items"] if everything else sorted(differing, key=_most_moved)[:_WARNINGS_SHOWN]
    for (flag, severity), of_one in groupby(listed, key=lambda item: (item["flag"], item["severity"])):
        yield Text(f"{flag}, {severity}", style=tables.style_of(severity))
        yield warnings(list(of_one))
        yield Text()
    if len(listed) < len(differing):
        yield Text(f"… and {len(differing) - len(listed)} more that differ, see --all or --json")
    alike = len(answer["items"]) - len(differing)
    if alike and not everything:
        yield Text(
            f"{counted(alike, 'warning is', 'warnings are')} raised on the same day by both, see --all or --json",
            style="dim",
        )


def scores(summary: list[Item]) -> Table:
    """One row a severity of a flag."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for title, field in _SCORES:
        whole = len("presumed-dead") if field == "severity" else len("precision") if field == "precision" else None
        table.add_column(title, justify="left" if field == "severity" else "right", min_width=whole)
    for score in summary:
        table.add_row(*(_figure(field, score[field]) for _, field in _SCORES))
    return table


def warnings(items: list[Item]) -> TerminalTable:
    """One row a warning."""
    columns = (
        Column("project", names_row=True), Column("deal", names_row=True), Column("raised"), Column("before"),
        Column("earlier", right=True), Column("then", whole=False),
    )  # fmt: skip
    rows = [
        (
            item["project"],
            item["deal"],
            item["raised_on"] or "-",
            item["raised_before_on"] or "-",
            "" if item["days_earlier"] is None else f"{item['days_earlier']} d",
            item["outcome"] + (f" {short(item, 'outcome_on')}" if item["outcome_on"] else ""),
        )
        for item in items
    ]
    return TerminalTable(columns, rows)


def _changes(answer: Item) -> Iterator[Text]:
    for rule, change in answer["changed"].items():
        yield Text(f"  {rule}: {change['before']} -> {change['tried']}")
    if answer["overrides"]:
        for sign, version in (("-", "before"), ("+", "tried")):
            other = answer["overrides"]["tried" if version == "before" else "before"]
            for override in answer["overrides"][version]:
                if override not in other:
                    where = next(f"{name} {value}" for name, value in override.items() if name not in ("rule", "value"))
                    yield Text(f"  {sign} {override['rule']}: {override['value']} for {where}")
    if not answer["changed"] and not answer["overrides"]:
        yield Text("  They have the same thresholds.")


def _most_moved(item: Item) -> tuple[int, str, int, str, str]:
    """The severe ones first, then what only one version raises, then what moved most."""
    moved = item["days_earlier"]
    rank = -1_000_000 if moved is None else -abs(moved)
    return (-tables.severity_rank(item["severity"]), item["flag"], rank, item["project"], item["deal"])


def _figure(field: str, value: Any) -> str:
    if value is None:
        return "-"
    if field.startswith("precision"):
        return f"{value:.2f}"
    return f"{value:.0f}" if isinstance(value, float) else str(value)
