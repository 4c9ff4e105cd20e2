"""The entries of a timeline and what the flags did. Pure: from rows to items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.api import stored
from services.api.parameters import SEVERITIES
from services.api.reading import Row

Item = dict[str, Any]


def entry(row: Row, changes: Sequence[Item]) -> Item:
    """One event with both its times, the levels at the end of its latest day, and its deal's flags of that day."""
    envelope = stored.raw(row["raw"])
    # In binary mode the stored value is the data alone.
    data = envelope if row["headers"] else envelope.get("data")
    data = data if isinstance(data, dict) else {}
    latest = row["occurred_latest"]
    return {
        "event": f"{row['source']}#{row['id']}",
        "source": row["source"],
        "id": row["id"],
        "name": row["name"],
        "state": row["state"],
        "deal": row["deal"],
        "occurred": {"text": data.get("occurred"), "earliest": row["occurred_earliest"], "latest": latest},
        "known": row["known_at"],
        "recorded": row["recorded_at"],
        "parties": data.get("parties", []),
        "data": data,
        "phase": row["deal_phase"],
        "deal_level": stored.level(row["deal_level"]),
        "project_level": stored.level(row["project_level"]),
        "flags": [change for change in changes if latest == change["on"] and change["deal"] in (row["deal"], None)],
        "position": stored.position(row),
    }


def changes(spans: Iterable[Row], as_of: date) -> list[Item]:
    """What each flag did until a day: raised, escalated, eased, or cleared."""
    found: list[Item] = []
    before: Row | None = None
    for span in spans:
        continues = before is not None and _is_next(before, span)
        if before is not None and not continues:
            _clear(found, before, as_of)
        if not continues:
            found.append(_change(span, span["valid_from"], "raised", span["severity"]))
        elif before is not None and span["severity"] != before["severity"]:
            rises = SEVERITIES.index(span["severity"]) > SEVERITIES.index(before["severity"])
            found.append(_change(span, span["valid_from"], "escalated" if rises else "eased", span["severity"]))
        before = span
    if before is not None:
        _clear(found, before, as_of)
    return sorted(found, key=lambda change: (change["on"], change["deal"] or "", change["flag"]))


def conflict(row: Row) -> Item:
    """A record that came under a name that was taken, with another content. It is shown and changes nothing."""
    return {
        "event": f"{row['source']}#{row['id']}",
        "position": stored.position(row),
        "record": stored.raw(row["raw"]),
    }


def _is_next(before: Row, span: Row) -> bool:
    """Whether the span goes on where the one before ended."""
    return (before["deal"], before["flag"], before["valid_to"]) == (span["deal"], span["flag"], span["valid_from"])


def _clear(found: list[Item], span: Row, as_of: date) -> None:
    if span["valid_to"] <= as_of:
        found.append(_change(span, span["valid_to"], "cleared", None))


def _change(span: Row, on: date, what: str, severity: str | None) -> Item:
    return {"on": on, "flag": span["flag"], "deal": span["deal"] or None, "change": what, "severity": severity}
