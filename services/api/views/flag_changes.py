"""What flags did from day to day: raised, escalated, eased, or cleared. Pure: from the runs of a flag."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, TypedDict

from services.api.store.row_decoding import FlagRun
from steppe.contracts.field_types import Day, Key, Severity, choice, doc
from steppe.domain.values.states import SEVERITIES

_CHANGES = ("raised", "escalated", "eased", "cleared")


class FlagChange(TypedDict):
    """What a flag did on a day."""

    on: Annotated[Day, doc("The day.")]
    flag: Annotated[str, doc("The flag's name.")]
    deal: Annotated[Key | None, doc("The deal; null: the flag is the project's own.")]
    transition: Annotated[str, choice(*_CHANGES), doc("What it did.")]
    change: Annotated[str, choice(*_CHANGES), doc("Use `transition`.", deprecated=True)]
    severity: Annotated[Severity | None, doc("The severity it has since; null: it no longer stands.")]


def changes_of_flags(spans: Iterable[FlagRun], as_of: date) -> list[FlagChange]:
    """What each flag did until a day: raised, escalated, eased, or cleared."""
    flag_changes: list[FlagChange] = []
    before: FlagRun | None = None
    for span in spans:
        continues = before is not None and _is_next(before, span)
        if before is not None and not continues:
            _clear(flag_changes, before, as_of)
        if not continues:
            flag_changes.append(_change(span, span["valid_from"], "raised", span["severity"]))
        elif before is not None and span["severity"] != before["severity"]:
            rises = SEVERITIES.index(span["severity"]) > SEVERITIES.index(before["severity"])
            flag_changes.append(_change(span, span["valid_from"], "escalated" if rises else "eased", span["severity"]))
        before = span
    if before is not None:
        _clear(flag_changes, before, as_of)
    return sorted(flag_changes, key=lambda change: (change["on"], change["deal"] or "", change["flag"]))


def _is_next(before: FlagRun, span: FlagRun) -> bool:
    """Whether the span goes on where the one before ended."""
    return (before["deal"], before["flag"], before["valid_to"]) == (span["deal"], span["flag"], span["valid_from"])


def _clear(flag_changes: list[FlagChange], span: FlagRun, as_of: date) -> None:
    if span["valid_to"] <= as_of:
        flag_changes.append(_change(span, span["valid_to"], "cleared", None))


def _change(span: FlagRun, on: date, what: str, severity: str | None) -> FlagChange:
    return {
        "on": on,
        "flag": span["flag"],
        "deal": span["deal"] or None,
        "transition": what,
        "change": what,
        "severity": severity,
    }
