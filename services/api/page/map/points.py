"""Projects as points on the map: from coordinates to places in the SVG."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.page.map.outlines import Frame

POINTS_MAX = 300
_CELL = 14.0
_STEP = 9.0
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """A project, or a cluster of `projects` (then `project` is None) when there are too many for a point each."""

    x: float
    y: float
    radius: float
    level: str
    project: Item | None
    projects: int


def points(items: Sequence[Item], frame: Frame) -> list[MapPoint]:
    """The points of projects that have coordinates, on this frame. More than POINTS_MAX become clusters."""
    places = [(*frame.at(item["latitude"], item["longitude"]), item) for item in items]
    return _clusters(places) if len(places) > POINTS_MAX else _single_points(places)


def _single_points(places: Sequence[tuple[float, float, Item]]) -> list[MapPoint]:
    taken: Counter[tuple[float, float]] = Counter()
    single = []
    for exact_x, exact_y, item in places:
        x, y = round(exact_x, 1), round(exact_y, 1)
        # Several projects of one place stand side by side.
        nudge = taken[x, y]
        taken[x, y] += 1
        single.append(
            MapPoint(
                x=round(x + _STEP * (nudge % 4), 1),
                y=round(y + _STEP * (nudge // 4), 1),
                radius=5,
                level=item["level"],
                project=item,
                projects=1,
            )
        )
    return single


def _clusters(places: Sequence[tuple[float, float, Item]]) -> list[MapPoint]:
    cells: dict[tuple[int, int], Counter[str]] = {}
    for x, y, item in places:
        cells.setdefault((int(x // _CELL), int(y // _CELL)), Counter())[item["level"]] += 1
    return [
        MapPoint(
            x=(column + 0.5) * _CELL,
            y=(line + 0.5) * _CELL,
            radius=round(min(3 + levels.total() ** 0.5, _CELL), 1),
            level=levels.most_common(1)[0][0],
            project=None,
            projects=levels.total(),
        )
        for (column, line), levels in sorted(cells.items())
    ]
