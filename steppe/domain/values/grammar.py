"""Small pieces of English: counts, lists, capital letters; and how old something is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from steppe.domain.values.months import months_between
from steppe.domain.values.states import Start


def age_months(start: Start, as_of: date) -> tuple[int, int | None]:
    """The age in whole months, [at least, at most]; no upper end when the start has no earliest day."""
    at_most = None if start.earliest is None else months_between(start.earliest, as_of)
    return months_between(start.latest, as_of), at_most


def counted(count: int, singular: str, plural: str) -> str:
    """As `1 deal`, `2 deals`."""
    return f"{count} {singular if count == 1 else plural}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """As `equity, debt and works`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else "none"


def capital(sentence: str) -> str:
    """With a capital letter at its beginning."""
    return sentence[:1].upper() + sentence[1:]
