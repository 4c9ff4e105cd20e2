"""What people read on a terminal: answers of the api as tables and lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted

Item = dict[str, Any]
_COLOURS = {"notice": "cyan", "watch": "yellow", "stagnant": "red", "presumed-dead": "bold red", "alert": "magenta"}


def flags(items: Sequence[Item]) -> TerminalTable:
    """One row a flag, in the order given; on a narrow screen a few lines each."""
    columns = (
        Column("severity"), Column("flag"), Column("project", names_row=True), Column("deal"), Column("since"),
        Column("months", right=True), Column("why", whole=False),
    )  # fmt: skip
    rows = [
        (
            severity(item["severity"], item["certainty"]),
            item["flag"],
            item["project"],
            item["deal"] or "",
            item["since"],
            _text_or_nothing((item["clock"] or {}).get("age_months")),
            item["sentence"],
        )
        for item in items
    ]
    return TerminalTable(columns, rows, lambda number: _flag_lines(items[number]))


def projects(items: Sequence[Item]) -> TerminalTable:
    """One row a project, in the order given. Investors may be those of deals that have ended: where no deal lives, it says so."""
    columns = (
        Column("project", names_row=True), Column("name", whole=False), Column("country", whole=False), Column("level"),
        Column("flag", whole=False), Column("investors", whole=False),
    )  # fmt: skip
    rows = [
        (
            item["key"],
            item["name"] or "",
            ", ".join(item["countries"]),
            item["level"] or "-",
            Text(f"{headline['severity']} {headline['flag']}", style=style_of(headline["severity"]))
            if (headline := item["headline"])
            else "",
            " ".join(part for part in (", ".join(item["investors"]), _no_deal_lives(item)) if part),
        )
        for item in items
    ]
    return TerminalTable(columns, rows)


def _no_deal_lives(project: Item) -> str:
    """What to say of a project that only ended deals have; an api of an older release does not tell how many."""
    return "(no deal lives)" if project.get("ended_deals") and not project["living_deals"] else ""


def parties(items: Sequence[Item]) -> TerminalTable:
    """One row a party."""
    columns = (
        Column("party", names_row=True), Column("name", whole=False), Column("home"), Column("kind"),
        Column("group", whole=False),
    )  # fmt: skip
    rows = [
        (item["key"], item["name"] or "", item["home_country"] or "", item["kind"] or "", ", ".join(item["group"]))
        for item in items
    ]
    return TerminalTable(columns, rows)


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


def status(answer: Item) -> TerminalTable:
    """One row a partition."""
    columns = [
        Column(title, right=key != "state", names_row=key == "partition") for title, key in _STATUS_COLUMNS.items()
    ]
    rows = [[_text(part.get(key)) for key in _STATUS_COLUMNS.values()] for part in answer["partitions"]]
    return TerminalTable(columns, rows)


_STATUS_COLUMNS = {
    "partition": "partition", "position": "position", "log end": "log_end", "lag": "lag_events", "lag s": "lag_seconds",
    "state": "state", "quarantined": "quarantined", "conflicts": "conflicts",
}  # fmt: skip


def not_folded(totals: Item) -> str:
    """What of all partitions is in the log and in no project yet, which belongs to no single partition."""
    held, parked, unknown = totals["held"], totals["parked"], totals["unknown"]
    waiting = ""
    if totals.get("waiting_projects"):
        projects = counted(totals["waiting_projects"], "large project", "large projects")
        waiting = f" {counted(totals['waiting_records'], 'record', 'records')} of {projects} wait for the fold beside the stream."
    return (
        f"{counted(held, 'event', 'events')} held behind another, {counted(parked, 'correction', 'corrections')} parked"
        f" until the target comes, {counted(unknown, 'event', 'events')} of unknown types.{waiting}"
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


def _text_or_nothing(value: Any) -> str:
    return "" if value is None else str(value)


def rule_versions(answer: Item) -> TerminalTable:
    """One row a version."""
    columns = (
        Column("version", names_row=True), Column("in force"), Column("added"), Column("by"), Column("note", whole=False),
    )  # fmt: skip
    rows = []
    for item in answer["items"]:
        since = item["in_force_from"][0][:16].replace("T", " ") if item["in_force_from"] else ""
        now = item["version"] == answer["in_force"]
        rows.append(
            (
                Text(item["version"], style="bold" if now else ""),
                f"since {since}" if now else ("last " + since if since else "never"),
                item["added_at"][:16].replace("T", " "),
                item["added_by"],
                item["note"] or "",
            )
        )
    return TerminalTable(columns, rows)


def rule_changes(answer: Item) -> TerminalTable:
    """One row a change of the version in force, the newest first."""
    columns = (
        Column("from", names_row=True), Column("version", names_row=True), Column("by"), Column("projects", right=True),
        Column("flags changed", right=True), Column("why", whole=False),
    )  # fmt: skip
    rows = [
        (
            change["in_force_from"][:16].replace("T", " "),
            change["version"],
            change["by"],
            str(change["projects"]),
            str(change["transitions"]),
            change["reason"] or "",
        )
        for change in answer["changes"]
    ]
    return TerminalTable(columns, rows)


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


def differences(items: Iterable[Any]) -> TerminalTable:
    """One row a flag that another version of the rules judges otherwise."""
    columns = (
        Column("change"), Column("flag"), Column("project", names_row=True), Column("deal", names_row=True),
        Column("before"), Column("after"),
    )  # fmt: skip
    rows = [
        (
            difference.transition,
            difference.flag,
            difference.project,
            difference.deal,
            difference.severity_before or "-",
            Text(difference.severity or "-", style=_COLOURS.get(difference.severity or "", "")),
        )
        for difference in items
    ]
    return TerminalTable(columns, rows)


def quarantined(items: Iterable[Item]) -> TerminalTable:
    """One row a record that could not be applied."""
    columns = (
        Column("id", names_row=True), Column("subject", names_row=True), Column("stage"), Column("held", right=True),
        Column("since"), Column("reason", whole=False),
    )  # fmt: skip
    rows = [
        (
            item["id"] or "-",
            item["subject"] or "(not known)",
            item["stage"] + (", skipped" if item["state"] == "skipped" else ""),
            str(item["held_events"]),
            item["since"][:16].replace("T", " "),
            _first(item["reason"], 300),
        )
        for item in items
    ]
    return TerminalTable(columns, rows)


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
