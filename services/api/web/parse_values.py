"""What one text of a query may be: each reader gives its value, or raises ValueError with what is allowed. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from services.api.problems import did_you_mean
from steppe.domain.values.currencies import CURRENCIES, likely_currency
from steppe.domain.values.levels import LEVEL_OF_LABEL
from steppe.domain.values.search_folding import folded
from steppe.domain.values.states import FOREVER

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}", re.ASCII)
_TEXT_MAX = 200


def day(text: str) -> date:
    """A full day before the end of the calendar."""
    if not _DAY.fullmatch(text):
        raise ValueError("a day is written YYYY-MM-DD, as in 2025-12-31")
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no day of the calendar") from None
    if value >= FOREVER:
        raise ValueError("the last day that can be asked for is 9999-12-30")
    return value


def instant(text: str) -> datetime:
    """An instant with its zone, or a day, meaning its beginning."""

    if _DAY.fullmatch(text):
        return datetime.combine(day(text), datetime.min.time(), UTC)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("an instant is written 2026-11-22T10:00:00Z") from None
    if value.tzinfo is None:
        raise ValueError("an instant needs its zone, as in 2026-11-22T10:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant lies within the years 1 to 9999 in UTC") from None


def knowledge(text: str) -> datetime:
    """An instant with its zone, or a day, meaning its end."""
    if _DAY.fullmatch(text):
        return datetime.combine(day(text), time.max, UTC)
    return instant(text)


def currency(text: str) -> str:
    """A currency of ISO 4217."""
    if text not in CURRENCIES:
        likely = likely_currency(text)
        raise ValueError(f"{text[:40]!r} is no currency of ISO 4217{f'; did you mean {likely}?' if likely else ''}")
    return text


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """A reader of one of these words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(choices)}.{did_you_mean(text, choices)}")
        return text

    return read


def country(text: str) -> str:
    """Two letters, in capitals."""

    if not _COUNTRY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no country; write two letters of ISO 3166-1, as in KZ")
    return text.upper()


def text(text: str) -> str:
    """Some text, but not none and not a book."""

    if not text or len(text) > _TEXT_MAX or "\x00" in text:
        raise ValueError(f"a text of 1 to {_TEXT_MAX} characters")
    return text


def search(value: str) -> str:
    """Some text to look for, folded as what is found is."""
    if not (words := folded(text(value))).strip():
        raise ValueError("a text with a letter or digit")
    return words


def count(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)

    return read


def truth(text: str) -> bool:
    """Yes or no, as JSON writes it."""
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def level(text: str) -> int:
    """The number of a level\'s name."""
    return int(LEVEL_OF_LABEL[one_of(tuple(LEVEL_OF_LABEL))(text)])
