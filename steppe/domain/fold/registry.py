"""What is registered of a project or a party on any day: registrations and amendments (section 7, last point)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from steppe.domain.events.corrections import correction_order
from steppe.domain.events.event import Event
from steppe.domain.values import edtf
from steppe.domain.values.states import BEGINNING

PROJECT_FIELDS = (
    "name", "country", "countries", "place", "latitude", "longitude", "precision", "sector", "kind", "commodities",
    "required_legs", "capacity", "parts", "aliases", "ids",
)  # fmt: skip
PARTY_FIELDS = ("name", "home_country", "kind", "parents", "lei", "aliases", "ids")

_NAMES = frozenset({"project.registered", "project.amended", "party.registered", "party.amended"})


class RegisteredValues:
    """The registered values as a step function of the day.

    The first registration (by known time) holds since always; a second one is an amendment, and amendments hold from
    `from`, else from the day on which they occurred.
    """

    def __init__(self, events: Iterable[Event], fields: Sequence[str] = PROJECT_FIELDS) -> None:
        registrations = sorted((event for event in events if event.kind.name in _NAMES), key=correction_order)
        first = next((event for event in registrations if event.kind.name.endswith(".registered")), None)
        changes: list[tuple[date, tuple[Any, ...], Mapping[str, Any]]] = []
        for event in registrations:
            day = BEGINNING if event is first else _holds_from(event)
            changes.append((day, () if event is first else event.order, event.data))
        changes.sort(key=lambda change: (change[0], change[1]))
        values: dict[str, Any] = {}
        self.days: list[date] = [BEGINNING]
        self._values: list[Mapping[str, Any]] = [MappingProxyType({})]
        for day, _, data in changes:
            said = _with_parents(data) if "parents" in fields else data
            values = values | {field: _frozen(said[field]) for field in fields if field in said}
            if self.days[-1] == day:
                self._values[-1] = MappingProxyType(values)
            else:
                self.days.append(day)
                self._values.append(MappingProxyType(values))

    def on(self, day: date) -> Mapping[str, Any]:
        """The values that hold on a day; a field nobody registered is absent."""
        return self._values[bisect_right(self.days, day) - 1]

    def at(self, step: int) -> Mapping[str, Any]:
        """The values that hold from `days[step]` to the day before the next of `days`."""
        return self._values[step]

    def required_since(self, leg: str, day: date) -> date:
        """The first day of the unbroken run of days, up to this one, on which this leg is required."""
        at = bisect_right(self.days, day) - 1
        while at > 0 and leg in self._values[at - 1].get("required_legs", ()):
            at -= 1
        return self.days[at]


def _holds_from(event: Event) -> date:
    start = event.data.get("from")
    if start is None:
        return event.latest
    return edtf.parse(start).earliest or BEGINNING


def _with_parents(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`parent` is short for one of `parents` (section 1); where both are given the list counts."""
    if "parent" in data and "parents" not in data:
        return {**data, "parents": [{"party": data["parent"]}]}
    return data


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
