"""The marks of a drawing: bars, hatched bars, lines, steps, bands, dots and labels. Their colours are classes of the one stylesheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from markupsafe import Markup

Point: TypeAlias = tuple[float, float]
_HATCH = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An SVG element. `classes` say how it looks, `title` its tooltip, which a screen reader reads, `href` where it leads."""

    element: str
    attributes: tuple[tuple[str, float | str], ...]
    classes: str
    text: str = ""
    title: str = ""
    href: str = ""

    def svg(self, *, links: bool = True) -> Markup:
        """As SVG; without its link where a file is made of it, which is read elsewhere."""
        attributes = Markup("").join(
            Markup(' {}="{}"').format(name, _short_number(value)) for name, value in self.attributes
        )
        title = Markup("<title>{}</title>").format(self.title) if self.title else Markup("")
        element = Markup('<{0} class="{1}"{2}>{3}{4}</{0}>').format(
            self.element, self.classes, attributes, title, self.text
        )
        return Markup('<a href="{}">{}</a>').format(self.href, element) if self.href and links else element


def bar(
    x: float, y: float, width: float, height: float, classes: str, *, title: str = "", href: str = ""
) -> Mark:  # fmt: skip
    """A bar from its upper left corner."""
    place = (("x", x), ("y", y), ("width", max(width, 0)), ("height", max(height, 0)))
    return Mark(element="rect", attributes=place, classes=classes, title=title, href=href)


def hatched_bar(
    x: float, y: float, width: float, height: float, classes: str, *, title: str = "", href: str = ""
) -> list[Mark]:  # fmt: skip
    """A bar of slanting lines: what is only on paper. The lines stand for themselves, so that files and pages need no pattern."""
    lines: list[str] = []
    offset = _HATCH - height
    while offset < width:
        left, right = max(offset, 0.0), min(offset + height, width)
        if right > left:
            lines.append(
                f"M{_short_number(x + left)} {_short_number(y + height - (left - offset))}L{_short_number(x + right)} {_short_number(y + height - (right - offset))}"
            )
        offset += _HATCH
    ground = bar(x, y, width, height, f"hatch-ground {classes}", title=title, href=href)
    return [ground, Mark(element="path", attributes=(("d", "".join(lines)),), classes=f"hatch {classes}")]


def line(points: Sequence[Point], classes: str, *, title: str = "") -> Mark:
    """A line through points."""
    return Mark(element="path", attributes=(("d", _path(points)),), classes=classes, title=title)


def area(upper: Sequence[Point], lower: Sequence[Point], classes: str, *, title: str = "") -> Mark:
    """What lies between two lines, as a band around a curve."""
    path = f"{_path([*upper, *reversed(lower)])}Z"
    return Mark(element="path", attributes=(("d", path),), classes=classes, title=title)


def steps(points: Sequence[Point], end: float) -> list[Point]:
    """The corners of a line that stays at each point's height until the next one, and at the last one's until `end`."""
    corners: list[Point] = list(points[:1])
    for (_, before), (x, y) in pairwise(points):
        corners += [(x, before), (x, y)]
    return [*corners, (end, points[-1][1])] if points else []


def dot(x: float, y: float, classes: str, *, radius: float = 3.5, title: str = "", href: str = "") -> Mark:
    """A dot around a point."""
    place = (("cx", x), ("cy", y), ("r", radius))
    return Mark(element="circle", attributes=place, classes=classes, title=title, href=href)


def label(
    x: float, y: float, text: str, classes: str = "", *, anchor: str = "start", title: str = "", href: str = ""
) -> Mark:  # fmt: skip
    """A text on its baseline; `anchor` start, middle or end."""
    place = (("x", x), ("y", y), ("text-anchor", anchor))
    return Mark(element="text", attributes=place, classes=classes, text=text, title=title, href=href)


def bottom_axis(labels: Iterable[tuple[float, str]], y: float, left: float, right: float) -> list[Mark]:
    """A base line with labels under it."""
    return [
        line([(left, y), (right, y)], "base"),
        *(label(x, y + 16, text, "tick", anchor="middle") for x, text in labels),
    ]


def grid(labels: Iterable[tuple[float, str]], left: float, right: float) -> list[Mark]:
    """Lines across at heights, each with its label before its left end."""
    marks: list[Mark] = []
    for y, text in labels:
        marks += [line([(left, y), (right, y)], "grid"), label(left - 6, y + 4, text, "tick", anchor="end")]
    return marks


def _path(points: Iterable[Point]) -> str:
    """A line through points; along an axis only the other coordinate, which halves the length of a line of steps."""
    commands: list[str] = []
    before: Point | None = None
    for x, y in points:
        if before is None:
            commands.append(f"M{_short_number(x)} {_short_number(y)}")
        elif y == before[1]:
            commands.append(f"H{_short_number(x)}")
        elif x == before[0]:
            commands.append(f"V{_short_number(y)}")
        else:
            commands.append(f"L{_short_number(x)} {_short_number(y)}")
        before = (x, y)
    return "".join(commands)


def _short_number(value: float | str) -> str:
    """A number to one decimal, without a zero behind the point; a text as it is."""
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
