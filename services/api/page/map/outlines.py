"""The outlines of countries that a map is drawn on, and the part of one that some places need."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

WIDTH, HEIGHT = 868, 600
"""Of a map on the outline of the world, in its own units: as wide for its height as that of Central Asia."""
_MARGIN_DEGREES = 3.0
_MARGIN_SHARE = 0.06
_SPAN_DEGREES_MIN = 14.0
_LABEL_WIDTH, _LABEL_HEIGHT = 26.0, 16.0
_FREE = 1.2
Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """One country: its path, the box around it (left, top, right, bottom) and places where its label may stand, the best first."""

    path: str
    box: Sequence[int]
    labels: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The outlines of countries. Longitude is scaled by `scale * cosine`, latitude by `scale`, from the north-western corner."""

    west: float
    north: float
    scale: float
    cosine: float
    width: int
    height: int
    countries: Mapping[str, Country]

    def at(self, latitude: float, longitude: float) -> Place:
        """The place of a point, which may be outside."""
        return (longitude - self.west) * self.cosine * self.scale, (self.north - latitude) * self.scale

    def holds(self, latitude: float, longitude: float) -> bool:
        """Whether a point is on it."""
        x, y = self.at(latitude, longitude)
        return 0 <= x <= self.width and 0 <= y <= self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The code of a country and the middle of where it stands."""

    country: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The part of an outline that a map shows: `stretch_...` and `left`, `top` lead from the outline's units to the map's."""

    outline: Outline
    stretch_x: float
    stretch_y: float
    left: float
    top: float
    width: int
    height: int

    @property
    def countries(self) -> Mapping[str, str]:
        """The paths of the countries that it shows, in the units of the outline."""
        return {code: country.path for code, country in self.outline.countries.items() if self._shows(country.box)}

    @property
    def transform(self) -> str:
        """What SVG must do with the paths."""
        return f"matrix({self.stretch_x:.5g} 0 0 {self.stretch_y:.5g} {self.left:.5g} {self.top:.5g})"

    def at(self, latitude: float, longitude: float) -> Place:
        """The place of a point on the map."""
        return self._placed(*self.outline.at(latitude, longitude))

    def labels(self, countries: Iterable[str], points: Sequence[Place]) -> list[Label]:
        """A label for each of the countries that it shows, where it hides no point as far as that is possible.

        None for a country that has no place for one beside those of others.
        """
        labels: list[Label] = []
        for code in sorted(countries):
            country = self.outline.countries.get(code)
            if country is None:
                continue
            others = [(label.x, label.y) for label in labels]
            places = [self._placed(*place) for place in country.labels]
            free = [place for place in places if self._has_room(place) and _room(place, others) >= 1]
            if free:
                x, y = max(free, key=lambda place: _room(place, points))
                labels.append(Label(country=code, x=round(x, 1), y=round(y, 1)))
        return labels

    def _placed(self, x: float, y: float) -> Place:
        return x * self.stretch_x + self.left, y * self.stretch_y + self.top

    def _shows(self, box: Sequence[int]) -> bool:
        (left, top), (right, bottom) = self._placed(box[0], box[1]), self._placed(box[2], box[3])
        return right >= 0 and left <= self.width and bottom >= 0 and top <= self.height

    def _has_room(self, place: Place) -> bool:
        x, y = place
        return (
            _LABEL_WIDTH / 2 <= x <= self.width - _LABEL_WIDTH / 2
            and _LABEL_HEIGHT / 2 <= y <= self.height - _LABEL_HEIGHT / 2
        )


def region() -> Frame:
    """Central Asia in detail."""
    outline = _outline("region")
    return Frame(outline=outline, stretch_x=1, stretch_y=1, left=0, top=0, width=outline.width, height=outline.height)


def frame_of(places: Sequence[Place]) -> Frame:
    """What to draw some places on, each latitude and longitude: Central Asia in detail if it holds all of them, else their part of the world."""
    detailed = region()
    if all(detailed.outline.holds(*place) for place in places):
        return detailed
    world = _outline("world")
    latitudes, longitudes = [latitude for latitude, _ in places], [longitude for _, longitude in places]
    south, north = _widened(min(latitudes), max(latitudes))
    west, east = _widened(min(longitudes), max(longitudes))
    middle = (south + north) / 2
    # Of a degree of longitude as much as there is of it in the middle; of a map that reaches to a pole, at least a half.
    cosine = max(math.cos(math.radians(middle)), 0.5)
    scale = min(WIDTH / ((east - west) * cosine), HEIGHT / (north - south))
    stretch_y = scale / world.scale
    stretch_x = stretch_y * cosine
    x, y = world.at(middle, (west + east) / 2)
    return Frame(
        outline=world,
        stretch_x=stretch_x,
        stretch_y=stretch_y,
        left=WIDTH / 2 - x * stretch_x,
        top=HEIGHT / 2 - y * stretch_y,
        width=WIDTH,
        height=HEIGHT,
    )


def _widened(first: float, last: float) -> tuple[float, float]:
    """A margin on either side, and at least the smallest span."""
    margin = max(_MARGIN_DEGREES, (last - first) * _MARGIN_SHARE, (_SPAN_DEGREES_MIN - (last - first)) / 2)
    return first - margin, last + margin


def _room(place: Place, taken: Sequence[Place]) -> float:
    """How far the nearest of those that are there already is, in widths and heights of a label; what is free is as good as far."""
    x, y = place
    nearest = min((max(abs(x - ox) / _LABEL_WIDTH, abs(y - oy) / _LABEL_HEIGHT) for ox, oy in taken), default=_FREE)
    return min(nearest, _FREE)


@cache
def _outline(name: str) -> Outline:
    text = resources.files("services.api.page.map").joinpath(f"{name}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    countries = {code: Country(**country) for code, country in document.pop("countries").items()}
    return Outline(countries=countries, **document)
