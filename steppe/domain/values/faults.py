"""A validation error of one field, with the small texts that such errors are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

SLUG_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """A validation error: where (a JSON pointer into the event) and what is wrong, with what to do instead."""

    pointer: str
    message: str


def nearest(word: str, choices: Iterable[str], *, cutoff: float = 0.6) -> str:
    """`; did you mean X?`, or nothing when no choice is near: as similar as `cutoff`, 1 being the same."""
    matches = get_close_matches(word[:SLUG_LENGTH_MAX], choices, 1, cutoff)
    return f"; did you mean {matches[0]}?" if matches else ""


def escape(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), cut to a length that fits an answer."""
    return key[:SLUG_LENGTH_MAX].replace("~", "~0").replace("/", "~1")
