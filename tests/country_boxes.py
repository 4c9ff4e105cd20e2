"""Makes steppe/domain/events/country_boxes.py of Natural Earth: `python -m tests.country_boxes countries-50m.json`.

The file is that of the npm package `world-atlas` 2.0.2 (ISC), whose geometry is Natural Earth 1:50m, version 4.1, in the public
domain; the numeric codes in it become alpha-2 through CLDR (Babel). Run by hand; nothing reads the file at run time.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

from steppe.domain.values.countries import COUNTRIES

PLACE = Path(__file__).parent.parent / "steppe" / "domain" / "values" / "country_boxes.py"
# What Natural Earth shows by itself and ISO 3166-1 does not.
_NAMES = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
_PER_LINE = 4


def boxes(topology: dict[str, Any]) -> dict[str, tuple[float, float, float, float]]:
    """South, north, west, east by country, outwards to a tenth of a degree; west above east where the date line is crossed."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[list[tuple[float, float]]] = []
    for arc in topology["arcs"]:
        x = y = 0
        arcs.append([])
        for dx, dy in arc:
            x, y = x + dx, y + dy
            arcs[-1].append((x * sx + tx, y * sy + ty))
    aliases = get_global("territory_aliases")
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for shape in topology["objects"]["countries"]["geometries"]:
        code = _NAMES.get(shape["properties"]["name"]) or next(iter(aliases.get(shape.get("id"), ())), "")
        if code in COUNTRIES - {"AQ"}:  # which is everywhere
            points[code] += [point for index in _flat(shape["arcs"]) for point in arcs[index if index >= 0 else ~index]]
    return {code: _box(own) for code, own in sorted(points.items())}


def _flat(arcs: Any) -> Iterator[int]:
    for arc in arcs:
        if isinstance(arc, list):
            yield from _flat(arc)
        else:
            yield arc


def _box(points: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    longitudes = sorted({round(x, 4) for x, _ in points})
    # The widest gap between two neighbours, around the globe, is what the box leaves out.
    gaps = [(after - before, before, after) for before, after in pairwise(longitudes)]
    _, east, west = max([*gaps, (longitudes[0] + 360 - longitudes[-1], longitudes[-1], longitudes[0])])
    latitudes = [y for _, y in points]
    return _down(min(latitudes)), _up(max(latitudes)), _down(west), _up(east)


def _down(degrees: float) -> float:
    return math.floor(degrees * 10) / 10


def _up(degrees: float) -> float:
    return math.ceil(degrees * 10) / 10


def module(boxes: dict[str, tuple[float, float, float, float]]) -> str:
    """The text of the module."""
    entries = [f'"{code}": ({", ".join(f"{side:g}" for side in box)})' for code, box in boxes.items()]
    lines = [", ".join(entries[at : at + _PER_LINE]) for at in range(0, len(entries), _PER_LINE)]
    body = ",\n    ".join(lines)
    return f'''"""The box around each country: south, north, west, east in degrees; west above east where it crosses the date line.

Made by tests/country_boxes.py of Natural Earth 1:50m, version 4.1 (public domain), as the npm package world-atlas 2.0.2 (ISC)
has it, outwards to a tenth of a degree. Borders are Natural Earth's de facto ones and say nothing about whose land it is.
"""

BOXES: dict[str, tuple[float, float, float, float]] = {{
    {body},
}}  # fmt: skip
'''


if __name__ == "__main__":
    PLACE.write_text(module(boxes(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))), encoding="utf-8")
