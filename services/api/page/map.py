"""Where projects lie on the drawing of the region. Pure: coordinates in, places out."""

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
    """The outline. Longitude is drawn by `scale * cosine`, latitude by `scale`, from the north-western corner."""

    west: float
    north: float
    scale: float
    cosine: float
    width: int
    height: int
    countries: Mapping[str, str]

    def at(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """The place on the drawing; None when it is outside."""
        x = round((longitude - self.west) * self.cosine * self.scale, 1)
        y = round((self.north - latitude) * self.scale, 1)
        return (x, y) if 0 <= x <= self.width and 0 <= y <= self.height else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A project, or `projects` of them in one place when there are too many for a point each."""

    x: float
    y: float
    radius: float
    level: str
    item: Item | None
    projects: int


@cache
def region() -> Region:
    """The outline that comes with the page."""
    text = resources.files("services.api.page.region").joinpath("region.json").read_text(encoding="utf-8")
    return Region(**json.loads(text))


def points(items: Sequence[Item]) -> tuple[list[Point], list[Item]]:
    """The points of the projects, and the projects that have no place on this map."""
    outline = region()
    placed: list[tuple[float, float, Item]] = []
    elsewhere: list[Item] = []
    for item in items:
        found = None
        if item["latitude"] is not None and item["longitude"] is not None:
            found = outline.at(item["latitude"], item["longitude"])
        if found is None:
            elsewhere.append(item)
        else:
            placed.append((*found, item))
    if len(placed) > POINTS_MAX:
        return _cells(placed), elsewhere
    taken: Counter[tuple[float, float]] = Counter()
    told = []
    for x, y, item in placed:
        # Several projects of one place stand side by side.
        nudge = taken[x, y]
        taken[x, y] += 1
        told.append(
            Point(
                x=round(x + 9 * (nudge % 4), 1),
                y=round(y + 9 * (nudge // 4), 1),
                radius=5,
                level=item["level"],
                item=item,
                projects=1,
            )
        )
    return told, elsewhere


def _cells(placed: Sequence[tuple[float, float, Item]]) -> list[Point]:
    cells: dict[tuple[int, int], Counter[str]] = {}
    for x, y, item in placed:
        cells.setdefault((int(x // _CELL), int(y // _CELL)), Counter())[item["level"]] += 1
    return [
        Point(
            x=(column + 0.5) * _CELL,
            y=(line + 0.5) * _CELL,
            radius=round(min(3 + levels.total() ** 0.5, _CELL), 1),
            level=levels.most_common(1)[0][0],
            item=None,
            projects=levels.total(),
        )
        for (column, line), levels in sorted(cells.items())
    ]
