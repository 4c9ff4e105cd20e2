"""The timeline of a project as a chart: a lane for each deal, with levels, flags and events over time, in SVG coordinates.

Drawn by a template and not by a plotting library: see docs/decisions/0016-charts-are-templates.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter
from typing import Any, TypeVar

from steppe.domain.events.vocabulary import CORRECTION_NAMES
from steppe.domain.values.levels import Level
from steppe.domain.values.states import DealState, Start

WIDTH = 900
MARGIN = 12
LANE_LABEL_HEIGHT = 20
PLOT_HEIGHT = 50
BAND_HEIGHT = 19
LANE_GAP = 16
AXIS_HEIGHT = 26
_LEVEL_HEIGHT = PLOT_HEIGHT / 10
_FORECAST_DAYS_MIN = 180
_FORECAST_DAYS_MAX = 366 * 4
_DAYS_AFTER_ESCALATION = 90
_LANES_MAX = 40
_SHAPES_MAX = 400
Occurred = Mapping[str, Any]
_Mapping = TypeVar("_Mapping", bound=Mapping[str, Any])
_BAND_LABEL_WIDTH = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A level over a span of days; after the as-of day it is a forecast under the assumption that nothing happens.

    `begin` and `end` are days as a timeline has them: no more exact than the event on that day. `suspended`: it stood still.
    """

    x: float
    y: float
    width: float
    height: float
    level: str
    begin: Occurred
    end: Occurred
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A flag over a span of days; `end` is None while it is still raised, `label_x` None where the label stands elsewhere.

    The label has a line of its own above the bars of its flag, so that none of them covers it.
    """

    x: float
    y: float
    width: float
    flag: str
    severity: str
    begin: date
    end: date | None
    label_x: float | None
    label_anchor: str = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An event, or a flag that escalates; `x_earliest` is left of `x` when the day is not known exactly."""

    x: float
    x_earliest: float
    y: float
    name: str
    text: str
    occurred: Occurred
    corrected: bool
    retracted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One deal, or the events that speak of the project itself (`deal` is None)."""

    deal: str | None
    y: float
    line_y: float
    base_y: float
    blocks: Sequence[Block]
    suspended: Sequence[Block]
    bands: Sequence[Band]
    marks: Sequence[Mark]
    forecast: Block | None
    escalations: Sequence[Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The chart. `hidden_lanes` are those beyond the most that are drawn, `hidden_changes` the earliest levels and flags of a lane
    that has very many."""

    width: int
    height: float
    years: Sequence[tuple[float, int]]
    now_x: float
    end_x: float
    lanes: Sequence[Lane]
    hidden_lanes: int
    hidden_changes: int


def chart(
    spans: Sequence[Mapping[str, Any]],
    flags: Sequence[Mapping[str, Any]],
    raised_flags: Sequence[Mapping[str, Any]],
    entries: Sequence[Mapping[str, Any]],
    phases: Iterable[DealState],
    suspensions: Sequence[Mapping[str, Any]],
    as_of: date,
) -> Chart | None:
    """The chart of a project; None when nothing has happened.

    `spans` and `flags` are rows of level spans and flag spans, `raised_flags` items of `/v1/flags`, `entries` those of the
    timeline, `phases` the phases of its deals, each as it stood last, `suspensions` rows of `suspensions_of_project`.
    """
    spans = [row for row in spans if row["valid_from"] <= as_of]
    entries = [entry for entry in entries if _days_of(entry)]
    days = [row["valid_from"] for row in spans if row["valid_from"] > date.min]
    days += [day for entry in entries for day in _days_of(entry)]
    if not days:
        return None
    scale = _Scale(min(days), _end_of_chart(raised_flags, as_of))
    lanes: list[Lane] = []
    spans_of, entries_of = _by_deal(spans), _by_deal(entries)
    flags_of, raised_of, suspensions_of = _by_deal(flags), _by_deal(raised_flags), _by_deal(suspensions)
    ends = _ends_of_deals(phases)
    y = float(AXIS_HEIGHT)
    names: list[str | None] = [*([None] if None in entries_of else []), *sorted(deal for deal in spans_of if deal)]
    drawn = names[:_LANES_MAX]
    most = _SHAPES_MAX // max(len(drawn), 1)
    hidden_changes = 0
    for deal in drawn:
        levels, bands = _levels(spans_of.get(deal, ())), flags_of.get(deal, [])
        pauses = sorted(
            [*suspensions_of.get(None, ()), *(suspensions_of.get(deal, ()) if deal else ())],
            key=itemgetter("valid_from"),
        )
        hidden_changes += sum(max(len(shapes) - most, 0) for shapes in (levels, bands, pauses))
        rows = _LaneRows(
            levels=levels[-most:],
            bands=bands[-most:],
            suspensions=pauses[-most:],
            raised=raised_of.get(deal, ()),
            entries=entries_of.get(deal, ()),
            coarse=[entry for entry in entries if entry["deal"] in (deal, None) and _is_coarse(entry)],
            ends=ends.get(deal, ()),
        )
        lane, y = _lane(deal, y, scale, rows, as_of)
        lanes.append(lane)
    return Chart(
        width=WIDTH,
        height=y,
        years=_years(scale),
        now_x=scale.x_of(as_of),
        end_x=scale.x_of(scale.last),
        lanes=lanes,
        hidden_lanes=max(len(names) - _LANES_MAX, 0),
        hidden_changes=hidden_changes,
    )


def _by_deal(rows: Iterable[_Mapping]) -> dict[str | None, list[_Mapping]]:
    """Rows by their deal; those of the project itself, for which a deal is None or empty, under None."""
    by_deal: dict[str | None, list[_Mapping]] = {}
    for row in rows:
        by_deal.setdefault(row["deal"] or None, []).append(row)
    return by_deal


def _levels(spans: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The spans of a deal in which it had a level; one that goes on at the same level is one with the span before."""
    levels: list[dict[str, Any]] = []
    for row in spans:
        if row["level"] is None:
            continue
        if levels and levels[-1]["level"] == row["level"] and levels[-1]["valid_to"] == row["valid_from"]:
            levels[-1]["valid_to"] = row["valid_to"]
        else:
            levels.append(dict(row))
    return list(levels)


def _end_of_chart(raised_flags: Sequence[Mapping[str, Any]], as_of: date) -> date:
    escalations = [flag["next"]["on"] for flag in raised_flags if flag["next"]]
    near = [day for day in escalations if (day - as_of).days <= _FORECAST_DAYS_MAX]
    return max([_add_days(as_of, _FORECAST_DAYS_MIN), *(_add_days(day, _DAYS_AFTER_ESCALATION) for day in near)])


def _years(scale: _Scale) -> list[tuple[float, int]]:
    """The years that are labelled, with their places: at most a dozen."""
    step = max(1, (scale.last.year - scale.first.year) // 12 + 1)
    return [
        (scale.x_of(date(year, 1, 1)), year)
        for year in range(scale.first.year + 1, scale.last.year + 1)
        if year % step == 0
    ]


def _add_days(day: date, days: int) -> date:
    """A day that is `days` later, or earlier when negative, within the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


class _Scale:
    def __init__(self, first: date, last: date) -> None:
        self.first = _add_days(first, -max((last - first).days // 50, 20))
        self.last = last
        self._days = max((last - self.first).days, 1)

    def x_of(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (inside - self.first).days / self._days, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _LaneRows:
    """What is drawn in a lane. `suspensions`: of the deal and of the project as a whole, by day; `coarse`: the events of both whose
    day is not known exactly."""

    levels: Sequence[Mapping[str, Any]]
    bands: Sequence[Mapping[str, Any]]
    raised: Sequence[Mapping[str, Any]]
    entries: Sequence[Mapping[str, Any]]
    coarse: Sequence[Mapping[str, Any]]
    ends: Sequence[Start]
    suspensions: Sequence[Mapping[str, Any]]


def _lane(deal: str | None, y: float, scale: _Scale, rows: _LaneRows, as_of: date) -> tuple[Lane, float]:
    top = y + LANE_LABEL_HEIGHT
    base = top + (PLOT_HEIGHT if deal is not None else _LEVEL_HEIGHT)
    levels = rows.levels
    current = next((row for row in levels if row["valid_from"] <= as_of < row["valid_to"]), None)
    names = sorted({row["flag"] for row in rows.bands})
    labelled: set[str] = set()
    coarse_days = {**_coarse_ends(rows.ends), **_coarse_days(rows.coarse)}
    lane = Lane(
        deal=deal,
        y=y,
        line_y=base - 4 * _LEVEL_HEIGHT,
        base_y=base,
        blocks=[
            _block(row, scale, base, row["valid_from"], min(row["valid_to"], as_of), coarse_days) for row in levels
        ],
        suspended=[
            replace(_block(row, scale, base, begin, end, coarse_days), suspended=True)
            for row in levels
            for begin, end in _suspended_days(row, rows.suspensions, as_of)
        ],
        bands=[
            _band(row, scale, base + 17 + BAND_HEIGHT * names.index(row["flag"]), as_of, labelled) for row in rows.bands
        ],
        marks=[_mark(entry, scale, base) for entry in rows.entries],
        forecast=_block(current, scale, base, as_of, scale.last, coarse_days) if current else None,
        escalations=[_escalation(flag, scale, top) for flag in rows.raised if _escalates_on_chart(flag, scale)],
    )
    return lane, base + 9 + BAND_HEIGHT * len(names) + LANE_GAP


def _suspended_days(
    row: Mapping[str, Any], suspensions: Sequence[Mapping[str, Any]], as_of: date
) -> Iterator[tuple[date, date]]:
    """The parts of a level's span in which its deal stood still; with the project as a whole what is bound or built does."""
    whole = ("",) if Level(row["level"]).crosses_the_line else ()
    reached = row["valid_from"]
    for pause in suspensions:
        if pause["deal"] not in (row["deal"], *whole):
            continue
        begin, end = max(reached, pause["valid_from"]), min(row["valid_to"], pause["valid_to"], as_of)
        if begin < end:
            yield begin, end
            reached = end


def _escalates_on_chart(flag: Mapping[str, Any], scale: _Scale) -> bool:
    return bool(flag["next"] and flag["next"]["on"] <= scale.last)


def _escalation(flag: Mapping[str, Any], scale: _Scale, top: float) -> Mark:
    x = scale.x_of(flag["next"]["on"])
    return Mark(
        x=x, x_earliest=x, y=top, name=flag["flag"], text=flag["next"]["severity"], occurred=_exactly(flag["next"]["on"]),
        corrected=False, retracted=False,
    )  # fmt: skip


def _band(row: Mapping[str, Any], scale: _Scale, y: float, as_of: date, labelled: set[str]) -> Band:
    x = scale.x_of(row["valid_from"])
    width = max(round(scale.x_of(min(row["valid_to"], as_of)) - x, 1), 2.0)
    first = row["flag"] not in labelled
    labelled.add(row["flag"])
    fits = x + _BAND_LABEL_WIDTH < WIDTH
    return Band(
        x=x,
        y=y,
        width=width,
        flag=row["flag"],
        severity=row["severity"],
        begin=row["valid_from"],
        end=row["valid_to"] if row["valid_to"] <= as_of else None,
        label_x=(x if fits else WIDTH - MARGIN) if first else None,
        label_anchor="start" if fits else "end",
    )


def _exactly(day: date) -> Occurred:
    return {"text": None, "earliest": day, "latest": day}


def _is_coarse(entry: Mapping[str, Any]) -> bool:
    return bool(entry["occurred"]["earliest"] != entry["occurred"]["latest"])


def _coarse_days(entries: Sequence[Mapping[str, Any]]) -> dict[date, Occurred]:
    """Of each day on which one of these events counts: how it was given."""
    return {entry["occurred"]["latest"]: entry["occurred"] for entry in entries}


def _ends_of_deals(phases: Iterable[DealState]) -> Mapping[str | None, Sequence[Start]]:
    """When deals and their legs ended, with events or by themselves."""
    ends: dict[str | None, list[Start]] = {}
    for phase in phases:
        intervals = [phase.ended, *(leg.ended for leg in phase.legs)]
        ends.setdefault(phase.deal, []).extend(interval for interval in intervals if interval is not None)
    return ends


def _coarse_ends(ends: Sequence[Start]) -> dict[date, Occurred]:
    """Of each day on which something ended that is not known to the day: how that was given."""
    return {
        end.latest: {"text": end.given, "earliest": end.earliest, "latest": end.latest}
        for end in ends
        if end.earliest != end.latest
    }


def _block(
    row: Mapping[str, Any], scale: _Scale, base: float, begin: date, end: date, coarse_days: Mapping[date, Occurred]
) -> Block:
    level = Level(row["level"])
    height = max(level * _LEVEL_HEIGHT, 2)
    x = scale.x_of(begin)
    return Block(
        x=x, y=round(base - height, 1), width=max(round(scale.x_of(end) - x, 1), 0.5), height=round(height, 1),
        level=level.label, begin=coarse_days.get(begin) or _exactly(begin), end=coarse_days.get(end) or _exactly(end),
    )  # fmt: skip


def _mark(entry: Mapping[str, Any], scale: _Scale, base: float) -> Mark:
    latest = entry["occurred"]["latest"]
    earliest = entry["occurred"]["earliest"] or latest
    return Mark(
        x=scale.x_of(latest),
        x_earliest=scale.x_of(earliest),
        y=base,
        name=entry["name"],
        text="",
        occurred=entry["occurred"],
        corrected=bool(entry["corrections"]),
        retracted=entry["state"] == "retracted",
    )


def _days_of(entry: Mapping[str, Any]) -> list[date]:
    if entry["name"] in CORRECTION_NAMES or entry["occurred"]["latest"] is None:
        return []
    if entry["name"] in ("project.registered", "project.amended"):
        return []
    return [entry["occurred"]["latest"]]
