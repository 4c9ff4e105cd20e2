"""Small pieces of English: counts, lists, capital letters."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, singular: str, plural: str) -> str:
    """As `1 deal`, `2 deals`."""
    return f"{count} {singular if count == 1 else plural}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """As `equity, debt and works`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else "none"


def capital(sentence: str) -> str:
    """With a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]
