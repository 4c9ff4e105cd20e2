"""A table on a terminal that wastes no width and breaks no key.

A column that says the same in every row is left out and said once above the table. Where the columns do not fit beside each
other, each row becomes a few lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Cell = str | Text
_GAP = 2
# Narrower than this, text becomes a tower of words.
_TEXT_WIDTH_MIN = 14


class Column(NamedTuple):
    """One column. `whole`: a key, a day or a number, which is never broken. `names_row`: it says which row it is, and stays."""

    title: str
    whole: bool = True
    right: bool = False
    names_row: bool = False


class Listing:
    """Rows of such columns, to be printed. `lines` gives a row where it does not fit as a table; None: its cells with their titles."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        lines: Callable[[int], list[Text]] | None = None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._lines = lines
        self._same = [at for at in range(len(columns)) if self._is_same(at)]

    def _is_same(self, at: int) -> bool:
        told = {str(row[at]) for row in self._rows}
        return len(self._rows) > 1 and len(told) == 1 and not self._columns[at].names_row

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What rich prints."""
        shown = [at for at in range(len(self._columns)) if at not in self._same]
        widths = {at: self._width(at) for at in shown}
        fits = sum(widths.values()) + _GAP * (len(shown) - 1) <= options.max_width
        said = [f"{self._columns[at].title} {self._rows[0][at]}" for at in self._same if str(self._rows[0][at]).strip()]
        if said and (fits or self._lines is None):
            yield Text(f"In every row: {', '.join(said)}.", style="dim")
        if not fits:
            for number in range(len(self._rows)):
                yield from self._cells_in_lines(number, shown) if self._lines is None else self._lines(number)
            return
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for at in shown:
            column = self._columns[at]
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                no_wrap=column.whole,
                min_width=widths[at],
                overflow="fold",
            )
        for row in self._rows:
            table.add_row(*(row[at] if isinstance(row[at], Text) else Text(str(row[at])) for at in shown))
        yield table

    def _width(self, at: int) -> int:
        """The least that a column takes."""
        column = self._columns[at]
        cells = [str(row[at]) for row in self._rows]
        widest = max(map(len, cells), default=0)
        if column.whole:
            return max(len(column.title), widest)
        longest_word = max((len(word) for cell in cells for word in cell.split()), default=0)
        return max(len(column.title), longest_word, min(widest, _TEXT_WIDTH_MIN))

    def _cells_in_lines(self, number: int, shown: Sequence[int]) -> Iterator[RenderableType]:
        row = self._rows[number]
        names = [at for at in shown if self._columns[at].names_row]
        yield Text("  ").join(Text(str(row[at]), style="bold") for at in names)
        rest = [
            Text.assemble((f"{self._columns[at].title} ", "dim"), row[at])
            for at in shown
            if at not in names and str(row[at]).strip()
        ]
        if rest:
            yield Padding(Text(" · ").join(rest), (0, 0, 0, _GAP))
