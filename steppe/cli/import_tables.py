"""What people read of an import: the report of an edition as lines and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from steppe.cli.terminal_table import Column, TerminalTable
from steppe.domain.values.grammar import counted
from steppe.importers.import_report import EditionReport, Listing

_SHOWN_MAX = 20
_SINGULAR = {"rows": "row", "activities": "activity", "transactions": "transaction"}
_COUNTED = (Column("", names_row=True), Column("count", right=True, names_row=True))


def report(edition: EditionReport) -> Iterator[RenderableType]:
    """What the edition holds, what becomes of it, and what does not."""
    read = ", ".join(counted(count, _SINGULAR.get(what, what), what) for what, count in edition.read.items())
    yield f"Edition of {edition.edition}: {', '.join(edition.files)}"
    parties = counted(len(edition.parties), "party", "parties")
    if edition.parties_known is not None:
        parties += f" ({edition.parties_known} of them known)"
    yield (
        f"{read or 'nothing'} read: {counted(edition.projects, 'project', 'projects')}, {parties}, "
        f"{counted(sum(edition.events.values()), 'event', 'events')}."
    )
    yield from _counts("Events", edition.events)
    yield from _counts("Projects, compared with those that Steppe has", edition.matches)
    yield from _listed(
        "Not sent: their key belongs to another project; say in --keys which project they are",
        edition.undecided,
        _undecided,
    )
    yield from _listed("New, with a name like others have: the same? Then say so in --keys", edition.alike, _alike)
    yield from _listed(
        "Parties of new keys, with a name like others have: the same? Then say so in --keys",
        edition.parties_alike,
        lambda entry: f"line {entry['line']}: {entry['thing']} ({entry['name']}): {'; '.join(entry['others'])}",
    )
    yield from _listed("Differences from the edition before", edition.differences, _difference)
    yield from _listed("No longer in the edition (nothing is sent of them)", edition.missing, _missing)
    yield from _listed("Refused", edition.refused, _refused)
    yield from _listed(
        "Contradictions",
        edition.contradictions,
        lambda entry: f"line {entry['line']}: {entry['thing']}: {entry['message']}",
    )
    yield from _listed(
        "Accepted with a warning", edition.warnings,
        lambda entry: f"line {entry['line']}: {entry['project']}: {entry['event']}: {entry['message']}",
    )  # fmt: skip
    yield from _counts("Read and no event", edition.unsent)
    yield from _counts("Loss report: the format has it, and Steppe does not keep it", edition.losses)
    others = {
        "said twice in the edition": edition.duplicates,
        "as in the edition before": edition.unchanged,
        "amounts of 0, left out": edition.zeros,
    }
    yield from _counts("Also", {what: count for what, count in others.items() if count})


def _counts(title: str, counts: Mapping[str, int]) -> Iterator[RenderableType]:
    if counts:
        yield f"\n{title}"
        yield TerminalTable(_COUNTED, [(what, f"{count:,}") for what, count in sorted(counts.items())])


def _listed(title: str, listing: Listing, line: Any) -> Iterator[RenderableType]:
    if not listing.count:
        return
    yield f"\n{title}: {listing.count:,}"
    for entry in listing.entries[:_SHOWN_MAX]:
        yield f"  {line(entry)}"
    if (more := listing.count - min(len(listing.entries), _SHOWN_MAX)) > 0:
        yield f"  ... and {more:,} more; --json has the first thousand"


def _undecided(entry: Mapping[str, Any]) -> str:
    return f"line {entry['line']}: {entry['thing']} ({entry['name']}), {entry['project']}: {entry['reason']}"


def _alike(entry: Mapping[str, Any]) -> str:
    return f"line {entry['line']}: {entry['thing']} ({entry['name']}), {entry['project']}: {'; '.join(entry['others'])}"


def _refused(entry: Mapping[str, Any]) -> str:
    return ": ".join(part for part in (f"line {entry['line']}", entry["field"], entry["reason"]) if part)


def _missing(entry: Mapping[str, Any]) -> str:
    return f"{entry['project']} ({entry['name']})"


def _difference(entry: Mapping[str, Any]) -> str:
    changes = "; ".join(
        f"{field}: {_short(before)} is {_short(now)}" for field, (before, now) in entry["changes"].items()
    )
    return f"line {entry['line']}: {entry['project']}: {entry['what']} {entry['event']}" + (
        f" ({changes})" if changes else ""
    )


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
