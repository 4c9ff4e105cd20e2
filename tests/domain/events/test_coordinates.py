"""Coordinates that are probably a mistake are named with the likely one; a border, a sea or the date line is none."""

from __future__ import annotations

from typing import Any

import pytest

from steppe.domain.events.coordinates import doubtful_places
from steppe.domain.events.country_boxes import BOXES
from steppe.domain.values.countries import COUNTRIES


def doubts(latitude: float, longitude: float, *countries: str, name: str = "project.registered") -> str:
    data: dict[str, Any] = {"latitude": latitude, "longitude": longitude}
    if countries:
        data |= {"country": countries[0], "countries": list(countries[1:])}
    return " ".join(doubtful_places(name, data))


@pytest.mark.parametrize(
    ("kind", "latitude", "longitude", "country", "words"),
    [
        ("nowhere", 0, 0, "KZ", "leave both out"),
        ("nowhere", 0.0, -0.0, "GH", "leave both out"),
        ("swapped", 76.9, 43.2, "KZ", "latitude and longitude are probably swapped"),
        ("swapped", 35.7, -0.1, "JP", "is not in JP; correct"),
        ("swapped", 68.2, 27.7, "UZ", "is not in UZ; correct"),
        ("swapped", 69.2, 41.3, "UZ", "latitude and longitude are probably swapped"),
        ("sign", -43.2, 76.9, "KZ", "the sign of the latitude is probably wrong"),
        ("sign", -33.4, 70.7, "CL", "the sign of the longitude is probably wrong"),
        ("another country", 10, 10, "KZ", "is not in KZ; correct the coordinates or the country"),
        ("another country", 51.5, -0.1, "KZ", "is not in KZ"),
    ],
)
def test_a_probable_mistake_is_named(kind: str, latitude: float, longitude: float, country: str, words: str) -> None:
    assert words in doubts(latitude, longitude, country)


@pytest.mark.parametrize(
    ("kind", "latitude", "longitude", "countries"),
    [
        ("inside", 43.2, 76.9, ("KZ",)),
        ("at sea", 57.5, -0.5, ("GB",)),
        ("beyond a border", 42.0, 80.3, ("KZ",)),
        ("beyond the date line", 66.0, -170.5, ("RU",)),
        ("beyond the date line", -18.0, -179.0, ("FJ",)),
        ("in a further country", 38.0, 58.4, ("KZ", "TM")),
        ("country unknown", 10.0, 10.0, ()),
        ("country without a box", 10.0, 10.0, ("GP",)),
        ("on the equator", 0.0, 10.0, ("GA",)),
    ],
)
def test_what_may_be_right_is_not_remarked_on(
    kind: str, latitude: float, longitude: float, countries: tuple[str, ...]
) -> None:
    assert doubts(latitude, longitude, *countries) == ""


def test_half_a_place_and_other_events_are_not_asked() -> None:
    assert doubtful_places("project.registered", {"latitude": 0, "country": "KZ"}) == []
    assert doubts(0, 0, "KZ", name="project.amended") != ""


def test_boxes_are_of_assigned_countries_and_have_an_inside() -> None:
    assert set(BOXES) <= COUNTRIES and len(BOXES) > 230
    for south, north, west, east in BOXES.values():
        assert -90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180
