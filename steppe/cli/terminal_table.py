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


class TerminalTable:
    """Rows of such columns, for rich to print. `lines` gives the lines of a row, by its number, where the columns do not fit; without
    it they are its cells with their titles.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Cell]],
        lines: Callable[[int], list[Text]] | None = None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._lines = lines
        self._constant = [index for index in range(len(columns)) if self._is_constant(index)]

    def _is_constant(self, index: int) -> bool:
        texts = {str(row[index]) for row in self._rows}
        return len(self._rows) > 1 and len(texts) == 1 and not self._columns[index].names_row

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The cells that are the same in every row, then the table, or lines for each row where its columns do not fit."""
        varying = [index for index in range(len(self._columns)) if index not in self._constant]
        widths = {index: self._width(index) for index in varying}
        fits = sum(widths.values()) + _GAP * (len(varying) - 1) <= options.max_width
        constant_cells = [(self._columns[index].title, str(self._rows[0][index])) for index in self._constant]
        in_every_row = ", ".join(f"{title} {text}" for title, text in constant_cells if text.strip())
        if in_every_row and (fits or self._lines is None):
            yield Text(f"In every row: {in_every_row}.", style="dim")
        if not fits:
            for number in range(len(self._rows)):
                yield from self._cells_in_lines(number, varying) if self._lines is None else self._lines(number)
            return
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
        for index in varying:
            column = self._columns[index]
            table.add_column(
                column.title,
                justify="right" if column.right else "left",
                no_wrap=column.whole,
                min_width=widths[index],
                overflow="fold",
            )
        for row in self._rows:
            table.add_row(*(row[index] if isinstance(row[index], Text) else Text(str(row[index])) for index in varying))
        yield table

    def _width(self, index: int) -> int:
        """The least that a column takes."""
        column = self._columns[index]
        cells = [str(row[index]) for row in self._rows]
        widest = max(map(len, cells), default=0)
        if column.whole:
            return max(len(column.title), widest)
        longest_word = max((len(word) for cell in cells for word in cell.split()), default=0)
        return max(len(column.title), longest_word, min(widest, _TEXT_WIDTH_MIN))

    def _cells_in_lines(self, number: int, varying: Sequence[int]) -> Iterator[RenderableType]:
        row = self._rows[number]
        names = [index for index in varying if self._columns[index].names_row]
        yield Text("  ").join(Text(str(row[index]), style="bold") for index in names)
        rest = [
            Text.assemble((f"{self._columns[index].title} ", "dim"), row[index])
            for index in varying
            if index not in names and str(row[index]).strip()
        ]
        if rest:
            yield Padding(Text(" · ").join(rest), (0, 0, 0, _GAP))
