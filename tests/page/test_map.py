"""The map: which outline is drawn, where points and labels stand."""

from __future__ import annotations

import math
import re

import pytest

from services.api.page.map.outlines import Frame, frame_of, region
from services.api.page.map.points import POINTS_MAX, points

KARAGANDY, TOKYO, SANTIAGO = (49.8, 73.1), (35.7, 139.7), (-33.4, -70.7)
CENTRAL_ASIA = ("KG", "KZ", "TJ", "TM", "UZ")


def country_at(frame: Frame, x: float, y: float) -> set[str]:
    """The countries whose outlines are around a place of the map."""
    x, y = (x - frame.left) / frame.stretch_x, (y - frame.top) / frame.stretch_y
    return {code for code, path in frame.countries.items() if _crossings(path, x, y) % 2 == 1}


def _crossings(path: str, x: float, y: float) -> int:
    crossed = 0
    for closed in path.removesuffix("z").split("z"):
        numbers = [int(number) for number in re.findall(r"-?\d+", closed)]
        places = [(numbers[0], numbers[1])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            places.append((places[-1][0] + dx, places[-1][1] + dy))
        for (ax, ay), (bx, by) in zip(places, places[1:] + places[:1], strict=True):
            if (ay > y) != (by > y) and ax + (y - ay) * (bx - ax) / (by - ay) > x:
                crossed += 1
    return crossed


def test_central_asia_is_drawn_in_detail_where_it_holds_every_point() -> None:
    assert frame_of([]) == frame_of([KARAGANDY, (41.3, 69.3)]) == region()
    assert country_at(region(), *region().at(*KARAGANDY)) == {"KZ"}


@pytest.mark.parametrize(
    ("places", "shown", "not_shown"),
    [
        ([TOKYO], {"JP", "KR"}, {"KZ", "CL"}),
        ([KARAGANDY, TOKYO], {"KZ", "CN", "JP"}, {"CL", "US"}),
        ([KARAGANDY, TOKYO, SANTIAGO], {"KZ", "JP", "CL", "BR", "ZA"}, set()),
    ],
    ids=["one place", "two continents", "both hemispheres"],
)
def test_a_point_elsewhere_brings_its_part_of_the_world(
    places: list[tuple[float, float]], shown: set[str], not_shown: set[str]
) -> None:
    frame = frame_of(places)
    assert frame != region()
    assert shown <= frame.countries.keys() and not not_shown & frame.countries.keys()
    for latitude, longitude in places:
        x, y = frame.at(latitude, longitude)
        assert 0 < x < frame.width and 0 < y < frame.height
    assert "KZ" in country_at(frame, *frame.at(*KARAGANDY)) or KARAGANDY not in places


def test_labels_stand_inside_their_countries_and_apart() -> None:
    labels = region().labels(CENTRAL_ASIA, [])
    assert [label.country for label in labels] == list(CENTRAL_ASIA)
    for label in labels:
        assert country_at(region(), label.x, label.y) == {label.country}
    apart = [math.dist((one.x, one.y), (two.x, two.y)) for one in labels for two in labels if one is not two]
    assert min(apart) > 30


def test_a_label_makes_room_for_points() -> None:
    (alone,) = region().labels(["UZ"], [])
    (beside,) = region().labels(["UZ"], [(alone.x, alone.y)])
    assert math.dist((alone.x, alone.y), (beside.x, beside.y)) > 15
    assert country_at(region(), beside.x, beside.y) == {"UZ"}


def test_a_country_beyond_the_frame_has_no_label() -> None:
    assert frame_of([TOKYO]).labels(["KZ", "JP", "ZZ"], [])[0].country == "JP"
    assert len(frame_of([TOKYO]).labels(["KZ", "JP", "ZZ"], [])) == 1


def test_projects_of_one_place_stand_side_by_side_and_very_many_become_clusters() -> None:
    item = {"latitude": 48.0, "longitude": 67.0, "level": "memorandum"}
    few = points([item] * 3, region())
    assert len({(point.x, point.y) for point in few}) == 3
    (cluster,) = points([item] * (POINTS_MAX + 1), region())
    assert (cluster.projects, cluster.project, cluster.level) == (POINTS_MAX + 1, None, "memorandum")
