"""Global Energy Monitor's trackers, as CSV or workbook: a plant is a project, a unit one of its parts (docs/importing.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from steppe.importers.cell_values import country_of, day_in_words, decimal_of, decimal_text, edtf_of, is_nobody, text_of
from steppe.importers.formats.gem_editions import PlantNews
from steppe.importers.formats.gem_words import (
    ALIVE,
    CLOSING,
    HEADINGS,
    LISTED_MAX,
    POWER,
    RAN,
    SPELLINGS,
    STATUSES,
    TRACKERS,
    UNITS_OF_CAPACITY,
    Tracker,
)
from steppe.importers.import_report import EditionReport
from steppe.importers.project_keys import KeyNumbers, party_key, slug_of
from steppe.importers.source_file import BadFileError
from steppe.importers.statement import Before, Data, Keys, Later, Statement, Thing
from steppe.importers.table_rows import Headings, Row, columns, open_table

_Cell = Callable[[str], str | None]
_INFERRED = re.compile(r"(shelved|cancelled)\s*-\s*inferred\b.*")
_OWNER = re.compile(r"(.*?)\s*[\[(]\s*(?:([0-9.]+)|unknown|nan)\s*%\s*[\])]")
_PRECISIONS = {"exact": "exact", "approximate": "approximate"}
_PUBLISHER = "Global Energy Monitor"
_STAKES_MAX = 101
_UNITS_MAX = 200_000  # they are kept until the file is read


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
        return self.inferred is not None or self.status in ALIVE


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

    def begin(self) -> GemTracker:
        """Itself: it remembers nothing of earlier files."""
        return self

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
        fields = columns(table.headings, HEADINGS)
        tracker = next((TRACKERS[name] for name in TRACKERS if name in table.headings), POWER)
        tracker = replace(tracker, unit=UNITS_OF_CAPACITY.get(fields.get("capacity", ""), tracker.unit))
        plants: dict[str, _Plant] = {}
        read_headings = set(fields.values()) - {fields.get("parent")}
        for count, row in enumerate(table.rows):
            if count >= _UNITS_MAX:
                raise BadFileError(f"it has more than {_UNITS_MAX:,} units; split it by country")
            for heading, cell in row.cells.items():
                if heading not in read_headings and text_of(cell) is not None:
                    report.losses.count(heading or "(no heading)")
            _add(plants, row, fields, tracker, edition, report)
        for plant in plants.values():
            yield _thing(plant, tracker, report)

    def later(self, before: Before, now: Thing, edition: str, report: EditionReport) -> Later:
        """What the units became since: beginnings and ends as the table has them, and back to life."""
        return PlantNews(before, now, edition, report).later()


def _is_tracker(headings: Headings) -> bool:
    return all(any(name in headings for name in HEADINGS[field]) for field in ("status", "country", "name"))


def _add(
    plants: dict[str, _Plant], row: Row, fields: dict[str, str], tracker: Tracker, edition: str, report: EditionReport
) -> None:
    def cell(name: str) -> str | None:
        heading = fields.get(name)
        return None if heading is None else text_of(row.cells[heading])

    name = cell("name")
    words = (cell("status") or "").casefold().replace("_", " ")
    inference = _INFERRED.fullmatch(words)
    status = inference[1] if inference else SPELLINGS.get(words.replace("-", " "), words)
    named = ";".join(text for text in (cell("country"), cell("country_2")) if text is not None)
    countries = [code for text in named.split(";") if (code := country_of(text.strip())) is not None]
    if status not in STATUSES:
        report.refuse(row.line, fields["status"], f"{words!r} is none of {', '.join(sorted(STATUSES))}")
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
    capacity_text = cell("capacity")
    capacity = (
        decimal_of(re.sub(r"\s*mw$", "", capacity_text, flags=re.IGNORECASE)) if capacity_text is not None else None
    )
    if capacity_text is not None and capacity is None and not is_nobody(capacity_text):
        report.refuse(row.line, fields["capacity"], f"{capacity_text!r} is no number; the unit is sent without it")
    if capacity is not None and capacity < 0:
        report.refuse(
            row.line, fields["capacity"], f"{capacity_text!r} is less than nothing; the unit is sent without it"
        )
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
    cell: _Cell, name: str, countries: list[str], tracker: Tracker, report: EditionReport, line: int
) -> Data:
    ids = [
        {"scheme": f"gem-{scheme}", "id": identifier}
        for scheme, identifier in (("location", cell("location_id")), ("wiki", cell("url")))
        if identifier
    ]
    data: Data = {
        "name": name,
        "country": countries[0],
        "sector": cell("sector") or tracker.sector,
        "kind": cell("kind") or tracker.kind,
        "commodities": _commodities(cell) or [tracker.commodity],
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
    for coordinate, number in (("latitude", latitude), ("longitude", longitude)):
        if number is None and (text := cell(coordinate)) is not None and not is_nobody(text):
            report.refuse(line, coordinate, f"{text!r} is no number; the plant is sent without coordinates")
    return data


def _commodities(cell: _Cell) -> list[str]:
    return [slug for text in (cell("commodities") or "").split(";") if (slug := slug_of(text))]


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
        elif match and match[2]:
            report.refuse(line, "owner", f"{piece.strip()!r} has no share from 0 to 100; the owner is sent without one")
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
        day = edtf_of(text.replace("/", "-")) or day_in_words(text)
        if day is None:
            report.refuse(line, name, f"{text!r} is no year or day; only the edition bounds it")
        elif day > edition and (name != "start" or status in RAN):
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


def _thing(plant: _Plant, tracker: Tracker, report: EditionReport) -> Thing:
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


def _with_parts(plant: _Plant, tracker: Tracker, report: EditionReport) -> Data:
    """The registration with its parts, and as capacity that of the units that are alive, or of all if none is."""
    parts = []
    for unit in plant.units[:LISTED_MAX]:
        part: Data = {"part": unit.part}
        if unit.name is not None:
            part["name"] = unit.name
        if unit.capacity is not None:
            part["capacity"] = _capacity(unit.capacity, tracker)
        parts.append(part)
    if len(plant.units) > LISTED_MAX:
        report.losses.count(
            "units beyond the hundredth of a plant, in its list of parts", len(plant.units) - LISTED_MAX
        )
    counted = [unit for unit in plant.units if unit.is_alive] or plant.units
    total = sum((unit.capacity for unit in counted if unit.capacity is not None), Decimal(0))
    registration = {**plant.registration, "parts": sorted(parts, key=lambda part: str(part["part"]))}
    if plant.aliases:
        registration["aliases"] = [{"name": alias} for alias in sorted(plant.aliases)[:LISTED_MAX]]
    return {**registration, "capacity": _capacity(total, tracker)} if total else registration


def _capacity(value: Decimal, tracker: Tracker) -> Data:
    return {"value": decimal_text(value), "unit": tracker.unit}


def _unit_statements(unit: _Unit, plant: _Plant, tracker: Tracker) -> Iterator[Statement]:
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
    if "start" in unit.days and status not in RAN | {"cancelled"}:
        year = unit.days["start"]
        plan = {"milestone": "production-start", "planned_on": year}
        yield statement("milestone.planned", None, f"/{year}", **owned, **part, **plan)
    if status in RAN:
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
    return Statement(f"{CLOSING}/{name}", name, data, plant.units[-1].line)
