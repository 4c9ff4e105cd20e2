"""What people read on a terminal: answers of the api as tables and lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from steppe.domain.values.grammar import counted

Item = dict[str, Any]
_TABLE_OF_FLAGS_WIDTH_MIN = 100
_COLOURS = {"notice": "cyan", "watch": "yellow", "stagnant": "red", "presumed-dead": "bold red", "alert": "magenta"}


def flags(items: Iterable[Item], width: int) -> Table | Group:
    """One row a flag, the severe and old ones first; on a narrow screen a few lines each, so that no key breaks."""
    order = list(_COLOURS)
    rows = sorted(items, key=lambda flag: (-order.index(flag["severity"]), flag["since"], flag["project"]))
    if width < _TABLE_OF_FLAGS_WIDTH_MIN:
        return Group(*(line for item in rows for line in _flag_lines(item)))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("severity", "flag", "project", "deal", "since", "months"):
        table.add_column(column, overflow="fold", justify="right" if column == "months" else "left")
    table.add_column("why", overflow="fold", ratio=1)
    for item in rows:
        clock = item["clock"] or {}
        table.add_row(
            severity(item["severity"], item["certainty"]),
            item["flag"],
            item["project"],
            item["deal"] or "",
            item["since"],
            "" if clock.get("age_months") is None else str(clock["age_months"]),
            item["sentence"],
        )
    return table


def projects(items: Iterable[Item]) -> Table:
    """One row a project, in the order given."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("project", overflow="fold", no_wrap=True)
    for column in ("name", "country", "level", "flag", "investors"):
        table.add_column(column, overflow="fold")
    for item in items:
        headline = item["headline"]
        table.add_row(
            item["key"],
            item["name"] or "",
            ", ".join(item["countries"]),
            item["level"] or "-",
            Text(f"{headline['severity']} {headline['flag']}", style=style_of(headline["severity"]))
            if headline
            else "",
            ", ".join(item["investors"]),
        )
    return table


def parties(items: Iterable[Item]) -> Table:
    """One row a party."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("party", overflow="fold", no_wrap=True)
    for column in ("name", "home", "kind", "group"):
        table.add_column(column, overflow="fold")
    for item in items:
        table.add_row(
            item["key"], item["name"] or "", item["home_country"] or "", item["kind"] or "", ", ".join(item["group"])
        )
    return table


def _flag_lines(item: Item) -> list[Text]:
    key = item["project"] + (f", deal {item['deal']}" if item["deal"] else "")
    first = Text.assemble(
        severity(item["severity"], item["certainty"]), f"  {item['flag']} since {item['since']}", overflow="fold"
    )
    return [first, Text(f"  {key}", overflow="fold"), Text(f"  {item['sentence']}", overflow="fold")]


def style_of(severity: str) -> str:
    """The colour of a severity."""
    return _COLOURS.get(severity, "")


def severity_rank(severity: str) -> int:
    """0 for the mildest."""
    return list(_COLOURS).index(severity)


def severity(name: str, certainty: str) -> Text:
    """Coloured; a question mark when it is only possible."""
    return Text(name + ("" if certainty == "certain" else " ?"), style=_COLOURS.get(name, ""))


def status(answer: Item) -> Table:
    """One row a partition."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("partition", "position", "log end", "lag", "lag s", "state", "quarantined", "conflicts"):
        table.add_column(column, justify="left" if column == "state" else "right")
    for part in answer["partitions"]:
        table.add_row(*(_text(part.get(key)) for key in _STATUS_KEYS))
    return table


_STATUS_KEYS = ("partition", "position", "log_end", "lag_events", "lag_seconds", "state", "quarantined", "conflicts")


def not_folded(totals: Item) -> str:
    """What of all partitions is in the log and in no project yet, which belongs to no single partition."""
    held, parked, unknown = totals["held"], totals["parked"], totals["unknown"]
    return (
        f"{counted(held, 'event', 'events')} held behind another, {counted(parked, 'correction', 'corrections')} parked"
        f" until the target comes, {counted(unknown, 'event', 'events')} of unknown types."
    )


def trace(console: Console, stop: Item, api: str) -> None:
    """The stops of one event, from the log to its flags."""
    log, stored = stop["log"], stop["stored"]
    subject = stop["subject"]
    console.print(Text(stop["event"], style="bold"))
    console.print(f"1 ingest     accepted {stop['name'] or 'an unknown type'} at {stored['recorded']}")
    console.print(f"2 log        {log['topic']}, partition {log['partition']}, offset {log['offset']}")
    occurred = stored["occurred"]
    console.print(
        f"3 read model {stored['state']}; occurred {occurred['earliest'] or '..'}..{occurred['latest']}, "
        f"known {stored['known']}"
    )
    console.print(
        f"4 fold       deal {stop['deal'] or '(of the project)'}: level {stop['deal_level'] or '-'}; "
        f"project {subject}: level {stop['project_level'] or '-'}"
    )
    if not stop["flags"]:
        console.print("5 flags      it is evidence of none today")
    for flag in stop["flags"]:
        console.print(f"5 flag       {flag['severity']} {flag['flag']} since {flag['since']}: {flag['sentence']}")
    if stop["project"]:
        console.print(f"6 api        {api}/v1/projects/{stop['project']}", soft_wrap=True)


def _text(value: Any) -> str:
    return "?" if value is None else str(value)


def rule_versions(answer: Item) -> Table:
    """One row a version."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("version", "in force", "added", "by", "note"):
        table.add_column(column, overflow="fold")
    for item in answer["items"]:
        since = item["in_force_from"][0][:16].replace("T", " ") if item["in_force_from"] else ""
        now = item["version"] == answer["in_force"]
        table.add_row(
            Text(item["version"], style="bold" if now else ""),
            f"since {since}" if now else ("last " + since if since else "never"),
            item["added_at"][:16].replace("T", " "),
            item["added_by"],
            item["note"] or "",
        )
    return table


def rule_changes(answer: Item) -> Table:
    """One row a change of the version in force, the newest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("from", "version", "by", "projects", "flags changed", "why"):
        table.add_column(
            column, overflow="fold", justify="right" if column in ("projects", "flags changed") else "left"
        )
    for change in answer["changes"]:
        table.add_row(
            change["in_force_from"][:16].replace("T", " "),
            change["version"],
            change["by"],
            str(change["projects"]),
            str(change["transitions"]),
            change["reason"] or "",
        )
    return table


def rule_version(item: Item) -> Group:
    """The thresholds of one version, and where they are others."""
    table = Table("rule", "value", "elsewhere", box=None, pad_edge=False, header_style="bold")
    for rule, value in item["values"].items():
        elsewhere = [
            f"{override['value']} for {name} {override[name]}"
            for override in item["overrides"]
            if override["rule"] == rule
            for name in ("level", "commodity", "sector", "country")
            if name in override
        ]
        table.add_row(rule, str(value), ", ".join(elsewhere))
    return Group(
        Text(item["version"], style="bold"), table, Text("\nMonths, unless the name of a rule says otherwise.")
    )


def differences(items: Iterable[Any]) -> Table:
    """One row a flag that another version of the rules judges otherwise."""
    table = Table("change", "flag", "project", "deal", "before", "after", box=None, pad_edge=False, header_style="bold")
    for difference in items:
        table.add_row(
            difference.transition,
            difference.flag,
            difference.project,
            difference.deal,
            difference.severity_before or "-",
            Text(difference.severity or "-", style=_COLOURS.get(difference.severity or "", "")),
        )
    return table


def quarantined(items: Iterable[Item]) -> Table:
    """One row a record that could not be applied."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "subject", "stage", "held", "since", "reason"):
        table.add_column(column, overflow="fold", justify="right" if column == "held" else "left")
    for item in items:
        table.add_row(
            Text(item["id"] or "-"),
            Text(item["subject"] or "(not known)"),
            item["stage"] + (", skipped" if item["state"] == "skipped" else ""),
            str(item["held_events"]),
            item["since"][:16].replace("T", " "),
            Text(_first(item["reason"], 300)),
        )
    return table


def quarantined_record(item: Item) -> Group:
    """One record in full: why, bytes, and what was done about it."""
    lines = [
        Text(f"{item['id']}  {item['stage']}, {item['state']}", style="bold"),
        Text(f"subject  {item['subject'] or '(not known)'}, {counted(item['held_events'], 'event', 'events')} held"),
        Text(f"reason   {item['reason']}"),
        Text(f"since    {item['since'][:19]}, in the log since {(item['recorded'] or '?')[:19]}"),
        Text(f"key      {_bytes(item['key'])}"),
        *(Text(f"header   {header['name']}: {_bytes(header['value'])}") for header in item["headers"]),
        Text(f"value\n{_bytes(item['value'])}"),
    ]
    lines += [
        Text(
            f"{action['action']}  {action['acted_at'][:19]} by {action['acted_by']}, release {action['release']}: "
            f"{action['outcome']}" + (f" ({action['reason']})" if action["reason"] else "")
        )
        for action in item["actions"]
    ]
    return Group(*lines)


_SHOWN_MAX = 4000


def _bytes(value: dict[str, str] | None) -> str:
    if value is None:
        return "(none)"
    if "text" in value:
        return _first(value["text"], _SHOWN_MAX)
    digits = value["hex"]
    lines = [
        f"{at // 2:08x}  {' '.join(digits[at + two : at + two + 2] for two in range(0, 32, 2)).rstrip()}"
        for at in range(0, min(len(digits), _SHOWN_MAX), 32)
    ]
    return "\n".join(lines) + (f"\n... {len(digits) // 2} bytes; all with --raw" if len(digits) > _SHOWN_MAX else "")


def _first(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} ... {len(text)} characters"
