"""What was learnt of a project after an instant: its timeline as known then compared with the one as known now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from steppe.domain.events.vocabulary import CORRECTION_NAMES

Item = dict[str, Any]


def since(then: Sequence[Item], now: Sequence[Item]) -> list[Item]:
    """The entries that are new or changed now, in the order of the fold. Both timelines are of the same day.

    Corrections themselves are left out: they are shown with what they correct. Each is an entry as known now with `learnt`:
    `new`, `corrected` (the name or a field) or its state, as `retracted`.
    """
    before = {entry["event"]: entry for entry in then}
    changed = []
    for entry in now:
        old = before.get(entry["event"])
        learnt = None if entry["name"] in CORRECTION_NAMES else _learnt(old, entry)
        if learnt is not None:
            old_corrections = old["corrections"] if old else []
            fresh = [change for change in entry["corrections"] if change not in old_corrections]
            changed.append({**entry, "corrections": fresh, "learnt": learnt})
    return changed


def _learnt(old: Item | None, entry: Item) -> str | None:
    if old is None:
        return "new"
    if old["state"] != entry["state"]:
        state: str = entry["state"]
        return state
    return None if old["corrections"] == entry["corrections"] else "corrected"
