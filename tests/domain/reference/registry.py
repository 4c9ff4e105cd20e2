"""What is registered of projects and parties on a day, and the groups that control a party (sections 1 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.domain.reference.corrections import Record
from tests.domain.reference.days import bounds
from tests.domain.reference.events import Row

FROM_EVER = date.min
_ABOUT_THE_RECORD = ("from", "occurred", "reported", "note", "evidence", "confidence")


@dataclass(frozen=True, slots=True)
class Entry:
    """Values that hold from a day on, until another entry says otherwise."""

    day: date
    values: Mapping[str, Any]
    row: Row
    is_first: bool


class Registered:
    """The values of one key as a step function of the day."""

    def __init__(self, record: Record | None) -> None:
        self.entries: list[Entry] = []
        if record is None:
            return
        # The first registration, in the order of corrections, is known always and holds from ever.
        first = min(record.registrations, key=lambda row: row.event.order, default=None)
        if first is not None:
            self.entries.append(Entry(FROM_EVER, _said(first), first, is_first=True))
        amending = [
            row
            for row in record.rows
            if row.name in ("project.amended", "party.amended")
            or (row.name in ("project.registered", "party.registered") and row is not first)
        ]
        amending = [row for row in amending if first is None or row.event.key != first.event.key]
        self.entries += [Entry(_holds_from(row), _said(row), row, is_first=False) for row in amending]
        self.entries.sort(key=lambda entry: (not entry.is_first, entry.day, entry.row.order))

    def __deepcopy__(self, memo: object) -> Registered:
        return self

    def upto(self, as_of: date) -> Registered:
        """The same without what comes to hold only after a day: for a forecast things stay as they are registered."""
        kept = Registered(None)
        kept.entries = [entry for entry in self.entries if entry.day <= as_of]
        return kept

    def days(self) -> list[date]:
        """The days on which a value may change."""
        return sorted({entry.day for entry in self.entries if entry.day != FROM_EVER})

    def value(self, field: str, day: date) -> Any:
        """What a field says on a day; the last said holds. None if nothing was said."""
        said = None
        for entry in self.entries:
            if entry.day <= day and field in entry.values:
                said = entry.values[field]
        return said

    def names(self, field: str, day: date) -> list[str]:
        """A field that is a list of names, on a day."""
        return list(self.value(field, day) or [])

    def required_since(self, leg: str, day: date) -> date:
        """The day from which a leg that is required on a day has been, without a break."""
        since = FROM_EVER
        required = False
        for changed in sorted({entry.day for entry in self.entries if entry.day <= day}):
            now = leg in self.names("required_legs", changed)
            if now and not required:
                since = changed
            required = now
        return since


def _said(row: Row) -> dict[str, Any]:
    said = {name: value for name, value in row.data.items() if name not in _ABOUT_THE_RECORD}
    if "parent" in said and "parents" not in said:  # `parent` is short for one of `parents`
        said["parents"] = [{"party": said["parent"]}]
    return said


def _holds_from(row: Row) -> date:
    """Amendments hold from `from`, of which the earliest day counts, else from their occurred day, on (section 7)."""
    if "from" in row.data:
        return bounds(row.data["from"])[0] or FROM_EVER
    return row.day


class Parties:
    """Who controls whom."""

    def __init__(self, registered: Mapping[str, Registered]) -> None:
        self._registered = registered
        self._known: dict[tuple[str, date], frozenset[str]] = {}

    def groups_of(self, parties: Iterable[str], day: date) -> frozenset[str]:
        """The groups of several parties on a day."""
        groups: frozenset[str] = frozenset()
        for party in parties:
            groups |= self.groups(party, day)
        return groups

    def groups(self, party: str, day: date) -> frozenset[str]:
        """Who controls a party on a day, followed to those without a parent (section 1)."""
        if (party, day) not in self._known:
            self._known[party, day] = self._groups(party, day)
        return self._known[party, day]

    def _groups(self, party: str, day: date) -> frozenset[str]:
        ends: set[str] = set()
        reached: set[str] = set()
        passed = {party}
        to_follow = [party]
        while to_follow:
            at = to_follow.pop()
            controlling = self._controlling(at, day)
            if not controlling:
                ends.add(at)
            for parent in controlling:
                reached.add(parent)
                if parent not in passed:
                    passed.add(parent)
                    to_follow.append(parent)
        return frozenset(ends or {min(reached)})

    def _controlling(self, party: str, day: date) -> list[str]:
        """The parents that hold at least 50 percent; if none does, all."""
        registered = self._registered.get(party)
        parents = (registered.value("parents", day) or []) if registered is not None else []
        half = [parent for parent in parents if Decimal(str(parent.get("percent", 0))) >= 50]
        return [str(parent["party"]) for parent in (half or parents)]
