"""A reason to refuse a value, and the small texts that such reasons are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

SLUG_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to refuse: where (a JSON pointer into the event) and what is wrong, with what to do instead."""

    pointer: str
    message: str


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing when no known word is near."""
    found = get_close_matches(word[:SLUG_LENGTH_MAX], known, 1)
    return f"; did you mean {found[0]}?" if found else ""


def escape(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), cut to a length that fits an answer."""
    return key[:SLUG_LENGTH_MAX].replace("~", "~0").replace("/", "~1")
