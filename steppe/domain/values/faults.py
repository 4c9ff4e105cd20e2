"""A validation error of one field, with the small texts that such errors are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from difflib import get_close_matches
from functools import lru_cache

from steppe.domain.values.value_class import value_class

SLUG_LENGTH_MAX = 100


@value_class(frozen=True, slots=True)
class Fault:
    """A validation error: where (a JSON pointer into the event) and what is wrong, with what to do instead.

    `suggest` gives the end of the message, as `; did you mean mou?` or nothing. It is called only when somebody reads the
    message: to compare a word with all others takes longer than every other check, and nobody reads ten thousand of them.
    """

    pointer: str
    statement: str
    suggest: Callable[[], str] | None = field(default=None, compare=False, repr=False)

    @property
    def message(self) -> str:
        """The statement with its suggestion."""
        return self.statement if self.suggest is None else self.statement + self.suggest()


def nearest(word: str, choices: Iterable[str], *, cutoff: float = 0.6) -> str:
    """`; did you mean X?`, or nothing when no choice is near: as similar as `cutoff`, 1 being the same."""
    return _nearest(word[:SLUG_LENGTH_MAX], tuple(choices), cutoff)


@lru_cache(maxsize=4_096)  # a wrong name usually stands in every line of its file
def _nearest(word: str, choices: tuple[str, ...], cutoff: float) -> str:
    matches = get_close_matches(word, choices, 1, cutoff)
    return f"; did you mean {matches[0]}?" if matches else ""


def escape(key: str) -> str:
    """A key as a part of a JSON pointer (RFC 6901), cut to a length that fits an answer."""
    return key[:SLUG_LENGTH_MAX].replace("~", "~0").replace("/", "~1")
