"""A figure as a self-contained SVG file: title, subtitle, drawing and source, with its styles inside."""

from __future__ import annotations

from markupsafe import Markup

from services.api.drawing.figure import MULTIPLE, WIDE, Figure, Panel
from services.api.drawing.file_styles import file_styles, light_styles
from services.api.drawing.marks import Mark, label
from services.api.drawing.text_layout import wrapped

_MARGIN = 24
_GAP = 24
_TITLE_SIZE, _SUBTITLE_SIZE, _SOURCE_SIZE = 22, 14, 12
_PANEL_TITLE_SIZE, _PANEL_LINE = 13, 18


def figure_file(figure: Figure, *, themes: bool = True) -> str:
    """The file. `themes`: for readers who prefer a dark one also in that; else in the light one alone."""
    y = float(_MARGIN)
    marks: list[Mark] = []
    for text, size, classes in (
        (figure.title, _TITLE_SIZE, "file-title"),
        (figure.subtitle, _SUBTITLE_SIZE, "file-subtitle"),
    ):
        for words in wrapped(text, WIDE, size):
            y += size * 1.3
            marks.append(label(_MARGIN, round(y, 1), words, classes))
        y += 8
    panels: list[Markup] = []
    y += 8
    if figure.wide is not None:
        panels.append(_placed(figure.wide, _MARGIN, y))
        y += figure.wide.height + 12
    columns = int((WIDE + _GAP) // (MULTIPLE + _GAP))
    for start in range(0, len(figure.multiples), columns):
        row = figure.multiples[start : start + columns]
        titles = [wrapped(panel.title, MULTIPLE, _PANEL_TITLE_SIZE) for panel in row]
        head = 2 + _PANEL_LINE * max(1, *map(len, titles))
        for number, (panel, lines) in enumerate(zip(row, titles, strict=True)):
            x = _MARGIN + number * (MULTIPLE + _GAP)
            marks += [label(x, y + 14 + _PANEL_LINE * index, words, "panel-title") for index, words in enumerate(lines)]
            panels.append(_placed(panel, x, y + head))
        y += head + max(panel.height for panel in row) + 16
    for words in wrapped(figure.source, WIDE, _SOURCE_SIZE):
        y += _SOURCE_SIZE * 1.4
        marks.append(label(_MARGIN, round(y, 1), words, "file-source"))
    width, height = WIDE + 2 * _MARGIN, round(y + _MARGIN)
    return Markup(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img"'
        ' aria-labelledby="title text"><title id="title">{2}</title><desc id="text">{3}</desc><style>{4}</style>'
        '<rect class="file-ground" width="{0}" height="{1}"/>{5}{6}</svg>\n'
    ).format(
        width, height, figure.title, figure.text, Markup(file_styles() if themes else light_styles()),  # noqa: S704  # our own stylesheet
        Markup("").join(mark.svg() for mark in marks), Markup("").join(panels),
    )  # fmt: skip


def _placed(panel: Panel, x: float, y: float) -> Markup:
    return Markup('<g transform="translate({:g} {:g})">{}</g>').format(x, y, panel.marks_svg(links=False))
