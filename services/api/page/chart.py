"""The timeline of a project as lanes of levels over time: from spans to places on a drawing. Pure: days in, numbers out.

Drawn by a template of our own and not by a plotting library: see docs/decisions/0016-charts-are-templates.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.values.levels import Level

WIDTH = 900
MARGIN = 12
LABEL = 20
PLOT = 50
BAND = 12
GAP = 16
AXIS = 26
_STEP = PLOT / 10
_FUTURE_DAYS_MIN = 180
_AFTER_A_RISE_DAYS = 90
_LANES_MAX = 40
_LABEL_ROOM = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A level that held for some time; in the future it is what follows if nothing occurs."""

    x: float
    y: float
    width: float
    height: float
    level: str
    begin: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A flag that stood."""

    x: float
    y: float
    width: float
    flag: str
    severity: str
    begin: date
    end: date | None
    label_x: float | None
    label_anchor: str = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event; `x_earliest` is left of `x` when its day is not known exactly."""

    x: float
    x_earliest: float
    y: float
    name: str
    text: str
    corrected: bool
    gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One deal, or what is said of the project itself (`deal` None)."""

    deal: str | None
    y: float
    line_y: float
    base_y: float
    blocks: Sequence[Block]
    bands: Sequence[Band]
    marks: Sequence[Mark]
    ahead: Block | None
    rises: Sequence[Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The drawing. `more` lanes did not find room."""

    width: int
    height: float
    years: Sequence[tuple[float, int]]
    now_x: float
    end_x: float
    lanes: Sequence[Lane]
    more: int


def chart(
    spans: Sequence[Mapping[str, Any]],
    flags: Sequence[Mapping[str, Any]],
    standing: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
    as_of: date,
) -> Chart | None:
    """From rows of level spans and flag spans, the flags that stand (as `/v1/flags`) and timeline entries; None: nothing happened."""
    deals = sorted({row["deal"] for row in spans if row["valid_from"] <= as_of})
    days = [row["valid_from"] for row in spans if date.min < row["valid_from"] <= as_of]
    days += [day for entry in entries for day in _days_of(entry)]
    if not days:
        return None
    nexts = [one["next"]["on"] for one in standing if one["next"]]
    near = [day for day in nexts if (day - as_of).days <= 366 * 4]
    end = max([_moved(as_of, _FUTURE_DAYS_MIN), *(_moved(day, _AFTER_A_RISE_DAYS) for day in near)])
    scale = _Scale(min(days), end)
    lanes: list[Lane] = []
    y = float(AXIS)
    names: list[str | None] = list(deals)
    if any(entry["deal"] is None for entry in entries if _days_of(entry)):
        names.insert(0, None)
    for deal in names[:_LANES_MAX]:
        lane, y = _lane(deal, y, scale, spans, flags, standing, entries, as_of, end)
        lanes.append(lane)
    step = max(1, (scale.last.year - scale.first.year) // 12 + 1)
    years = [
        (scale.at(date(year, 1, 1)), year)
        for year in range(scale.first.year + 1, scale.last.year + 1)
        if year % step == 0
    ]
    return Chart(
        width=WIDTH,
        height=y,
        years=years,
        now_x=scale.at(as_of),
        end_x=scale.at(end),
        lanes=lanes,
        more=max(len(names) - _LANES_MAX, 0),
    )


def _moved(day: date, days: int) -> date:
    """Some days on or back, within the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


class _Scale:
    def __init__(self, first: date, last: date) -> None:
        self.first = _moved(first, -max((last - first).days // 50, 20))
        self.last = last
        self._days = max((last - self.first).days, 1)

    def at(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (inside - self.first).days / self._days, 1)


def _lane(
    deal: str | None, y: float, scale: _Scale, spans: Any, flags: Any, standing: Any, entries: Any, as_of: date, end: date
) -> tuple[Lane, float]:  # fmt: skip
    top = y + LABEL
    own = [row for row in spans if row["deal"] == deal and row["valid_from"] <= as_of and row["level"] is not None]
    plot = PLOT if deal is not None else _STEP
    base = top + plot
    blocks = [_block(row, scale, base, min(row["valid_to"], as_of), row["valid_from"]) for row in own]
    now = next((row for row in own if row["valid_from"] <= as_of < row["valid_to"]), None)
    ahead = _block(now, scale, base, end, as_of) if now else None
    labelled: set[str] = set()
    mine = [row for row in flags if (row["deal"] or None) == deal]
    names = sorted({row["flag"] for row in mine})
    bands = [_band(row, scale, base + 9 + BAND * names.index(row["flag"]), as_of, labelled) for row in mine]
    marks = [_mark(entry, scale, base) for entry in entries if entry["deal"] == deal and _days_of(entry)]
    rises = [
        Mark(
            x=scale.at(one["next"]["on"]), x_earliest=scale.at(one["next"]["on"]), y=top, name=one["flag"],
            text=one["next"]["severity"], corrected=False, gone=False,
        )
        for one in standing
        if one["deal"] == deal and one["next"] and one["next"]["on"] <= end
    ]  # fmt: skip
    lane = Lane(
        deal=deal, y=y, line_y=base - 4 * _STEP, base_y=base, blocks=blocks, bands=bands, marks=marks, ahead=ahead, rises=rises
    )  # fmt: skip
    return lane, base + 9 + BAND * len(names) + GAP


def _band(row: Mapping[str, Any], scale: _Scale, y: float, as_of: date, labelled: set[str]) -> Band:
    x = scale.at(row["valid_from"])
    width = max(round(scale.at(min(row["valid_to"], as_of)) - x, 1), 2.0)
    first = row["flag"] not in labelled
    labelled.add(row["flag"])
    before = x > _LABEL_ROOM
    return Band(
        x=x,
        y=y,
        width=width,
        flag=row["flag"],
        severity=row["severity"],
        begin=row["valid_from"],
        end=row["valid_to"] if row["valid_to"] <= as_of else None,
        label_x=(x - 4 if before else x + width + 4) if first else None,
        label_anchor="end" if before else "start",
    )


def _block(row: Mapping[str, Any], scale: _Scale, base: float, end: date, begin: date) -> Block:
    level = Level(row["level"])
    height = max(level * _STEP, 2)
    x = scale.at(begin)
    return Block(
        x=x, y=round(base - height, 1), width=max(round(scale.at(end) - x, 1), 0.5), height=round(height, 1),
        level=level.label, begin=begin, end=end,
    )  # fmt: skip


def _mark(entry: Mapping[str, Any], scale: _Scale, base: float) -> Mark:
    latest = entry["occurred"]["latest"]
    earliest = entry["occurred"]["earliest"] or latest
    return Mark(
        x=scale.at(latest),
        x_earliest=scale.at(earliest),
        y=base,
        name=entry["name"],
        text=entry["occurred"]["text"] or latest.isoformat(),
        corrected=bool(entry["corrections"]),
        gone=entry["state"] == "retracted",
    )


def _days_of(entry: Mapping[str, Any]) -> list[date]:
    if entry["name"] in CORRECTION_NAMES or entry["occurred"]["latest"] is None:
        return []
    if entry["name"] in ("project.registered", "project.amended"):
        return []
    return [entry["occurred"]["latest"]]
