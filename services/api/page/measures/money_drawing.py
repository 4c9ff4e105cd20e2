"""Drawings of money: bars a year of one leg, and lines of ranks that cross where one donor passes another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.api.drawing.figure import NARROW, Panel
from services.api.drawing.marks import Mark, Point, bar, bottom_axis, dot, grid, label, line
from services.api.drawing.scales import Categories, Linear, step_of
from steppe.page.i18n import Translation

_AXIS = 24
_TOP = 14
_LEFT = 44
_NAMES = 130
_ROW = 44.0
_SERIES = 5


@dataclass(frozen=True, slots=True)
class YearBar:
    """What was committed and what was disbursed in a year, in millions; `title` says it in words."""

    committed: float
    disbursed: float
    title: str


def bars_panel(
    translation: Translation, years: Mapping[int, YearBar], width: float, *, title: str, text: str, classes: str, first: int,
    last: int, most: float, least: float,
) -> Panel:  # fmt: skip
    """Bars of what was committed from the `first` to the `last` year, and before them narrower ones of what was disbursed."""
    height = 150.0
    names = [str(year) for year in range(first, last + 1)]
    x = Categories(names, _LEFT, width - 6, gap=0.25)
    y = Linear(least, most, height - _AXIS, _TOP)
    marks: list[Mark] = grid([(y.at(tick), translation.number(tick)) for tick in y.ticks(4)], _LEFT, width - 6)
    step = int(max(step_of(last - first, 5), 1))
    labels = [(x.middle(name), name) for name in names if int(name) % step == 0]
    marks += bottom_axis(labels or [(x.middle(names[0]), names[0])], height - _AXIS, _LEFT, width - 6)
    if least < 0:
        marks.append(line([(_LEFT, y.at(0)), (width - 6, y.at(0))], "base"))
    for year, amounts in sorted(years.items()):
        for value, share, bar_classes in (
            (amounts.committed, 1.0, f"{classes} pale"),
            (amounts.disbursed, 0.5, classes),
        ):
            if value:
                upper, lower = y.at(max(value, 0)), y.at(min(value, 0))
                left = x.at(str(year)) + x.width * (1 - share) / 2
                marks.append(bar(left, upper, x.width * share, max(lower - upper, 1), bar_classes, title=amounts.title))
    return Panel(width=width, height=height, marks=marks, text=text, title=title)


@dataclass(frozen=True, slots=True)
class RankedYear:
    """The rank of a donor in a year; `title` says it in words."""

    year: int
    rank: int
    title: str


def ranks_panel(
    lines: Mapping[str, Sequence[RankedYear]], names: Mapping[str, str], width: float, *, text: str
) -> Panel:
    """A line a donor through its ranks, the first above, with its name at the end; broken where a year does not name it."""
    years = sorted({ranked.year for series in lines.values() for ranked in series})
    last_rank = max(ranked.rank for series in lines.values() for ranked in series)
    narrow = width <= NARROW
    right = width - (_NAMES - 20 if narrow else _NAMES)
    height = _TOP + 14 + _ROW * (last_rank - 1) + 22 + _AXIS
    x = Linear(years[0], max(years[-1], years[0] + 1), 38, right - 16)
    y = Linear(1, max(last_rank, 2), _TOP + 14, _TOP + 14 + _ROW * max(last_rank - 1, 1))
    marks: list[Mark] = grid([(y.at(rank), str(rank)) for rank in range(1, last_rank + 1)], 26, right)
    marks += bottom_axis([(x.at(year), str(year)) for year in years], height - _AXIS, 26, right)
    for number, (donor, series) in enumerate(lines.items(), start=1):
        colour = min(number, _SERIES + 1)
        for stretch in _unbroken(series):
            points: list[Point] = [(x.at(ranked.year), y.at(ranked.rank)) for ranked in stretch]
            if len(points) > 1:
                marks.append(line(points, f"curve line-{colour}"))
        marks += [
            dot(x.at(ranked.year), y.at(ranked.rank), f"fill-{colour}", radius=6, title=ranked.title)
            for ranked in series
        ]
        end = series[-1]
        marks.append(
            label(
                x.at(end.year) + 11,
                y.at(end.rank) + (4 if end.year == years[-1] else -9),
                names[donor],
                f"strong fill-{colour}",
            )
        )
    return Panel(width=width, height=height, marks=marks, text=text)


def _unbroken(series: Sequence[RankedYear]) -> list[list[RankedYear]]:
    """The runs of years without a gap."""
    stretches: list[list[RankedYear]] = []
    for ranked in series:
        if stretches and stretches[-1][-1].year == ranked.year - 1:
            stretches[-1].append(ranked)
        else:
            stretches.append([ranked])
    return stretches
