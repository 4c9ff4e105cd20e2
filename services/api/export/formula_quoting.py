"""Texts for CSV that stay texts in a spreadsheet. Pure.

A file of comma-separated values does not say which cells are formulas; the program that opens it decides. What they do:
Excel takes `=`, `+`, `-` and `@` for the beginning of one, in East Asian versions also their full-width forms, and passes over
blanks, line breaks and other invisible characters before them; older dialects begin with `|`, `%` or `!`. Excel in a country
with a decimal comma splits lines at `;`, does not see quotation marks that begin in the middle of such a field, and so takes
what follows a `;`, a tab or a line break within a cell for the beginning of another.
"""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = ";\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
_CELL_BEGINS = re.compile(rf"(^|[{_SEPARATORS}])[ \"]*")
_PLAIN = re.compile(rf"[0-9A-Za-z/][^{_SEPARATORS}]*")
_NUMBER = re.compile(rf"-?[0-9]+(?:\.[0-9]+)?(?=\Z|[{_SEPARATORS}])")
# What no program takes for the beginning of a formula: other symbols, currencies, opening and closing marks, and these.
_HARMLESS_CATEGORIES = ("So", "Sc", "Ps", "Pi", "Pf")
_HARMLESS = frozenset("/'.…#&§¿¡" + _SEPARATORS)


def quote_formulas(text: str) -> str:
    """The text with a `'` before each place where a spreadsheet may find the beginning of a formula.

    Letters and digits of any script, plain numbers and a few marks begin none; whatever else is there is quoted.
    """
    if _PLAIN.fullmatch(text):
        return text
    return _CELL_BEGINS.sub(_quoted, text)


def _quoted(beginning: re.Match[str]) -> str:
    text, place = beginning.string, beginning.end()
    if place == len(text) or _is_harmless(text[place]) or _NUMBER.match(text, place):
        return beginning[0]
    separator = beginning[1]
    return f"{separator}'{beginning[0].removeprefix(separator)}"


def _is_harmless(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category in _HARMLESS_CATEGORIES or character in _HARMLESS
