"""One project as people read it: head, explanation, deals, flags and timeline.

Two columns of days and one that wraps, so that it reads at 80 columns as at 140.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from steppe.cli.date_text import dated, happened, since
from steppe.cli.tables import severity, style_of
from steppe.domain.events.vocabulary import CORRECTION_NAMES

Item = dict[str, Any]
_STANDS = ("folded", "stands")


def parts(project: Item, learnt: Sequence[Item] | None, now: Item | None) -> Iterator[RenderableType]:
    """The parts to be printed, one under the other.

    `project` is the project with `timeline`, `flag_changes` and `conflicts`; `learnt` and `now` are what became known since,
    and the project as known now; None when it was asked as known now.
    """
    yield from _head(project)
    yield _explanation(project["explanation"])
    yield from _deals(project["deals"])
    yield from _flags(project["flags"])
    yield Text("\nTimeline", style="bold")
    yield _timeline(project)
    if learnt is not None and now is not None:
        yield from _learnt_since(project, learnt, now)


def _head(project: Item) -> Iterator[Text]:
    yield Text(f"{project['name'] or project['key']}  ({project['key']})", style="bold")
    place = ", ".join(part for part in (project["country"], project["place"]) if part)
    facts = (place, project["sector"], project["kind"], ", ".join(project["commodities"]))
    yield Text(" · ".join(fact or "?" for fact in facts))
    overlays = f", {', '.join(project['overlays'])}" if project["overlays"] else ""
    yield Text(f"level {project['level']}{overlays}; highest ever {project['highest_level']}")
    if superseded := project.get("superseded"):
        because = f" ({superseded['reason']})" if superseded["reason"] else ""
        yield Text(f"superseded by {', '.join(superseded['by'])}{because}", style="red")
    if project.get("aliases"):
        yield Text(f"also {', '.join(alias['name'] for alias in project['aliases'])}", style="dim")
    if project.get("ids"):
        yield Text(", ".join(f"{given['scheme']} {given['id']}" for given in project["ids"]), style="dim")
    for line in project.get("works", ()):
        yield Text(_works(line), style="dim" if line["level"] is None else "")
    yield Text(f"as of {project['as_of']}, as known at {_instant(project['known_at'])} UTC\n", style="dim")


def _explanation(texts: Mapping[str, str]) -> Table:
    table = _grid()
    for name in ("stands", "missing", "next"):
        table.add_row(Text(name, style="bold"), Text(texts[name]))
    return table


def _deals(deals: Sequence[Item]) -> Iterator[RenderableType]:
    yield Text("\nDeals", style="bold")
    if not deals:
        yield Text("No deals yet.")
    elif all(deal["level"] is None for deal in deals):
        yield Text("No deal lives: all have ended." if len(deals) > 1 else "No deal lives: the only one has ended.")
    for deal in deals:
        phase = f", phase {deal['phase']}" if deal["phase"] > 1 else ""
        overlays = f" ({', '.join(deal['overlays'])})" if deal["overlays"] and deal["level"] else ""
        yield Text.assemble((deal["deal"], "bold"), f"  {deal['level'] or 'ended'}{overlays}{phase}")
        yield Padding(Text(deal["sentence"]), (0, 0, 0, 2))
        for leg in deal["legs"]:
            yield Padding(Text(_leg(leg), style="" if leg["valid"] else "dim"), (0, 0, 0, 4))


def _leg(leg: Item) -> str:
    name = f"{leg['leg']} ({leg['right']})" if leg.get("right") else leg["leg"]
    parts = [f"{name} since {since(leg, 'since')}"]
    if leg["holders"]:
        parts.append(f"held by {', '.join(leg['holders'])}")
    if leg["inferred"]:
        parts.append("inferred")
    if leg["conditional"]:
        parts.append("on conditions" + (f", long stop {dated(leg, 'long_stop')}" if leg["long_stop"] else ""))
    if ended := leg["ended"]:
        parts.append(f"ended {happened(ended, 'on')} ({ended['how']})")
    return ", ".join(parts)


def _works(line: Item) -> str:
    """A line of works: whose, of which part, how far, since when, and what stands still of it."""
    whose = " ".join(part for part in (line["deal"], line["part"]) if part) or "the project"
    level = "out of service" if line["retired"] else line["level"] or "not there"
    when = f" since {since(line, 'since')}" if line["since"] else ""
    still = f"; {', '.join(line['suspended'])} suspended" if line["suspended"] else ""
    return f"works of {whose}: {level}{when}{still}"


def _flags(flags: Sequence[Item]) -> Iterator[RenderableType]:
    yield Text("\nFlags", style="bold")
    if not flags:
        yield Text("No flags.")
        return
    table = _grid()
    for flag in flags:
        what = Text.assemble(f"{flag['flag']} ", severity(flag["severity"], flag["certainty"]))
        what.append(f"  {flag['deal'] or '(the project)'}\n{flag['sentence']}")
        if flag["next"]:
            what.append(f" Next: {flag['next']['severity']} on {flag['next']['on']}.")
        table.add_row(Text(flag["since"]), what)
    yield table


def _timeline(project: Item) -> Table:
    table = Table("occurred", "known", "what", box=None, pad_edge=False, header_style="bold")
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.columns[2].ratio, table.columns[2].overflow = 1, "fold"
    conflicts = {conflict["event"]: conflict for conflict in project["conflicts"]}
    rest = sorted(project["flag_changes"], key=lambda change: str(change["on"]))
    for latest, entries in groupby(project["timeline"], key=lambda entry: entry["occurred"]["latest"]):
        while rest and latest is not None and rest[0]["on"] < latest:
            _change_row(table, rest.pop(0), by_itself=True)
        for entry in entries:
            table.add_row(_interval(entry["occurred"]), str(entry["known"])[:10], _what(entry, conflicts))
        while rest and rest[0]["on"] == latest:
            _change_row(table, rest.pop(0), by_itself=False)
    for change in rest:
        _change_row(table, change, by_itself=True)
    return table


def _change_row(table: Table, change: Item, *, by_itself: bool) -> None:
    rises = f" {change['severity']}" if change["severity"] else ""
    text = Text(f"{change['flag']} {change['transition']}{rises}", style=style_of(change["severity"] or "") or "green")
    text.append(f"  {change['deal'] or '(the project)'}", style="dim")
    table.add_row(Text(change["on"], style="dim") if by_itself else "", "", Text.assemble("⚑ ", text))


def _what(entry: Item, conflicts: Mapping[str, Item]) -> Text:
    deal, level = entry["deal"], entry["deal_level"] or entry["project_level"]
    text = Text.assemble((entry["name"] or "unknown type", "bold"), f"  {deal or '(the project)'}")
    if level and entry["name"] not in CORRECTION_NAMES:
        text.append(f": {level}" if entry["deal_level"] or not deal else f": ended, project {level}")
    parties = ", ".join(f"{party['party']} {party['role']}" for party in entry["parties"])
    if parties:
        text.append(f"\n{parties}", style="dim")
    for mark in _marks(entry, conflicts):
        text.append("\n")
        text.append(mark)
    return text


def _marks(entry: Item, conflicts: Mapping[str, Item]) -> Iterator[Text]:
    if entry["state"] not in _STANDS:
        by = f" by {entry['retracted_by']}" if entry["retracted_by"] else ""
        because = f": {entry['because']}" if entry["because"] else ""
        yield Text(f"{entry['state']}{by}{because}", style="red")
    yield from corrections(entry["corrections"])
    effect = entry["effect"] or {}
    for verb in ("raised", "revoked"):
        flags = [
            f"{flag['flag']} {flag['severity']} ({flag['deal'] or 'the project'})" for flag in effect.get(verb, [])
        ]
        if flags:
            yield Text(f"{verb} by this: {', '.join(flags)}", style="magenta")
    reason = entry["data"].get("reason")
    if entry["name"] in CORRECTION_NAMES and reason:
        yield Text(f"because: {reason}")
    if narrowing := entry["occurred"].get("narrowed_by"):
        yield Text(f"counts before {narrowing}, which ended what it began", style="dim")
    if entry["event"] in conflicts:
        position = conflicts[entry["event"]]["position"]
        yield Text(f"conflict: another record came under this name at {position}; it changes nothing", style="red")


def corrections(changes: Sequence[Item]) -> Iterator[Text]:
    """Both values of each field, then the reason and which event says so."""
    for (by, known, reason), of_one in groupby(
        changes, key=lambda change: (change["by"], change["known"], change["reason"])
    ):
        for change in of_one:
            was, is_now = (_value(change[side]) for side in ("before", "after"))
            yield Text(f"corrected {change['field']}: {was} → {is_now}", style="yellow")
        yield Text(f"because: {reason or 'no reason given'} (known {str(known)[:10]}, {by})", style="yellow")


def _learnt_since(project: Item, learnt: Sequence[Item], now: Item) -> Iterator[RenderableType]:
    yield Text("\nLearnt since then of the time until this day", style="bold")
    if not learnt:
        yield Text("Nothing: as known now it stands the same.")
        return
    table = _grid()
    for entry in learnt:
        what = Text.assemble((entry["name"] or "unknown type", "bold"), f"  {entry['deal'] or '(the project)'}")
        what.append(f": {entry['learnt']}, occurred {_interval(entry['occurred'])}")
        for mark in _marks(entry, {}):
            what.append("\n")
            what.append(mark)
        known_days = [change["known"] for change in entry["corrections"]] or [entry["known"]]
        table.add_row(f"known {str(min(known_days))[:10]}" if entry["learnt"] in ("new", "corrected") else "", what)
    yield table
    if now["explanation"]["stands"] == project["explanation"]["stands"]:
        yield Text("\nAs known now it stands the same.")
    else:
        yield Text.assemble("\n", ("As known now: ", "bold"), now["explanation"]["stands"])


def _grid() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    return table


def _interval(occurred: Item) -> str:
    """When something occurred, as it was given."""
    if occurred["latest"] is None:
        return str(occurred["text"] or "?")
    if occurred["text"] in (None, occurred["latest"]):
        return str(occurred["latest"])
    return dated({"on": occurred["latest"], "on_earliest": occurred["earliest"], "on_given": occurred["text"]}, "on")


def _instant(text: str) -> str:
    return text[:16].replace("T", " ")


def _value(value: Any) -> str:
    return "(none)" if value is None else str(value)
