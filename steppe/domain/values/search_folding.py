"""Text as one looks for it: what is found must not depend on capitals, accents, half width or how a letter is composed."""

from __future__ import annotations

import unicodedata

# The dotless i has no accent to take away, and a hyphen separates words as a space does.
_ALIKE = str.maketrans({"ı": "i", "-": " ", "_": " ", "‐": " ", "‑": " ", "–": " ", "—": " "})
_ACCENTS = range(0x300, 0x370)


def folded(text: str) -> str:
    """The text in small letters, without accents, in full width, words separated by spaces; equal for what is found alike.

    Voiced kana stay voiced: their marks are no accents.
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if ord(letter) not in _ACCENTS)
    return unicodedata.normalize("NFKC", bare).casefold().translate(_ALIKE)
