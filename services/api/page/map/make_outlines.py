"""Makes region.json and world.json of the npm package world-atlas 2.0.2 (Natural Earth, public domain): `python make_outlines.py FOLDER`.

Decodes TopoJSON, cuts each country to the extent of the outline and writes SVG paths in whole units, so that the page has nothing
to compute, and places inside each country where its label may stand. Run by hand when an extent changes; not part of the service.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

Position = tuple[float, float]
Ring = list[Position]
# What Natural Earth shows by itself and ISO 3166-1 does not.
_NAMES = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
_LABELS_MAX = 8
_LABEL_GRID = 24


@dataclass(frozen=True)
class Extent:
    """What an outline covers, in degrees, and its units: `scale` a degree of latitude, `scale * cosine` one of longitude.

    Neighbouring points of a path that are nearer than `grain` units become one.
    """

    west: float
    east: float
    south: float
    north: float
    scale: float
    cosine: float
    grain: float

    def placed(self, longitude: float, latitude: float) -> Position:
        """The place of a point on the outline, in its units; it may be outside."""
        return (longitude - self.west) * self.cosine * self.scale, (self.north - latitude) * self.scale


REGION = Extent(44.0, 90.0, 34.0, 56.5, scale=20.0, cosine=math.cos(math.radians(45.0)), grain=1.2)
WORLD = Extent(-180.0, 180.0, -58.0, 84.0, scale=10.0, cosine=1.0, grain=3.0)


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The arcs of a TopoJSON document in degrees: it holds them as steps on a grid."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        ring = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            ring.append((x * sx + tx, y * sy + ty))
        arcs.append(ring)
    return arcs


def ring_of(indexes: list[int], arcs: list[Ring]) -> Ring:
    """The arcs of these indexes as one ring; a negative index stands for an arc that is run through backwards."""
    ring: Ring = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def unwrapped(ring: Ring) -> list[Ring]:
    """The ring without jumps over the date line, once where it is and once on either side, so that cutting leaves all its parts."""
    turns, whole = 0, [ring[0]]
    for (before, _), (longitude, latitude) in pairwise(ring):
        turns -= round((longitude - before) / 360)
        whole.append((longitude + 360 * turns, latitude))
    crosses = any(abs(longitude) > 180 for longitude, _ in whole)
    return [
        [(longitude + shift, latitude) for longitude, latitude in whole]
        for shift in ((0, 360, -360) if crosses else (0,))
    ]


def clipped(ring: Ring, extent: Extent) -> Ring:
    """The part of a ring that lies within the extent (Sutherland and Hodgman); empty where none does."""
    for axis, bound, sign in ((0, extent.west, 1), (0, extent.east, -1), (1, extent.south, 1), (1, extent.north, -1)):
        out: Ring = []
        for start, end in zip(ring, ring[1:] + ring[:1], strict=True):
            inside = [sign * (point[axis] - bound) >= 0 for point in (start, end)]
            if inside[0]:
                out.append(start)
            if inside[0] != inside[1]:
                share = (bound - start[axis]) / (end[axis] - start[axis])
                out.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
        ring = out
        if not ring:
            break
    return ring


def drawn(ring: Ring, extent: Extent) -> list[tuple[int, int]]:
    """The ring in whole units, without points that no eye tells apart; empty when nothing is left to draw."""
    points: list[tuple[int, int]] = []
    for longitude, latitude in ring:
        x, y = (round(place) for place in extent.placed(longitude, latitude))
        if not points or math.hypot(x - points[-1][0], y - points[-1][1]) > extent.grain:
            points.append((x, y))
    return points if len(points) > 2 else []


def path_of(points: list[tuple[int, int]]) -> str:
    """A closed SVG path with relative steps."""
    (x, y), *_ = points
    steps = [f"{after[0] - before[0]} {after[1] - before[1]}" for before, after in pairwise(points)]
    return f"M{x} {y}l{' '.join(steps)}z".replace(" -", "-")


def labels_of(rings: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Places inside a country, the farthest from its borders first, and not close together."""
    sides = [(start, end) for ring in rings for start, end in zip(ring, ring[1:] + ring[:1], strict=True)]
    largest = max(rings, key=lambda ring: abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*ring, ring[0]]))))
    xs, ys = [x for x, _ in largest], [y for _, y in largest]
    step = max(max(xs) - min(xs), max(ys) - min(ys)) / _LABEL_GRID
    places = [
        (min(xs) + step * (column + 0.5), min(ys) + step * (row + 0.5))
        for column in range(_LABEL_GRID)
        for row in range(_LABEL_GRID)
    ]
    inside = [(min(_distance(place, side) for side in sides), place) for place in places if _is_inside(place, sides)]
    labels: list[tuple[int, int]] = []
    for clearance, (x, y) in sorted(inside, reverse=True):
        near = any(math.hypot(x - other[0], y - other[1]) < 4 * step for other in labels)
        if len(labels) < _LABELS_MAX and clearance > step / 2 and not near:
            labels.append((round(x), round(y)))
    return labels or [(round(sum(xs) / len(xs)), round(sum(ys) / len(ys)))]


def _is_inside(place: Position, sides: list[tuple[tuple[int, int], tuple[int, int]]]) -> bool:
    x, y = place
    crossed = [ax + (y - ay) * (bx - ax) / (by - ay) > x for (ax, ay), (bx, by) in sides if (ay > y) != (by > y)]
    return sum(crossed) % 2 == 1


def _distance(place: Position, side: tuple[tuple[int, int], tuple[int, int]]) -> float:
    (x, y), ((ax, ay), (bx, by)) = place, side
    length = (bx - ax) ** 2 + (by - ay) ** 2
    share = 0.0 if length == 0 else min(max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0.0), 1.0)
    return math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay))


def outline_of(topology: dict[str, Any], extent: Extent) -> dict[str, Any]:
    """The document of an outline: its extent, and of each country its path, its box and where labels may stand."""
    arcs, aliases = arcs_of(topology), get_global("territory_aliases")
    rings: dict[str, list[list[tuple[int, int]]]] = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = _NAMES.get(shape["properties"]["name"]) or next(iter(aliases.get(shape.get("id"), ())), "")
        if len(code) != 2 or code == "AQ":
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        cut = [
            clipped(part, extent) for polygon in polygons for ring in polygon for part in unwrapped(ring_of(ring, arcs))
        ]
        rings.setdefault(code, []).extend(points for ring in cut if (points := drawn(ring, extent)))
    width, height = extent.placed(extent.east, extent.south)
    return {
        "west": extent.west, "north": extent.north, "scale": extent.scale, "cosine": round(extent.cosine, 6),
        "width": round(width), "height": round(height),
        "countries": {
            code: {
                "path": "".join(map(path_of, own)),
                "box": [
                    min(x for ring in own for x, _ in ring), min(y for ring in own for _, y in ring),
                    max(x for ring in own for x, _ in ring), max(y for ring in own for _, y in ring),
                ],
                "labels": labels_of(own),
            }
            for code, own in sorted(rings.items()) if own
        },
    }  # fmt: skip


def main() -> None:
    """Write region.json and world.json beside this file."""
    atlas, here = Path(sys.argv[1]), Path(__file__).parent
    for source, extent, name in (("countries-50m", REGION, "region"), ("countries-110m", WORLD, "world")):
        outline = outline_of(json.loads((atlas / f"{source}.json").read_text(encoding="utf-8")), extent)
        countries = [f"{json.dumps(code)}: {json.dumps(value)}" for code, value in outline.pop("countries").items()]
        lines = [*(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in outline.items()), '"countries": {']
        text = "{\n" + ",\n".join(lines[:-1]) + ",\n" + lines[-1] + "\n" + ",\n".join(countries) + "\n}\n}\n"
        (here / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
