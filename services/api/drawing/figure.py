"""A drawing with what belongs to it: the message as its title, unit, source, a text for readers who do not see it, and its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from markupsafe import Markup

from services.api.drawing.marks import Mark

WIDE, NARROW = 860, 360
"""How wide a drawing is drawn in a column of a page, and on a phone."""
MULTIPLE = 260
"""How wide one of many small drawings is."""

Cell: TypeAlias = str | int | float | date | None
Kind: TypeAlias = Literal["text", "number", "share", "day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A drawing of so many units. `title` stands over one of many small ones; `text` says what it shows."""

    width: float
    height: float
    marks: Sequence[Mark]
    text: str
    title: str = ""

    def svg(self, *, label_id: str = "") -> Markup:
        """As an element of a page: one picture with its text, or with marks that lead somewhere a group of links."""
        role = "group" if any(mark.href for mark in self.marks) else "img"
        accessible_name = (
            Markup(' aria-labelledby="{}"').format(label_id)
            if label_id
            else Markup(' aria-label="{}"').format(self.text)
        )
        return Markup('<svg class="plot" viewBox="0 0 {:g} {:g}" role="{}"{}>{}</svg>').format(
            self.width, self.height, role, accessible_name, self.marks_svg()
        )

    def marks_svg(self, *, links: bool = True) -> Markup:
        """The marks as SVG, without the element around them."""
        return Markup("").join(mark.svg(links=links) for mark in self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the data. `field`: its name in the API's object of a row; empty: the API has no such field."""

    heading: str
    kind: Kind = "text"
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRow:
    """A row of the data, with where the API's answer has it, as `total.curve.3`."""

    cells: Sequence[Cell]
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """What a drawing is made of. `api`: the address of the answer that it was read from."""

    columns: Sequence[Column]
    rows: Sequence[DataRow]
    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing, whole. `name` is that of its address, and with hyphens for slashes of its files; `title` is one message, made of the figures; `subtitle` says
    what is drawn, in which unit; `text` what a reader who does not see it is told; `source` where it comes from.

    `wide` and `narrow` are the same drawing for a page and for a phone; `multiples` are small ones beside each other, instead of them or under them.
    """

    name: str
    title: str
    subtitle: str
    text: str
    source: str
    table: DataTable
    wide: Panel | None = None
    narrow: Panel | None = None
    multiples: Sequence[Panel] = ()
