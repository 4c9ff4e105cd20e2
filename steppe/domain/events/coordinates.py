"""Coordinates that are probably a mistake: 0, 0, latitude and longitude swapped, or far outside the country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steppe.domain.events.country_boxes import BOXES

# Works at sea stand up to some 200 km off a coast, and a corridor begins on the other side of a border.
_MARGIN_DEGREES = 2.0


def doubtful_places(name: str, data: Mapping[str, Any]) -> list[str]:
    """What is doubtful about the coordinates of a project's registration or amendment; empty for all other events."""
    if name not in ("project.registered", "project.amended") or "latitude" not in data or "longitude" not in data:
        return []
    latitude, longitude = data["latitude"], data["longitude"]
    if is_nowhere(latitude, longitude):
        return ["latitude 0 and longitude 0 are in the Gulf of Guinea; leave both out where the place is not known"]
    countries = [code for code in (data.get("country"), *data.get("countries", ())) if code is not None]
    if may_be_in(latitude, longitude, countries):
        return []
    listed = ", ".join(countries)
    if may_be_in(longitude, latitude, countries):
        return [f"{latitude:g}, {longitude:g} is not in {listed}; latitude and longitude are probably swapped"]
    flipped = ((-latitude, longitude, "latitude"), (latitude, -longitude, "longitude"))
    for flipped_latitude, flipped_longitude, which in flipped:
        if may_be_in(flipped_latitude, flipped_longitude, countries):
            return [f"{latitude:g}, {longitude:g} is not in {listed}; the sign of the {which} is probably wrong"]
    return [f"{latitude:g}, {longitude:g} is not in {listed}; correct the coordinates or the country"]


def is_nowhere(latitude: float, longitude: float) -> bool:
    """Whether these are the coordinates that software writes for none: 0, 0."""
    return abs(latitude) < 1e-3 and abs(longitude) < 1e-3


def may_be_in(latitude: float, longitude: float, countries: list[str]) -> bool:
    """Whether the point is in or near the box around one of the countries; true where the box of one is not known."""
    if not countries or any(code not in BOXES for code in countries):
        return True
    for south, north, west, east in (BOXES[code] for code in countries):
        if not south - _MARGIN_DEGREES <= latitude <= north + _MARGIN_DEGREES:
            continue
        width = (east - west) % 360
        if (longitude - west + _MARGIN_DEGREES) % 360 <= width + 2 * _MARGIN_DEGREES:
            return True
    return False
