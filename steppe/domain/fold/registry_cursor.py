"""What is registered of a project on the day that the fold has reached, and the thresholds that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from steppe.domain.fold.registry import PROJECT_FIELDS, RegisteredValues
from steppe.domain.rules.thresholds import Circumstances, Rules
from steppe.domain.values.levels import Level
from steppe.domain.values.states import FOREVER, Alias, Capacity, Part, RegisterId


class RegistryCursor:
    """Goes forward through the registered values. Days must come in order."""

    def __init__(self, project: str, registered: RegisteredValues, rules: Rules) -> None:
        self._project = project
        self._registered = registered
        self._rules = rules
        self._at = 0
        # Both are replaced, never changed, when the values change, because forks share them.
        self._thresholds: dict[Level, Mapping[str, int]] = {}
        self._state_fields: dict[str, Any] = {}

    def fork(self) -> RegistryCursor:
        """An independent copy."""
        fork = RegistryCursor(self._project, self._registered, self._rules)
        fork._at = self._at
        fork._thresholds = self._thresholds
        fork._state_fields = self._state_fields
        return fork

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that hold; a field nobody registered is absent."""
        return self._registered.at(self._at)

    def values_before(self, day: date) -> Mapping[str, Any]:
        """The values that held on the day before."""
        return self._registered.on(day - timedelta(days=1))

    @property
    def rule_version(self) -> str:
        """The version of the rules that the thresholds come from."""
        return self._rules.version

    def next_change_on(self) -> date:
        """The next day on which other values hold; FOREVER if there is none."""
        days = self._registered.days
        return days[self._at + 1] if self._at + 1 < len(days) else FOREVER

    def advance(self, day: date) -> bool:
        """Go to the values of this day; whether they are others than before."""
        changed = False
        days = self._registered.days
        while self._at + 1 < len(days) and days[self._at + 1] <= day:
            self._at += 1
            self._thresholds, self._state_fields = {}, {}
            changed = True
        return changed

    def required_since(self, leg: str, day: date) -> date:
        """The first day of the unbroken run of days, up to this one, on which this leg is required."""
        return self._registered.required_since(leg, day)

    def thresholds(self, level: Level) -> Mapping[str, int]:
        """The thresholds that hold for a deal or project of this level."""
        thresholds = self._thresholds.get(level)
        if thresholds is None:
            values = self.values
            thresholds = self._thresholds[level] = self._rules.thresholds_for(
                Circumstances(
                    level=level.label,
                    commodities=values.get("commodities", ()),
                    sector=values.get("sector"),
                    countries=countries_of(values),
                )
            )
        return thresholds

    def state_fields(self) -> Mapping[str, Any]:
        """The registered fields of a `ProjectState`."""
        if not self._state_fields:
            values = self.values
            capacity = values.get("capacity")
            self._state_fields = {
                "project": self._project,
                **{name: values.get(name) for name in PROJECT_FIELDS},
                "countries": countries_of(values),
                "commodities": tuple(sorted(values.get("commodities", ()))),
                "capacity": None if capacity is None else Capacity(**_only(capacity, "value", "unit")),
                "parts": tuple(_part(part) for part in values.get("parts", ())),
                "aliases": tuple(Alias(**_only(alias, "name", "language")) for alias in values.get("aliases", ())),
                "ids": tuple(RegisterId(**_only(one, "scheme", "id")) for one in values.get("ids", ())),
            }
        return self._state_fields


def countries_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """All countries of a project: its `country`, then each of its further `countries`."""
    country = values.get("country")
    return tuple(dict.fromkeys((*(() if country is None else (country,)), *values.get("countries", ()))))


def _part(part: Mapping[str, Any]) -> Part:
    capacity = part.get("capacity")
    return Part(
        part=part["part"],
        name=part.get("name"),
        capacity=None if capacity is None else Capacity(**_only(capacity, "value", "unit")),
    )


def _only(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The fields that readers know; a newer writer may have sent others."""
    return {name: value[name] for name in names if name in value}
