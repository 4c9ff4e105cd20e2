"""From values to places: numbers, days and categories along an axis of a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor, log10


@dataclass(frozen=True, slots=True)
class Linear:
    """Numbers from `first` to `last` along `start` to `end`; `end` may be less, as of heights, which grow upwards."""

    first: float
    last: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a number; of one outside, that of the nearer end."""
        inside = min(max(value, self.first), self.last)
        share = (inside - self.first) / (self.last - self.first) if self.last > self.first else 0.0
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers within the scale, at most so many: of steps of 1, 2 or 5 times a power of ten."""
        step = step_of(self.last - self.first, most)
        return [round(number * step, 10) for number in range(ceil(self.first / step), floor(self.last / step) + 1)]


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last` along `start` to `end`."""

    first: date
    last: date
    start: float
    end: float

    def at(self, day: date) -> float:
        """The place of a day; of one outside, that of the nearer end."""
        return Linear(self.first.toordinal(), self.last.toordinal(), self.start, self.end).at(day.toordinal())

    def years(self, most: int = 12) -> list[tuple[float, int]]:
        """The years that begin within, with their places; at most so many, of steps of 1, 2, 5, 10 … years."""
        years = range(self.first.year + (self.first > date(self.first.year, 1, 1)), self.last.year + 1)
        step = max(int(step_of(max(len(years) - 1, 1), most)), 1)
        return [(self.at(date(year, 1, 1)), year) for year in years if year % step == 0]


@dataclass(frozen=True, slots=True)
class Categories:
    """Names side by side along `start` to `end`, each with a place of its own; `gap` is the share of it that stays free."""

    names: Sequence[str]
    start: float
    end: float
    gap: float = 0.2

    @property
    def width(self) -> float:
        """How wide the bar of a name may be."""
        return round(self._step * (1 - self.gap), 1)

    def at(self, name: str) -> float:
        """Where the place of a name begins. Raises ValueError for an unknown name."""
        return round(self.start + self._step * (list(self.names).index(name) + self.gap / 2), 1)

    def middle(self, name: str) -> float:
        """The middle of the place of a name."""
        return round(self.at(name) + self.width / 2, 1)

    @property
    def _step(self) -> float:
        return (self.end - self.start) / max(len(self.names), 1)


def step_of(length: float, most: int) -> float:
    """The least step of 1, 2 or 5 times a power of ten that cuts a length into fewer than so many."""
    if length <= 0:
        return 1.0
    least = length / max(most - 1, 1)
    power = 10.0 ** floor(log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999999)


def apart(places: Sequence[float], least: float, first: float, last: float) -> list[float]:
    """The places of labels, moved so that each is so far from the next, in their order, within first and last where that can be."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + least)
    if order and moved[order[-1]] > last:
        moved[order[-1]] = last
        for after, before in pairwise(reversed(order)):
            moved[before] = min(moved[before], moved[after] - least)
    if order and moved[order[0]] < first:
        shift = first - moved[order[0]]
        moved = [place + shift for place in moved]
    return [round(place, 1) for place in moved]
