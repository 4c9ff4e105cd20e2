"""The crosswalk as a page for people, `docs/crosswalk.md`."""

from __future__ import annotations

from collections.abc import Mapping

from steppe.domain.analysis.crosswalk import LEVEL_WORDS, OVERLAY_ROWS, SCHEMES, OverlayRow, Scheme, Word
from steppe.domain.values.levels import Level

_HEAD = """# What do other registers call a level?

Generated from `steppe/domain/analysis/crosswalk.py` by `python -m steppe.contracts.generate`; do not edit.

`GET /v1/projects?crosswalk=iati,gem` and `GET /v1/projects/{key}?crosswalk=…` add these words to each project, as
`"crosswalk": {"iati": {"code": "2", "name": "Implementation"}}`. The registers have fewer words than there are levels, so a
word does not lead back to a level.
"""

_RULES = """An overlay wins over the level; of several the first of this table. Where it has no word, the level's word stands: an
inference is never told as what an owner asserted. A suspended project has lost levels to the suspension; where there is no word
for that, it is told by its highest level. `on-hold` is about the record and changes no word. `lapsed`, `withdrawn`, `exited` and
`terminated` are said of deals, and these registers speak of projects.
"""


def page() -> str:
    """The page as text, the same at every call."""
    lines = [_HEAD, "| key | whose words |", "| --- | --- |"]
    lines += [f"| `{scheme.key}` | {scheme.codelist} |" for scheme in SCHEMES.values()]
    lines += ["", "## Levels", "", *_head("level")]
    lines += [f"| {level.label} | {_cells(LEVEL_WORDS[level])} |" for level in Level]
    lines += ["", "## Overlays", "", _RULES, *_head("overlay")]
    lines += [f"| {_overlay(row)} | {_cells(row.words)} |" for row in OVERLAY_ROWS]
    lines += ["", "## Why"]
    for scheme in SCHEMES.values():
        lines += ["", f"### {scheme.title}", "", "| level or overlay | word | why |", "| --- | --- | --- |"]
        lines += [_reason(level.label, scheme, LEVEL_WORDS[level][scheme.key]) for level in Level]
        lines += [
            _reason(_overlay(row), scheme, row.words[scheme.key]) for row in OVERLAY_ROWS if scheme.key in row.words
        ]
    return "\n".join([*lines, ""])


def _head(first: str) -> list[str]:
    titles = [scheme.title for scheme in SCHEMES.values()]
    return [f"| {first} | {' | '.join(titles)} |", f"| --- |{' --- |' * len(titles)}"]


def _cells(words: Mapping[str, Word]) -> str:
    return " | ".join(_shown(scheme, words[scheme.key]) if scheme.key in words else "" for scheme in SCHEMES.values())


def _overlay(row: OverlayRow) -> str:
    return row.overlay if row.reached is Level.IDENTIFIED else f"{row.overlay}, after {row.reached.label}"


def _reason(what: str, scheme: Scheme, word: Word) -> str:
    return f"| {what} | {_shown(scheme, word)} | {word.why} |"


def _shown(scheme: Scheme, word: Word) -> str:
    """The code, and the name where the code does not say it."""
    name = scheme.name(word.code)
    return f"{word.code} {name}" if word.code.isdigit() else word.code
