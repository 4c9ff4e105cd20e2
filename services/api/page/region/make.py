"""Makes region.json out of the npm package world-atlas 2.0.2 (Natural Earth, public domain): `python make.py countries-50m.json`.

Decodes TopoJSON, cuts each country to the frame of the map, and writes SVG paths in degrees, longitude times the cosine of
the middle latitude, so that the page has nothing to compute. Run by hand when the frame changes; not part of the service.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

WEST, EAST, SOUTH, NORTH = 44.0, 90.0, 34.0, 56.5
SCALE = 20.0
LAT0 = 45.0
ISO = {
    "398": "KZ", "860": "UZ", "417": "KG", "762": "TJ", "795": "TM", "156": "CN", "643": "RU", "364": "IR", "004": "AF",
    "496": "MN", "031": "AZ", "586": "PK", "356": "IN", "268": "GE", "051": "AM", "368": "IQ", "792": "TR",
}  # fmt: skip
Ring = list[tuple[float, float]]


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
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
    ring: Ring = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc[1:] if ring else arc
    return ring


def clipped(ring: Ring) -> Ring:
    """Sutherland and Hodgman, against the four sides of the frame."""
    for axis, bound, sign in ((0, WEST, 1), (0, EAST, -1), (1, SOUTH, 1), (1, NORTH, -1)):
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


def placed(lon: float, lat: float) -> tuple[float, float]:
    return (lon - WEST) * math.cos(math.radians(LAT0)) * SCALE, (NORTH - lat) * SCALE


def path_of(ring: Ring) -> str:
    points: list[tuple[float, float]] = []
    for lon, lat in ring:
        x, y = placed(lon, lat)
        if not points or math.hypot(x - points[-1][0], y - points[-1][1]) > 1.2:
            points.append((x, y))
    if len(points) < 3:
        return ""
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z"


def main() -> None:
    topology = json.loads(Path(sys.argv[1]).read_text())
    arcs = arcs_of(topology)
    paths = {}
    for shape in topology["objects"]["countries"]["geometries"]:
        code = ISO.get(shape.get("id", ""))
        if code is None:
            continue
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        rings = [clipped(ring_of(ring, arcs)) for polygon in polygons for ring in polygon]
        path = "".join(path_of(ring) for ring in rings if ring)
        if path:
            paths[code] = path
    width, height = placed(EAST, SOUTH)
    region = {
        "west": WEST, "north": NORTH, "scale": SCALE, "cosine": round(math.cos(math.radians(LAT0)), 6),
        "width": round(width), "height": round(height), "countries": dict(sorted(paths.items())),
    }  # fmt: skip
    (Path(__file__).parent / "region.json").write_text(json.dumps(region, indent=0) + "\n")


if __name__ == "__main__":
    main()
