"""Text as one looks for it: what is found must not depend on capitals, accents, half width, how a letter is composed, nor on
whether a name of the region is written in Cyrillic or in Latin letters.
"""

from __future__ import annotations

import unicodedata

# Letters that have no accent to take away, apostrophes in all their spellings, and hyphens, which separate words as a space does.
_ALIKE = str.maketrans(
    {
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ʻ": "",
        "ʼ": "",
        "‘": "",
        "’": "",
        "'": "",
        "-": " ",
        "_": " ",
        "‐": " ",
        "‑": " ",
        "–": " ",
        "—": " ",
    }
)
_ACCENTS = range(0x300, 0x370)
# As English maps write Russian and Kazakh names, without accents (BGN/PCGN); й and ё have lost theirs by then.
_LATIN = str.maketrans(
    {
        **dict(zip("абвгдезийклмнопрстуфыэіғқңөүұһәҳ", "abvgdeziiklmnoprstufyeigknouuhah", strict=True)),
        "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ҷ": "j", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": "",
    }
)  # fmt: skip


def folded(text: str) -> str:
    """The text in small Latin letters, without accents, in full width, words separated by spaces; equal for what is found alike.

    Voiced kana stay voiced: their marks are no accents.
    """
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if ord(letter) not in _ACCENTS)
    return unicodedata.normalize("NFKC", bare).casefold().translate(_ALIKE).translate(_LATIN)
