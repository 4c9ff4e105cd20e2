"""Keys that are made of names: of projects, parts and parties."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from steppe.domain.values.search_folding import folded

_LENGTH_MAX = 90  # room for a number behind it
_SIGNS = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h", "ŋ": "ng", "&": " and "})


def slug_of(name: str) -> str:
    """The name in small Latin letters, digits and hyphens, at most 90; empty where it has no such letters."""
    slug = _SIGNS.sub("-", folded(name).translate(_LETTERS)).strip("-")
    if len(slug) <= _LENGTH_MAX:
        return slug
    cut = slug[: _LENGTH_MAX + 1].rpartition("-")[0]
    return cut or slug[:_LENGTH_MAX]


def party_key(name: str) -> str:
    """The key of a party: its name, or where that has no Latin letters a key that no other name has."""
    return slug_of(name) or f"party-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class KeyNumbers:
    """Gives each of several equal names a key of its own: the second gets `-2`, in the order in which they are asked."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def take(self, name: str, kind_word: str) -> str:
        """The key of the next thing of that name; `kind_word` stands for a name without letters."""
        slug = slug_of(name) or kind_word
        number = self._last.get(slug, 0) + 1
        key = slug
        while key in self._last if number == 1 else (key := f"{slug}-{number}") in self._last:
            number += 1
        self._last[slug] = number
        self._last.setdefault(key, 1)
        return key


class ProjectKeys:
    """The key of each thing's project; a thing keeps its own from the first edition on."""

    def __init__(self, decided: Mapping[str, str]) -> None:
        """`decided` are the keys of things of which somebody said which project they are."""
        self._numbers = KeyNumbers()
        self._keys: dict[str, str] = dict(decided)
        self._held: set[str] = set()

    def begin_edition(self) -> None:
        """From here on `of` speaks of the things of the next edition."""
        self._held.clear()

    def take(self, thing: str, name: str, kind_word: str) -> str:
        """The key of a thing that the edition holds, new or as it was."""
        self._held.add(thing)
        if thing not in self._keys:
            self._keys[thing] = self._numbers.take(name, kind_word)
        return self._keys[thing]

    def of(self, thing: str) -> str | None:
        """The key of a thing that the edition holds, as far as it was read."""
        return self._keys[thing] if thing in self._held else None
