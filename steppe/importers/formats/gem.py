"""Global Energy Monitor's trackers, as CSV or workbook: a plant is a project, a unit one of its parts (docs/importing.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from steppe.importers.cell_values import country_of, decimal_of, decimal_text, edtf_of, is_nobody, text_of
from steppe.importers.import_report import EditionReport
from steppe.importers.project_keys import KeyNumbers, party_key
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Before, Bounds, Data, Keys, Later, Statement, Thing
from steppe.importers.table_rows import Headings, Row, columns, open_table

# Headings as they are compared (small letters, words parted by one space), of the map files and the workbooks of the trackers.
_NAMES = (
    "plant", "plant name", "plant name (english)", "plant project name", "project name", "mine name", "terminalname", "terminal name",
    "coal terminal name", "wiki name", "pipelinename", "pipeline name", "project", "name",
)  # fmt: skip
_HEADINGS: dict[str, tuple[str, ...]] = {
    "status": ("status", "plant status", "status (status)"),
    "name": _NAMES,
    "country": ("country", "country area", "country area 1", "countries", "areas"),
    "unit": ("unit", "unit name", "unitname", "phase name", "unit phase name", "coal terminal name (detail or other)"),
    "location_id": (
        "gem location id", "location id", "gem terminal id", "gem mine id", "terminalid", "terminal id", "gem project id", "plant id",
    ),
    "unit_id": ("gem unit phase id", "gem unit id", "gem phase id", "projectid", "unit id"),
    "url": ("url", "wiki url", "wiki page", "gem wiki page", "wiki", "wiki link", "gem wiki page url"),
    "native_name": (
        "chinese name", "plant name (local)", "plant name in local language script", "project name in local language script",
        "plant name (other language)", "otherlanguagename", "project loc", "local name", "other language name",
    ),
    "other_name": (
        "plant name (other)", "other plant names", "other plant names (english)", "plant name other", "other name(s)", "project name other",
        "other name",
    ),
    "owner": ("owner", "owner(s)", "owners"),
    "parent": ("parent", "parent(s)", "parents", "parent company"),
    "capacity": ("capacity", "capacity (mw)", "capacity (mtpa)", "capacity (mt)", "capacityinmtpa", "capacityinbcm y"),
    "start": (
        "year", "start year", "startyear1", "start year 1", "production start year", "commercial operation date", "start date", "year1",
    ),
    "built": ("construction start date", "construction start", "construction date"),
    "retired": ("retired year", "retirement year", "retirement date", "retired date", "retired", "stop year", "stopyear", "closing year"),
    "cancelled": ("cancelled year", "cancellation year", "cancelled date", "cancellation date"),
    "suspended": ("shelved year", "mothballed year"),
    "place": ("subnational", "subnational unit (province, state)", "subnational unit (province state)", "subnational unit", "state province", "province"),
    "latitude": ("lat", "latitude"),
    "longitude": ("lng", "lon", "longitude"),
    "accuracy": ("location accuracy", "coordinate accuracy", "accuracy"),
}  # fmt: skip

_Cell = Callable[[str], str | None]
_RAN = frozenset({"operating", "mothballed", "retired"})
_PLANNED = frozenset({"announced", "proposed", "pre-construction", "pre-permit", "permitted"})
_ALIVE = _RAN - {"retired"} | _PLANNED | {"construction"}
_STATUSES = _ALIVE | {"retired", "shelved", "cancelled"}
_SPELLINGS = {
    "closed": "retired", "canceled": "cancelled", "pre construction": "pre-construction", "pre permit": "pre-permit",
    "in construction": "construction", "under construction": "construction", "idle": "mothballed", "idled": "mothballed",
    "shut in": "mothballed", "abandoned": "retired", "decommissioned": "retired", "operating pre retirement": "operating",
}  # fmt: skip
_INFERRED = re.compile(r"(shelved|cancelled)\s*-\s*inferred\b.*")
_OWNER = re.compile(r"(.*?)\s*[\[(]\s*(?:([0-9.]+)|unknown|nan)\s*%\s*[\])]")
_PRECISIONS = {"exact": "exact", "approximate": "approximate"}
_PUBLISHER = "Global Energy Monitor"
_STAKES_MAX = 101
_LISTED_MAX = 100
_UNITS_MAX = 200_000  # they are kept until the file is read
_CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class _Tracker:
    """What the things of a tracker are, by the heading that tells it."""

    sector: str
    kind: str
    commodity: str
    unit: str


_POWER = _Tracker("energy", "plant", "electricity", "MW")
# By a heading that only they have, the first that fits.
_TRACKERS = {
    "mine name": _Tracker("mining", "deposit", "coal", "Mt/year"),
    "coal terminal name": _Tracker("transport", "corridor", "coal", "Mt/year"),
    "terminalname": _Tracker("energy", "plant", "natural-gas", "Mt/year"),
    "terminal name": _Tracker("energy", "plant", "natural-gas", "Mt/year"),
    "wiki name": _Tracker("mining", "deposit", "oil-and-gas", ""),
    "pipelinename": _Tracker("transport", "corridor", "natural-gas", ""),
    "pipeline name": _Tracker("transport", "corridor", "natural-gas", ""),
    "plant name (english)": _Tracker("processing", "plant", "steel", ""),
}
_UNITS_OF_CAPACITY = {"capacity (mw)": "MW", "capacityinbcm y": "bcm/year"}


@dataclass(slots=True)
class _Unit:
    """A row: a unit of a plant. `status` is one of ours; `inferred` the words where it is the publisher's inference."""

    line: int
    key: str
    name: str | None
    status: str
    inferred: str | None
    owners: list[Data]
    capacity: Decimal | None
    days: dict[str, str]
    part: str = ""

    @property
    def is_alive(self) -> bool:
        """Built, running or planned; an inference ends nothing."""
        return self.inferred is not None or self.status in _ALIVE


@dataclass(slots=True)
class _Plant:
    """The rows of a plant, and what one of them says of it."""

    key: str
    line: int
    registration: Data = field(default_factory=dict)
    described_by: tuple[str, str] = ("", "")
    aliases: set[str] = field(default_factory=set)
    units: list[_Unit] = field(default_factory=list)
    contents: set[int] = field(default_factory=set)


class GemTracker:
    """Reads trackers of Global Energy Monitor; see docs/importing.md for the mapping."""

    name = "gem"
    source = "/import/gem"

    def edition_of(self, file: Path) -> str | None:
        """Never: the files do not tell their release."""
        return None

    def names(self, file: Path, report: EditionReport) -> Iterator[tuple[str, str, str]]:
        """Nothing: plants do not name each other."""
        return iter(())

    def things(self, file: Path, edition: str, keys: Keys, report: EditionReport) -> Iterator[Thing]:
        """The plants in the order of their first rows. They are kept until the file is read: units stand where they like."""
        table = open_table(
            file, _is_tracker, "a tracker has columns for status, country and the name of the plant", report
        )
        fields = columns(table.headings, _HEADINGS)
        tracker = next((_TRACKERS[name] for name in _TRACKERS if name in table.headings), _POWER)
        tracker = replace(tracker, unit=_UNITS_OF_CAPACITY.get(fields.get("capacity", ""), tracker.unit))
        plants: dict[str, _Plant] = {}
        kept = set(fields.values()) - {fields.get("parent")}
        for count, row in enumerate(table.rows):
            if count >= _UNITS_MAX:
                raise BadFileError(f"it has more than {_UNITS_MAX:,} units; split it by country")
            for heading, cell in row.cells.items():
                if heading not in kept and text_of(cell) is not None:
                    report.losses.count(heading or "(no heading)")
            _add(plants, row, fields, tracker, edition, report)
        for plant in plants.values():
            yield _thing(plant, tracker, report)

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What the units became since: beginnings and ends as the table has them, and back to life."""
        return _PlantNews(before, now, edition, report).later()


def _is_tracker(headings: Headings) -> bool:
    return all(any(name in headings for name in _HEADINGS[field]) for field in ("status", "country", "name"))


def _add(
    plants: dict[str, _Plant], row: Row, fields: dict[str, str], tracker: _Tracker, edition: str, report: EditionReport
) -> None:
    def cell(name: str) -> str | None:
        heading = fields.get(name)
        return None if heading is None else text_of(row.cells[heading])

    name = cell("name")
    words = (cell("status") or "").casefold().replace("_", " ")
    inference = _INFERRED.fullmatch(words)
    status = inference[1] if inference else _SPELLINGS.get(words.replace("-", " "), words)
    countries = [code for text in (cell("country") or "").split(";") if (code := country_of(text.strip())) is not None]
    if status not in _STATUSES:
        report.refuse(row.line, fields["status"], f"{words!r} is none of {', '.join(sorted(_STATUSES))}")
        return
    if not countries:
        report.refuse(row.line, fields["country"], f"{cell('country')!r} is no country that is known")
        return
    if name is None:
        report.refuse(row.line, fields["name"], "the plant has no name")
        return
    key = cell("location_id") or cell("url") or f"{countries[0]}/{name}"
    plant = plants.get(key)
    if plant is None:
        plant = plants[key] = _Plant(key, row.line)
    # The unit that describes the plant does not depend on the order of the rows.
    described_by = (cell("unit_id") or "", cell("unit") or "")
    if not plant.registration or described_by < plant.described_by:
        plant.registration = _registration(cell, name, countries, tracker, report, row.line)
        plant.described_by = described_by
    plant.aliases.update(_aliases(cell, name))
    unit_name = cell("unit")
    capacity = decimal_of(cell("capacity") or "")
    if capacity is not None and capacity <= 0:
        report.zeros += capacity == 0
        capacity = None
    unit = _Unit(
        line=row.line,
        key=cell("unit_id") or "",
        name=unit_name,
        status=status,
        inferred=words if inference else None,
        owners=_owners(cell("owner") or "", plant.key, row.line, report),
        capacity=capacity,
        days=_days(cell, edition, status, plant.key, row.line, report),
    )
    content = hash(tuple(row.cells.values()))
    if content in plant.contents and (unit.key or unit.name):
        report.duplicates += 1
    else:
        plant.contents.add(content)
        plant.units.append(unit)


def _registration(
    cell: _Cell, name: str, countries: list[str], tracker: _Tracker, report: EditionReport, line: int
) -> Data:
    ids = [
        {"scheme": f"gem-{scheme}", "id": identifier}
        for scheme, identifier in (("location", cell("location_id")), ("wiki", cell("url")))
        if identifier
    ]
    data: Data = {
        "name": name,
        "country": countries[0],
        "sector": tracker.sector,
        "kind": tracker.kind,
        "commodities": [tracker.commodity],
        "ids": ids,
        "evidence": _evidence(cell("url")),
    }
    if len(countries) > 1:
        data["countries"] = list(dict.fromkeys(countries))
    if (place := cell("place")) is not None:
        data["place"] = place
    latitude, longitude = decimal_of(cell("latitude") or ""), decimal_of(cell("longitude") or "")
    if latitude is not None and longitude is not None:
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            data |= {"latitude": float(latitude), "longitude": float(longitude)}
            if (precision := _PRECISIONS.get((cell("accuracy") or "").casefold())) is not None:
                data["precision"] = precision
        else:
            report.contradict(line, name, f"{latitude}, {longitude} is no place on earth; it is left out")
    return data


def _aliases(cell: _Cell, name: str) -> Iterator[str]:
    for text in (cell("native_name"), cell("other_name")):
        yield from (alias.strip() for alias in (text or "").split(";") if alias.strip() not in ("", name))


def _evidence(url: str | None) -> list[Data]:
    named = {"publisher": _PUBLISHER, "grade": "other"}
    if url is None or not re.fullmatch(r"https?://\S+", url):
        return [{"title": "Tracker of Global Energy Monitor", **named}]
    return [{"url": url, **named}]


def _owners(text: str, plant: str, line: int, report: EditionReport) -> list[Data]:
    """The owners as parties of an event, without those that nobody knows; shares that add up to too much are left out."""
    owners: dict[str, Data] = {}
    for piece in text.split(";"):
        match = _OWNER.fullmatch(piece.strip())
        name = match[1] if match else piece.strip()
        if not name or text_of(name) is None or is_nobody(name):
            continue
        key = party_key(name)
        owner = owners.setdefault(key, {"party": key, "role": "investor", "name": name})
        share = decimal_of(match[2]) if match and match[2] else None
        if share is not None and 0 <= share <= 100:
            owner["stake_percent"] = float(share) + owner.get("stake_percent", 0)
    if sum(owner.get("stake_percent", 0) for owner in owners.values()) > _STAKES_MAX:
        report.contradict(line, plant, f"the owners hold more than the whole: {text}; the shares are left out")
        for owner in owners.values():
            owner.pop("stake_percent", None)
    return list(owners.values())


def _days(cell: _Cell, edition: str, status: str, plant: str, line: int, report: EditionReport) -> dict[str, str]:
    """The days that the row tells, by field. What should have happened and lies behind the edition is none."""
    days = {}
    for name in ("start", "built", "retired", "cancelled", "suspended"):
        text = (cell(name) or "").casefold().removesuffix(" (expected)")
        if not text or is_nobody(text):
            continue
        day = edtf_of(text)
        if day is None:
            report.unsent.count(f"{name}: {text!r} is no year or day")
        elif day > edition and (name != "start" or status in _RAN):
            report.contradict(line, plant, f"{name} is {day}, after the edition, of a unit that is {status}")
        else:
            days[name] = day
    if "start" in days and status == "cancelled":
        report.unsent.count("planned start of a cancelled unit")
    if "start" in days and days["start"] > days.get("retired", "9999"):
        report.contradict(
            line, plant, f"it started in {days['start']} and was retired in {days['retired']}; the start is left out"
        )
        del days["start"]
    return days


def _thing(plant: _Plant, tracker: _Tracker, report: EditionReport) -> Thing:
    numbers = KeyNumbers()
    for unit in plant.units:
        unit.part = numbers.take(unit.name or "", "unit")
    statements = [Statement("registered", "project.registered", _with_parts(plant, tracker, report), plant.line)]
    for unit in plant.units:
        statements += _unit_statements(unit, plant, tracker)
    if (closing := _closing(plant)) is not None:
        statements.append(closing)
    states = {unit.part: unit.inferred or unit.status for unit in plant.units}
    name = str(plant.registration["name"])
    return Thing(
        plant.key, name, "plant" if tracker.kind == "plant" else "project", plant.line, tuple(statements), 0, states
    )


def _with_parts(plant: _Plant, tracker: _Tracker, report: EditionReport) -> Data:
    """The registration with its parts, and as capacity that of the units that are alive, or of all if none is."""
    parts = []
    for unit in plant.units[:_LISTED_MAX]:
        part: Data = {"part": unit.part}
        if unit.name is not None:
            part["name"] = unit.name
        if unit.capacity is not None:
            part["capacity"] = _capacity(unit.capacity, tracker)
        parts.append(part)
    if len(plant.units) > _LISTED_MAX:
        report.losses.count(
            "units beyond the hundredth of a plant, in its list of parts", len(plant.units) - _LISTED_MAX
        )
    counted = [unit for unit in plant.units if unit.is_alive] or plant.units
    total = sum((unit.capacity for unit in counted if unit.capacity is not None), Decimal(0))
    registration = {**plant.registration, "parts": sorted(parts, key=lambda part: str(part["part"]))}
    if plant.aliases:
        registration["aliases"] = [{"name": alias} for alias in sorted(plant.aliases)[:_LISTED_MAX]]
    return {**registration, "capacity": _capacity(total, tracker)} if total else registration


def _capacity(value: Decimal, tracker: _Tracker) -> Data:
    return {"value": decimal_text(value), "unit": tracker.unit}


def _unit_statements(unit: _Unit, plant: _Plant, tracker: _Tracker) -> Iterator[Statement]:
    """The events that the table has for the status of a unit."""

    def statement(name: str, day: str | None = None, discriminator: str = "", **data: object) -> Statement:
        key = f"{unit.part}/{name}{discriminator}"
        dated = {} if day is None else {"occurred": unit.days[day]} if day in unit.days else {}
        return Statement(key, name, {**dated, **data, "evidence": plant.registration["evidence"]}, unit.line)

    owned: Data = {"deal": "owners", **({"parties": unit.owners} if unit.owners else {})}
    sized: Data = {} if unit.capacity is None else {"capacity": _capacity(unit.capacity, tracker)}
    part: Data = {"part": unit.part}
    what = f"{unit.name or 'unit'}"
    status = unit.status
    if status in ("announced", "proposed", "pre-construction", "shelved", "cancelled"):
        yield statement("intent.announced", kind="statement", note=what, **owned)
    if status == "pre-permit":
        yield statement("permit.applied", **owned, **part, **sized)
    if status == "permitted":
        yield statement("permit.granted", permit="construction", **owned, **part, **sized)
    if status == "construction" or "built" in unit.days:
        yield statement("construction.started", "built", **owned, **part, **sized)
    if "start" in unit.days and status not in _RAN | {"cancelled"}:
        year = unit.days["start"]
        plan = {"milestone": "production-start", "planned_on": year}
        yield statement("milestone.planned", None, f"/{year}", **owned, **part, **plan)
    if status in _RAN:
        yield statement("production.started", "start", phase="commercial", **owned, **part, **sized)
    if status == "mothballed":
        yield statement("production.suspended", "suspended", **part)
    if unit.inferred is not None:
        yield statement("review.confirmed", note=f"{what}: {unit.inferred} (the publisher's inference)")
    elif status == "shelved":
        yield statement("project.suspended", "suspended", **part)
    elif status == "cancelled":
        yield statement("project.cancelled", "cancelled", **part)
    elif status == "retired":
        yield statement("project.retired", "retired", **part)


def _closing(plant: _Plant) -> Statement | None:
    """The row of the whole plant when no unit of it is alive, dated as the last end of its units."""
    if not plant.units or any(unit.is_alive for unit in plant.units):
        return None
    statuses = {unit.status for unit in plant.units}
    if "retired" in statuses:
        name = "project.retired"
    elif "shelved" in statuses:
        name = "project.suspended"
    else:
        name = "project.cancelled"
    ends = {"retired": "retired", "cancelled": "cancelled", "shelved": "suspended"}
    days = [unit.days.get(ends[unit.status]) for unit in plant.units]
    data: Data = {"evidence": plant.registration["evidence"]}
    if None not in days:
        data["occurred"] = max(day for day in days if day is not None)
    return Statement(f"{_CLOSING}/{name}", name, data, plant.units[-1].line)


class _PlantNews:
    """What a later edition says of a plant."""

    def __init__(self, before: Before, now: Thing, edition: str, report: EditionReport) -> None:
        self._before = before
        self._now = now
        self._edition = edition
        self._report = report
        self._statements: list[Statement] = []
        self._taken_back: set[str] = set()
        self._said: dict[str, str] = {}
        self._is_closed = False
        self._was_ended = any(f"{_CLOSING}/{name}" in before.said for name in ("project.cancelled", "project.retired"))

    def later(self) -> Later:
        """Statements in the order of the edition, with what brings units back to life before them."""
        by_part: dict[str, list[Statement]] = {}
        for statement in self._now.statements:
            by_part.setdefault(statement.key.partition("/")[0], []).append(statement)
        for part in self._before.states.keys() - self._now.states.keys():
            where = f"{part} stood in the edition before and is gone; what was said of it stays"
            self._report.contradict(self._now.line, self._now.name, where)
        self._keep(self._with_parts_that_are_gone(by_part.pop("registered")[0]))
        closing = by_part.pop(_CLOSING, [])
        self._is_closed = bool(closing)
        for part, statements in by_part.items():
            self._unit(part, statements)
        self._close(closing)
        return Later(tuple(self._statements), self._taken_back, self._said)

    def _with_parts_that_are_gone(self, registration: Statement) -> Statement:
        gone = self._before.states.keys() - self._now.states.keys()
        parts = [part for part in self._before.registration.get("parts", ()) if part["part"] in gone]
        known = sorted([*registration.data["parts"], *parts], key=lambda part: str(part["part"]))
        data = {**registration.data, "parts": known[:_LISTED_MAX]}
        return Statement(registration.key, registration.name, data, registration.line)

    def _unit(self, part: str, statements: Sequence[Statement]) -> None:
        before, now = self._before.states.get(part), self._now.states[part]
        if before is None:
            for statement in statements:
                self._add(replace(statement, bounds=Bounds.BEFORE))
            return
        self._take_back(part, before, now)
        self._take_back_what_dates_contradict(part, statements)
        for name in _revivals(before, now):
            if f"{part}/{_REVIVED[before]}" in self._taken_back:
                continue
            line = statements[0].line
            evidence = statements[0].data["evidence"]
            self._add(Statement(f"{part}/{name}", name, {"part": part, "evidence": evidence}, line), again=True)
        is_taken_back = any(key.startswith(f"{part}/") for key in self._taken_back)
        returns = self._was_ended and not self._is_closed and now in _ALIVE
        begins_anew = (before in ("cancelled", "retired") or returns) and now != before
        for statement in statements:
            self._say(statement, begins_anew=begins_anew, is_taken_back=is_taken_back, changed=now != before)

    def _say(self, statement: Statement, *, begins_anew: bool, is_taken_back: bool, changed: bool) -> None:
        """Say what the edition before said, too, as it was said; what was true before that and is again, anew."""
        if statement.key in self._before.said and statement.key not in self._taken_back and not begins_anew:
            self._keep(statement)
        elif statement.name == "intent.announced" and not begins_anew and not is_taken_back:
            return  # it was begun in other words
        elif statement.key in self._before.retracted and (begins_anew or not self._is_told_before(statement)):
            self._add(_undated(statement, self._before.edition), again=True)
        elif statement.key not in self._sent():
            self._add(replace(statement, bounds=Bounds.SINCE) if begins_anew else statement)
        elif statement.name in _BEGINNINGS and not begins_anew:
            self._keep(statement)  # it was suspended since, and goes on
        else:
            self._add(_undated(statement, self._before.edition), again=changed)

    def _is_told_before(self, statement: Statement) -> bool:
        return _is_before(statement.data.get("occurred"), self._before.edition)

    def _take_back_what_dates_contradict(self, part: str, statements: Sequence[Statement]) -> None:
        """A unit that was given up, and now is said to have begun before that, was never given up; nor did its plant end."""
        begun = [row for row in statements if row.name in _BEGINNINGS and self._is_told_before(row)]
        if not begun or all(row.key in self._before.sent for row in begun):
            return
        self._taken_back |= {
            key
            for key, name in self._before.sent.items()
            if (key.startswith(f"{part}/") and name in _GIVEN_UP.values())
            or (key.startswith(f"{_CLOSING}/") and name in _CLOSINGS)
        }

    def _close(self, closing: Sequence[Statement]) -> None:
        begun = any(
            row.name in _STEPS and row.key not in self._before.sent and not self._is_told_before(row)
            for row in self._statements
        )
        for statement in closing:
            key = self._before.said.get(statement.key)
            if key is not None and not begun:
                self._taken_back.discard(key)
                self._keep(statement)
            else:
                self._add(statement, again=begun or statement.key in {*self._sent(), *self._before.retracted})
        if not any(status in _RAN for status in self._now.states.values()):
            retired = f"{_CLOSING}/project.retired"  # nothing of it ran
            self._taken_back |= {key for key in self._before.sent if key.startswith(retired)} - set(self._said.values())
        if not closing and self._sent_of_plant("project.suspended") > self._sent_of_plant("project.resumed"):
            name = "project.resumed"
            data = {"evidence": self._now.statements[0].data["evidence"]}
            self._add(Statement(f"{_CLOSING}/{name}", name, data, self._now.line), again=True)

    def _sent_of_plant(self, name: str) -> int:
        return sum(1 for key in self._sent() if key.startswith(f"{_CLOSING}/{name}"))

    def _take_back(self, part: str, before: str, now: str) -> None:
        """What the source no longer says: that it ran, or that it is under construction."""
        wrong: frozenset[str] = frozenset()
        if before in _RAN and now not in _RAN:
            wrong |= _OF_RUNNING
        if before in _RAN | {"construction"} and now in _PLANNED:
            wrong |= {"construction.started"}
        self._taken_back |= {
            key for key, name in self._before.sent.items() if key.startswith(f"{part}/") and name in wrong
        }

    def _sent(self) -> set[str]:
        return self._before.sent.keys() - self._taken_back

    def _keep(self, statement: Statement) -> None:
        key = self._said[statement.key] = self._before.said.get(statement.key, statement.key)
        is_second = key != statement.key  # then its key ends with the edition that said it again
        self._statements.append(_undated(statement, key.rpartition("/")[2]) if is_second else statement)

    def _add(self, statement: Statement, *, again: bool = False) -> None:
        was_closed = any(key.startswith(f"{_CLOSING}/") for key in self._before.said)
        if (again or was_closed) and statement.bounds is Bounds.BETWEEN and statement.name not in _LIFTING:
            statement = replace(statement, bounds=Bounds.SINCE)
        key = f"{statement.key}/{self._edition}" if again else statement.key
        self._said[statement.key] = key
        self._statements.append(replace(statement, key=key))


def _undated(statement: Statement, edition: str) -> Statement:
    """What happens for the second time, without the day of the first: it happened after the edition that said the opposite."""
    if not _is_before(statement.data.get("occurred"), edition):
        return statement
    return replace(statement, data={name: value for name, value in statement.data.items() if name != "occurred"})


def _is_before(day: str | None, edition: str) -> bool:
    """Whether a day that is told lies before an edition; the year of the edition itself does not."""
    return day is not None and day < edition and not edition.startswith(day)


_LIFTING = frozenset({"project.resumed", "production.resumed"})  # what they lift stood on the day of the edition before
_GIVEN_UP = {"cancelled": "project.cancelled", "shelved": "project.suspended"}
_REVIVED = {**_GIVEN_UP, "mothballed": "production.suspended"}
_CLOSINGS = frozenset({"project.retired", "project.cancelled", "project.suspended"})
_STEPS = frozenset(
    {"intent.announced", "permit.applied", "permit.granted", "construction.started", "production.started"}
)
_BEGINNINGS = frozenset({"construction.started", "production.started"})
_OF_RUNNING = frozenset({"production.started", "production.suspended", "production.resumed", "project.retired"})


def _revivals(before: str, now: str) -> Iterator[str]:
    lives = now in _ALIVE
    if before == "mothballed" and now == "operating":
        yield "production.resumed"
    elif before in ("shelved", "cancelled") and lives:
        yield "project.resumed"
