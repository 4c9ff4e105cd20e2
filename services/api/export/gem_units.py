"""Projects as units of a tracker in the columns of Global Energy Monitor, a row a unit (docs/exporting.md). Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from babel import Locale

from services.api.export.csv_columns import csv_head, csv_lines
from services.api.export.formula_quoting import quote_formulas
from services.api.export.project_histories import ProjectHistory, StoredProjects
from steppe.domain.analysis.crosswalk import GEM, word
from steppe.domain.events.event import Event
from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.values.levels import Level
from steppe.domain.values.states import Part

_COUNTRY_NAMES = Locale("en").territories
_COLUMNS = (
    "GEM location ID", "Wiki URL", "Plant name", "Other name(s)", "Unit name", "Status", "Capacity (MW)", "Start year",
    "Construction start date", "Retired year", "Cancelled year", "Shelved year", "Owner", "Country/Area", "Subnational unit",
    "Latitude", "Longitude", "Location accuracy", "Steppe key", "Steppe sector", "Steppe kind", "Steppe commodities",
)  # fmt: skip
_RAN = frozenset({"operating", "mothballed", "retired"})
_ENDED = frozenset({"cancelled", "retired"})
_DAY = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
# The event of which each column tells the day.
_DAYS = {
    "Construction start date": "construction.started", "Start year": "production.started", "Retired year": "project.retired",
    "Cancelled year": "project.cancelled", "Shelved year": "project.suspended",
}  # fmt: skip
_PLAN = "milestone.planned"
# What a reader of the status takes for said; the importer makes these events of it.
_SAID_BY = {
    "announced": {"intent.announced"}, "pre-construction": {"intent.announced"}, "pre-permit": {"permit.applied"},
    "permitted": {"permit.granted"}, "construction": {"construction.started"}, "operating": {"production.started"},
    "mothballed": {"production.started", "production.suspended"}, "retired": {"production.started", "project.retired"},
    "shelved": {"intent.announced", "project.suspended"}, "cancelled": {"intent.announced", "project.cancelled"},
}  # fmt: skip
HEAD = csv_head(_COLUMNS)


class Units(NamedTuple):
    """Rows as CSV, how many, and how often Steppe has what they have not, by the name of the event or the field."""

    csv: bytes
    number: int
    left_out: Counter[str]


def units(stored: StoredProjects) -> Units:
    """A row for each part of a project, or one for a project without parts; one without a country is left out."""
    left_out = Counter[str]()
    rows: list[dict[str, Any]] = []
    for project in stored.histories():
        if not project.state.countries and project.state.country is None:
            left_out["project without a country"] += 1
            continue
        rows += _Plant(project, stored, left_out).rows()
    return Units(csv_lines(rows, _COLUMNS), len(rows), left_out)


class _Plant:
    """One project. What has no place in its rows is counted in `left_out`."""

    def __init__(self, project: ProjectHistory, stored: StoredProjects, left_out: Counter[str]) -> None:
        self._project = project
        self._state = project.state
        self._stored = stored
        self._left_out = left_out
        self._exported = {event.reference for event in project.named("project.registered")[-1:]}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The units in the order of their keys; then what is not exported is counted."""
        about = self._about()
        for part in self._state.parts or (None,):
            row = {**about, **self._unit(part)}
            self._left_out.update(
                f"{column} quoted against formulas"
                for column, text in row.items()
                if isinstance(text, str) and quote_formulas(text) != text
            )
            yield row
        for event in self._project.events:
            if event.reference not in self._exported and event.kind.name not in CORRECTION_NAMES:
                self._left_out[event.kind.name] += 1

    def _about(self) -> dict[str, Any]:
        state = self._state
        ids = {own.scheme: own.id for own in reversed(state.ids)}
        countries = dict.fromkeys([*([state.country] if state.country else []), *state.countries])
        return {
            **dict.fromkeys(_COLUMNS),
            "GEM location ID": ids.get("gem-location"),
            "Wiki URL": ids.get("gem-wiki"),
            "Plant name": state.name or state.project,
            "Other name(s)": "; ".join(alias.name.replace(";", ",") for alias in state.aliases),
            "Country/Area": "; ".join(str(_COUNTRY_NAMES.get(code, code)) for code in countries),
            "Subnational unit": state.place,
            "Latitude": state.latitude,
            "Longitude": state.longitude,
            "Location accuracy": state.precision if state.precision in ("exact", "approximate") else None,
            "Steppe key": state.project,
            "Steppe sector": state.sector,
            "Steppe kind": state.kind,
            "Steppe commodities": ";".join(state.commodities),
        }

    def _unit(self, part: Part | None) -> dict[str, Any]:
        key = None if part is None else part.part
        events = [event for event in self._project.events if event.data.get("part") in (key, None)]
        status = self._word() if part is None else self._works(part.part) or self._status(events)
        implied_names = _SAID_BY.get(status, set())
        row: dict[str, Any] = {
            "Unit name": None if part is None else part.name or part.part,
            "Status": status,
            "Capacity (MW)": self._capacity(part),
            "Owner": self._owners(events),
        }
        for column, name in _DAYS.items():
            named_events = [event for event in events if event.kind.name == name]
            own = [event for event in named_events if event.data.get("part") == key] or named_events
            if own and (name in implied_names or name == "construction.started"):
                day = str(own[-1].data.get("occurred", ""))
                row[column] = day if _DAY.fullmatch(day) else None
            if name in implied_names or row.get(column):
                self._exported.update(event.reference for event in named_events)
        if status not in _RAN | {"cancelled"}:
            plans = [
                event for event in events if event.kind.name == _PLAN and event.data["milestone"] == "production-start"
            ]
            if plans and _DAY.fullmatch(str(plans[-1].data["planned_on"])):
                row["Start year"] = plans[-1].data["planned_on"]
                self._exported.add(plans[-1].reference)
        self._exported.update(event.reference for event in events if event.kind.name in implied_names)
        return row

    def _word(self) -> str:
        """Of a whole project: the word of the crosswalk."""
        state = self._state
        return word(GEM, state.level, state.highest_level, state.overlays).code

    def _works(self, part: str) -> str | None:
        """What stands of a unit, as it is judged; None where nothing does, or what does was given up."""
        lines = [line for line in self._state.works if line.part == part]
        if not lines:
            return None
        line = max(lines, key=lambda one: (not one.retired, one.level or Level.IDENTIFIED))
        if line.retired:
            return "retired"
        if line.level is None:
            return None
        if line.suspended:
            return "mothballed" if line.level >= Level.COMMISSIONING else "shelved"
        return "operating" if line.level is Level.PRODUCING else "construction"

    def _status(self, events: Sequence[Event]) -> str:
        """What the events of a unit say last; what is said of the whole plant holds of the units that go on."""
        status, before = "", ""
        for event in events:
            name = event.kind.name
            of_plant = event.data.get("part") is None
            match name:
                case "permit.applied" if status in ("", "announced"):
                    status = "pre-permit"
                case "permit.granted" if status in ("", "announced", "pre-permit"):
                    status = "permitted"
                case "construction.started" | "construction.resumed" if status not in _RAN:
                    status = "construction"
                case "production.started" if event.data.get("phase") == "commercial":
                    status = "operating"
                case "production.resumed":
                    status = "operating"
                case "production.suspended":
                    status = "mothballed"
                case "project.suspended" if status not in _ENDED:
                    before, status = status, "mothballed" if status in _RAN else "shelved"
                case "project.resumed" if status in ("shelved", "cancelled"):
                    status = before
                case "project.cancelled" if not (of_plant and status in _ENDED):
                    before, status = status, "cancelled"
                case "project.retired" if not (of_plant and status in _ENDED):
                    status = "retired"
                case _:
                    pass
        return status or ("announced" if self._word() in _RAN | _ENDED | {"construction"} else self._word())

    def _capacity(self, part: Part | None) -> str | None:
        capacity = self._state.capacity if part is None else part.capacity
        if capacity is not None and capacity.unit.casefold() != "mw":
            self._left_out[f"capacity in {capacity.unit}"] += 1
            return None
        return None if capacity is None else capacity.value

    def _owners(self, events: Sequence[Event]) -> str | None:
        """The investors that an event named last, with their shares."""
        for event in reversed(events):
            owners = [party for party in event.parties if party.role == "investor"]
            if owners:
                return "; ".join(self._owner(party) for party in owners)
        return None

    def _owner(self, party: Any) -> str:
        name = re.sub(r"[;\[\]]", " ", self._stored.name_of(party)).strip()
        return name if party.stake_percent is None else f"{name} [{party.stake_percent:g}%]"
