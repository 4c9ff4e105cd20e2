"""Projects as points on the map of the region: from coordinates to places in the SVG."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

POINTS_MAX = 300
_CELL = 14.0
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """The outlines of the countries. Longitude is scaled by `scale * cosine`, latitude by `scale`, from the north-western corner."""

    west: float
    north: float
    scale: float
    cosine: float
    width: int
    height: int
    countries: Mapping[str, str]

    def at(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """The place on the map; None when it is outside."""
        x = round((longitude - self.west) * self.cosine * self.scale, 1)
        y = round((self.north - latitude) * self.scale, 1)
        return (x, y) if 0 <= x <= self.width and 0 <= y <= self.height else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A project, or a cluster of `projects` (then `project` is None) when there are too many for a point each."""

    x: float
    y: float
    radius: float
    level: str
    project: Item | None
    projects: int


@cache
def region() -> Region:
    """The outlines that come with the page."""
    text = resources.files("services.api.page.region").joinpath("region.json").read_text(encoding="utf-8")
    return Region(**json.loads(text))


def points(items: Sequence[Item]) -> tuple[list[Point], list[Item]]:
    """The points of the projects, and the projects without coordinates on this map. More than POINTS_MAX become clusters."""
    on_map: list[tuple[float, float, Item]] = []
    off_map: list[Item] = []
    for item in items:
        place = _place(item)
        if place is None:
            off_map.append(item)
        else:
            on_map.append((*place, item))
    return (_clusters(on_map) if len(on_map) > POINTS_MAX else _single_points(on_map)), off_map


def _place(item: Item) -> tuple[float, float] | None:
    if item["latitude"] is None or item["longitude"] is None:
        return None
    return region().at(item["latitude"], item["longitude"])


def _single_points(on_map: Sequence[tuple[float, float, Item]]) -> list[Point]:
    taken: Counter[tuple[float, float]] = Counter()
    single = []
    for x, y, item in on_map:
        # Several projects of one place stand side by side.
        nudge = taken[x, y]
        taken[x, y] += 1
        single.append(
            Point(
                x=round(x + 9 * (nudge % 4), 1),
                y=round(y + 9 * (nudge // 4), 1),
                radius=5,
                level=item["level"],
                project=item,
                projects=1,
            )
        )
    return single


def _clusters(on_map: Sequence[tuple[float, float, Item]]) -> list[Point]:
    cells: dict[tuple[int, int], Counter[str]] = {}
    for x, y, item in on_map:
        cells.setdefault((int(x // _CELL), int(y // _CELL)), Counter())[item["level"]] += 1
    return [
        Point(
            x=(column + 0.5) * _CELL,
            y=(line + 0.5) * _CELL,
            radius=round(min(3 + levels.total() ** 0.5, _CELL), 1),
            level=levels.most_common(1)[0][0],
            project=None,
            projects=levels.total(),
        )
        for (column, line), levels in sorted(cells.items())
    ]
